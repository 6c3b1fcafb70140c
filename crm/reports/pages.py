"""The pages of reports: all of them, one, its chart alone, and its file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core import clock
from core.access.gate import can
from core.access.models import User
from core.actor import Actor
from core.criteria.tree import BadCriteria, load
from core.event.emit import emit
from core.field.look import Look
from core.module import listing
from core.module.module import Module
from core.module.registry import UnknownModule, modules
from core.module.registry import module as find_module
from core.record import exporting
from core.record.writing import csv_pieces
from core.report.definition import CHARTS, ORDERS, Definition, define, groupings, measures
from core.report.engine import CAP, run
from core.report.shown import MOST_LINES, Shown, show
from core.web import filtering
from core.web.charts import figure
from core.web.doors import door

from .shipped import Known, report, reports

STATE = ("module", "by", "show", "chart", "order")


@door(app="crm")
def all_page(request: HttpRequest) -> HttpResponse:
    """Every report one may open: pinned, shipped, one's own and those of others."""
    user: Any = request.user
    found = reports(user)
    parts = [
        (pgettext("reports", "Yours"), [one for one in found if one.mine]),
        (_("Shared with you"), [one for one in found if one.saved and not one.mine]),
        (_("Ready-made"), [one for one in found if not one.saved]),
    ]
    context = {
        "parts": [(title, members) for title, members in parts if members],
        "modules": [one for one in modules() if can(user, one, "view")],
        "look": Look.of(user),
    }
    return render(request, "crm/reports.html", context)


def known_or_404(request: HttpRequest, key: str) -> Known:
    """The report at an address; `new` is an empty one over the module named in the address."""
    user: Any = request.user
    if key != "new":
        found = report(user, key)
        if found is None:
            raise Http404
        return found
    try:
        module = find_module(request.GET.get("module", ""))
    except UnknownModule as error:
        raise Http404 from error
    if not can(user, module, "view"):
        raise Http404
    first = module.board or next((by.text for by in groupings(module.fields)), "")
    return Known("new", _("New report"), "", module.key, {"criteria": {}, "by": first, "show": "count", "chart": "bar"})


def asked_for(request: HttpRequest, known: Known) -> Definition:
    """The report with the changes that stand in the address. Afterwards the address has the whole state."""
    user: Any = request.user
    if "by" not in request.GET:
        plain = define(user, known.found, known.definition)
        full = request.GET.copy()
        full.update({"by": "", "show": "", "chart": "", "order": ""} | {k: v for k, v in plain.stored().items() if k != "criteria"})
        if plain.criteria_data:
            full["filter"] = _text(plain.criteria_data)
        request.GET = full  # type: ignore[assignment]
        return plain
    try:
        criteria = load(request.GET.get("filter", ""))
    except BadCriteria:
        criteria = {"all": [{"field": "", "op": ""}]}
    return define(user, known.found, {"criteria": criteria, **{name: request.GET.get(name, "") for name in STATE[1:]}})


def _text(criteria: dict[str, Any]) -> str:
    from core.web.viewing import as_text

    return as_text(criteria)


def figures(known: Known, definition: Definition, user: User, look: Look, most: int = MOST_LINES) -> Shown:
    """What a report shows to one reader."""
    if known.special is not None:
        return known.special(definition, user, look)  # type: ignore[no-any-return]
    result = run(definition, user)
    shown = show(result, look, most)
    if result.problem and not definition.broken:
        shown.notes.append(result.problem)
    return shown


def _changed(request: HttpRequest) -> HttpResponse | None:
    """Where the form above the table leads: one address for one state."""
    asked = request.GET
    if "by1" not in asked:
        return None
    made = {name: asked[name] for name in ("module", "filter", "chart", "order") if asked.get(name)}
    made["by"] = " ".join(dict.fromkeys(part for part in (asked["by1"], asked.get("by2", "")) if part))
    made["show"] = " ".join(asked.getlist("shown"))
    return HttpResponseRedirect(f"{request.path}?{urlencode(made)}")


@door(app="crm")
def report_page(request: HttpRequest, key: str) -> HttpResponse:
    """One report: filter, grouping and measures stand in the address; table, chart and the lists behind them."""
    known = known_or_404(request, key)
    user: Any = request.user
    answer = _changed(request) or filtering.moved(request, known.found, STATE)
    if answer is not None:
        return answer
    changed = "by" in request.GET
    definition, look = asked_for(request, known), Look.of(user)
    shown = figures(known, definition, user, look)
    asked = listing.state(user, known.found, request.GET)
    context = {
        "known": known,
        "definition": definition,
        "shown": shown,
        # The table with the same numbers stands right below.
        "chart": figure(shown.chart, numbers=False) if shown.chart else "",
        "asked": asked,
        "look": look,
        "changed": changed,
        "chips": filtering.chips(request, asked, look),
        "panel": filtering.panel(request, asked, STATE) if request.GET.get("panel") == "filter" else None,
        "may_export": can(user, known.found, "export"),
        **_offers(definition, asked.fields),
    }
    return render(request, "crm/report.html", context)


def _offers(definition: Definition, known: dict[str, Any]) -> dict[str, Any]:
    by = [one.text for one in definition.by] + ["", ""]
    shown = [one.text for one in definition.show]
    return {
        "groupings": groupings(known),
        "by": by[:2],
        "measures": [(one, one.text in shown) for one in measures(known)],
        # Worked out for whoever looks; the page says why it does not offer them.
        "live": [one for one in known.values() if one.live],
        "charts": CHARTS.items(),
        "orders": ORDERS.items(),
    }


@door(app="crm")
def chart_part(request: HttpRequest, key: str) -> HttpResponse:
    """The chart alone, fetched by the home page after it stands."""
    known = known_or_404(request, key)
    user: Any = request.user
    look = Look.of(user)
    shown = figures(known, asked_for(request, known), user, look)
    context = {"chart": figure(shown.chart) if shown.chart else "", "shown": shown}
    return render(request, "crm/_report_chart.html", context)


@door(app="crm")
def export(request: HttpRequest, key: str) -> HttpResponse | StreamingHttpResponse:
    """The table as CSV, for those who may export the module; the export is an event (PLT-18), and there is a number of them an
    hour (E2)."""
    known = known_or_404(request, key)
    user: Any = request.user
    if not can(user, known.found, "export"):
        raise PermissionDenied
    if exporting.too_often(user):
        messages.error(request, exporting.said_too_often())
        return HttpResponseRedirect(f"{reverse('crm-report', args=[key])}?{request.GET.urlencode()}")
    definition = asked_for(request, known)
    shown = figures(known, definition, user, Look.of(user), CAP)
    _said(known, definition, len(shown.lines), user)
    lines = ([*line.headings, *line.plain] for line in _records(shown))
    answer = StreamingHttpResponse(csv_pieces([*shown.heads, *shown.numbers], lines, bom=True), content_type="text/csv; charset=utf-8")
    name = f"{slugify(str(known.label)) or known.key}-{clock.today():%Y%m%d}.csv"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _records(shown: Shown) -> Iterator[Any]:
    """The lines of the file: groups only, so that a sum over a column is right."""
    return (line for line in shown.lines if line.kind != "sub")


class _Whole:
    """What an event about no single record points at."""

    pk = 0


def _said(known: Known, definition: Definition, count: int, user: User) -> None:
    module: Module = known.found
    detail = {"report": str(known.label), "rows": count, "definition": definition.stored()}
    emit([(module.key, _Whole(), {}, detail)], "exported", Actor(user))
