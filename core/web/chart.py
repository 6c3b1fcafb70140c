"""Any list as a chart: its records counted or added up by one of their fields (PLT-9). The figures are those of reports
(core.report), each leads to the list of exactly what it counts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from core.access.gate import can
from core.field.look import Look
from core.module import indexed, listing
from core.module.patience import TookTooLong, patience
from core.report.definition import BUCKETS, CHARTS, ORDERS, By, Definition, define, groupings, measures
from core.report.engine import run
from core.report.shown import Shown, show
from core.web import displays, filtering
from core.web.charts import figure
from core.web.doors import door
from core.web.pages import module_or_404

# What stays in the address when the filter panel leads back to the chart.
KEPT = (*filtering.KEPT, *displays.OWN["chart"])


@door()
def chart_page(request: HttpRequest, app: str, path: str) -> HttpResponse:
    """The list in the address as a chart with its table: same view, same filter, same words, same rights."""
    module = module_or_404(request, app, path)
    user: Any = request.user
    if (answer := filtering.moved(request, module, KEPT, display="chart")) is not None:
        return answer
    asked = listing.state(user, module, request.GET)
    look, definition = Look.of(user), asked_for(asked, request.GET)
    shown, too_long = None, False
    try:
        shown = _figures(asked, definition, look)
    except TookTooLong:
        too_long = True
    context = {
        "module": module,
        "asked": asked,
        "definition": definition,
        "shown": shown,
        "too_long": too_long,
        # The table with the same numbers stands right below.
        "chart": figure(shown.chart, numbers=False) if shown and shown.chart else "",
        "look": look,
        "chips": filtering.chips(request, asked, look),
        "panel": filtering.panel(request, asked, KEPT) if request.GET.get("panel") == "filter" else None,
        "may_create": can(user, module, "create"),
        "reads_all": indexed.reads_all(asked, more=False) if too_long else None,
        **_offers(asked, definition),
        **displays.around(request, asked, "chart"),
    }
    return render(request, "record/chart.html", context, status=503 if too_long else 200)


def asked_for(asked: listing.State, query: Any) -> Definition:
    """The chart in the address; a field the reader may not see makes it broken. Nothing asked: how many by the module's board."""
    groups = groupings(asked.fields)
    wanted = {
        "criteria": asked.own_data,
        "by": (query.get("by", "") or first(asked, groups)).split(" ")[0],
        "show": (query.get("show", "") or "count").split(" ")[0],
        "chart": query.get("chart", ""),
        "order": query.get("order", ""),
    }
    made = define(asked.user, asked.module, wanted)
    if not query.get("chart") and made.by and made.by[0].bucket:
        made = replace(made, chart="column")  # time runs from left to right
    words = {"q": asked.q} if asked.q else {}
    if displays.opens_as_other(asked.view):
        words["display"] = "list"
    return replace(made, within={"view": asked.view.key, **words})


def first(asked: listing.State, groups: list[By]) -> str:
    """What a chart is grouped by unless it says so: the board's picklist, else the first picklist of the list, else anything."""
    texts = {one.text for one in groups}
    shown = [key for key in asked.module.columns_shown if key in texts and asked.fields[key].kind.key == "picklist"]
    return next((key for key in (asked.module.board, *shown) if key in texts), groups[0].text if groups else "")


def _figures(asked: listing.State, definition: Definition, look: Look) -> Shown:
    """The table and the drawing. Every matching row is read, so the question has no more time than a list without index."""
    found = listing.rows(asked)
    with patience(found, settings.LIST_SECONDS):
        result = run(definition, asked.user, found)
    shown = show(result, look)
    if result.problem and not definition.broken:
        shown.notes.append(result.problem)
    return shown


def _offers(asked: listing.State, definition: Definition) -> dict[str, Any]:
    """What the form above the chart has to choose from: dates apart from the rest, since each stands there six times."""
    found = groupings(asked.fields)
    plain = [one for one in found if not one.bucket]
    dates: dict[str, list[By]] = {}
    for one in found:
        if one.bucket:
            dates.setdefault(one.field.label, []).append(one)
    return {
        "plain": plain,
        "dates": dates.items(),
        "buckets": BUCKETS,
        "by": definition.by[0].text if definition.by else "",
        "measures": measures(asked.fields),
        "measure": definition.show[0].text,
        "charts": [(key, label) for key, label in CHARTS.items() if key != "none"],
        "orders": ORDERS.items(),
    }
