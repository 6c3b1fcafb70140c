"""How posts are answered: as which channel, how long, and into the outbox."""

from __future__ import annotations

import re
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from core.actor import Actor
from core.exchange.intake import claim
from core.exchange.models import SENT, Delivery
from core.exchange.outbox import delivered, guards, post
from core.module.registry import module
from core.record.messages import Voice, answers
from core.record.write import Refused, update_many
from core.remote.network import Can, network

from .models import DISCONNECTED, NEEDS_SIGNIN, Channel, Post
from .networks.items import Person, Said
from .networks.length import ROOM, weight
from .people import people_of
from .pull import keep_posts


def addressed(handle: str, text: str) -> str:
    """An answer begins with whom it is for, as X's own apps write it, unless the name stands in it already."""
    text = text.strip()
    return text if not handle or re.search(rf"@{re.escape(handle)}(?![A-Za-z0-9_])", text, re.IGNORECASE) else f"@{handle} {text}"


class Answers:
    """Posts can be answered (core.record.messages.Answerer)."""

    def voice(self, record: Post) -> Voice:
        channel, net = record.channel, network(record.network)
        label = _("Reply on %(network)s") % {"network": net.label}
        mend = reverse("social-channels")
        if record.deleted_on_network:
            return Voice(label, why_not=_("This post was deleted on the network."))
        if channel.state == DISCONNECTED:
            return Voice(label, why_not=_("The channel @%(handle)s is disconnected.") % {"handle": channel.handle}, mend=mend)
        room = ROOM - weight(addressed(record.author_handle, "x")) + 1
        mended = mend if channel.state == NEEDS_SIGNIN else ""
        return Voice(label, f"@{channel.handle}", room, "" if net.can(Can.REPLY) else net.why_not(Can.REPLY), mended)

    def check(self, record: Post, text: str) -> str:
        if not text.strip():
            raise Refused(_("The answer is empty; nothing was sent."))
        voice = self.voice(record)
        if voice.why_not:
            raise Refused(voice.why_not)
        whole = addressed(record.author_handle, text)
        units = weight(whole)
        if units > ROOM:
            over = _("X takes %(room)d units, and with the name in front this counts %(units)d: %(over)d too many.")
            counts = _("A Japanese character counts 2, a web address 23.")
            raise Refused(over % {"room": ROOM, "units": units, "over": units - ROOM} + " " + counts)
        return whole

    def send(self, record: Post, text: str, *, actor: Actor, key: str, module: str, record_id: int) -> Delivery:
        return post(
            connection=record.channel.connection,
            action="reply",
            key=key,
            text=self.check(record, text),
            target={"answers": record.outside_id, "post": record.pk, "conversation": record.conversation},
            asked_by=actor.user,
            module=module,
            record_id=record_id,
        )

    def people(self, record: Post) -> list[tuple[str, int]]:
        return people_of([record.profile_id])[record.profile_id]


ANSWERS = Answers()
answers("social.post", ANSWERS)


@guards
def channel_is_open(delivery: Delivery) -> str:
    """What was asked for before a channel was disconnected does not go out after it."""
    closed = Channel.objects.filter(connection=delivery.connection_id, state=DISCONNECTED).exists()
    return _("The channel was disconnected.") if closed else ""


@delivered
def keep_what_we_said(delivery: Delivery) -> None:
    """What went out is a post of ours; its echo from the network is known. A post that is gone is marked so."""
    if delivery.action != "reply" or "post" not in delivery.target:
        return
    parent = Post.objects.select_related("channel").filter(pk=delivery.target["post"]).first()
    if parent is None:
        return
    if delivery.reason_code == "gone" and not parent.deleted_on_network:
        update_many(module("social.post"), [(parent, {"deleted_on_network": True})], actor=Actor.system("sync"))
    if delivery.state == SENT and delivery.outside_id and claim(delivery.network, "post", delivery.outside_id):
        channel = parent.channel
        us = Person(channel.outside_id, channel.handle, channel.name)
        at: Any = delivery.sent_at
        keep_posts(channel, [Said(delivery.outside_id, us, delivery.text, at, parent.conversation, parent.outside_id)])
