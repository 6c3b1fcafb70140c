"""Writing in private: as which account, whether it may and until when, into the outbox, and what became of it (SOC-14, SOC-19, SOC-6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import clock
from core.access.gate import can, rights
from core.access.models import User
from core.exchange.models import FAILED, HELD, UNKNOWN, Delivery
from core.exchange.outbox import call_off, confirm_sent, delivered, guards, send_again
from core.exchange.outbox import post as queue
from core.record.write import Refused
from core.remote.abilities import About, Can, Way
from core.remote.errors import in_readers_zone
from core.remote.network import Network, network

from . import private
from .models import Conversation, Post, Profile
from .private import CONVERSATION
from .speaking import PRIVATE, PROFILES, Speaker, may_use_own, speakers

KINDS = frozenset({"message", "private_reply"})


@dataclass(frozen=True)
class Line:
    """One account of ours that could write to one person: whether it may now, until when, and what works where it may not. Where
    nobody's account could, there is one line without a `speaker` that says so; `sign_in` is where to mend that.

    `talk` is what they said to each other, None for nothing yet. `first`: the person never wrote to this account.
    """

    speaker: Speaker | None
    profile: Profile
    talk: Conversation | None = None
    first: bool = True
    why_not: str = ""
    until: datetime | None = None
    way: Way | None = None
    room: int = 0
    remarks: tuple[str, ...] = field(default=())
    sign_in: str = ""

    @property
    def key(self) -> str:
        return f"{self.speaker.connection.pk if self.speaker else 0}-{self.profile.pk}"

    @property
    def network(self) -> Network:
        return network(self.profile.network)

    @property
    def label(self) -> str:
        """As whom to whom, where several could."""
        to = f"@{self.profile.handle}" if self.profile.handle else self.profile.name
        words = {"us": self.speaker.name if self.speaker else "", "them": to, "network": self.network.label}
        if self.speaker is None:
            return _("To %(them)s, %(network)s") % words
        return _("%(us)s to %(them)s, %(network)s") % words

    @property
    def mend(self) -> str:
        """Where an ended sign-in is mended; what is written until then waits."""
        if self.speaker is None or self.speaker.signed_in:
            return ""
        return reverse("my-social") if self.speaker.mine else reverse("social-channels")

    @property
    def countdown(self) -> str:
        """How long the network takes an answer; empty where it always does."""
        if self.until is None or self.why_not:
            return ""
        words = {"time": in_readers_zone(self.until), "left": left(self.until - clock.now())}
        return _("You can answer until %(time)s, %(left)s left.") % words


def left(span: timedelta) -> str:
    """How long that is: days and hours, hours and minutes, or minutes."""
    minutes = max(1, int(span.total_seconds() // 60))
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return _("%(days)d d %(hours)d h") % {"days": days, "hours": hours}
    if hours:
        return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}
    return ngettext("%(minutes)d minute", "%(minutes)d minutes", minutes) % {"minutes": minutes}


def lines(user: User, profiles: Sequence[Profile]) -> list[Line]:
    """The accounts this person may write with to these people, where they spoke last first. A fixed number of queries."""
    found = speakers(user, sorted({one.network for one in profiles}), PRIVATE)
    talks = {(one.account, one.owner_id, one.profile_id): one for one in private.conversations(user).filter(profile__in=profiles)}
    spoke = set(Post.objects.filter(profile__in=profiles, ours=False).order_by().values_list("profile_id", "channel_id").distinct())
    made = []
    for profile in profiles:
        row = [_line(one, profile, talks.get((one.account, one.owner_id, profile.pk))) for one in found.get(profile.network, ())]
        # Where nobody can write first, only accounts the person has spoken with say why; without any, one of them does.
        near = [one for one in row if one.talk or not one.why_not or (profile.pk, _channel(one)) in spoke]
        made += near or row[:1] or [_nobody(user, profile)]
    return sorted(made, key=lambda one: (one.talk is None or one.talk.last_at is None, -_stamp(one), bool(one.why_not)))


def _stamp(line: Line) -> float:
    return line.talk.last_at.timestamp() if line.talk and line.talk.last_at else 0.0


def _channel(line: Line) -> int | None:
    return line.speaker.channel.pk if line.speaker and line.speaker.channel else None


def _nobody(user: User, profile: Profile) -> Line:
    """None of our accounts could write there: what the level has to say to that, or that one is missing."""
    net = network(profile.network)
    nobody = _("No account that you may write with is connected to %(network)s.") % {"network": net.label}
    mends = net.can(Can.MESSAGE_FIRST, alone=True) and net.client_id and may_use_own(user)
    sign_in = reverse("my-social-connect", args=[net.key]) if mends else ""
    way = instead(net, Can.MESSAGE_FIRST, None, profile)
    why_not = net.why_not(Can.MESSAGE, alone=True) or nobody
    return Line(None, profile, why_not=why_not, way=way, room=net.room("message"), sign_in=sign_in)


def _line(speaker: Speaker, profile: Profile, talk: Conversation | None) -> Line:
    net = speaker.network
    heard = talk.heard_at if talk else None
    ability = Can.MESSAGE if heard else Can.MESSAGE_FIRST
    why_not = speaker.why_not(ability, About(heard_at=heard, closed=bool(talk and talk.closed)))
    if not profile.met:
        words = _("This profile was linked by its address. Messages can be written once %(network)s has told whose it is.")
        why_not = words % {"network": net.label}
    until = heard + net.window if heard and net.window else None
    way = instead(net, ability, speaker, profile) if why_not else None
    remarks = () if why_not or net.window else tuple(net.remarks(Can.MESSAGE))
    return Line(speaker, profile, talk, heard is None, why_not, until, way, net.room("message"), remarks)


def instead(net: Network, ability: Can, speaker: Speaker | None, profile: Profile) -> Way | None:
    """What works where we may not write: the network's own page for it."""
    us = speaker.account if speaker and speaker.channel else ""
    values = {"user_id": profile.outside_id, "vanity": profile.handle, "page_id": us, "page_or_username": us, "username": profile.handle}
    if (way := net.way(ability, **values)) is not None and way.url:
        return way
    offer = net.offers.get(ability)
    url = net.link(offer.link, **values) if offer else ""
    if not url:
        return None
    label = _("The link by which people write to us") if net.window and ability == Can.MESSAGE_FIRST else _("Open on %(network)s")
    return Way(label % {"network": net.label}, url)


def chosen(found: Sequence[Line], key: str) -> Line | None:
    """The one that a form names; else the one they wrote with last, or one that can."""
    named = next((one for one in found if one.key == key), None)
    if named is not None or key or not found:
        return named
    return found[0] if found[0].talk and found[0].talk.last_at else next((one for one in found if not one.why_not), found[0])


def check(line: Line, text: str) -> str:
    """The words as they will go out. Raises Refused with a sentence for people."""
    said = text.replace("\x00", "").replace("\r\n", "\n").strip()
    if not said:
        raise Refused(_("The message is empty; nothing was sent."))
    if line.why_not:
        raise Refused(line.why_not)
    units = line.network.length(said, "message")
    if line.room and units > line.room:
        words = _("%(network)s takes %(room)d characters in a message, and this has %(units)d: %(over)d too many.")
        raise Refused(words % {"network": line.network.label, "room": line.room, "units": units, "over": units - line.room})
    return said


def send(line: Line, text: str, *, user: User, key: str) -> Delivery:
    """Write a message into the outbox, in the caller's transaction. The same `key` sends once. Raises Refused."""
    said, speaker = check(line, text), line.speaker
    assert speaker is not None  # noqa: S101 - a line without one says why not
    side = private.Side.of(speaker.channel) if speaker.channel else private.Side.own(speaker.connection)
    talk = private.conversation_of(side, line.profile)
    target: dict[str, Any] = {"person": line.profile.outside_id}
    target |= {"first": True} if line.first else {}
    target |= {"heard_at": talk.heard_at.isoformat()} if talk.heard_at else {}
    return queue(
        connection=speaker.connection,
        action="message",
        key=f"message:{talk.pk}:{key}",
        text=said,
        target=target,
        asked_by=user,
        module=CONVERSATION,
        record_id=talk.pk,
    )


def may_write(user: User, talk: Conversation) -> bool:
    """Whether this person writes in a conversation: their own, or one of the organisation's."""
    return talk.owner_id == user.pk if talk.owner_id else can(user, PRIVATE, "edit")


@guards
def still_allowed(delivery: Delivery) -> str:
    """Who may not write there any more does not do so from the queue either (reliability F23)."""
    if delivery.module != CONVERSATION or delivery.asked_by is None:
        return ""
    talk = Conversation.objects.filter(pk=delivery.record_id).first()
    switch = delivery.action != "message" or rights(delivery.asked_by).feature(PROFILES)
    if talk is not None and switch and may_write(delivery.asked_by, talk):
        return ""
    return _("The person who asked for this may not write there any more.")


@delivered
def keep_what_we_wrote(delivery: Delivery) -> None:
    """What went out is a message of ours, whichever comes first: the answer of the network, its echo, or our looking for it."""
    if delivery.action in KINDS:
        private.keep_sent(delivery, person_of(delivery))


def person_of(delivery: Delivery) -> str:
    """Whom a delivery is for, by the id at the network: said, or the other half of a conversation of two."""
    us = delivery.connection.chain.outside_id
    named = str(delivery.target.get("person") or "")
    return named or next((one for one in str(delivery.target.get("conversation") or "").split("-") if one and one != us), "")


SETTLING = {"again": send_again, "sent": confirm_sent, "off": call_off}


def settling(row: Delivery) -> list[tuple[str, str]]:
    """What a person can do about a delivery that did not go out: (what, its word)."""
    again, off, sent = ("again", _("Send again")), ("off", _("Call off")), ("sent", _("It is there"))
    waits = [off] if row.state == "waiting" and row.reason_code else []
    return {FAILED: [again], HELD: [again, off], UNKNOWN: [sent, again]}.get(row.state, waits)
