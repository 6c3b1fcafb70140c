"""What record pages show of activities: the next one on top, the open and the closed apart; and on an event its dates and
participants (CRM-8)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils.translation import gettext as _

from core.access.gate import can, fields, queryset
from core.action.registry import is_offered
from core.field.look import Look
from core.module.registry import module
from core.web.panels import Panel, panel

from . import drawing, series
from .agenda import ICONS, KEY
from .models import Activity, Moved, Participant
from .queries import SHOWN, closed_activities, moved, open_activities

ON = ("crm.lead", "crm.contact", "crm.account", "crm.deal")
DATES = 8


@panel("crm.next", on=ON)
def upcoming(request: HttpRequest, record: Any, look: Look) -> Panel | None:
    """What is still to be done, the next first, with a button that does it; and what was done."""
    user: Any = request.user
    if not can(user, KEY, "view"):
        return None
    found, more = _held(record, user, look)
    closed = closed_activities(record, user, look)
    may = {name: is_offered(f"crm.{name}", record, user) for name in ("add_task", "log_call")}
    here = module(record._meta.label_lower)
    result = "result" in fields(user, module(KEY))
    context = {
        "lines": lines_of(found[:SHOWN], user, look),
        "count": len(found),
        "more": more,
        "more_open": more or len(found) > SHOWN,
        "open_url": _list(record, "is_not"),
        "closed": [_line(one, user, look) | {"result": one.result if result else ""} for one in closed[:SHOWN]],
        "more_closed": len(closed) > SHOWN,
        "closed_url": _list(record, "is"),
        "may": may,
        "do": here.url(record.pk, "do/"),
        "back": request.path,
    }
    return Panel(drawing.open_and_closed, context, 10)


@panel("crm.next_one", on=ON)
def next_one(request: HttpRequest, record: Any, look: Look) -> Panel | None:
    """PLT-10: the next activity stands on top of the record."""
    user: Any = request.user
    if not can(user, KEY, "view"):
        return None
    found, _more = _held(record, user, look)
    lines = lines_of(found[:1], user, look)
    return Panel(drawing.the_next, {"line": lines[0], "back": request.path}, 5, "banner") if lines else None


def _held(record: Any, user: Any, look: Look) -> tuple[list[Activity], bool]:
    """Asked once for both places of the page."""
    kept: dict[Any, Any] = look.children  # type: ignore[assignment]
    slot = (KEY, "open activities")
    if slot not in kept:
        kept[slot] = open_activities(record, user, look)
    return kept[slot]


def _list(record: Any, op: str) -> str:
    leaves = [{"field": record._meta.model_name, "op": "is", "value": record.pk}, {"field": "status", "op": op, "value": "done"}]
    return f"{module(KEY).url()}?{urlencode({'view': 'all', 'filter': json.dumps({'all': leaves})})}"


def lines_of(found: list[Activity], user: Any, look: Look) -> list[dict[str, Any]]:
    """Activities as lines; of a series its next date."""
    return [_line(one, user, look) for one in found]


def _line(one: Activity, user: Any, look: Look) -> dict[str, Any]:
    known = fields(user, module(KEY))
    starts_at = (getattr(one, "next_at", None) or one.starts_at) if "starts_at" in known else None
    due_on = one.due_on if "due_on" in known else None
    return {
        "activity": one,
        "url": module(KEY).url(one.pk),
        "icon": "repeat" if one.is_series else ICONS.get(one.kind, "square-check"),
        "when": look.moment(starts_at) if starts_at else look.day(due_on),
        "who": look.person(one.owner_id),
        "late": one.done_at is None and due_on is not None and due_on < look.now.astimezone(look.zone).date(),
        "may": not one.is_series and one.done_at is None and can(user, KEY, "edit", one),
    }


@panel("crm.dates", on=("crm.activity",))
def dates(request: HttpRequest, activity: Activity, look: Look) -> Panel | None:
    """The next dates of a series, each of which can be called off or moved."""
    user: Any = request.user
    if not activity.is_series or "starts_at" not in fields(user, module(KEY)):
        return None
    changed = series.standing(activity, moved([activity.pk]).get(activity.pk, []))
    found = series.dates(activity, changed, look.now, look.now + timedelta(days=366 * 3), most=DATES)
    context = {
        "lines": [{"when": _from_to(one, look), "moved": one.moved, "day": f"{one.occurs_on:%Y-%m-%d}"} for one in found],
        "changed": [_changed(one, look) for one in sorted(changed, key=lambda one: one.occurs_on, reverse=True)[:DATES]],
        "may": can(user, KEY, "edit", activity),
        "pk": activity.pk,
    }
    return Panel("crm/_dates.html", context, 10)


def _from_to(one: series.Date, look: Look) -> str:
    until = one.ends_at.astimezone(look.zone)
    if one.ends_at == one.starts_at:
        return look.moment(one.starts_at)
    same = until.date() == one.starts_at.astimezone(look.zone).date()
    return f"{look.moment(one.starts_at)} – {f'{until:%H:%M}' if same else look.moment(one.ends_at)}"


def _changed(one: Moved, look: Look) -> dict[str, Any]:
    said = _("Called off") if one.off else _("Moved to %(when)s") % {"when": look.moment(one.starts_at)}
    icon = "calendar-x" if one.off else "calendar-clock"
    return {"day": f"{one.occurs_on:%Y-%m-%d}", "day_said": look.day(one.occurs_on), "said": said, "icon": icon}


@panel("crm.participants", on=("crm.activity",))
def participants(request: HttpRequest, activity: Activity, look: Look) -> Panel | None:
    """Who takes part in an event, as far as the reader may see them."""
    if activity.kind != "event":
        return None
    user: Any = request.user
    held = list(Participant.objects.filter(activity=activity).order_by("pk").values_list("pk", "user_id", "contact_id"))
    wanted = {contact for _pk, _user, contact in held if contact}
    known = {one.pk: one for one in queryset(user, "crm.contact").filter(pk__in=wanted)} if can(user, "crm.contact", "view") else {}
    lines = [
        {
            "pk": pk,
            "user": who,
            "contact": known.get(contact),
            "url": module("crm.contact").url(contact) if contact else "",
            "said": look.person(who) if who else known[contact].title,
        }
        for pk, who, contact in held
        if who or contact in known
    ]
    context = {"lines": lines, "unseen": len(held) - len(lines), "may": can(user, KEY, "edit", activity), "pk": activity.pk}
    return Panel("crm/_participants.html", context, 12)
