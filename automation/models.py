"""Rules: when something happens, if it is such, do this; and what each did."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

KINDS = [("created", _("was made")), ("updated", _("was changed")), ("arrived", _("arrived"))]
MODES = [("word", _("whole words")), ("part", _("parts of words, too"))]
DONE, SKIPPED, REFUSED, FAILED = "done", "skipped", "refused", "failed"


class Rule(models.Model):
    """When an event of a kind befalls a record of a module, if criteria and keywords hold, run an action with these values.

    Rules are asked in their `order`. `keywords` are any-of; one of `excluded` takes a text out. `hits` counts what it did.
    """

    name_en = models.CharField(_("name in English"), max_length=100, blank=True)
    name_ja = models.CharField(_("name in Japanese"), max_length=100, blank=True)
    module = models.CharField(max_length=60)
    event = models.CharField(_("when"), max_length=20, choices=KINDS, default="arrived")
    criteria = models.JSONField(default=dict, blank=True)
    keywords = models.JSONField(default=list, blank=True)
    excluded = models.JSONField(default=list, blank=True)
    mode = models.CharField(_("find"), max_length=10, choices=MODES, default="word")
    action = models.CharField(max_length=60)
    params = models.JSONField(default=dict, blank=True)
    order = models.PositiveIntegerField(_("order"), default=100)
    active = models.BooleanField(_("on"), default=False)
    last = models.BooleanField(_("stop after this rule"), default=False, help_text=_("Later rules are not asked where it did something."))
    hits = models.PositiveIntegerField(_("hits"), default=0, editable=False)
    hit_at = models.DateTimeField(_("last hit"), null=True, editable=False)

    class Meta:
        verbose_name, verbose_name_plural = _("rule"), _("rules")
        ordering: ClassVar = ["order", "pk"]
        indexes: ClassVar = [models.Index(fields=["event", "module", "order"], name="rule_asked")]

    def __str__(self) -> str:
        first, second = (self.name_ja, self.name_en) if get_language() == "ja" else (self.name_en, self.name_ja)
        return first or second or self.action


class RuleRun(models.Model):
    """That a rule looked after a record on an occasion, and what came of it. Unique, so that it acts once on each."""

    OUTCOMES: ClassVar = [(DONE, _("Done")), (SKIPPED, _("Left out")), (REFUSED, _("Refused")), (FAILED, _("Failed"))]

    rule = models.ForeignKey(Rule, models.CASCADE, related_name="runs")
    module = models.CharField(max_length=60)
    record_id = models.BigIntegerField()
    # "arrived" and "created" happen once in a record's life; a change is named by its event.
    occasion = models.CharField(max_length=40)
    at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=OUTCOMES)
    why = models.CharField(max_length=300, blank=True, default="")

    stays_when_merged = True  # it tells of that record alone

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["rule", "module", "record_id", "occasion"], name="one_run_per_occasion")]
        indexes: ClassVar = [models.Index(fields=["rule", "-id"], name="run_of_rule")]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.module} {self.record_id} {self.outcome}"
