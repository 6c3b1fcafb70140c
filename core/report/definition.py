"""What a report asks for, read against what its reader may see.

    {"criteria": {…}, "by": "stage closing_on:month", "show": "sum.amount count", "chart": "bar", "order": "most"}

Names pass an allow-list of the reader's fields; nothing a user typed reaches the database as a keyword.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext, pgettext_lazy

from core.access.gate import fields
from core.access.models import User
from core.criteria.tree import NOTHING, BadCriteria, Group, read
from core.field.field import Field
from core.module.module import Module
from core.module.registry import module as find_module

BUCKETS: dict[str, Any] = {
    "day": lazy("day"),
    "week": lazy("week"),
    "month": lazy("month"),
    "quarter": lazy("quarter"),
    "year": lazy("year"),
    "fiscal": lazy("fiscal year"),
}
CHARTS: dict[str, Any] = {
    "bar": lazy("Bars"),
    "column": pgettext_lazy("chart", "Columns"),
    "line": pgettext_lazy("chart", "Line"),
    "pie": pgettext_lazy("chart", "Ring"),
    "funnel": lazy("Funnel"),
    "none": lazy("No chart"),
}
ORDERS: dict[str, Any] = {"natural": lazy("In their own order"), "most": lazy("Largest first"), "least": lazy("Smallest first")}
_GROUPED = {"picklist", "user", "link", "yes_no", "text", "number", "percent", "date", "datetime", "time"}
_MEASURED = {"number", "percent", "money"}
MOST_BY, MOST_SHOWN = 2, 5


@dataclass(frozen=True)
class By:
    """One grouping: a field, and for a date how long its buckets are."""

    field: Field
    bucket: str = ""

    @property
    def text(self) -> str:
        return f"{self.field.key}:{self.bucket}" if self.bucket else self.field.key

    @property
    def label(self) -> str:
        if not self.bucket:
            return self.field.label
        return _("%(field)s by %(bucket)s") % {"field": self.field.label, "bucket": BUCKETS[self.bucket]}


@dataclass(frozen=True)
class Measure:
    """One figure: how many records, or the sum or average of a field."""

    function: str
    field: Field | None = None

    @property
    def text(self) -> str:
        return f"{self.function}.{self.field.key}" if self.field else self.function

    @property
    def label(self) -> str:
        if self.field is None:
            return pgettext("report", "Number")
        if self.function == "avg":
            return _("%(field)s, average") % {"field": self.field.label}
        return self.field.label

    @property
    def money(self) -> bool:
        return self.field is not None and self.field.kind.key == "money"


@dataclass(frozen=True)
class Definition:
    """A report as it can be asked. `broken` says in words why it cannot be, and then it gives no figures. `within` is what else stands
    in the address of the lists behind its figures: a view, words that are searched for."""

    module: Module
    by: tuple[By, ...]
    show: tuple[Measure, ...]
    criteria: Group
    criteria_data: dict[str, Any]
    chart: str = "bar"
    order: str = "natural"
    broken: str = ""
    within: Mapping[str, str] = field(default_factory=dict)

    def stored(self) -> dict[str, Any]:
        """The form it is saved in."""
        return {
            "criteria": self.criteria_data,
            "by": " ".join(one.text for one in self.by),
            "show": " ".join(one.text for one in self.show),
            "chart": self.chart,
            "order": self.order,
        }


def groupings(known: dict[str, Field]) -> list[By]:
    """Everything records may be grouped by, in the order of their labels."""
    made: list[By] = []
    for one in known.values():
        if one.kind.key not in _GROUPED or one.parts or one.live or (one.custom and one.kind.key == "datetime"):
            continue
        if one.kind.key in {"date", "datetime"}:
            made += [By(one, bucket) for bucket in BUCKETS]
        else:
            made.append(By(one))
    return sorted(made, key=lambda by: (by.field.label, list(BUCKETS).index(by.bucket) if by.bucket else 0))


def measures(known: dict[str, Field]) -> list[Measure]:
    """Everything that may be counted, summed or averaged."""
    measured = [one for one in known.values() if one.kind.key in _MEASURED and not one.live and not _mixed(one)]
    numbers = sorted(measured, key=lambda one: one.label)
    sums = [Measure(function, one) for one in numbers for function in (("avg",) if one.kind.key == "percent" else ("sum", "avg"))]
    return [Measure("count"), *sums]


def _mixed(one: Field) -> bool:
    """An amount that a formula gives is in its record's currency, and a sum over several currencies would say nothing."""
    return one.is_formula and one.kind.key == "money" and hasattr(find_module(one.module).model, "currency")


def define(user: User, module: Module, data: dict[str, Any]) -> Definition:
    """The report `data` describes, for one reader. What they may not see makes it broken, never wider."""
    known, broken, criteria = fields(user, module), "", NOTHING
    may_by = {one.text: one for one in groupings(known)}
    may_show = {one.text: one for one in measures(known)}
    asked_by, asked_show = str(data.get("by", "")).split(), str(data.get("show", "")).split()
    by = tuple(may_by[text] for text in dict.fromkeys(asked_by) if text in may_by)[:MOST_BY]
    show = tuple(may_show[text] for text in dict.fromkeys(asked_show) if text in may_show)[:MOST_SHOWN]
    if len(by) < len(set(asked_by)) or len(show) < len(set(asked_show)):
        broken = _("This report asks for a field that you may not see or that no longer exists.")
    tree = data.get("criteria") or {}
    try:
        criteria = read(tree, module, known)
    except BadCriteria:
        tree, broken = {}, _("This report's filter asks for a field that you may not see or that no longer exists.")
    chart, order = str(data.get("chart", "")), str(data.get("order", ""))
    return Definition(
        module,
        by,
        show or (Measure("count"),),
        criteria,
        tree,
        chart if chart in CHARTS else "bar",
        order if order in ORDERS else "natural",
        broken,
    )
