"""What deliveries do at Facebook, and how one of unknown fate is found again (social-APIs 7.5)."""

from __future__ import annotations

from core.exchange.models import Delivery
from core.exchange.speaking import speaks
from core.remote.wires import Wire

from .. import looking
from .network import Facebook

speaks(
    "facebook",
    reply="comment",
    comment="comment",
    post="post",
    like="like",
    unlike="unlike",
    message="message",
    private_reply="private_reply",
)


def _comment(net: Facebook, wire: Wire, delivery: Delivery) -> str | None:
    """Our own comment with the same words below the same post. An answer to an answer hangs on the first of them: all are read."""
    target = delivery.target
    post = str(target.get("conversation") or target["answers"])
    return looking.mine(wire, delivery, net.comments(wire, post, since=looking.since(delivery)))


def _post(net: Facebook, wire: Wire, delivery: Delivery) -> str | None:
    """Our own post with the same words, as new as the call."""
    return looking.mine(wire, delivery, net.published(wire, since=looking.since(delivery)).posts)


def _message(net: Facebook, wire: Wire, delivery: Delivery) -> str | None:
    """Our own message with the same words, as new as the call. A private answer names whom it is for, too."""
    person = str(delivery.target.get("person") or "")
    if not person:
        raise NotImplementedError
    return looking.mine(wire, delivery, net.conversation(wire, person).messages)


LOOKS: dict[str, looking.Look] = {"reply": _comment, "comment": _comment, "post": _post, "message": _message, "private_reply": _message}
