"""A network of the tests, imported by the tests and by the real workers: it posts to the tiny server of the tests."""

from __future__ import annotations

import os
from typing import Any

from core.exchange.models import Delivery
from core.exchange.outbox import sends
from core.remote.abilities import Can, Offer
from core.remote.network import Limit, Network, register
from core.remote.wires import Wire


@register
class Post(Network):
    key, label = "post", "Post office"
    levels = {"all": frozenset()}
    offers = {one: Offer("all") for one in Can}
    repeatable = frozenset({"like"})
    limits = {"write": (Limit(50, 900),), "read": (Limit(50, 900),)}
    client_id = "app"
    base_url = f"http://{os.environ.get('SITE', '')}"

    def find_sent(self, wire: Wire, delivery: Delivery) -> str | None:
        posts: list[str] = wire.get("read", "/posts")
        return str(posts.index(delivery.text) + 1) if delivery.text in posts else None


@register
class Blind(Post):
    """A network that cannot be asked what was sent."""

    key = "blind"
    find_sent = Network.find_sent


@sends("post", "like")
def like(wire: Wire, delivery: Delivery) -> None:
    wire.post("write", "/posts", json={"text": "♥", **delivery.target})


@sends("post", "reply")
@sends("blind", "reply")
def reply(wire: Wire, delivery: Delivery) -> str:
    answer: Any = wire.post("write", "/posts", json={"text": delivery.text, **delivery.target})
    return str(answer["id"])
