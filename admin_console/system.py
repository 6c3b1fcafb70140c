"""Is the machinery well, what is parked and why, and who changed what: for account and suite admins."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import django
from django.contrib import messages
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_POST

from core.event.models import Event
from core.field.look import Look
from core.module.registry import UnknownModule
from core.module.registry import module as find_module
from core.text.numbers import whole
from core.web import health
from core.web.doors import door
from core.work import jobs
from core.work.health import STALE, facts
from core.work.models import PARKED, Job
from core.work.registry import kinds

from . import queries

PARTS = {
    "database": lazy("Database"),
    "migrations": lazy("Tables up to date"),
    "broker": lazy("Broker"),
    "worker": lazy("Workers"),
}
ACTS = {
    "added": lazy("added"),
    "changed": pgettext_lazy("audit", "changed"),
    "moved": lazy("moved"),
    "ordered": lazy("put into another order"),
    "deleted": lazy("deleted"),
    "replaced": lazy("replaced by another value"),
    "reset": lazy("put back as it ships"),
}
NAMES = {
    "label_en": lazy("English"),
    "label_ja": lazy("Japanese"),
    "help": lazy("Help"),
    "required": lazy("Required"),
    "hidden": lazy("Hidden"),
    "active": lazy("Shown"),
    "section": lazy("Section"),
    "position": lazy("Position"),
    "kind": lazy("Kind"),
    "value": lazy("Value"),
    "hue": lazy("Colour"),
    "order": lazy("Order"),
    "more": lazy("Stage"),
    "name": lazy("Name"),
    "fiscal_month": lazy("fiscal year begins in"),
    "honorific": lazy("honorific after customers' names in Japanese"),
    "requires": lazy("Asks for"),
    "sections": lazy("Sections"),
    "target": lazy("Module"),
    "formula": lazy("Formula"),
    "result": lazy("Result"),
    "one_en": lazy("one, in English"),
    "many_en": lazy("several, in English"),
    "one_ja": lazy("one, in Japanese"),
    "many_ja": lazy("several, in Japanese"),
    "conversion": lazy("Goes to"),
    "rate": lazy("Rate"),
    "parent": lazy("Above"),
    "peers": lazy("Records of the same role"),
    "members": lazy("Members"),
    "note": lazy("What it is for"),
    "default": lazy("Default"),
    "rule": lazy("Rule"),
    "heir": lazy("Taken over by"),
    "from": lazy("Made from"),
    "rights": lazy("Rights"),
    "features": lazy("Switches"),
    "fields": lazy("Fields"),
    "valid_from": lazy("Valid from"),
}


@dataclass(frozen=True)
class Told:
    """One line of the audit log in words."""

    event: Event
    who: str
    what: str
    changes: list[tuple[str, str, str]]


def told(event: Event, look: Look) -> Told:
    """An event as a sentence and its changes."""
    who = look.person(event.actor_id) or _("Enishi")
    if event.kind == "exported":
        rows = event.detail.get("rows", event.detail.get("count", ""))
        return Told(event, who, _("exported %(kind)s: %(rows)s rows") % {"kind": _plural(event.module), "rows": rows}, [])
    detail = event.detail
    place = str(detail.get("what", "")).rsplit(".", 1)
    words = {
        "core.customfield": _("%(module)s: field “%(name)s” %(act)s"),
        "core.fieldlabel": _("%(module)s: field “%(name)s” %(act)s"),
        "core.organisation": _("Organisation “%(name)s” %(act)s"),
        "core.role": _("Role “%(name)s” %(act)s"),
        "core.group": _("Group “%(name)s” %(act)s"),
        "core.profile": _("Profile “%(name)s” %(act)s"),
        "core.sharingrule": _("Sharing rule “%(name)s” %(act)s"),
        "core.moduledefault": _("Default of %(name)s %(act)s"),
        "core.rate": _("Exchange rate of %(name)s %(act)s"),
        "core.choice": _("%(module)s: value “%(name)s” of %(field)s %(act)s"),
        "core.modulelabel": _("%(module)s: name %(act)s"),
        "core.modulelayout": _("%(module)s: layout %(act)s"),
        "crm.conversionfield": _("Conversion: where “%(name)s” goes was changed"),
    }.get(event.module, "%(name)s %(act)s")
    names = {
        "module": _plural(place[0]),
        "name": detail.get("label") or _field(place),
        "field": _field(place),
        "act": ACTS.get(str(detail.get("act")), ""),
    }
    changes = [(str(NAMES.get(key, key)), _word(was), _word(now)) for key, (was, now) in event.changes.items()]
    return Told(event, who, words % names, changes)


def _plural(key: str) -> str:
    try:
        return find_module(key).plural
    except UnknownModule:
        return key


def _field(place: list[str]) -> str:
    try:
        one = find_module(place[0]).picklist(place[-1])
    except UnknownModule:
        return place[-1]
    return one.label if one else place[-1]


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(f"{key} {one}" for key, one in value.items())
    return "" if value is None else str(value)


def _seconds(value: float | None) -> str:
    """A span in the largest unit that tells."""
    if value is None:
        return ""
    if value < 120:
        return _("%(count)d s") % {"count": value}
    if value < 7200:
        return _("%(count)d min") % {"count": value / 60}
    return _("%(count)d h") % {"count": value / 3600}


@door(wide=True)
def system_page(request: HttpRequest) -> HttpResponse:
    """Health, the oldest work that is due, parked jobs, versions (rules of reliability: shown, with a way on)."""
    user: Any = request.user
    found, work = health.facts(), facts()
    parked = list(Job.objects.filter(state=PARKED).select_related("user").order_by("-pk")[:100])
    context = {
        "look": Look.of(user),
        "parts": [(str(PARTS[key]), there, _seen(key, work)) for key, there in found.items()],
        "well": all(found.values()),
        "work": work,
        "late": [(_kind(key), _seconds(age), age > STALE) for key, age in sorted(work.late.items(), key=lambda pair: -pair[1])],
        "parked": [(job, job.label or _kind(job.kind)) for job in parked],
        "versions": _versions(),
        "may_change": user.profile is not None and "settings" in user.profile.features,
    }
    return render(request, "admin_console/system.html", context)


def _seen(key: str, work: Any) -> str:
    if key != "worker" or work.worker_age is None:
        return _("never seen") if key == "worker" else ""
    return _("seen %(span)s ago") % {"span": _seconds(work.worker_age)}


def _kind(key: str) -> str:
    known = kinds.get(key)
    return str(known.label) if known and known.label else key


def _versions() -> list[tuple[str, str]]:
    number = ".".join(map(str, connection.get_database_version()))
    return [
        (connection.display_name, number),
        ("Python", platform.python_version()),
        ("Django", django.get_version()),
        ("Celery", version("celery")),
    ]


@door(wide=True, feature="settings")
@require_POST
def try_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a parked job back to work. Asked twice, it is put back once."""
    row = Job.objects.filter(pk=pk, state=PARKED).first() if pk < 2**63 else None
    if row is None:
        raise Http404
    jobs.try_again(row)
    messages.success(request, _("The job is back at work: %(job)s") % {"job": row.label or _kind(row.kind)})
    return HttpResponseRedirect(reverse("console-system"))


@door(wide=True)
def audit_page(request: HttpRequest) -> HttpResponse:
    """What admins changed and what was exported, newest first (O1)."""
    text = request.GET.get("before", "")
    before = whole(text)
    look, events = Look.of(request.user), queries.audit(before)  # type: ignore[arg-type]
    context = {
        "look": look,
        "lines": [told(event, look) for event in events],
        "older": events[-1].pk if len(events) == queries.SHOWN else 0,
    }
    return render(request, "admin_console/audit.html", context)
