"""Telling those concerned that a channel needs a new sign-in, or that a budget is nearly used up (PLT-19, SOC-3, SOC-9)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.encoding import force_str
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from core import clock
from core.access.gate import rights
from core.access.models import User
from core.actor import Actor
from core.event.emit import Happened, listens
from core.field.look import Look
from core.notify.kinds import Place, places, say
from core.notify.models import Notification
from core.notify.tell import notify
from core.remote import money
from core.remote.models import PERSONAL, Connection, NetworkApp
from core.remote.network import network

from . import own
from .connecting import administers
from .models import NEEDS_SIGNIN, Channel
from .pull import on_unpaid

KIND = "social.signin"


@listens("needs_signin")
def signin_ended(told: Sequence[Happened], actor: Actor) -> None:
    """Who connected the channel, and those who look after Social."""
    for one in told:
        who = Q(pk=one.event.detail.get("owner")) | Q(apps__app="social", apps__is_admin=True)
        for user in User.objects.filter(who, is_active=True).distinct().order_by("pk"):
            notify(user, KIND, one.record, key=f"signin:{one.event.pk}", actor=actor)


@places("social.channel")
def _channels(user: User, ids: Collection[int]) -> dict[int, Place]:
    if not rights(user).has_app("social"):
        return {}
    return {row.pk: Place(str(row), reverse("social-channels"), row) for row in Channel.objects.filter(pk__in=ids)}


def _still_out(rows: Iterable[Notification], seen: Mapping[tuple[str, int], Place]) -> set[int]:
    """Not those of channels somebody signed in again meanwhile."""
    return {row.pk for row in rows if (place := seen.get((row.module, row.record_id))) and place.record.state == NEEDS_SIGNIN}


def _words(data: Mapping[str, Any], look: Look, title: str) -> str:
    return _("%(channel)s needs a new sign-in. Reading has stopped and answers wait until then.") % {"channel": title}


say(KIND, lazy("A channel needs a new sign-in"), icon="key", sentence=_words, still=_still_out)


# One's own accounts -----------------------------------------------------------------------------------------------


@places("core.connection")
def _own_accounts(user: User, ids: Collection[int]) -> dict[int, Place]:
    rows = Connection.objects.filter(pk__in=ids, owner=user, kind=PERSONAL).select_related("chain")
    return {row.pk: Place(f"{network(row.network).label} {row}", reverse("my-social"), row) for row in rows}


def _own_still_out(rows: Iterable[Notification], seen: Mapping[tuple[str, int], Place]) -> set[int]:
    """Not those of accounts that were signed in again, or taken off by their owner, meanwhile."""
    return {row.pk for row in rows if (place := seen.get((row.module, row.record_id))) and _out(place.record, row.data.get("why"))}


def _out(row: Connection, why: str | None) -> bool:
    return not row.open if why == "chosen" else row.open and row.chain.state == NEEDS_SIGNIN


def _own_words(data: Mapping[str, Any], look: Look, title: str) -> str:
    if data.get("why") == "chosen":
        return _("The access of your account %(account)s has ended, as you chose.") % {"account": title}
    return _("Your account %(account)s needs a new sign-in. What you asked for with it waits until then.") % {"account": title}


say(own.KIND, lazy("One of your own accounts needs a new sign-in"), icon="key", sentence=_own_words, still=_own_still_out)


# Money ------------------------------------------------------------------------------------------------------------

SPENDING, SPENT = "social.spending", "social.spent"


@money.on_warning
def budget_comes_near(key: str, which: str, spent: int, limit: int) -> None:
    """Those who look after Social hear once that a budget is nearly used up, before robots stop; and once that it is, and until when
    they stop (SOC-9)."""
    row = NetworkApp.objects.get(network=key)
    data: dict[str, Any] = {"which": which, "share": 100 * spent // max(1, limit)}
    if spent >= limit:
        data |= {"until": money.resumes(which).isoformat(), "people": row.people_go_on}
    for user in User.objects.filter(apps__app="social", apps__is_admin=True, is_active=True).distinct().order_by("pk"):
        notify(user, SPENT if "until" in data else SPENDING, row, data, key=f"spending:{key}:{row.warned}", actor=Actor.system("sync"))


@places("core.networkapp")
def _networks(user: User, ids: Collection[int]) -> dict[int, Place]:
    if not administers(user):
        return {}
    rows = NetworkApp.objects.filter(pk__in=ids)
    return {row.pk: Place(force_str(network(row.network).label), reverse("social-network", args=[row.network]), row) for row in rows}


def _spending_words(data: Mapping[str, Any], look: Look, title: str) -> str:
    share = data.get("share", 80)
    if data.get("which") == "month":
        return _("%(share)d %% of the month's budget for %(network)s is used.") % {"share": share, "network": title}
    return _("%(share)d %% of the day's budget for %(network)s is used.") % {"share": share, "network": title}


say(SPENDING, lazy("A network's budget is nearly used up"), icon="coins", sentence=_spending_words)


def _spent_words(data: Mapping[str, Any], look: Look, title: str) -> str:
    until = parse_datetime(str(data.get("until", "")))
    told = {"network": title, "time": look.moment(until) if until else ""}
    if data.get("which") == "month":
        said = _("The month's budget for %(network)s is used up. Reading stops and goes on at %(time)s.") % told
    else:
        said = _("The day's budget for %(network)s is used up. Reading stops and goes on at %(time)s.") % told
    return said if data.get("people") else " ".join((said, _("What people ask for waits, too.")))


say(SPENT, lazy("A network's budget is used up"), icon="coins", sentence=_spent_words)


UNPAID = "social.unpaid"


@on_unpaid
def credit_is_gone(key: str) -> None:
    """Those who look after Social hear once a day that a network refuses for want of credit (SOC-9)."""
    row, _made = NetworkApp.objects.get_or_create(network=key)
    for user in User.objects.filter(apps__app="social", apps__is_admin=True, is_active=True).distinct().order_by("pk"):
        notify(user, UNPAID, row, key=f"unpaid:{key}:{clock.now():%Y-%m-%d}", actor=Actor.system("sync"))


def _unpaid_words(data: Mapping[str, Any], look: Look, title: str) -> str:
    return _("The credit at %(network)s is used up. Reading waits, and goes on when it is topped up there.") % {"network": title}


say(UNPAID, lazy("The credit at a network is used up"), icon="coins", sentence=_unpaid_words)
