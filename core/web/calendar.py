"""Any list as a calendar: its records on the days of one of their dates (PLT-9)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from core.access.gate import can
from core.criteria.compile import Asker, compile_group
from core.criteria.tree import read
from core.field.field import Field
from core.field.look import Look
from core.module import indexed, listing
from core.module.module import Module
from core.module.patience import TookTooLong
from core.web import displays, filtering
from core.web import span as spans
from core.web.doors import door
from core.web.pages import module_or_404

MOST = 600
# What stays in the address when the filter panel leads back to the calendar.
KEPT = (*filtering.KEPT, *displays.OWN["calendar"], "on")


def date_field(module: Module, known: dict[str, Field], asked: str = "") -> Field:
    """The date records stand on: the one asked for, else the first of the module. One the reader may not see is none,
    nor is one that is worked out for each reader."""
    found = next((one for one in listing.date_fields(module, known) if not asked or one.key == asked), None)
    if found is None:
        raise Http404
    return found


@door()
def calendar_page(request: HttpRequest, app: str, path: str) -> HttpResponse:
    """The list in the address as a calendar: same view, same filter, same rights. A list has a `view` of its own, so the
    calendar calls its day, week and month `span`."""
    module = module_or_404(request, app, path)
    user: Any = request.user
    if (answer := filtering.moved(request, module, KEPT, display="calendar")) is not None:
        return answer
    asked, look = listing.state(user, module, request.GET), Look.of(user)
    by = date_field(module, asked.fields, request.GET.get("by", ""))
    span = spans.read({"view": request.GET.get("span", ""), "on": request.GET.get("on", "")}, look)
    try:
        records, too_long = _records(asked, by, span), False
    except TookTooLong:
        records, too_long = [], True
    days = span.days(_entries(asked, by, records[:MOST], look), module.app)
    whole, hours = spans.by_hour(days[0]) if span.view == "day" else ([], [])
    context = {
        "module": module,
        "asked": asked,
        "by": by,
        "dates": listing.date_fields(module, asked.fields),
        "span": span,
        "days": days,
        "whole": whole,
        "hours": hours if any(one.entries for one in hours) else [],
        "cut": len(records) > MOST,
        "too_long": too_long,
        "reads_all": indexed.slow_to_find(asked, by) if too_long else None,
        "look": look,
        "chips": filtering.chips(request, asked, look),
        "panel": filtering.panel(request, asked, KEPT) if request.GET.get("panel") == "filter" else None,
        "spans": "span",
        "new": module.url(page="new") if can(user, module, "create") and by.editable else "",
        "add_query": f"{by.key}=",
        **displays.around(request, asked, "calendar"),
    }
    return render(request, "record/calendar.html", context, status=503 if too_long else 200)


def _records(asked: listing.State, by: Field, span: spans.Span) -> list[Any]:
    """The rows of the list whose date lies in the span, one more than are shown. Raises TookTooLong."""
    edges = [
        {"field": by.key, "op": "after", "value": (span.first - timedelta(days=1)).isoformat()},
        {"field": by.key, "op": "before", "value": span.last.isoformat()},
    ]
    inside = compile_group(read({"all": edges}, asked.module, asked.fields), Asker(asked.user))
    with listing.in_time(asked, by) as found:
        rows = listing.narrowed(found.filter(inside), _shown(asked, by))
        return list(rows.order_by(*([] if by.custom else [by.path]), "pk")[: MOST + 1])


def _shown(asked: listing.State, by: Field) -> list[Field]:
    """What an entry needs: its date, a word more, and the picklist that colours it."""
    plain = [one for key in asked.module.columns_shown[1:] if (one := asked.fields.get(key)) and one.kind.key in {"link", "text"}]
    colour = asked.fields.get(asked.module.board or "status")
    return [by, *plain[:1], *([colour] if colour and colour.kind.key == "picklist" else [])]


def _entries(asked: listing.State, by: Field, records: list[Any], look: Look) -> list[spans.Entry]:
    shown = _shown(asked, by)
    listing.prepare(look, asked.module, records, shown)
    words = [one for one in shown[1:] if one.kind.key in {"link", "text"}]
    colour = next((one for one in shown[1:] if one.kind.key == "picklist"), None)
    made = []
    for record in records:
        value = by.value(record)
        timed = by.kind.key == "datetime"
        option = colour.options.get(colour.value(record)) if colour else None
        made.append(
            spans.Entry(
                title=record.title or "—",
                url=asked.module.url(record.pk),
                on=value.astimezone(look.zone).date() if timed else value,
                starts_at=value if timed else None,
                hue=option.hue if option else 10,
                detail=words[0].text(record, look) if words else "",
                who=look.person(record.owner_id),
                record=record,
            )
        )
    return made
