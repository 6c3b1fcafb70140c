"""The reports that ship, as data, and where all reports of a reader are found (CRM-6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.access.gate import can
from core.access.models import User
from core.module.models import ViewChoice
from core.module.module import Module
from core.module.registry import UnknownModule
from core.module.registry import module as find_module

from . import special
from .conversion import conversion
from .models import Report

CHOICES = "crm.report"  # what pinned reports are kept under, beside the views of modules


@dataclass(frozen=True)
class Known:
    """One report, shipped or saved. `special` computes what grouping alone cannot."""

    key: str
    label: Any
    about: Any
    module: str
    definition: dict[str, Any]
    special: Callable[..., Any] | None = None
    saved: Report | None = None
    mine: bool = False
    pinned: bool = False

    @property
    def fixed(self) -> bool:
        """Its groups and figures are its own; only its filter can be changed."""
        return self.special is not None

    @property
    def found(self) -> Module:
        return find_module(self.module)


def _deals(by: str, show: str, chart: str = "bar", order: str = "natural", **condition: Any) -> dict[str, Any]:
    leaves = [{"field": field, "op": "is", "value": value} for field, value in condition.items()]
    return {"criteria": {"all": leaves} if leaves else {}, "by": by, "show": show, "chart": chart, "order": order}


_MONEY = "sum.amount sum.expected_revenue count"
_DEAL = "crm.deal"
SHIPPED: tuple[Known, ...] = (
    Known(
        "open",
        _("Open deals"),
        _("What is still open, by closing month and stage."),
        _DEAL,
        _deals("closing_on:month stage", _MONEY, "column", outcome="open"),
    ),
    Known(
        "pipeline",
        _("Pipeline by stage"),
        _("Open amount and expected revenue in each stage."),
        _DEAL,
        _deals("stage", _MONEY, "bar", outcome="open"),
    ),
    Known(
        "pipelines",
        _("Pipelines compared"),
        _("Open amount and expected revenue of each pipeline by stage."),
        _DEAL,
        _deals("pipeline stage", _MONEY, "bar", outcome="open"),
    ),
    Known("type", _("Deals by type"), _("New, existing and renewed business."), _DEAL, _deals("type stage", "sum.amount count", "bar")),
    Known(
        "probability",
        _("Deals by probability"),
        _("Open deals by how likely they are."),
        _DEAL,
        _deals("probability", _MONEY, "column", outcome="open"),
    ),
    Known(
        "won-lost",
        _("Won and lost by month"),
        _("Closed deals by month and outcome."),
        _DEAL,
        _deals("closed_at:month outcome", "sum.amount count", "column", outcome=["won", "lost"]),
    ),
    Known(
        "owner",
        _("Deals by owner"),
        _("Who has how much, open and closed."),
        _DEAL,
        _deals("owner outcome", "sum.amount count", "bar", "most"),
    ),
    Known(
        "duration", _("Stage duration"), _("How many days deals stand in each stage."), _DEAL, _deals("stage", "count"), special.duration
    ),
    Known(
        "forecast",
        _("Forecast against target"),
        _("Won and expected revenue of each month against what was aimed for."),
        _DEAL,
        _deals("closing_on:month", "sum.amount", "column"),
        special.forecast,
    ),
    Known(
        "leads-source",
        _("Leads by source"),
        _("Where leads come from, and how they stand."),
        "crm.lead",
        _deals("source status", "count", "bar", "most"),
    ),
    Known(
        "conversion-source",
        _("Conversion by source"),
        _("Which sources bring customers, and how long it takes."),
        "crm.lead",
        _deals("source", "count"),
        conversion,
    ),
    Known(
        "conversion-owner",
        _("Conversion by owner"),
        _("Whose leads become customers, and how fast."),
        "crm.lead",
        _deals("owner", "count"),
        conversion,
    ),
    Known(
        "conversion-month",
        _("Conversion by month"),
        _("Of the leads of each month, how many were converted since."),
        "crm.lead",
        _deals("created_at:month", "count", "column"),
        conversion,
    ),
    Known("leads-status", _("Leads by status"), _("How far leads have come."), "crm.lead", _deals("status", "count", "funnel")),
)


def reports(user: User) -> list[Known]:
    """Every report this reader may open: the shipped ones, then those saved by them or for them."""
    pins = set(ViewChoice.objects.filter(user=user, module=CHOICES, pinned=True).values_list("view", flat=True))
    reach = Q(owner=user) | Q(shared="all") | Q(shared="some", users=user)
    if user.role:
        above = [int(part) for part in user.role.path.strip("/").split("/") if part]
        reach |= Q(shared="some", roles__in=above)
    made = [_pinned(one, pins) for one in SHIPPED]
    for row in Report.objects.filter(reach).select_related("owner").distinct():
        key = f"r{row.pk}"
        made.append(Known(key, row.name, "", row.module, row.definition, saved=row, mine=row.owner_id == user.pk, pinned=key in pins))
    return [one for one in made if _open(user, one.module)]


def _pinned(one: Known, pins: set[str]) -> Known:
    return Known(one.key, one.label, one.about, one.module, one.definition, one.special, pinned=one.key in pins)


def _open(user: User, module: str) -> bool:
    try:
        return can(user, find_module(module), "view")
    except UnknownModule:
        return False


def report(user: User, key: str) -> Known | None:
    """One report by its key, if this reader may open it."""
    return next((one for one in reports(user) if one.key == key), None)
