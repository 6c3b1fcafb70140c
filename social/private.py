"""Private messages: kept once however they come, and shown to nobody but those they are for (SOC-5, SOC-14).

    an organisation's channel    whoever may see the module "private messages", through the gate
    somebody's own account       its owner, and nobody else: not those above, not who sees all, not the search

What the other side says to a channel now has *arrived*, as posts do: rules hear of it. What was there before us, and what we said,
was only found. All in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from core import clock
from core.access.gate import can, fields, rights
from core.access.models import User
from core.actor import Actor
from core.exchange.intake import take
from core.exchange.models import SENDING, SENT, Delivery
from core.module.registry import module
from core.record.write import built, insert_many, update_many
from core.remote.models import PERSONAL, Connection
from core.remote.network import Network, network

from .models import ERASED, Channel, Conversation, Message, Profile
from .networks import items
from .people import keep

MESSAGE, CONVERSATION = "social.message", "social.conversation"
# Everything since then has arrived: what a network tells by itself, and what polling finds after its first round.
ALWAYS = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Side:
    """Our side of conversations: a channel of the organisation, or somebody's own account."""

    network: str
    account: str
    handle: str = ""
    name: str = ""
    channel: Channel | None = None
    owner_id: int | None = None

    @classmethod
    def of(cls, channel: Channel) -> Side:
        return cls(channel.network, channel.outside_id, channel.handle, channel.name, channel)

    @classmethod
    def of_connection(cls, connection: Connection) -> Side | None:
        """The side that speaks with a connection; None for a channel that is no more."""
        if connection.kind == PERSONAL:
            return cls.own(connection)
        channel = Channel.objects.filter(connection=connection).first()
        return cls.of(channel) if channel else None

    @classmethod
    def own(cls, connection: Connection) -> Side:
        us = connection.chain.outside_id
        return cls(connection.network, us, connection.handle, connection.name, owner_id=connection.owner_id)

    @property
    def whose(self) -> str:
        return f"{self.account}/{self.owner_id}" if self.owner_id else self.account

    @property
    def us(self) -> items.Person:
        return items.Person(self.account, self.handle, self.name)

    def conversations(self) -> QuerySet[Conversation]:
        return Conversation.objects.filter(network=self.network, account=self.account, owner=self.owner_id)


def readable(net: Network) -> bool:
    """Whether the network lets private messages be read at all."""
    return hasattr(net, "conversation")


def visible(user: User) -> QuerySet[Message]:
    """The private messages this person may read."""
    return Message.every.filter(deleted_at__isnull=True).filter(_mine(user))


def _mine(user: User) -> Q:
    own = Q(conversation__owner=user)
    one = module(MESSAGE)
    reach = rights(user).rows(one, "view") if "text" in fields(user, one) else None
    return own if reach is None else own | (Q(channel__isnull=False) & reach)


def may_read(user: User) -> bool:
    """Whether this person may read what is written to the organisation's channels."""
    one = module(MESSAGE)
    return can(user, one, "view") and "text" in fields(user, one)


def conversations(user: User) -> QuerySet[Conversation]:
    """The conversations this person may read: the organisation's, and their own."""
    whose = Q(owner=user) | Q(owner=None) if may_read(user) else Q(owner=user)
    return Conversation.objects.filter(whose)


def conversation_of(side: Side, profile: Profile) -> Conversation:
    """The conversation of our side with a person, begun if there is none."""
    defaults = {"channel": side.channel}
    found, _made = Conversation.objects.get_or_create(
        network=side.network, account=side.account, owner_id=side.owner_id, profile=profile, defaults=defaults
    )
    return found


# Keeping ----------------------------------------------------------------------------------------------------------------------


def take_in(side: Side, said: Iterable[items.Message], *, since: datetime | None = None) -> int:
    """Keep what is new; of what is known, what changed. What was said at `since` or later has arrived, all before it was there
    before us (None: everything was). Gives how many are new."""
    with_whom = [(one, other) for one in _kept(side, said) if (other := _other(side, one)) is not None]
    if not with_whom:
        return 0
    profiles = keep(side.network, [other for _one, other in with_whom])
    talks = _talks(side, {profiles[other.outside_id] for _one, other in with_whom})
    # Networks give the newest first, and tell seconds only: what was said in the same one keeps its order.
    pairs = sorted(((one, talks[profiles[other.outside_id].pk]) for one, other in reversed(with_whom)), key=lambda pair: pair[0].at)
    fresh = take(side.network, "message", [one for one, _talk in pairs], key=lambda one: f"{side.whose}:{one.outside_id}")
    new = {one.outside_id for one in fresh}
    _known_again(side, [one for one, _talk in pairs if one.outside_id not in new])
    _store(side, [pair for pair in pairs if pair[0].outside_id in new], profiles, since)
    _moved(side, pairs)
    return len(new)


def _kept(side: Side, said: Iterable[items.Message]) -> list[items.Message]:
    """Without what was erased here, which the network still has: it would bring back whose it was."""
    told = list(said)
    rows = Message.every.filter(conversation__in=side.conversations().values("pk"), outside_id__in=[one.outside_id for one in told])
    erased = set(rows.filter(**ERASED).values_list("outside_id", flat=True)) if told else set()
    return [one for one in told if one.outside_id not in erased]


def _other(side: Side, message: items.Message) -> items.Person | None:
    """Who is at the other end; None where that cannot be told (a conversation of several)."""
    if message.author.outside_id != side.account:
        return message.author if message.author.outside_id else None
    return message.to if message.to is not None and message.to.outside_id not in {"", side.account} else None


def _talks(side: Side, profiles: Iterable[Profile]) -> dict[int, Conversation]:
    """The conversations with these people, by profile, begun where there are none."""
    wanted = sorted({one.pk for one in profiles})
    held = {one.profile_id: one for one in side.conversations().filter(profile__in=wanted)}
    if missing := [pk for pk in wanted if pk not in held]:
        made = [
            Conversation(network=side.network, account=side.account, channel=side.channel, owner_id=side.owner_id, profile_id=pk)
            for pk in missing
        ]
        Conversation.objects.bulk_create(made, ignore_conflicts=True)
        held = {one.profile_id: one for one in side.conversations().filter(profile__in=wanted)}
    return held


def _store(side: Side, pairs: Sequence[tuple[items.Message, Conversation]], profiles: dict[str, Profile], since: datetime | None) -> None:
    by_id = {one.pk: one for one in profiles.values()}
    if side.channel is None:
        now = clock.now()
        rows = [Message(**_row(side, one, talk, by_id), created_at=now, changed_at=now) for one, talk in pairs]
        Message.every.bulk_create(rows, batch_size=500)
        return
    one, actor = module(MESSAGE), Actor.system("sync")
    arrived = [pair for pair in pairs if since is not None and pair[0].at >= since and not _ours(side, pair[0])]
    found = [pair for pair in pairs if pair not in arrived]
    for kind, chosen in (("created", found), ("arrived", arrived)):
        values = [_row(side, said, talk, by_id, keys=True) for said, talk in chosen]
        records = [built(one, row, actor=actor, trusted=True)[0] for row in values]
        for record, (said, _talk) in zip(records, chosen, strict=True):
            record.attachments = list(said.attachments)
        if records:
            insert_many(one, records, values, actor=actor, kind=kind)


def _ours(side: Side, message: items.Message) -> bool:
    return message.author.outside_id == side.account


def _row(side: Side, said: items.Message, talk: Conversation, profiles: dict[int, Profile], *, keys: bool = False) -> dict[str, Any]:
    """A message as a row: by field key, or by column."""
    mine, person = _ours(side, said), profiles[talk.profile_id]
    by = "" if keys else "_id"
    return {
        "network": side.network,
        "outside_id": said.outside_id,
        f"conversation{by}": talk.pk,
        f"channel{by}": side.channel.pk if side.channel else None,
        f"profile{by}": talk.profile_id,
        "author_name": side.name if mine else said.author.name or person.name,
        "author_handle": side.handle if mine else said.author.handle or person.handle,
        "text": said.text,
        "said_at": said.at,
        "thread": said.conversation,
        "ours": mine,
        **({} if keys else {"attachments": list(said.attachments)}),
    }


def _known_again(side: Side, said: Sequence[items.Message]) -> None:
    """The network's word counts: when it was said (ours was written down by our own clock), and that it is there."""
    if not said:
        return
    told = {one.outside_id: one for one in said}
    rows = Message.every.filter(conversation__in=side.conversations().values("pk"), outside_id__in=list(told))
    back = []
    for row in rows:
        one = told[row.outside_id]
        if abs(row.said_at - one.at) >= timedelta(seconds=1) or row.thread != (one.conversation or row.thread):
            Message.every.filter(pk=row.pk).update(said_at=one.at, thread=one.conversation or row.thread)
        if row.deleted_on_network:
            back.append(row)
    _mark(back, deleted=False)


def _moved(side: Side, pairs: Sequence[tuple[items.Message, Conversation]]) -> None:
    """What a conversation's row says of the last of it. Nobody has heard something later than now, whatever their clock says."""
    now = clock.now()
    for talk in {talk.pk: talk for _one, talk in pairs}.values():
        mine = [one for one, its in pairs if its.pk == talk.pk]
        values: dict[str, Any] = {}
        last = max(min(one.at, now) for one in mine)
        heard = max((min(one.at, now) for one in mine if not _ours(side, one)), default=None)
        if talk.last_at is None or last > talk.last_at:
            values["last_at"] = last
        if heard is not None and (talk.heard_at is None or heard > talk.heard_at):
            values |= {"heard_at": heard, "closed": False}
        thread = next((one.conversation for one in reversed(mine) if one.conversation), "")
        if thread and thread != talk.outside_id:
            values["outside_id"] = thread
        if values:
            _later_only(talk.pk, values)


def _later_only(pk: int, values: dict[str, Any]) -> None:
    """Another worker may have moved the row meanwhile: times only go forward."""
    for name in ("last_at", "heard_at"):
        if name in values:
            at = values.pop(name)
            more = {"closed": values.pop("closed")} if name == "heard_at" and "closed" in values else {}
            rows = Conversation.objects.filter(pk=pk).filter(Q(**{name: None}) | Q(**{f"{name}__lt": at}))
            if rows.update(**{name: at, **more}) and name == "heard_at":
                _heard(pk, at)
    if values:
        Conversation.objects.filter(pk=pk).update(**values)


def _heard(pk: int, at: datetime) -> None:
    """What waits to go out, or could be sent again, is told when the person last wrote: the window counts from then."""
    for row in Delivery.objects.filter(module=CONVERSATION, record_id=pk).exclude(state__in=[SENT, SENDING]):
        Delivery.objects.filter(pk=row.pk).update(target={**row.target, "heard_at": at.isoformat()})


def missing_from(side: Side, said: Sequence[items.Message], talk: Conversation | None = None) -> int:
    """Mark as deleted what a whole page of messages no longer holds, though it lies between two of them. Gives how many."""
    if len(said) < 2:
        return 0
    first, last = min(one.at for one in said), max(one.at for one in said)
    there = {one.outside_id for one in said}
    rows = Message.every.filter(conversation__in=[talk.pk] if talk else side.conversations().values("pk"), deleted_on_network=False)
    gone = [row for row in rows.filter(said_at__gt=first, said_at__lt=last, deleted_at=None) if row.outside_id not in there]
    _mark(gone, deleted=True)
    return len(gone)


def deleted(side: Side, outside_id: str) -> None:
    """The network says that a message was taken back. One that never came is not made of its late announcement."""
    if not take(side.network, "message", [f"{side.whose}:{outside_id}"], key=str):
        _mark(list(Message.every.filter(conversation__in=side.conversations().values("pk"), outside_id=outside_id)), deleted=True)


def _mark(rows: Sequence[Message], *, deleted: bool) -> None:
    changed = [row for row in rows if row.deleted_on_network != deleted]
    update_many(module(MESSAGE), [(row, {"deleted_on_network": deleted}) for row in changed if row.channel_id], actor=Actor.system("sync"))
    own = [row.pk for row in changed if not row.channel_id]
    if own:
        Message.every.filter(pk__in=own).update(deleted_on_network=deleted, changed_at=clock.now())


# What we said -----------------------------------------------------------------------------------------------------------------


def keep_sent(delivery: Delivery, person: str) -> None:
    """What went out is a message of ours, written by who asked for it; its echo is known, whichever came first. Of one that a person
    says is there, the network tells its id when it is read; where nothing is read, it has one of ours."""
    net = network(delivery.network)
    outside_id = delivery.outside_id or ("" if readable(net) else f"delivery:{delivery.pk}")
    if delivery.state != SENT or not outside_id or not person:
        return
    side = Side.of_connection(delivery.connection)
    if side is None:
        return
    at = net.made_at(outside_id) or delivery.sent_at
    thread = str(delivery.target.get("conversation") or "")
    said = items.Message(outside_id, thread, side.us, delivery.text, at or clock.now(), items.Person(person))
    take_in(side, [said])
    mine = Message.every.filter(conversation__in=side.conversations().values("pk"), outside_id=outside_id, written_by=None)
    mine.update(written_by=delivery.asked_by_id)
