"""Is the machinery well, what is parked and why, and who changed what: for account and suite admins."""

from __future__ import annotations

import platform
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
from django.views.decorators.http import require_POST

from core.field.look import Look
from core.web import health
from core.web.doors import door
from core.work import jobs
from core.work.health import STALE, facts
from core.work.models import PARKED, Job
from core.work.registry import kinds

PARTS = {
    "database": lazy("Database"),
    "migrations": lazy("Tables up to date"),
    "broker": lazy("Broker"),
    "worker": lazy("Workers"),
}


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
        "parked": [(job, job.said or _kind(job.kind)) for job in parked],
        "versions": _versions(),
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


@door(wide=True)
@require_POST
def try_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a parked job back to work. Asked twice, it is put back once."""
    row = Job.objects.filter(pk=pk, state=PARKED).first() if pk < 2**63 else None
    if row is None:
        raise Http404
    jobs.try_again(row)
    messages.success(request, _("The job is back at work: %(job)s") % {"job": row.label or _kind(row.kind)})
    return HttpResponseRedirect(reverse("console-system"))
