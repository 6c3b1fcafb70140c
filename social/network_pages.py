"""The page of one network: the keys of our app there, its access level, what is left of its limits, and what it costs.

Secrets are sealed when they are saved and never shown again (SOC-2, T3); limits are shown before they are hit (SOC-4); money by
feature, argument and channel with the budgets at which robots stop (SOC-9).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Sum
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.encoding import force_str
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from core import clock
from core.access.models import User
from core.actor import Actor
from core.exchange.verbs import VERBS
from core.field.look import Look
from core.remote import apps, money
from core.remote.abilities import Can
from core.remote.errors import Transient, said
from core.remote.models import NetworkApp, Spending
from core.remote.network import Network, network
from core.signin import audit
from core.stamps import bump
from core.web.confirming import Confirmed
from core.web.doors import door
from core.work.models import Job

from . import hearing
from .allowances import allowances
from .connecting import administers
from .models import Channel
from .money_words import MICRO, cost
from .networks.abilities import level_name

CHANGED = audit.says("social.network", lazy("Changed the app of %(name)s"))
LARGEST = Decimal(1_000_000)
LINES = 50
# What calls are for, where it is no verb.
FEATURES = {
    "mentions": lazy("Reading mentions"),
    "notifications": lazy("Reading what happened on the page"),
    "probe": lazy("Seeing whether a sign-in still holds"),
    "counts": lazy("Estimates of searches"),
    "webhooks": lazy("Setting up news at once"),
    "keyword": lazy("Keywords"),
    "profile": lazy("Profiles"),
    "posts": lazy("Posts of a person"),
    "messages": lazy("Reading messages"),
    "search": lazy("Searching people"),
    "deleted": lazy("Looking whether posts were deleted"),
    "visitor_posts": lazy("Reading visitor posts"),
    "tagged": lazy("Reading posts that name a page"),
    "comments": lazy("Reading comments"),
    "ratings": lazy("Reading reviews"),
}
WORDS: dict[Can, Any] = {
    Can.SEARCH_PEOPLE: lazy("Search people by name"),
    Can.PROFILE: lazy("Basic profile"),
    Can.COUNTS: lazy("Followers and posts, counted"),
    Can.PERSON_POSTS: lazy("A person's posts"),
    Can.MENTIONS: lazy("Mentions of us"),
    Can.KEYWORDS: lazy("Keywords and hashtags"),
    Can.VISITOR_POSTS: lazy("Posts left on our page"),
    Can.COMMENTS: lazy("Comments on our posts"),
    Can.REVIEWS: lazy("Reviews of our page"),
    Can.POST: lazy("Post"),
    Can.REPLY: lazy("Reply and comment"),
    Can.LIKE: lazy("Like"),
    Can.REPOST: lazy("Repost"),
    Can.QUOTE: lazy("Quote"),
    Can.MESSAGE_FIRST: lazy("Write a first private message"),
    Can.MESSAGE: lazy("Answer a private message"),
    Can.INVITE: lazy("Invite to connect"),
    Can.WEBHOOKS: lazy("Hear of news at once"),
}


class AppForm(Confirmed):
    """Our app at a network. A secret field that is left empty keeps the one there is."""

    client_id = forms.CharField(label=lazy("Client ID"), max_length=120, required=False)
    client_secret = forms.CharField(
        label=lazy("Client secret"), max_length=500, required=False, widget=forms.PasswordInput(attrs={"autocomplete": "off"})
    )
    app_key = forms.CharField(
        label=lazy("App key"), max_length=200, required=False, help_text=lazy("For calls without a person, where it is not the client ID.")
    )
    app_secret = forms.CharField(
        label=lazy("App secret"),
        max_length=500,
        required=False,
        help_text=lazy("Also signs what the network sends us."),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    level = forms.ChoiceField(label=lazy("Access level"), required=False)
    day_limit = forms.DecimalField(
        label=lazy("Budget for a day, in US dollars"), min_value=0, max_value=LARGEST, decimal_places=2, required=False
    )
    month_limit = forms.DecimalField(
        label=lazy("Budget for a month, in US dollars"), min_value=0, max_value=LARGEST, decimal_places=2, required=False
    )
    people_go_on = forms.BooleanField(
        label=lazy("People may go on when a budget is used up"),
        required=False,
        help_text=lazy("Reading by itself always stops. Days and months end at 00:00 UTC."),
    )

    def __init__(self, *args: Any, net: Network, row: NetworkApp | None, **kwargs: Any) -> None:
        if row is not None:
            kwargs["initial"] = {
                "client_id": row.client_id,
                "app_key": row.app_key,
                "level": row.level,
                "day_limit": _dollars(row.day_limit),
                "month_limit": _dollars(row.month_limit),
                "people_go_on": row.people_go_on,
            }
        else:
            kwargs["initial"] = {"people_go_on": True}
        super().__init__(*args, **kwargs)
        default = _("As the server's settings say: %(level)s") % {"level": level_name(net.settings_level or next(iter(net.levels), ""))}
        self.fields["level"].choices = [("", default), *((name, level_name(name)) for name in net.level_choices)]  # type: ignore[attr-defined]
        kept = _("One is kept and is not shown again. Leave this empty to keep it.")
        for name in ("client_secret", "app_secret"):
            if row is not None and getattr(row, name):
                self.fields[name].help_text = kept
        if not net.prices:
            for name in ("day_limit", "month_limit", "people_go_on"):
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name in ("client_id", "client_secret", "app_key", "app_secret"):
            if any(ord(sign) <= 32 or ord(sign) == 127 for sign in cleaned.get(name) or ""):
                self.add_error(name, _("A key has no spaces."))
        return cleaned


def _dollars(micros: int | None) -> Decimal | None:
    return None if micros is None else (Decimal(micros) / MICRO).quantize(Decimal("0.01"))


def save(net: Network, values: dict[str, Any], user: User) -> None:
    """Keep what was entered; secrets only where new ones were typed. What changed stands in the audit log, no secret does."""
    with transaction.atomic():
        row, _made = NetworkApp.objects.select_for_update().get_or_create(network=net.key)
        told = []
        for name in ("client_id", "app_key", "level"):
            if getattr(row, name) != values[name]:
                told.append(name)
                setattr(row, name, values[name])
        for name in ("client_secret", "app_secret"):
            if values[name]:
                told.append(name)
                setattr(row, name, values[name])
        if net.prices:
            for name in ("day_limit", "month_limit"):
                wanted = None if values[name] is None else int(values[name] * MICRO)
                if getattr(row, name) != wanted:
                    told.append(name)
                    setattr(row, name, wanted)
            row.people_go_on = values["people_go_on"]
        row.changed_at, row.changed_by, row.warned = clock.now(), user, ""
        row.save()
        bump("networks")
        audit.note(Actor(user), CHANGED, row, label=force_str(net.label), changed=sorted(told))


@door(app="social")
@require_http_methods(["GET", "POST"])
def network_page(request: HttpRequest, key: str) -> HttpResponse:
    """Keys, level, limits and spending of one network."""
    user: Any = request.user
    if not administers(user):
        raise PermissionDenied
    net = _network(key)
    row = NetworkApp.objects.filter(network=key).first()
    form = AppForm(request.POST if request.method == "POST" else None, request=request, net=net, row=row)
    if form.is_bound and form.is_valid():
        save(net, form.cleaned_data, user)
        messages.success(request, _("Saved: %(title)s") % {"title": net.label})
        return HttpResponseRedirect(reverse("social-network", args=[key]))
    look = Look.of(user)
    context = {
        "look": look,
        "net": net,
        "form": form,
        "entered": bool(apps.entered(key).client_id),
        "known": bool(net.client_id),
        "abilities": _abilities(net),
        "limits": _limits(net, look),
        "spending": _spending(net) if net.prices else None,
        "heard": _heard(net),
        "notices": net.notices(),
    }
    return render(request, "social/network.html", context, status=422 if form.is_bound else 200)


@door(app="social")
@require_POST
def listen(request: HttpRequest, key: str) -> HttpResponse:
    """Let the network tell what happens to our accounts, from now on; a job asks it."""
    user: Any = request.user
    if not administers(user):
        raise PermissionDenied
    net = _network(key)
    why_not = net.why_not(Can.WEBHOOKS)
    if why_not:
        messages.error(request, why_not)
    else:
        hearing.ask(net.key)
        messages.success(request, _("It is being set up. This page tells how it went."))
    return HttpResponseRedirect(reverse("social-network", args=[key]))


def _network(key: str) -> Network:
    try:
        return network(key)
    except LookupError:
        raise Http404 from None


def _heard(net: Network) -> dict[str, Any]:
    """Where the network tells news to, and how setting it up went the last time."""
    last = Job.objects.filter(kind=hearing.LISTEN, key=f"listen:{net.key}").order_by("-pk").first()
    words = ""
    if last is not None:
        done = _("It is set up: news comes at once, and is read from time to time all the same.")
        words = said(str(last.result.get("code") or ""), last.result.get("facts") or {}) or (
            done if last.state == "done" else _("It is being set up.")
        )
    address = f"{settings.BASE_URL}{reverse('social-hook', args=[net.key])}"
    return {"address": address, "words": words, "can": net.can(Can.WEBHOOKS)}


def _abilities(net: Network) -> list[dict[str, Any]]:
    """What the present level allows, and why not, or what to know about it."""
    return [{"label": label, "can": net.can(one), "words": net.why_not(one) or " ".join(net.remarks(one))} for one, label in WORDS.items()]


@dataclass(frozen=True)
class LimitLine:
    """One allowance that was used lately: how much of it, and when it is counted anew."""

    whose: str
    what: str
    used: str
    left: str
    span: str
    again: str
    share: int


def _limits(net: Network, look: Look) -> list[LimitLine] | None:
    """What is used of the limits of each account; None while they cannot be read. Days that a network counts always show."""
    try:
        found = allowances(net, LINES)
    except Transient:
        return None
    made = []
    for one in found:
        state = one.state
        again = "" if state.seconds is None else look.moment(clock.now() + timedelta(seconds=state.seconds))
        share = min(100, 100 * state.used // max(1, state.limit))
        used, left = f"{state.used} / {state.limit}", str(state.limit - state.used)
        if one.what in net.percents:
            used, left = (f"{number / 100:.0f} %" for number in (state.used, state.limit - state.used))
        what = force_str(net.named.get(one.what, one.what))
        made.append(LimitLine(one.whose or _("the app"), what, used, left, _span(one.bucket.seconds), again, share))
    return sorted(made, key=lambda line: (-line.share, line.whose, line.what))


def _span(seconds: int) -> str:
    if seconds >= 3_600:
        return ngettext("%(count)d hour", "%(count)d hours", seconds // 3_600) % {"count": seconds // 3_600}
    return ngettext("%(count)d minute", "%(count)d minutes", seconds // 60) % {"count": seconds // 60}


def _spending(net: Network) -> dict[str, Any]:
    """The month so far: against the budgets, and by what it was for."""
    today = clock.now().date()
    spent = money.spent(net.key, today)
    rows = (
        Spending.objects.filter(network=net.key, day__gte=today.replace(day=1))
        .order_by()
        .values("feature", "argument", "connection")
        .annotate(calls=Sum("calls"), micros=Sum("micros"), worst=Sum("worst"))
    )
    handles = dict(Channel.objects.filter(network=net.key).values_list("connection_id", "handle"))
    lines = [
        {
            "what": _feature(row["feature"]),
            "argument": row["argument"],
            "channel": f"@{handles[row['connection']]}" if row["connection"] in handles else "",
            "calls": row["calls"],
            "cost": cost(row["micros"]),
            "worst": cost(row["worst"]),
            "micros": row["micros"],
        }
        for row in rows
    ]
    over = spent.over()
    budgets = [
        _budget(_("Today"), spent.day, spent.day_limit),
        _budget(_("This month"), spent.month, spent.month_limit),
    ]
    return {
        "lines": sorted(lines, key=lambda line: (-line["micros"], line["what"], line["argument"]))[:LINES],
        "budgets": budgets,
        "over": over,
        "resumes": money.resumes(over) if over else None,
    }


def _budget(label: str, micros: int, limit: int | None) -> dict[str, Any]:
    share = None if limit is None else min(100, 100 * micros // max(1, limit))
    tone = "" if share is None or share < money.WARN_AT * 100 else "warn" if share < 100 else "bad"
    return {"label": label, "cost": cost(micros), "limit": "" if limit is None else cost(limit), "share": share, "tone": tone}


def _feature(key: str) -> str:
    verb = VERBS.get(key)
    return force_str(verb.label if verb else FEATURES.get(key, key))
