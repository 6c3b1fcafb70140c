"""What deliveries do at LinkedIn, and how one of unknown fate is found again (social-APIs 7.5).

Messages and invitations cannot be read back: of an unclear one a person is asked.
"""

from __future__ import annotations

from core.exchange.models import Delivery
from core.exchange.speaking import speaks
from core.remote.wires import Wire

from .. import looking
from .network import LinkedIn
from .restli import comment_parts, plain, written

speaks(
    "linkedin",
    reply="comment",
    comment="comment",
    post="post",
    like="like",
    unlike="unlike",
    repost="repost",
    message="message",
    invitation="invite",
)


def _comment(net: LinkedIn, wire: Wire, delivery: Delivery) -> str | None:
    """Our own comment with the same words below the same post, or below the comment that was answered."""
    answers = str(delivery.target["answers"])
    place = (net.above(wire, answers) or answers) if comment_parts(answers)[0] else answers
    return looking.mine(wire, delivery, net.comments(wire, place, since=looking.since(delivery)), _words)


def _post(net: LinkedIn, wire: Wire, delivery: Delivery) -> str | None:
    """Our own post with the same words, as new as the call."""
    found = net.posts_of(wire, wire.connection.chain.outside_id).posts
    return looking.mine(wire, delivery, [one for one in found if not one.shares], _words)


def _repost(net: LinkedIn, wire: Wire, delivery: Delivery) -> str | None:
    """Our own sharing of the same post, as new as the call."""
    found = net.posts_of(wire, wire.connection.chain.outside_id).posts
    item, begun = str(delivery.target["item"]), looking.since(delivery)
    return next((one.outside_id for one in found if one.shares == item and one.at >= begun), None)


LOOKS: dict[str, looking.Look] = {"reply": _comment, "comment": _comment, "post": _post, "repost": _repost}


def _words(text: str) -> str:
    """A text for comparing, as LinkedIn gives it back to people."""
    return looking.folded(plain(written(text)))
