"""Where the added fields of leads go when one is converted, as admins said it (CRM-11)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.field.field import Field
from core.module.module import Module
from core.stamps import stamped


class ConversionField(models.Model):
    """Where an added field of leads goes when one is converted, as an admin said it: to a field of `target`, or nowhere
    (`field` is empty). Without a row the field of the same name takes it (CRM-11)."""

    lead_field = models.CharField(max_length=60)
    target = models.CharField(max_length=60)
    field = models.CharField(max_length=60, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("conversion field"), _("conversion fields")
        constraints: ClassVar = [models.UniqueConstraint(fields=["lead_field", "target"], name="one_way_per_lead_field")]

    def __str__(self) -> str:
        return f"{self.lead_field} → {self.target}.{self.field}"


# Kinds that take the values of others whole. A kind takes its own in any case.
_TAKES = {
    "text": {"email", "phone", "url"},
    "long_text": {"text", "email", "phone", "url"},
    "money": {"number"},
}


def takes(origin: Field, target: Field) -> bool:
    """Whether every value of `origin` can stand in `target` as it is: a fitting kind, and a link to the same module."""
    if target.is_formula or origin.is_formula or not target.custom or target.hidden:
        return False
    if origin.kind.key == target.kind.key:
        return origin.target == target.target
    return origin.kind.key in _TAKES.get(target.kind.key, set())


@stamped("fields")
def chosen() -> dict[str, dict[str, str]]:
    """By target module and lead field: the key of the field that takes it, empty for none."""
    found: dict[str, dict[str, str]] = {}
    for row in ConversionField.objects.all():
        found.setdefault(row.target, {})[row.lead_field] = row.field
    return found


def taker(origin: Field, target: Module, twin: Field | None) -> Field | None:
    """The field of `target` that takes an added field of leads: the one an admin chose, else its twin if nobody chose that
    for something else."""
    said = chosen().get(target.key, {})
    if origin.key in said:
        one = target.fields.get(said[origin.key])
        return one if one is not None and takes(origin, one) else None
    return twin if twin is not None and twin.key not in said.values() else None
