"""The organisation itself: one row, what its pages follow wherever a person has not chosen for themselves."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

HONORIFICS = (("", _("Names alone")), ("san", _("さん")), ("sama", _("様")))
MONTHS = (
    (1, _("January")), (2, _("February")), (3, _("March")), (4, _("April")), (5, _("May")), (6, _("June")), (7, _("July")),
    (8, _("August")), (9, _("September")), (10, _("October")), (11, _("November")), (12, _("December")),
)  # fmt: skip


class Organisation(models.Model):
    """Who we are. `fiscal_month` is the first month of a fiscal year; `honorific` is put after customers' names in Japanese."""

    name = models.CharField(_("name"), max_length=120, blank=True, default="")
    fiscal_month = models.PositiveSmallIntegerField(_("fiscal year begins in"), choices=MONTHS, default=1)
    honorific = models.CharField(
        _("honorific after customers' names in Japanese"), max_length=4, choices=HONORIFICS, blank=True, default=""
    )

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(pk=1), name="one_organisation"),
            models.CheckConstraint(condition=models.Q(fiscal_month__range=(1, 12)), name="fiscal_month_is_a_month"),
        ]

    def __str__(self) -> str:
        return self.name
