"""The upper part of the related list Social: the profiles a record is linked to (SOC-10, SOC-18)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.encoding import force_str
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from core.access.gate import rights
from core.field.look import Look
from core.module.registry import module
from core.panels import may_change
from core.record.hanging import hangs, may_have
from core.record.models import Tie
from core.remote.errors import RemoteError
from core.remote.network import Network, network, networks
from core.web.panels import Panel, panel

from .. import picturing
from ..models import Profile
from ..people import HOLDERS, PROFILE, TIE, linked_to
from ..speaking import PROFILES as FEATURE
from ..speaking import may_speak

# What people may type of somebody, with room for each; the network's own words stand before it.
NOTED = {"name": 200, "position": 200, "place": 200, "education": 500, "work": 2_000, "bio": 2_000}


def may(user: Any) -> bool:
    """Whether the profiles of people are there for this person at all (SOC-17)."""
    return rights(user).feature(FEATURE)


def linked(record: Any, look: Look) -> list[Profile]:
    """The profiles of a record, what was linked last first; one query for a page, however many of its parts ask."""
    asked: Any = look.children.get(("social.linked", ""))
    if asked is None:
        there = may_have(record, "profiles")
        asked = list(linked_to(record._meta.label_lower, record.pk)) if there else []
        look.children["social.linked", ""] = asked
    return list(asked)


def offered(record: Any) -> list[Network]:
    """The networks at which people of this module are looked for."""
    return [net for net in networks() if net.profiles.hosts and (not net.profiles.on or record._meta.label_lower in net.profiles.on)]


def path_of(record: Any) -> tuple[str, str, int]:
    """What the addresses of a record's pages are made of."""
    one = module(record._meta.label_lower)
    return one.app, one.path, record.pk


@dataclass
class Card:
    """One linked profile as a page shows it."""

    profile: Profile
    network: Network
    picture: str
    url: str
    counts: list[tuple[str, str]]
    look_url: str = ""  # where opening the page asks the network anew
    trouble: str = ""
    facts: list[tuple[str, str]] = field(default_factory=list)
    invite_url: str = ""  # where one asks this person to connect
    invited: Any = None  # the last such delivery from this record

    @property
    def name(self) -> str:
        """As the network tells it, as somebody typed it, or the handle."""
        return self.profile.name or self.profile.noted.get("name", "") or self.handle or self.profile.handle

    @property
    def handle(self) -> str:
        return f"@{self.profile.handle}" if self.profile.handle and self.network.profiles.shouts else ""

    @property
    def place(self) -> str:
        return self.profile.place or str(self.profile.noted.get("place", ""))

    @property
    def bio(self) -> str:
        return self.profile.bio or str(self.profile.noted.get("bio", ""))


def cards(user: Any, profiles: Sequence[Profile], record: Any) -> list[Card]:
    """Up to one profile a network, with what is known of each; what was linked last counts. At most one query."""
    from .asking import lookable  # it asks who may, and that stands here

    shown: dict[str, Profile] = {}
    for one in profiles:
        shown.setdefault(one.network, one)
    order = [net.key for net in networks()]
    found = sorted(shown.values(), key=lambda one: order.index(one.network))
    ask = lookable(user, found)
    return with_invitations([card(one, record, look=one.pk in ask) for one in found], record)


def with_invitations(found: list[Card], record: Any) -> list[Card]:
    """The same with the way to invite each person, where people are invited, and what became of the last time."""
    from .inviting import known_at, sent_for  # it asks who may, and that stands here

    sent = sent_for(record, [one.profile for one in found])
    for one in found:
        if known_at(one.network):
            one.invite_url = reverse("social-invite", args=[*path_of(record), one.network.key])
            one.invited = sent.get(one.network.key)
    return found


def card(profile: Profile, record: Any, *, look: bool = False, trouble: RemoteError | None = None) -> Card:
    """One profile."""
    from .pictures import address  # it asks who may, and that stands here

    net = network(profile.network)
    counts = {
        _("Followers"): profile.followers,
        _("Following"): profile.following,
        _("Posts"): profile.post_count,
        _("Likes"): profile.like_count,
    }
    told = [(label, number_format(number, force_grouping=True)) for label, number in counts.items() if number is not None]
    names = {"username": profile.handle, "vanity": profile.handle, "username_or_id": profile.handle or profile.outside_id}
    where = reverse("social-look", args=[*path_of(record), net.key]) if look else ""
    words = trouble.for_people() if trouble else ""
    return Card(profile, net, address(net.key, profile.picture_url), net.link("profile", **names), told, where, words, _facts(profile))


def _facts(profile: Profile) -> list[tuple[str, str]]:
    """Position, work and education: what the network tells, else what somebody typed."""
    told = profile.background or {}
    noted = profile.noted or {}
    lines = []
    for key, label in (("work", _("Work")), ("schools", _("Education"))):
        steps = [_step(one) for one in told.get(key, ())]
        typed = noted.get("work" if key == "work" else "education", "")
        if steps or typed:
            lines.append((label, "\n".join(steps) or str(typed)))
    if noted.get("position"):
        lines.insert(0, (_("Position"), str(noted["position"])))
    return lines


def _step(one: dict[str, str]) -> str:
    """A position or a school with its years."""
    what = ", ".join(filter(None, (one.get("what", ""), one.get("where", ""))))
    years = " – ".join((one.get("since", "")[:4], one.get("until", "")[:4])) if one.get("since") or one.get("until") else ""
    return f"{what} ({years})" if years else what


@panel("social.profiles", on=HOLDERS)
def profiles(request: HttpRequest, record: Any, look: Look) -> Panel | None:
    """Who this is at the networks, and the way to say so."""
    user: Any = request.user
    if not may(user):
        return None
    found = linked(record, look)
    change = may_change(user, module(record._meta.label_lower), record)
    if not found and not change:
        return None
    return Panel("social/_profiles.html", context(user, record, cards(user, found, record), change=change), position=29)


def context(user: Any, record: Any, found: list[Card], *, change: bool) -> dict[str, Any]:
    """What the part needs."""
    here = path_of(record)
    known = {one.network.key for one in found}
    ways = [
        {"label": force_str(net.label), "url": reverse("social-associate", args=[*here, net.key])}
        for net in offered(record)
        if net.key not in known
    ]
    return {
        "cards": found,
        "may": change,
        "ways": ways if change else [],
        "here": here,
        "record_url": module(record._meta.label_lower).url(record.pk),
        "photo": picturing.offered(user, record, [one.profile for one in found]) if found else {},
        "mention": reverse("social-mention", args=[*here, 0])[:-1] if may_speak(user) else "",
    }


@hangs("profiles", on=HOLDERS)
def _any(key: str) -> tuple[QuerySet[Tie], str]:
    return Tie.objects.filter(kind=TIE, module=PROFILE, other_module=key), "other_id"
