"""Apps in the console: the grid of people and apps, and the page of one app (ADM-4)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.access.levels import above, own_apps
from core.access.models import AppAccess, User
from core.access.people import active_choices
from core.actor import Actor
from core.field.look import Look
from core.module.registry import modules
from core.text.numbers import whole
from core.web.doors import door
from core.web.menu import all_apps, app_label, given_apps
from core.web.tags import switch

from . import licences, people, queries
from .asking import NOTHING_ASKED, ask, is_sure, title_of_app, told_of_app
from .pages import parts, switched, to
from .states import HUES, WORDS, state_of
from .trial import asked_once_more

PAGE = 50


def shown_apps(admin: User) -> list[str]:
    """The apps an admin looks after."""
    mine = own_apps(admin)
    return [app for app in given_apps() if admin.level or app in mine]


def cell(admin: User, person: User, app: str, has: bool, included: bool, focused: bool = False) -> Any:
    """The switch of one person and one app."""
    may = not above(admin, person) and (has or included)
    label = _("%(app)s for %(name)s") % {"app": app_label(app), "name": person}
    return switch("app", f"{person.pk}:{app}", has, label, may, focused=focused)


@door(admin=True)
@require_http_methods(["GET", "POST"])
def grid_page(request: HttpRequest) -> HttpResponse:
    """Everybody and every app as switches that save by themselves."""
    admin: User = request.user  # type: ignore[assignment]
    if request.method == "POST":
        return _switched(request)
    asked = queries.Asked.of(request.GET)
    pages = Paginator(asked.narrow(queries.users_of_admin(admin)), PAGE)
    page = pages.get_page(request.GET.get("page"))
    plan, apps = licences.plan_of(licences.subscription()), shown_apps(admin)
    usage = licences.usage()
    lines = []
    for person in page:
        held = {one.app: one.is_admin for one in person.apps.all()}
        cells = [(cell(admin, person, app, app in held, plan.includes(app)), held.get(app, False)) for app in apps]
        state = state_of(person)
        lines.append({"user": person, "cells": cells, "state": WORDS[state], "hue": HUES[state], "active": state == "active"})
    context = {
        "look": Look.of(admin),
        "lines": lines,
        "page": page,
        "count": pages.count,
        "asked": asked,
        "app_list": [(app, app_label(app), usage.get(app, 0), plan.includes(app)) for app in apps],
        "icons": {app.key: app.icon for app in all_apps()},
    }
    return render(request, "admin_console/apps.html", context)


def _switched(request: HttpRequest) -> HttpResponse:
    """One switch of the grid: `17:crm:1`. Whoever this admin does not look after is not there."""
    admin: User = request.user  # type: ignore[assignment]
    (pk, app), on = parts(request, "app", 2)
    person = queries.users_of_admin(admin).filter(pk=whole(pk)).first()
    if person is None or app not in given_apps():
        raise Http404
    if app not in shown_apps(admin):
        raise PermissionDenied
    actor, plan = Actor(admin), licences.plan_of(licences.subscription())
    if not is_sure(request) and (lines := told_of_app(person, app, on, actor=actor)):
        return ask(request, "app", f"{person.pk}:{app}", on, title_of_app(person, app, on), lines, _("Apps"))
    return switched(
        request,
        lambda: people.switch(person, app, on, actor=actor),
        lambda: cell(admin, person, app, app in people.reach(person), plan.includes(app), is_sure(request)) + NOTHING_ASKED,
    )


@door(admin=True)
@require_http_methods(["GET", "POST"])
def app_page(request: HttpRequest, app: str) -> HttpResponse:
    """One app: its people with their roles, its admins; POST adds a person or takes one off."""
    admin: User = request.user  # type: ignore[assignment]
    if app not in shown_apps(admin):
        raise Http404
    if request.method == "POST":
        return _person(request, app)
    held = AppAccess.objects.filter(app=app, user__deleted_at__isnull=True).select_related("user__profile", "user__role")
    pages = Paginator(held.order_by("-is_admin", "-user__is_active", "user__family_name", "user__given_name", "pk"), PAGE)
    page = pages.get_page(request.GET.get("page"))
    has = set(held.values_list("user_id", flat=True))
    lines = [{"access": one, "user": one.user, "state": WORDS[(state := state_of(one.user))], "hue": HUES[state],
              "may": not above(admin, one.user)} for one in page]  # fmt: skip
    roles = held.filter(user__role__isnull=False).values_list("user__role__name").annotate(Count("pk")).order_by("-pk__count")[:12]
    context = {
        "look": Look.of(admin),
        "app": app,
        "label": app_label(app),
        "lines": lines,
        "page": page,
        "count": pages.count,
        "admins": held.filter(is_admin=True).count(),
        "roles": roles,
        "modules": [one for one in modules() if one.app == app],
        "others": [(pk, name) for pk, name in active_choices() if pk not in has],
        "included": licences.plan_of(licences.subscription()).includes(app),
    }
    return render(request, "admin_console/app.html", context)


def _person(request: HttpRequest, app: str) -> HttpResponse:
    """Add somebody who is here already (`add`), or take somebody off (`off`); what that opens or closes is said first."""
    actor = Actor(request.user)  # type: ignore[arg-type]
    add, off = whole(request.POST.get("add", "")), whole(request.POST.get("off", ""))
    person = User.objects.filter(pk=add or off, deleted_at__isnull=True).first()
    if person is None:
        messages.error(request, _("Choose a person first."))
        return to("console-app", app)
    on, back = bool(add), reverse("console-app", args=[app])
    title = title_of_app(person, app, on)
    return asked_once_more(request, title, lambda: people.switch(person, app, on, actor=actor), back, among=[person.pk])
