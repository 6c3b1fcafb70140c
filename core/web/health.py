"""Is it alive, is it ready: for load balancers, compose and the one who looks after it (PLT-2)."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse

from core.access.gate import rights
from core.web.doors import door
from core.web.menu import apps_of
from core.work.health import STALE


@door(open=True)
def healthz(request: HttpRequest) -> HttpResponse:
    """This process answers."""
    return HttpResponse("ok", content_type="text/plain")


def facts() -> dict[str, bool]:
    """Each thing a working installation needs, and whether it is there."""
    from core.work.health import broker_reachable
    from core.work.health import facts as work_facts

    made = {}
    try:
        connection.ensure_connection()
        executor = MigrationExecutor(connection)
        made["database"] = True
        made["migrations"] = not executor.migration_plan(executor.loader.graph.leaf_nodes())
        age = work_facts().worker_age
        made["worker"] = age is not None and age < STALE
    except DatabaseError:
        made |= {"database": False, "migrations": False, "worker": False}
    made["broker"] = broker_reachable()
    return made


@door(open=True)
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when everything is there, else 503; says yes or no for each part and nothing more."""
    found = facts()
    return JsonResponse(found, status=200 if all(found.values()) else 503)


@door()
def root(request: HttpRequest) -> HttpResponse:
    """The first app one has."""
    apps = apps_of(request.user)
    if rights(request.user).has_app("crm"):  # type: ignore[arg-type]
        return HttpResponseRedirect("/crm/")
    from django.shortcuts import render
    from django.urls import reverse

    return HttpResponseRedirect(reverse(apps[0].home)) if apps else render(request, "personal/no_apps.html")
