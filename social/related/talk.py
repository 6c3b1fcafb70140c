"""The lower part of the related list Social: what is said, and saying something (SOC-13 to SOC-15).

Tabs: *Interactions* are what somebody said to our accounts, *Posts* what they post on their own page; another module adds a tab
with `tab`. Each post shows what can be done with it as the account that speaks, why something cannot be done, and the way that works.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from core import clock
from core.access.gate import can
from core.access.opened import look_up
from core.event.timeline import any_has
from core.exchange.models import FAILED, SENDING, WAITING, Delivery
from core.exchange.outbox import has_sender
from core.exchange.verbs import VERBS
from core.field.look import Look
from core.module.module import Module
from core.module.registry import module as find_module
from core.remote.abilities import Can
from core.remote.errors import Words
from core.remote.network import Network, network
from core.text.numbers import whole
from core.web.panels import Panel, panel
from crm.rollup import people_at

from .. import reading
from ..answering import verb_for
from ..feed import Line, lines
from ..messaging import settling
from ..models import Post, Profile
from ..people import HOLDERS, profiles_of
from ..speaking import PUBLIC, Speaker, chosen, fit_for, fitting, heard, hears, may_settle, may_speak, may_use_own, remembered, speakers
from .profiles import linked

SHOWN, PAGE = 5, 20
# What needs an account to do it with.
SPEAKING = frozenset({"reply", "comment", "like", "unlike", "repost", "unrepost"})
# How long a delivery that waits is looked at again soon.
SOON = timedelta(seconds=30)


@dataclass(frozen=True)
class Act:
    """Something that can be done with a post, or why not and where it can. `undo`: it is done, and can be taken back."""

    verb: str
    label: str
    icon: str
    undo: bool = False
    why_not: str = ""
    there: str = ""
    there_label: str = ""


@dataclass
class Voices:
    """Who somebody speaks as at one network: the account, and the others they may choose."""

    network: str
    label: str
    speaker: Speaker | None
    others: list[Speaker]
    connect: str = ""


Fill = Callable[["Talk"], dict[str, Any]]


@dataclass(frozen=True)
class Tab:
    """One tab: its word, the part that draws it, and what that needs."""

    key: str
    label: Words
    template: str
    fill: Fill
    position: int = 50


_tabs: dict[str, Tab] = {}


def tab(key: str, label: Words, template: str, *, position: int = 50) -> Callable[[Fill], Fill]:
    """Decorator: another tab. Its function is given the talk and gives what its template finds in `panel`."""

    def add(fill: Fill) -> Fill:
        _tabs[key] = Tab(key, label, template, fill, position)
        return fill

    return add


@dataclass
class Talk:
    """What is said with the people of one record, for one reader: which tab, which network, before when, how much.

    `back` is the page its buttons stand on, `whole` whether that is the page of the talk.
    """

    user: Any
    module: Module
    record: Any
    look: Look
    profiles: list[Profile]
    key: str = "said"
    only: str = ""
    before: str = ""
    size: int = PAGE
    back: str = ""
    whole: bool = False
    more: str = field(default="", init=False)

    @property
    def url(self) -> str:
        return address("social-talk", self.module, self.record)

    @property
    def tabs(self) -> list[Tab]:
        return sorted(_tabs.values(), key=lambda one: one.position)

    @property
    def tab(self) -> Tab:
        return _tabs.get(self.key) or _tabs["said"]

    @cached_property
    def networks(self) -> list[Network]:
        """The networks these people are at."""
        return [network(key) for key in dict.fromkeys(one.network for one in self.profiles)]

    @property
    def shown(self) -> list[Profile]:
        """Whom the filter leaves."""
        return [one for one in self.profiles if not self.only or one.network == self.only]

    @cached_property
    def accounts(self) -> dict[str, list[Speaker]]:
        return speakers(self.user, [one.key for one in self.networks])

    @cached_property
    def chosen(self) -> dict[str, int]:
        return remembered(self.user)

    @cached_property
    def may_speak(self) -> bool:
        return may_speak(self.user)

    @cached_property
    def opens(self) -> bool:
        """Whether a post has a page of its own for this reader: one of the app."""
        return can(self.user, "social.post", "view")

    def voices(self) -> list[Voices]:
        """Who speaks, network by network; who has no account there is asked to sign in with their own."""
        own = may_use_own(self.user)
        made = []
        for net in self.networks:
            found = self.accounts[net.key]
            mine = own and not any(one.mine for one in found) and net.client_id
            sign_in = reverse("my-social-connect", args=[net.key]) if mine else ""
            made.append(Voices(net.key, str(net.label), chosen(found, self.chosen.get(net.key)), found, sign_in))
        return made

    def page(self, rows: QuerySet[Any]) -> list[Line]:
        """The newest of these posts before the edge, with what can be done; where the next page begins stands in `more`."""
        rows = rows.filter(network=self.only) if self.only else rows
        at, pk = edge(self.before)
        if at is not None:
            rows = rows.filter(Q(said_at__lt=at) | Q(said_at=at, pk__lt=pk))
        found = list(rows.order_by("-said_at", "-pk")[: self.size + 1])
        if len(found) > self.size:
            last = found[self.size - 1]
            self.more = f"{last.said_at.isoformat()}~{last.pk}"
        shown = lines(self.user, found[: self.size], self.look, authors=False)
        look_up(find_module(PUBLIC), [line.post for line in shown])  # one question about sharing rules, not one a post
        for line in shown:
            equip(self, line)
        return shown


def address(name: str, module: Module, record: Any, *more: Any) -> str:
    """An address of the talk on a record."""
    return reverse(name, args=[module.app, module.path, record.pk, *more])


def edge(text: str) -> tuple[datetime | None, int]:
    """Where a page begins: a moment and the id of a post. Nothing for what is none."""
    at, _tilde, pk = text[:80].replace(" ", "+").partition("~")
    try:
        moment = parse_datetime(at) if at else None
    except ValueError:
        moment = None
    return (moment, whole(pk)) if moment is not None and moment.tzinfo is not None else (None, 0)


def whose(user: Any, record: Any, look: Look) -> list[Profile]:
    """The profiles of a record, on a company's page those of its people, too (CRM-9)."""
    found = linked(record, look)
    people = people_at(user, record) if record._meta.label_lower == "crm.account" else []
    if people and any_has(record, "crm.contact", people, "profiles"):
        found += [one for one in profiles_of("crm.contact", people) if one not in found]
    return found


def audible(user: Any) -> QuerySet[Any]:
    """What this person hears of what is said, with what a page needs of it."""
    return heard(user).select_related("channel", "profile")


def linked_to(user: Any, record: Any) -> list[Profile]:
    """The same for who acts on a record."""
    return whose(user, record, Look.of(user))


def allowed(user: Any) -> bool:
    """Whether there is any of this for this person (SOC-17)."""
    return hears(user)


def talk_of(request: HttpRequest, module: Module, record: Any, look: Look, profiles: list[Profile], *, size: int = PAGE) -> Talk:
    """The talk as the address asks for it."""
    asked = {name: request.GET.get(name, "").replace("\x00", "") for name in ("tab", "net", "before")}
    talk = Talk(request.user, module, record, look, profiles, size=size)
    talk.key = asked["tab"] if asked["tab"] in _tabs else "said"
    talk.only = asked["net"] if asked["net"] in {one.key for one in talk.networks} else ""
    talk.before = asked["before"]
    return talk


def context(talk: Talk) -> dict[str, Any]:
    """What `social/_talk.html` finds in `panel`."""
    made = {"talk": talk, "voices": talk.voices() if talk.may_speak else [], **mentioned(talk), **talk.tab.fill(talk)}
    # Why not, once for a page and not once for each post.
    reasons = [act.why_not for line in made.get("lines", ()) for act in line.acts if act.why_not]
    return {**made, "reasons": list(dict.fromkeys(reasons))}


def mentioned(talk: Talk) -> dict[str, Any]:
    """The newest posts about these people that were asked for here, and how they stand."""
    rows = Delivery.objects.filter(module=talk.module.key, record_id=talk.record.pk, action="post").select_related("connection")
    found = list(rows.order_by("-pk")[:3])
    sent = [{"one": row, "settle": _settling(talk, row)} for row in found]
    return {"sent": sent, "soon": min((pause([row]) for row in found if pause([row])), default=0)}


@panel("social.talk", on=HOLDERS)
def panel_of(request: HttpRequest, record: Any, look: Look) -> Panel | None:
    """On the page of a person or company: the newest of what they said to us."""
    if not allowed(request.user):
        return None
    profiles = whose(request.user, record, look)
    look.children["social.profile", ""] = profiles  # type: ignore[assignment]  # the timeline asks no more if there is none
    if not profiles:
        return None
    talk = Talk(request.user, find_module(record._meta.label_lower), record, look, profiles, size=SHOWN)
    talk.back = request.get_full_path()
    return Panel("social/_talk.html", context(talk), position=30)


# Tabs ---------------------------------------------------------------------------------------------------------------


@tab("said", lazy("Interactions"), "social/_talk_posts.html", position=10)
def said(talk: Talk) -> dict[str, Any]:
    """What these people said to our accounts."""
    rows = audible(talk.user).filter(profile__in=talk.shown, ours=False, theirs=False)
    return {"lines": talk.page(rows), "empty": _("Nothing said to us yet.")}


@tab("posts", lazy("Posts"), "social/_talk_posts.html", position=20)
def posts(talk: Talk) -> dict[str, Any]:
    """What these people post, as far as it was read; and what reading more would take."""
    readable = [one.key for one in talk.networks if one.can(Can.PERSON_POSTS, alone=True)]
    rows = audible(talk.user).filter(Q(theirs=True) | Q(network__in=readable), profile__in=talk.shown, ours=False)
    states = reading.told(talk.shown, talk.accounts)
    return {"lines": talk.page(rows), "states": states, "empty": _("No post of theirs was read yet."), "renamed": renamed(talk)}


def renamed(talk: Talk) -> list[tuple[str, str, str]]:
    """Handles that a record carries and the network does not know any more: (what it says, what it is now, the network)."""
    says = str(getattr(talk.record, "x_handle", "") or "")
    found = []
    for one in linked(talk.record, talk.look) if says else []:
        if one.network == "x" and one.handle and one.handle.lower() != says.lower():
            found.append((says, one.handle, str(network("x").label)))
    return found


# What can be done with a post -----------------------------------------------------------------------------------------


def equip(talk: Talk, line: Line) -> None:
    """Put onto a line what can be done with its post, and how what was done stands."""
    post, found = line.post, fit_for(talk.user, line.post, talk.accounts.get(line.post.network, []))
    line.acts = acts_on(post, found, talk.chosen.get(post.network), line.deliveries) if may_speak(talk.user, post) else []
    line.soon = pause(line.deliveries)
    line.settle = {one.pk: _settling(talk, one, post) for one in line.deliveries}


def voiced(user: Any, shown: Sequence[Line]) -> None:
    """Put onto lines of the Monitor whether the account that would act likes the post; who has none to speak with is asked to sign in
    with their own instead of offered what would only say so (SOC-15)."""
    found, chosen_ones, own = speakers(user, {line.post.network for line in shown}), remembered(user), may_use_own(user)
    for line in shown:
        key = line.post.network
        fits = fit_for(user, line.post, found[key])
        speaker = fitting(fits, chosen_ones.get(key), line.post, Can.LIKE)
        line.liked = speaker is not None and is_done(line.deliveries, speaker, "like", "unlike")
        if not fits and not can(user, PUBLIC, "edit", line.post):
            line.connect = reverse("my-social-connect", args=[key]) if own and network(key).client_id else ""
            line.actions = {name: one for name, one in line.actions.items() if name not in SPEAKING}


def acts_on(post: Post, found: Sequence[Speaker], choice: int | None, deliveries: Sequence[Delivery]) -> list[Act]:
    """Answer, like, repost: what the network has, as the account that would do it."""
    if post.deleted_on_network or post.ours:
        return []
    answer = verb_for(post)
    made = [_act(post, answer, str(VERBS[answer].label), "reply", fitting(found, choice, post, Can.REPLY))]
    for verb, back, icon, undone in (("like", "unlike", "heart", "heart-off"), ("repost", "unrepost", "repeat-2", "undo-2")):
        speaker = fitting(found, choice, post, VERBS[verb].ability)
        done = speaker is not None and is_done(deliveries, speaker, verb, back)
        if done and not has_sender(post.network, back):
            continue  # it is done, and the network lets no software undo it
        act = _act(post, back if done else verb, str(VERBS[back if done else verb].label), undone if done else icon, speaker, undo=done)
        if not act.why_not or act.there:
            made.append(act)
    return made


def _act(post: Post, verb: str, label: str, icon: str, speaker: Speaker | None, *, undo: bool = False) -> Act:
    net, ability = network(post.network), VERBS[verb].ability
    if speaker is None:
        why_not = _("No account that you may speak with is connected to %(network)s.") % {"network": net.label}
    else:
        why_not = speaker.why_not(ability, speaker.about(post))
    offer = net.offers.get(ability)
    there = there_for(post, ability) if why_not and offer and (offer.instead or offer.reasons or speaker is None) else ""
    return Act(verb, label, icon, undo, why_not, there, _("%(verb)s on %(network)s") % {"verb": label, "network": net.label})


def there_for(post: Post, ability: Can, text: str = "") -> str:
    """The page of the network where somebody does it themselves, with the text ready where it can be."""
    net, offer = network(post.network), network(post.network).offers.get(ability)
    values = {"id": post.outside_id, "urn": post.outside_id, "username": post.author_handle or "i"}
    return net.link(offer.link, text=text, **values) if offer and offer.link != "profile" else post.link


def is_done(deliveries: Sequence[Delivery], speaker: Speaker, verb: str, back: str) -> bool:
    """Whether this account has done it last, or is about to."""
    mine = [one for one in deliveries if one.connection_id == speaker.connection.pk and one.action in {verb, back} and one.state != FAILED]
    return bool(mine) and mine[-1].action == verb


def pause(deliveries: Sequence[Delivery]) -> int:
    """After how many seconds a page looks again how deliveries stand; 0 where nothing is on its way."""
    open_ones = [one for one in deliveries if one.state in {WAITING, SENDING}]
    if not open_ones:
        return 0
    soon = any(one.not_before is None or one.not_before < clock.now() + SOON for one in open_ones)
    return 2 if soon else 60


def _settling(talk: Talk, row: Delivery, post: Post | None = None) -> list[tuple[str, str]]:
    return settling(row) if may_settle(talk.user, row, post) else []
