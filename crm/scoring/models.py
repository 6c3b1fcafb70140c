"""Rules that give points, and how far the scores of a module were kept up."""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class ScoreRule(models.Model):
    """Points for records that meet `criteria`, or for each time a `signal` was counted: at most `most` times (0: without end),
    in the last `days` days (0: ever). A rule has the one or the other (CRM-19)."""

    module = models.CharField(max_length=60)
    name_en = models.CharField(_("name in English"), max_length=100, blank=True)
    name_ja = models.CharField(_("name in Japanese"), max_length=100, blank=True)
    criteria = models.JSONField(default=dict, blank=True)
    signal = models.CharField(_("what counts"), max_length=60, blank=True, default="")
    points = models.SmallIntegerField(
        _("points"), default=10, validators=[MinValueValidator(-100), MaxValueValidator(100)], help_text=_("From −100 to 100.")
    )
    most = models.PositiveSmallIntegerField(
        _("at most so many times"), default=5, validators=[MaxValueValidator(1000)], help_text=_("0: every time counts.")
    )
    days = models.PositiveSmallIntegerField(
        _("in the last days"), default=90, validators=[MaxValueValidator(3650)], help_text=_("0: whenever it was.")
    )
    active = models.BooleanField(_("on"), default=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name, verbose_name_plural = _("score rule"), _("score rules")
        ordering: ClassVar = ["position", "pk"]
        indexes: ClassVar = [models.Index(fields=["module", "position"], name="score_rule_asked")]

    def __str__(self) -> str:
        first, second = (self.name_ja, self.name_en) if get_language() == "ja" else (self.name_en, self.name_ja)
        return first or second


class ScoreMark(models.Model):
    """How far the scores of one module were kept up: what changed until `upto` is in them. `turn` counts changes of the rules,
    so that a run over all records that began before the last one begins anew; `whole_on` is the day of the last nightly one."""

    module = models.CharField(max_length=60, unique=True)
    upto = models.DateTimeField()
    turn = models.PositiveIntegerField(default=1)
    whole_on = models.DateField(null=True)

    def __str__(self) -> str:
        return f"{self.module} {self.upto:%Y-%m-%d %H:%M}"
