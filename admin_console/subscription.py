"""The subscription: what is included, who takes a licence, and the change of it, at once (ADM-6)."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from core import clock
from core.access.levels import may
from core.access.models import User
from core.actor import Actor
from core.field.look import Look
from core.record.write import Refused
from core.text.numbers import whole
from core.web.doors import door
from core.web.menu import app_label, given_apps

from . import licences, said
from .acts import act
from .models import Subscription, SubscriptionChange
from .pages import to, tried
from .plans import Plan, plans

MOST = 100_000


def change(plan: Plan, seats: int, *, actor: Actor) -> None:
    """Subscribe to a plan, at once (row 13). Raises Refused with everything that is over where it does not fit."""
    with act("change_subscription", actor, said.PLAN, target=licences.subscription()) as done:
        row, ordered = licences.subscription(), seats if plan.ordered else 0
        if plan.ordered and not 1 <= ordered <= MOST:
            raise Refused(_("Say how many licences you want."))
        if over := too_much(plan, ordered):
            raise Refused(" ".join(over))
        done.changed("plan", row.plan, plan.key)
        done.changed("seats", row.seats, ordered)
        if done.changes:
            Subscription.objects.update_or_create(pk=1, defaults={"plan": plan.key, "seats": ordered, "since": clock.now()})
            SubscriptionChange.objects.create(at=clock.now(), by=done.by, plan=plan.key, seats=ordered)


def too_much(plan: Plan, seats: int) -> list[str]:
    """What would be over with this plan, a sentence each."""
    over, after = [], licences.standing(plan, seats)
    if after.left is not None and after.left < 0:
        words = _("%(used)d licences are in use and this would be %(total)d: %(over)d too many.")
        over.append(words % {"used": after.used, "total": after.total, "over": -after.left})
    for app, number in licences.not_included(plan).items():
        words = ngettext(
            "%(app)s is not included, and %(count)d person has it.", "%(app)s is not included, and %(count)d people have it.", number
        )
        over.append(words % {"app": app_label(app), "count": number})
    return over


@door(admin=True)
@require_http_methods(["GET", "POST"])
def subscription_page(request: HttpRequest) -> HttpResponse:
    """Plan, licences, use per app and history; POST changes the plan."""
    user: User = request.user  # type: ignore[assignment]
    if not may(user, "see_subscription" if request.method == "GET" else "change_subscription"):
        raise PermissionDenied
    problem, asked, seats = "", request.POST.get("plan", ""), whole(request.POST.get("seats", ""))
    if request.method == "POST":
        plan = plans().get(asked)
        try:
            if plan is None:
                raise Refused(_("Choose a plan."))
            change(plan, seats, actor=Actor(user))
        except Refused as error:
            problem = str(error)
        else:
            tried(request, lambda: None, _("The plan %(plan)s holds from now on.") % {"plan": plan.label})
            return to("console-subscription")
    now, usage = licences.standing(), licences.usage()
    context = {
        "look": Look.of(user),
        "now": now,
        "row": licences.subscription(),
        "share": min(100, round(100 * now.used / now.total)) if now.total else 0,
        "plans": [(one, [app_label(app) for app in given_apps() if one.includes(app)]) for one in plans().values()],
        "usage": [(app_label(app), usage.get(app, 0), now.plan.includes(app)) for app in given_apps()],
        "history": [
            (one, plans()[one.plan].label if one.plan in plans() else one.plan)
            for one in SubscriptionChange.objects.select_related("by")[:50]
        ],
        "may_change": may(user, "change_subscription"),
        "problem": problem,
        "asked": asked,
        "seats": seats or now.seats or now.used,
    }
    return render(request, "admin_console/subscription.html", context, status=422 if problem else 200)
