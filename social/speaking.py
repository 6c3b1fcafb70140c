"""Who may speak as what, in public and in private: the organisation's channels, and one's own accounts (SOC-15).

Pages, answers, private messages and the guards of the outbox ask here. A delivery carries the connection it speaks with; whether
that may still speak is asked again when it leaves.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from core.access.gate import can, queryset, rights, within
from core.access.models import User
from core.exchange.models import Delivery
from core.exchange.outbox import guards
from core.module.registry import module
from core.record.write import Refused
from core.remote.abilities import About, Can
from core.remote.models import ACTIVE, PERSONAL, Connection
from core.remote.network import Network, network

from . import own
from .models import DISCONNECTED, Channel, Post, Spoken

# What is spoken in: who may edit this module speaks as the organisation there.
PUBLIC, PRIVATE = "social.post", "social.message"
# Kinds of posts whose author called the channel they were read from.
CALLING = frozenset({"mention", "reply", "visitor", "review"})
# The switch of a profile by which people's profiles are seen at all.
PROFILES = "social_personal"


@dataclass(frozen=True)
class Speaker:
    """An account that can speak: a channel of the organisation, or, without one, somebody's own account."""

    connection: Connection
    channel: Channel | None = None

    @property
    def mine(self) -> bool:
        return self.channel is None

    @property
    def key(self) -> str:
        return str(self.connection.pk)

    @property
    def account(self) -> str:
        """Its id at the network."""
        return self.connection.chain.outside_id

    @property
    def owner_id(self) -> int | None:
        """Whose own account it is; None for the organisation's."""
        return self.connection.owner_id if self.mine else None

    @property
    def handle(self) -> str:
        return self.channel.handle if self.channel else self.connection.handle

    @property
    def name(self) -> str:
        """As people know it."""
        handle = self.handle
        return f"@{handle}" if handle else self.connection.name

    @property
    def initial(self) -> str:
        return (self.connection.name or self.handle or "?").lstrip("@")[:1].upper()

    @property
    def network(self) -> Network:
        return network(self.connection.network)

    @property
    def signed_in(self) -> bool:
        """Whether the network still knows us; if not, what is said waits until somebody signs in again."""
        return self.connection.chain.state == ACTIVE

    def why_not(self, ability: Can, about: About | None = None) -> str:
        """Why this account cannot, for people; empty if it can. What waits for a sign-in can be said."""
        if self.channel is not None and self.channel.state == DISCONNECTED:
            return _("The channel @%(handle)s is disconnected.") % {"handle": self.channel.handle}
        return self.network.why_not(ability, alone=self.mine, scopes=self.connection.chain.scopes or None, about=about)

    def summoned_by(self, post: Post) -> bool:
        """Whether the author of a post called this account: what was said to it did, and what names it; what only a keyword found
        did not."""
        if self.channel is not None and post.channel_id == self.channel.pk and post.kind in CALLING:
            return True
        handle = re.escape(self.handle)
        return bool(handle) and re.search(rf"[@＠]{handle}(?![A-Za-z0-9_])", post.text, re.IGNORECASE) is not None

    def about(self, post: Post) -> About:
        here = self.channel is not None and post.channel_id == self.channel.pk
        return About(ours=post.ours, summons=self.summoned_by(post), here=here)


def may_use_own(user: User) -> bool:
    """Whether somebody may act with accounts of their own."""
    return own.may(user) and rights(user).feature(PROFILES)


def heard(user: User) -> QuerySet[Any]:
    """What somebody hears on the page of a person or company: the switch is enough, and the app of Social is not needed (SOC-17).
    Who has the app reads what its rights let them; who has not, what is open to them as to any reader."""
    held, one = rights(user), module(PUBLIC)
    if not held.feature(PROFILES):
        return within(None, one)
    return queryset(user, one) if held.has_app(one.app) else within(held.reach(one, "view"), one)


def hears(user: User, post: Post | None = None) -> bool:
    """The same of one post; without one, whether there may be any."""
    held, one = rights(user), module(PUBLIC)
    if not held.feature(PROFILES):
        return False
    return can(user, one, "view", post) if held.has_app(one.app) else post is None or held.reaches(one, "view", post)


def may_speak(user: User, post: Post | None = None) -> bool:
    """Whether somebody may answer, like and repost: for the organisation, or what they hear with an account of their own."""
    return can(user, PUBLIC, "edit", post) or (may_use_own(user) and hears(user, post))


def fit_for(user: User, post: Post, found: Sequence[Speaker]) -> list[Speaker]:
    """Of these accounts those that somebody may answer a post with: the organisation's need the right to the post."""
    return list(found) if can(user, PUBLIC, "edit", post) else [one for one in found if one.mine]


def speakers(user: User, networks: Collection[str], where: str = PUBLIC) -> dict[str, list[Speaker]]:
    """The accounts somebody may speak with, by network: the organisation's, then their own. At most two queries."""
    made: dict[str, list[Speaker]] = {key: [] for key in networks}
    if can(user, where, "edit"):
        rows = Channel.objects.filter(network__in=made).exclude(state=DISCONNECTED).select_related("connection__chain")
        for channel in rows.order_by("network", "handle", "pk"):
            if where == PRIVATE and network(channel.network).people_only:
                continue
            made[channel.network].append(Speaker(channel.connection, channel))
    if may_use_own(user):
        mine = Connection.objects.filter(network__in=made, kind=PERSONAL, owner=user, closed_at=None).select_related("chain")
        for connection in mine.order_by("network", "handle", "pk"):
            if connection.open:
                made[connection.network].append(Speaker(connection))
    return made


def remembered(user: User) -> dict[str, int]:
    """The connection somebody chose last, by network."""
    return dict(Spoken.objects.filter(user=user).values_list("network", "connection_id"))


def remember(user: User, speaker: Speaker) -> None:
    """They speak with this account from now on, at its network."""
    Spoken.objects.update_or_create(user=user, network=speaker.connection.network, defaults={"connection": speaker.connection})


def chosen(found: Sequence[Speaker], choice: int | None) -> Speaker | None:
    """The account somebody speaks with, of those they may: the one chosen last, or the first that is signed in."""
    mine = next((one for one in found if one.connection.pk == choice), None)
    return mine or next((one for one in found if one.signed_in), None) or next(iter(found), None)


def fitting(found: Sequence[Speaker], choice: int | None, post: Post, ability: Can) -> Speaker | None:
    """The account that does this to a post, where nobody said which: the chosen one if it can, the channel the post was said to if
    that can, any that can; and where none can, the one that says why."""
    first = chosen(found, choice)
    order = [first, *(one for one in found if one.channel and one.channel.pk == post.channel_id), *found] if first else []
    return next((one for one in order if not one.why_not(ability, one.about(post))), first)


def named(user: User, key: str, mark: str, post: Post | None = None) -> Speaker:
    """The account a form names, if this person may speak with it (to a post). Raises Refused."""
    found = speakers(user, [key])[key]
    for one in found if post is None else fit_for(user, post, found):
        if one.key == mark:
            return one
    raise Refused(_("You cannot speak with this account any more. Choose another one."))


def for_themselves(delivery: Delivery) -> bool:
    """Whether who asked for a delivery speaks with an account of their own: then nobody speaks for the organisation."""
    return delivery.connection.kind == PERSONAL and delivery.connection.owner_id == delivery.asked_by_id


def may_settle(user: User, delivery: Delivery, post: Post | None = None) -> bool:
    """Whether somebody says what becomes of a delivery: their own, or one of the organisation's, which needs the right to speak for
    it."""
    if delivery.connection.kind == PERSONAL:
        return delivery.connection.owner_id == user.pk
    return can(user, PUBLIC, "edit", post)


@guards
def may_still_speak(delivery: Delivery) -> str:
    """What was asked for before a channel was disconnected does not go out after it; nor does what somebody asked for with an account
    of their own and may not have people's profiles any more. (Who may not use own accounts: social.own; one that was taken off
    waits for a new sign-in.)"""
    connection = delivery.connection
    if connection.kind != PERSONAL:
        closed = Channel.objects.filter(connection=connection.pk, state=DISCONNECTED).exists()
        return _("The channel was disconnected.") if closed else ""
    owner = connection.owner
    if delivery.asked_by_id == owner.pk and owner.is_active and rights(owner).feature(PROFILES):
        return ""
    return _("The person who asked for this may not send with this account any more.")
