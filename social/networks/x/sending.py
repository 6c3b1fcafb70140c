"""What deliveries do at X, one writing call each, and how one of unknown fate is found again (social-APIs 7.5)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from core.exchange.models import Delivery
from core.exchange.outbox import sends
from core.remote.wires import Wire

from .network import X
from .shapes import id_at

# Their clock and ours may differ by so much.
MARGIN = timedelta(minutes=5)
_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)


def _x(wire: Wire) -> X:
    net: Any = wire.network
    assert isinstance(net, X)  # noqa: S101
    return net


@sends("x", "reply")
@sends("x", "comment")
def reply(wire: Wire, delivery: Delivery) -> str:
    return _x(wire).reply(wire, str(delivery.target["answers"]), delivery.text)


@sends("x", "post")
def post(wire: Wire, delivery: Delivery) -> str:
    return _x(wire).post(wire, delivery.text)


@sends("x", "like")
def like(wire: Wire, delivery: Delivery) -> None:
    _x(wire).like(wire, str(delivery.target["item"]))


@sends("x", "unlike")
def unlike(wire: Wire, delivery: Delivery) -> None:
    _x(wire).unlike(wire, str(delivery.target["item"]))


@sends("x", "repost")
def repost(wire: Wire, delivery: Delivery) -> None:
    _x(wire).repost(wire, str(delivery.target["item"]))


@sends("x", "unrepost")
def unrepost(wire: Wire, delivery: Delivery) -> None:
    _x(wire).unrepost(wire, str(delivery.target["item"]))


@sends("x", "message")
def message(wire: Wire, delivery: Delivery) -> str:
    if delivery.target.get("conversation"):
        return _x(wire).write_in(wire, str(delivery.target["conversation"]), delivery.text)
    return _x(wire).write(wire, str(delivery.target["person"]), delivery.text)


def find(net: X, wire: Wire, delivery: Delivery) -> str | None:
    """The id of a delivery of unknown fate, if it is there. Raises NotImplementedError for what cannot be looked for."""
    look = _LOOKS.get(delivery.action)
    if look is None:
        raise NotImplementedError
    return look(net, wire, delivery)


def _answer(net: X, wire: Wire, delivery: Delivery) -> str | None:
    """Our own post that answers the same post with the same words and belongs to no other delivery."""
    answers = str(delivery.target["answers"])
    found = net.posts_of(wire, wire.connection.chain.outside_id, since=answers).posts
    return _free(delivery, [one.outside_id for one in found if one.answers == answers and words(one.text) == words(delivery.text)])


def _post(net: X, wire: Wire, delivery: Delivery) -> str | None:
    """Our own post with the same words, as new as the call."""
    found = net.posts_of(wire, wire.connection.chain.outside_id, since=_since(delivery)).posts
    return _free(delivery, [one.outside_id for one in found if one.kind == "post" and words(one.text) == words(delivery.text)])


def _repost(net: X, wire: Wire, delivery: Delivery) -> str | None:
    """Our own repost of the same post; a repost is there or it is not, however old."""
    item = str(delivery.target["item"])
    found = net.posts_of(wire, wire.connection.chain.outside_id, since=item).posts
    return next((one.outside_id for one in found if one.kind == "repost" and one.shares == item), None)


def _message(net: X, wire: Wire, delivery: Delivery) -> str | None:
    """Our own message with the same words, as new as the call."""
    target, us = delivery.target, wire.connection.chain.outside_id
    person = str(target.get("person") or next((one for one in str(target["conversation"]).split("-") if one != us), ""))
    asked_at: Any = delivery.sending_at
    found = net.conversation(wire, person).messages
    mine = [one for one in found if one.author.outside_id == us and one.at >= asked_at - MARGIN]
    return _free(delivery, [one.outside_id for one in mine if words(one.text) == words(delivery.text)])


_LOOKS: dict[str, Callable[[X, Wire, Delivery], str | None]] = {
    "reply": _answer,
    "comment": _answer,
    "post": _post,
    "repost": _repost,
    "message": _message,
}


def _since(delivery: Delivery) -> str:
    asked_at: Any = delivery.sending_at
    return id_at(asked_at - MARGIN)


def _free(delivery: Delivery, ids: list[str]) -> str | None:
    """The first of these that no other delivery has."""
    others = Delivery.objects.filter(network=delivery.network, outside_id__in=ids).exclude(pk=delivery.pk)
    taken = set(others.values_list("outside_id", flat=True))
    return next((one for one in ids if one not in taken), None)


def words(text: str) -> str:
    """A text for comparing: X shortens addresses and may fold white space."""
    return " ".join(_ADDRESS.sub("…", unicodedata.normalize("NFC", text)).split())
