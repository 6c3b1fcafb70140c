"""Fields and choices that an admin adds or changes, without a migration and without a restart (PLT-17)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

# Ten data colours of the design (static/css/tokens.css), chosen by number.
HUES = [(number, str(number)) for number in range(1, 11)]

CUSTOM_KINDS = [
    ("text", _("Text")),
    ("long_text", _("Long text")),
    ("number", _("Number")),
    ("money", _("Money")),
    ("date", _("Date")),
    ("datetime", _("Date and time")),
    ("time", _("Time of day")),
    ("yes_no", _("Yes or no")),
    ("picklist", _("Picklist")),
    ("multi_picklist", _("Picklist, several")),
    ("email", _("E-mail")),
    ("phone", _("Phone")),
    ("url", _("Link")),
    ("user", _("User")),
    ("link", _("Record of a module")),
    ("formula", _("Formula")),
]


class TwoLabels(models.Model):
    """A label in both languages; the other one serves where one is missing."""

    label_en = models.CharField(_("label in English"), max_length=80, blank=True)
    label_ja = models.CharField(_("label in Japanese"), max_length=80, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        first, second = (self.label_ja, self.label_en) if get_language() == "ja" else (self.label_en, self.label_ja)
        return first or second


class Choice(TwoLabels):
    """One value of a picklist. `value` is what records store and never changes; labels may."""

    module = models.CharField(max_length=60)
    field = models.CharField(max_length=60)
    value = models.CharField(max_length=60)
    position = models.PositiveSmallIntegerField(default=0)
    hue = models.PositiveSmallIntegerField(_("colour"), choices=HUES, default=10)
    active = models.BooleanField(_("offered"), default=True)
    # What a module hangs on its choices: a deal stage has {"probability": 20, "type": "open", "requires": [...]}.
    more = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("choice"), _("choices")
        ordering: ClassVar = ["position", "pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["module", "field", "value"], name="one_choice_per_value")]


class CustomField(TwoLabels):
    """A field an admin added. Its values live in the record's `extra` under `key`, which never changes."""

    module = models.CharField(max_length=60)
    key = models.CharField(max_length=40)
    kind = models.CharField(_("kind"), max_length=20, choices=CUSTOM_KINDS)
    help = models.CharField(_("help"), max_length=200, blank=True)
    required = models.BooleanField(_("required"), default=False)
    active = models.BooleanField(_("shown"), default=True)
    section = models.CharField(_("section"), max_length=80, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    # Of a link: the key of the module it points at. Of a formula: its text, and the kind of its result.
    target = models.CharField(_("module"), max_length=60, blank=True)
    formula = models.TextField(_("formula"), blank=True)
    result = models.CharField(max_length=20, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("custom field"), _("custom fields")
        ordering: ClassVar = ["position", "pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["module", "key"], name="one_custom_field_per_key")]


class FieldLabel(TwoLabels):
    """A built-in field renamed, hidden or required by an admin."""

    module = models.CharField(max_length=60)
    field = models.CharField(max_length=60)
    hidden = models.BooleanField(_("hidden"), default=False)
    required = models.BooleanField(_("required"), default=False)

    class Meta:
        verbose_name, verbose_name_plural = _("field setting"), _("field settings")
        constraints: ClassVar = [models.UniqueConstraint(fields=["module", "field"], name="one_label_per_field")]


class ModuleLabel(models.Model):
    """What an admin calls a module, one record and many, in each language; empty is the word that ships."""

    module = models.CharField(max_length=60, unique=True)
    one_en = models.CharField(_("one, in English"), max_length=60, blank=True)
    many_en = models.CharField(_("several, in English"), max_length=60, blank=True)
    one_ja = models.CharField(_("one, in Japanese"), max_length=60, blank=True)
    many_ja = models.CharField(_("several, in Japanese"), max_length=60, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("module name"), _("module names")

    def __str__(self) -> str:
        return self.module


class ModuleLayout(models.Model):
    """The sections of a module as an admin arranged them, instead of those that ship:
    [{"key": "s1", "label_en": "…", "label_ja": "…", "columns": 2, "fields": ["company", "c3"]}]."""

    module = models.CharField(max_length=60, unique=True)
    sections = models.JSONField(default=list)

    class Meta:
        verbose_name, verbose_name_plural = _("layout"), _("layouts")

    def __str__(self) -> str:
        return self.module
