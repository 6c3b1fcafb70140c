"""How posts are answered: as which account, how long, and into the outbox."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from core.access.gate import can
from core.access.models import User
from core.actor import Actor
from core.exchange.intake import claim
from core.exchange.models import SENT, Delivery
from core.exchange.outbox import delivered, guards, post
from core.exchange.verbs import PRIVATE, VERBS
from core.module.registry import module
from core.record.messages import Voice, answers
from core.record.write import Refused, update_many
from core.remote.abilities import Can
from core.remote.network import network

from .keeping import keep_own
from .models import DISCONNECTED, Channel, Post
from .networks.items import Person, Said
from .people import people_of
from .speaking import Speaker, fit_for, for_themselves, may_speak, named, speakers


def terms(key: str) -> str:
    """Why a network's terms do not let us keep in a record what its members say or are; empty where they do."""
    net = network(key)
    if not net.keeps:
        return ""
    words = _("The terms of %(network)s let us keep what its members say and are for a short time only, and not in tickets or leads.")
    return words % {"network": net.label}


def voice_of(record: Post) -> Speaker | None:
    """The account that answers a post where nobody chose one: the channel it was said to, or the first of its network."""
    channel = record.channel
    if channel is None:
        rows = Channel.objects.filter(network=record.network).exclude(state=DISCONNECTED).select_related("connection__chain")
        channel = rows.order_by("pk").first()
    return Speaker(channel.connection, channel) if channel is not None else None


class Answers:
    """Posts can be answered (core.record.messages.Answerer); here also with another account than the one they were said to."""

    def voice(self, record: Post, speaker: Speaker | None = None, *, alone: bool = False) -> Voice:
        """`alone`: for somebody whom no account of the organisation speaks for."""
        net = network(record.network)
        label = (_("Comment on %(network)s") if verb_for(record) == "comment" else _("Reply on %(network)s")) % {"network": net.label}
        if speaker is None and alone:
            nobody = _("No account that you may speak with is connected to %(network)s.") % {"network": net.label}
            return Voice(label, why_not=nobody, mend=reverse("my-social"))
        speaker = speaker or voice_of(record)
        if record.deleted_on_network:
            return Voice(label, why_not=_("This post was deleted on the network."))
        if speaker is None:
            why_not = _("No account of the organisation is connected to %(network)s.") % {"network": net.label}
            return Voice(label, why_not=why_not, mend=reverse("social-channels"))
        mend = "" if speaker.mine else reverse("social-channels")
        if speaker.channel is not None and speaker.channel.state == DISCONNECTED:
            return Voice(label, why_not=speaker.why_not(Can.REPLY), mend=mend)
        room = net.room("reply")
        room = room and room - net.length(net.addressed(record.author_handle, "x")) + 1
        return Voice(label, speaker.name, room, speaker.why_not(Can.REPLY, speaker.about(record)), "" if speaker.signed_in else mend)

    def voices(self, record: Post, user: User) -> list[tuple[str, str]]:
        """Those that can: at X the author has to have called the account. Nobody slips into an account of their own: where it would
        stand first, the one that answers without a choice does."""
        found = fit_for(user, record, speakers(user, [record.network])[record.network])
        found = [one for one in found if not one.why_not(Can.REPLY, one.about(record))]
        found.sort(key=lambda one: one.channel is None or one.channel.pk != record.channel_id)
        made = [(one.key, one.name) for one in found]
        usual = voice_of(record) if found and found[0].mine else None
        return [("", usual.name if usual else "—"), *made] if found and found[0].mine else made

    def check(self, record: Post, text: str, speaker: Speaker | None = None, *, alone: bool = False) -> str:
        if not text.strip():
            raise Refused(_("The answer is empty; nothing was sent."))
        voice = self.voice(record, speaker, alone=alone)
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

    def send(
        self, record: Post, text: str, *, actor: Actor, key: str, module: str, record_id: int, speaker: str = "", on_post: bool = False
    ) -> Delivery:
        """`speaker` is the mark of one of the accounts the actor may speak with. `on_post`: not below this comment, but below the post
        it stands under."""
        voice = named(actor.user, record.network, speaker, record) if speaker and actor.user else voice_of(record)
        whole = self.check(record, text, voice)
        assert voice is not None  # noqa: S101 - `check` refuses without one
        target = {"answers": record.outside_id, "post": record.pk, "conversation": record.conversation}
        if on_post:
            target = {"answers": record.conversation, "conversation": record.conversation}
        return post(
            connection=voice.connection,
            action="comment" if on_post else verb_for(record),
            key=key,
            text=whole,
            target=target,
            asked_by=actor.user,
            module=module,
            record_id=record_id,
        )

    def passing(self, record: Post) -> str:
        return terms(record.network)

    def people(self, record: Post) -> list[tuple[str, int]]:
        return people_of([record.profile_id])[record.profile_id]


def stands_below(record: Post) -> str:
    """The post that a comment stands under, where the network tells comments on a post from answers to a comment; else nothing."""
    return record.conversation if network(record.network).has_comments and record.in_reply_to else ""


def verb_for(record: Post) -> str:
    """What a word below a post is: a comment where the network knows them, an answer elsewhere and below a comment."""
    return "comment" if network(record.network).has_comments and not record.in_reply_to else "reply"


ANSWERS = Answers()
answers("social.post", ANSWERS)


@guards
def still_allowed(delivery: Delivery) -> str:
    """Who may not answer a post any more does not do so from the queue either, nor like or repost it (reliability F23)."""
    if delivery.module != "social.post" or delivery.asked_by is None:
        return ""
    record, user = Post.objects.filter(pk=delivery.record_id).first(), delivery.asked_by
    if record is not None and (can(user, "social.post", "edit", record) or (for_themselves(delivery) and may_speak(user, record))):
        return ""
    return _("The person who asked for this may not answer this post any more.")


@delivered
def keep_what_we_said(delivery: Delivery) -> None:
    """What went out is a post of ours; its echo from the network is known. A post that is gone is marked so."""
    verb = VERBS.get(delivery.action)
    if verb is None or not verb.said or delivery.action in PRIVATE:
        return  # what is said to one person alone is no post; private messages are social.messaging's
    parent = Post.objects.select_related("channel").filter(pk=delivery.target.get("post")).first() if delivery.target.get("post") else None
    if parent is not None and delivery.reason_code == "gone" and not parent.deleted_on_network:
        update_many(module("social.post"), [(parent, {"deleted_on_network": True})], actor=Actor.system("sync"))
    if delivery.state != SENT or not delivery.outside_id:
        return
    if not claim(delivery.network, "post", delivery.outside_id):
        return
    channel = Channel.objects.filter(connection=delivery.connection_id).first()
    _keep(delivery, channel, parent)


def _keep(delivery: Delivery, channel: Channel | None, parent: Post | None) -> None:
    connection = delivery.connection
    us = Person(connection.chain.outside_id, channel.handle if channel else connection.handle, connection.name)
    at: Any = delivery.sent_at
    answers = parent.outside_id if parent else str(delivery.target.get("answers") or "")
    conversation = parent.conversation if parent else str(delivery.target.get("conversation") or "")
    keep_own(connection, channel, Said(delivery.outside_id, us, delivery.text, at, conversation, answers))
