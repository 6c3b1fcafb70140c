"""The organisation itself: one row, what its pages follow wherever a person has not chosen for themselves."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.access.models import LANGUAGES

HONORIFICS = (("", _("Names alone")), ("san", _("さん")), ("sama", _("様")))
MONTHS = (
    (1, _("January")), (2, _("February")), (3, _("March")), (4, _("April")), (5, _("May")), (6, _("June")), (7, _("July")),
    (8, _("August")), (9, _("September")), (10, _("October")), (11, _("November")), (12, _("December")),
)  # fmt: skip


class Organisation(models.Model):
    """Who we are. `fiscal_month` is the first month of a fiscal year; `honorific` is put after customers' names in Japanese.

    `hours` are business hours by day of the week, Monday "0" to Sunday "6": `{"0": ["09:00", "18:00"], …}`; a day that is
    not named is off. `logo` is a WebP picture of ours, no side longer than 256 pixels.
    """

    name = models.CharField(_("name"), max_length=120, blank=True, default="")
    address = models.TextField(_("address"), max_length=400, blank=True, default="")
    time_zone = models.CharField(_("time zone"), max_length=50, blank=True, default="")
    language = models.CharField(_("language"), max_length=5, choices=LANGUAGES, blank=True, default="")
    currency = models.CharField(_("currency"), max_length=3, blank=True, default="")
    portal_url = models.CharField(_("portal address"), max_length=200, blank=True, default="")
    hours = models.JSONField(_("business hours"), default=dict, blank=True)
    logo = models.BinaryField(_("logo"), null=True, editable=False)
    logo_stamp = models.CharField(max_length=16, blank=True, default="", editable=False)
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


class AppSetting(models.Model):
    """What one app has otherwise than the organisation: `{name of the organisation's column: value}`; what is not named
    follows the organisation (ADM-5)."""

    app = models.CharField(max_length=30, primary_key=True)
    values = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.app
