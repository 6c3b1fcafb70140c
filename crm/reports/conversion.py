"""How many leads become customers, and how fast: by source, owner or month (CRM-15)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Avg, Count, DurationField, ExpressionWrapper, F, Max, Min, Q
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core.access.gate import fields, queryset
from core.access.models import User
from core.criteria.compile import Asker, compile_group
from core.criteria.tree import BadCriteria
from core.field.look import Look
from core.report.definition import By, Definition
from core.report.engine import expression, normal
from core.report.shown import Line, Shown, label, leaves, list_url
from core.web.charts import Chart, Mark, Series

DAY = timedelta(days=1)
_SPENT = ExpressionWrapper(F("converted_at") - F("created_at"), DurationField())
_DONE = Q(converted_at__isnull=False)
FIGURES: dict[str, Any] = {
    "leads": Count("pk"),
    "done": Count("pk", filter=_DONE),
    "mean": Avg(_SPENT, filter=_DONE),
    "least": Min(_SPENT, filter=_DONE),
    "most": Max(_SPENT, filter=_DONE),
}


def conversion(definition: Definition, user: User, look: Look) -> Shown:
    """Each group's leads, those converted, the rate, and the days from made to converted. Leads since converted count,
    too: they left the lists, not the history."""
    by, notes = definition.by[0], []
    rows = queryset(user, definition.module, aside=True)
    try:
        rows = rows.filter(compile_group(definition.criteria, Asker(user)))
    except BadCriteria:
        rows, notes = rows.none(), [_("A value in this report's filter is not of its kind.")]
    if by.field.key not in fields(user, definition.module):
        rows, notes = rows.none(), [_("This report asks for a field that you may not see.")]
    read = rows.order_by().values(g=expression(by, look.zone)).annotate(**FIGURES)
    found = {normal(by, one["g"]): one for one in read}
    order = sorted(found, key=lambda key: _place(by, key, found[key]))
    labels = [label(by, key, look) for key in order]
    lines = [_line(name, found[key], look, _url(definition, by, key)) for name, key in zip(labels, order, strict=True)]
    whole = rows.order_by().aggregate(**FIGURES)
    foot = _line(_("Total"), whole, look, "")
    numbers = [
        definition.module.plural,
        pgettext("leads", "Converted"),
        _("Conversion rate"),
        _("Days, average"),
        _("Days, shortest"),
        _("Days, longest"),
    ]
    return Shown(
        [by.label], numbers, lines, foot, _chart(by, labels, lines, look), list(zip(numbers[:4], foot.cells[:4], strict=True)), notes
    )


def _place(by: By, key: Any, row: dict[str, Any]) -> tuple[Any, ...]:
    """Months in their order, other groups the largest first; what is not set comes last."""
    if key is None:
        return (1, 0)
    return (0, key) if by.bucket else (0, -row["leads"])


def _url(definition: Definition, by: By, key: Any) -> str:
    """The converted leads of a group."""
    return list_url(definition.module, definition.criteria_data, leaves(by, key)).replace("view=all", "view=converted")


def _line(name: str, row: dict[str, Any], look: Look, url: str) -> Line:
    rate = round(row["done"] * 100 / row["leads"], 1) if row["leads"] else None
    days = [None if row[part] is None else round(row[part] / DAY, 1) for part in ("mean", "least", "most")]
    cells = [look.number(row["leads"]), look.number(row["done"]), "—" if rate is None else f"{look.number(rate)}%"]
    return Line(
        [name], [*cells, *("—" if one is None else look.number(one) for one in days)], [row["leads"], row["done"], rate, *days], url
    )


def _chart(by: By, labels: list[str], lines: list[Line], look: Look) -> Chart:
    marks = [Mark(float(line.plain[2] or 0), line.cells[2], line.url) for line in lines[:30]]
    title = _("Conversion rate by %(group)s") % {"group": by.field.label}
    return Chart(
        "column" if by.bucket else "bar", title, by.label, labels[:30], [Series(_("Conversion rate"), marks, 2)], "", look.language
    )
