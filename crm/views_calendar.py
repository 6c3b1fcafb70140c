"""My day, and the calendar by day, week and month (CRM-8)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from core.access.gate import can, fields, queryset, rights
from core.access.models import User
from core.access.opened import look_up
from core.field.look import Look
from core.module.listing import CAP
from core.module.registry import module
from core.web import span as spans
from core.web.doors import door

from . import agenda

OVERDUE = 50
_MINE = json.dumps({"all": [{"field": "owner", "op": "me"}]}, separators=(",", ":"))


@door(app="crm")
def calendar_page(request: HttpRequest) -> HttpResponse:
    """All of its state stands in the address: view, day, and whose."""
    user: Any = request.user
    if not can(user, agenda.KEY, "view"):
        raise Http404
    look = Look.of(user)
    span, who = spans.read(request.GET, look), agenda.whose(request.GET.get("whose", ""), user)
    found = agenda.entries(user, look, span, who)
    days = span.days(found.entries, "crm")
    agenda.finish(days, user, look)
    create = can(user, agenda.KEY, "create")
    whole, hours = spans.by_hour(days[0]) if span.view == "day" else ([], [])
    context = {
        "look": look,
        "span": span,
        "days": days,
        "whole": whole,
        "hours": hours,
        "opens": next((one.opens for one in days if one.date == span.on), days[0].opens),
        "cut": found.cut,
        "whose": who.key,
        "people": agenda.people(user),
        "has_team": bool(rights(user).team),
        "others": who.people != [user.pk],
        "new": reverse("new", args=["crm", "activities"]) if create else "",
    }
    return render(request, "crm/calendar.html", context)


@door(app="crm")
def day_page(request: HttpRequest) -> HttpResponse:
    """What waits for this reader today: what is overdue, the events by hour, what is due, whom to call."""
    user: Any = request.user
    if not can(user, agenda.KEY, "view"):
        raise Http404
    look = Look.of(user)
    span = spans.span("day", look.now.astimezone(look.zone).date(), look)
    found = agenda.entries(user, look, span, agenda.whose("", user))
    late, count = overdue(user, look)
    day = span.days(found.entries, "crm")[0]
    agenda.finish([day], user, look)
    due = [one for one in day.entries if one.starts_at is None]
    timed = [one for one in day.entries if one.starts_at is not None]
    calls = [one for one in [*due, *timed] if one.record.kind == "call" and not one.done]
    day.entries = [one for one in timed if one not in calls]
    whole, hours = spans.by_hour(day)
    shown = [one.record for one in [*late, *day.entries, *due, *calls]]
    look_up(module(agenda.KEY), shown)
    context = {
        "look": look,
        "span": span,
        "overdue": late,
        "overdue_said": f"{CAP:,}+" if count > CAP else f"{count:,}",
        "more_overdue": count > len(late),
        "overdue_url": f"{module(agenda.KEY).url()}?{urlencode({'view': 'overdue', 'filter': _MINE})}",
        "whole": whole,
        "hours": hours if any(one.entries for one in hours) else [],
        "events": len(day.entries),
        "tasks": [one for one in due if one.record.kind != "call"],
        "calls": calls,
        "yesterday": span.on - timedelta(days=1),
        "may": {one.pk: can(user, agenda.KEY, "edit", one) for one in shown},
        "new": reverse("new", args=["crm", "activities"]) if can(user, agenda.KEY, "create") else "",
        "here": request.path,
    }
    return render(request, "crm/day.html", context)


def overdue(user: User, look: Look, shown: int = OVERDUE) -> tuple[list[spans.Entry], int]:
    """My open tasks and calls whose day went by, the oldest first; and how many in all, up to a cap."""
    known = fields(user, module(agenda.KEY))
    if not can(user, agenda.KEY, "view") or "due_on" not in known:
        return [], 0
    today = look.now.astimezone(look.zone).date()
    rows = queryset(user, agenda.KEY).filter(owner_id=user.pk, done_at=None, due_on__lt=today)
    found = list(rows.order_by("due_on", "pk")[: shown + 1])
    count = len(found) if len(found) <= shown else rows.order_by()[: CAP + 1].count()
    agenda.name(look, found[:shown], known)
    return [agenda.entry(one, look, known) for one in found[:shown]], count
