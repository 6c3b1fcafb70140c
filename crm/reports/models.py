"""Reports that people save, and the targets that the forecast is held against."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.access.models import Role
from core.field.columns import CurrencyColumn, MoneyColumn
from core.module.models import SavedView
from core.organisation.settings import home_currency


class Report(models.Model):
    """A report under a name: one's own, for chosen people and roles, or for all. `definition` as definition.py reads it."""

    module = models.CharField(max_length=60)
    name = models.CharField(_("name"), max_length=80)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    shared = models.CharField(_("for whom"), max_length=5, choices=SavedView.FOR, default="me")
    users = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+", blank=True, verbose_name=_("people"))
    roles = models.ManyToManyField(Role, related_name="+", blank=True, verbose_name=_("roles"))
    definition = models.JSONField(default=dict)

    class Meta:
        verbose_name, verbose_name_plural = _("report"), _("reports")
        ordering: ClassVar = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class Target(models.Model):
    """What one person is to win in one month. `month` is its first day."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("owner"))
    month = models.DateField(_("month"))
    amount = MoneyColumn(_("amount"), null=False, blank=False)
    currency = CurrencyColumn(_("currency"), default=home_currency)

    class Meta:
        verbose_name, verbose_name_plural = _("target"), _("targets")
        constraints: ClassVar = [models.UniqueConstraint(fields=["owner", "month", "currency"], name="one_target_a_month")]
        indexes: ClassVar = [models.Index(fields=["month", "owner"], name="target_of_month")]

    def __str__(self) -> str:
        return f"{self.owner_id} {self.month:%Y-%m}"
