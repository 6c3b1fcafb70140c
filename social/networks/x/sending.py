"""What deliveries do at X, and how one of unknown fate is found again (social-APIs 7.5)."""

from __future__ import annotations

import re

from core.exchange.models import Delivery
from core.exchange.speaking import speaks
from core.remote.wires import Wire

from .. import looking
from .network import X
from .shapes import id_at

_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)

speaks(
    "x",
    reply="reply",
    comment="reply",
    post="post",
    like="like",
    unlike="unlike",
    repost="repost",
    unrepost="unrepost",
    message="message",
)


def _answer(net: X, wire: Wire, delivery: Delivery) -> str | None:
    """Our own post that answers the same post with the same words and belongs to no other delivery."""
    answers = str(delivery.target["answers"])
    found = net.posts_of(wire, wire.connection.chain.outside_id, since=answers).posts
    same = [one.outside_id for one in found if one.answers == answers and words(one.text) == words(delivery.text)]
    return looking.free(delivery, same)


def _post(net: X, wire: Wire, delivery: Delivery) -> str | None:
    """Our own post with the same words, as new as the call."""
    found = net.posts_of(wire, wire.connection.chain.outside_id, since=id_at(looking.since(delivery))).posts
    same = [one.outside_id for one in found if one.kind == "post" and words(one.text) == words(delivery.text)]
    return looking.free(delivery, same)


def _repost(net: X, wire: Wire, delivery: Delivery) -> str | None:
    """Our own repost of the same post; a repost is there or it is not, however old."""
    item = str(delivery.target["item"])
    found = net.posts_of(wire, wire.connection.chain.outside_id, since=item).posts
    return next((one.outside_id for one in found if one.kind == "repost" and one.shares == item), None)


def _message(net: X, wire: Wire, delivery: Delivery) -> str | None:
    """Our own message with the same words, as new as the call."""
    target, us = delivery.target, wire.connection.chain.outside_id
    person = str(target.get("person") or next((one for one in str(target["conversation"]).split("-") if one != us), ""))
    return looking.mine(wire, delivery, net.conversation(wire, person).messages, words)


LOOKS: dict[str, looking.Look] = {"reply": _answer, "comment": _answer, "post": _post, "repost": _repost, "message": _message}


def words(text: str) -> str:
    """A text for comparing: X shortens addresses and may fold white space."""
    return looking.folded(_ADDRESS.sub("…", text))
