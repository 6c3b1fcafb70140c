"""What deliveries do at Facebook, one writing call each, and how one of unknown fate is found again (social-APIs 7.5)."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.utils.dateparse import parse_datetime

from core.exchange.models import Delivery
from core.exchange.outbox import sends
from core.remote.wires import Wire

from ..items import Message, Said
from .network import Facebook

# Their clock and ours may differ by so much.
MARGIN = timedelta(minutes=5)


def _facebook(wire: Wire) -> Facebook:
    net: Any = wire.network
    assert isinstance(net, Facebook)  # noqa: S101
    return net


@sends("facebook", "reply")
@sends("facebook", "comment")
def comment(wire: Wire, delivery: Delivery) -> str:
    return _facebook(wire).comment(wire, str(delivery.target["answers"]), delivery.text)


@sends("facebook", "post")
def post(wire: Wire, delivery: Delivery) -> str:
    return _facebook(wire).post(wire, delivery.text)


@sends("facebook", "like")
def like(wire: Wire, delivery: Delivery) -> None:
    _facebook(wire).like(wire, str(delivery.target["item"]))


@sends("facebook", "unlike")
def unlike(wire: Wire, delivery: Delivery) -> None:
    _facebook(wire).unlike(wire, str(delivery.target["item"]))


@sends("facebook", "message")
def message(wire: Wire, delivery: Delivery) -> str:
    """`heard_at` in the target is when the person last wrote: whether it may go out is known before it is tried."""
    heard_at = parse_datetime(str(delivery.target.get("heard_at") or ""))
    return _facebook(wire).write(wire, str(delivery.target["person"]), delivery.text, heard_at=heard_at)


@sends("facebook", "private_reply")
def private_reply(wire: Wire, delivery: Delivery) -> str:
    """A private answer to a comment, or to a post of a visitor: once for each, within seven days."""
    comment, post = (str(delivery.target.get(name) or "") for name in ("comment", "post"))
    return _facebook(wire).answer_privately(wire, delivery.text, comment=comment, post=post)


def find(net: Facebook, wire: Wire, delivery: Delivery) -> str | None:
    """The id of a delivery of unknown fate, if it is there. Raises NotImplementedError for what cannot be looked for."""
    look = _LOOKS.get(delivery.action)
    if look is None:
        raise NotImplementedError
    return look(net, wire, delivery)


def _comment(net: Facebook, wire: Wire, delivery: Delivery) -> str | None:
    """Our own comment with the same words below the same post. An answer to an answer hangs on the first of them: all are read."""
    target = delivery.target
    post = str(target.get("conversation") or target["answers"])
    return _mine(wire, delivery, net.comments(wire, post, since=_since(delivery)))


def _post(net: Facebook, wire: Wire, delivery: Delivery) -> str | None:
    """Our own post with the same words, as new as the call."""
    return _mine(wire, delivery, net.published(wire, since=_since(delivery)).posts)


def _message(net: Facebook, wire: Wire, delivery: Delivery) -> str | None:
    """Our own message with the same words, as new as the call."""
    return _mine(wire, delivery, net.conversation(wire, str(delivery.target["person"])).messages)


_LOOKS: dict[str, Callable[[Facebook, Wire, Delivery], str | None]] = {
    "reply": _comment,
    "comment": _comment,
    "post": _post,
    "message": _message,
}


def _since(delivery: Delivery) -> datetime:
    asked_at: Any = delivery.sending_at
    since: datetime = asked_at - MARGIN
    return since


def _mine(wire: Wire, delivery: Delivery, found: Iterable[Said | Message]) -> str | None:
    """The first of these that is ours, new, of the same words, and of no other delivery."""
    us, since = wire.connection.chain.outside_id, _since(delivery)
    mine = [one for one in found if one.author.outside_id == us and one.at >= since and words(one.text) == words(delivery.text)]
    ids = [one.outside_id for one in mine]
    others = Delivery.objects.filter(network=delivery.network, outside_id__in=ids).exclude(pk=delivery.pk)
    taken = set(others.values_list("outside_id", flat=True))
    return next((one for one in ids if one not in taken), None)


def words(text: str) -> str:
    """A text for comparing: white space may be folded."""
    return " ".join(unicodedata.normalize("NFC", text).split())
