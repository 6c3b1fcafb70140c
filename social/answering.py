"""How posts are answered: as which channel, how long, and into the outbox."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from core.access.gate import can
from core.actor import Actor
from core.exchange.intake import claim
from core.exchange.models import SENT, Delivery
from core.exchange.outbox import delivered, guards, post
from core.exchange.verbs import VERBS
from core.module.registry import module
from core.record.messages import Voice, answers
from core.record.write import Refused, update_many
from core.remote.abilities import About, Can
from core.remote.network import network

from .models import DISCONNECTED, NEEDS_SIGNIN, Channel, Post
from .networks.items import Person, Said
from .people import people_of
from .pull import keep_posts


def terms(key: str) -> str:
    """Why a network's terms do not let us keep in a record what its members say or are; empty where they do."""
    net = network(key)
    if not net.keeps:
        return ""
    words = _("The terms of %(network)s let us keep what its members say and are for a short time only, and not in tickets or leads.")
    return words % {"network": net.label}


def summons(record: Post) -> bool:
    """Whether its author called us: what was read from our mentions named us or answered us; what a keyword found did not."""
    return record.kind in {"mention", "reply", "visitor", "review"}


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
        room = net.room("reply")
        room = room and room - net.length(net.addressed(record.author_handle, "x")) + 1
        mended = mend if channel.state == NEEDS_SIGNIN else ""
        why_not = net.why_not(Can.REPLY, about=About(ours=record.ours, summons=summons(record)))
        return Voice(label, f"@{channel.handle}", room, why_not, mended)

    def check(self, record: Post, text: str) -> str:
        if not text.strip():
            raise Refused(_("The answer is empty; nothing was sent."))
        voice = self.voice(record)
        if voice.why_not:
            raise Refused(voice.why_not)
        net = network(record.network)
        whole = net.addressed(record.author_handle, text)
        room, units = net.room("reply"), net.length(whole)
        if room and units > room:
            over = _("%(network)s takes %(room)d units, and with the name in front this counts %(units)d: %(over)d too many.")
            told = over % {"network": net.label, "room": room, "units": units, "over": units - room}
            counts = _("A Japanese character counts 2, a web address 23.")
            # Only where characters do not count alike is there something to explain.
            raise Refused(f"{told} {counts}" if net.length("あ") == 2 else told)
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

    def passing(self, record: Post) -> str:
        return terms(record.network)

    def people(self, record: Post) -> list[tuple[str, int]]:
        return people_of([record.profile_id])[record.profile_id]


ANSWERS = Answers()
answers("social.post", ANSWERS)


@guards
def channel_is_open(delivery: Delivery) -> str:
    """What was asked for before a channel was disconnected does not go out after it."""
    closed = Channel.objects.filter(connection=delivery.connection_id, state=DISCONNECTED).exists()
    return _("The channel was disconnected.") if closed else ""


@guards
def still_allowed(delivery: Delivery) -> str:
    """Who may not answer a post any more does not do so from the queue either, nor like or repost it (reliability F23)."""
    if delivery.module != "social.post" or delivery.asked_by is None:
        return ""
    record = Post.objects.filter(pk=delivery.record_id).first()
    if record is not None and can(delivery.asked_by, "social.post", "edit", record):
        return ""
    return _("The person who asked for this may not answer this post any more.")


@delivered
def keep_what_we_said(delivery: Delivery) -> None:
    """What went out is a post of ours; its echo from the network is known. A post that is gone is marked so."""
    verb = VERBS.get(delivery.action)
    if verb is None or not verb.said:
        return
    parent = Post.objects.select_related("channel").filter(pk=delivery.target.get("post")).first() if delivery.target.get("post") else None
    if parent is not None and delivery.reason_code == "gone" and not parent.deleted_on_network:
        update_many(module("social.post"), [(parent, {"deleted_on_network": True})], actor=Actor.system("sync"))
    if delivery.state != SENT or not delivery.outside_id:
        return
    kind = "message" if verb.ability == Can.MESSAGE else "post"
    if not claim(delivery.network, kind, delivery.outside_id) or kind == "message":
        return
    channel = parent.channel if parent else Channel.objects.filter(connection=delivery.connection_id).first()
    if channel is not None:
        _keep(channel, delivery, parent)


def _keep(channel: Channel, delivery: Delivery, parent: Post | None) -> None:
    us = Person(channel.outside_id, channel.handle, channel.name)
    at: Any = delivery.sent_at
    answers = parent.outside_id if parent else str(delivery.target.get("answers") or "")
    conversation = parent.conversation if parent else str(delivery.target.get("conversation") or "")
    keep_posts(channel, [Said(delivery.outside_id, us, delivery.text, at, conversation, answers)])
