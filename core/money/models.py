"""The table of rates: what other currencies are worth in the home currency (PLT-7)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.field.columns import CurrencyColumn


class Rate(models.Model):
    """One unit of `currency` is worth `rate` units of `home` from the day `valid_from` on, until a later rate begins.

    `home` stands in the row, so that rates into another home currency are left out, not misread, when the setting changes.
    """

    currency = CurrencyColumn(_("currency"))
    home = CurrencyColumn(_("home currency"))
    rate = models.DecimalField(_("rate"), max_digits=20, decimal_places=8)
    valid_from = models.DateField(_("valid from"))

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["home", "currency", "valid_from"], name="one_rate_a_day"),
            models.CheckConstraint(condition=Q(rate__gt=0), name="rate_above_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.currency} {self.valid_from:%Y-%m-%d}"
