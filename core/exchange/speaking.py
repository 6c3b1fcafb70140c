"""The senders of a network from its own methods: what each verb takes of a delivery is one table for all of them (SOC-6).

A network offers its verbs as methods with a `wire`; `speaks` makes the outbox's senders of them. What they give back is the id of
what was made, or None for what has none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.remote.wires import Wire

from .models import Delivery
from .outbox import Sender, sends


def _answer(row: Delivery) -> tuple[Any, ...]:
    return str(row.target["answers"]), row.text


def _item(row: Delivery) -> tuple[Any, ...]:
    return (str(row.target["item"]),)


def _words(row: Delivery) -> tuple[Any, ...]:
    return (row.text,)


def _person(row: Delivery) -> tuple[Any, ...]:
    return str(row.target["person"]), row.text


def _aimed(row: Delivery) -> tuple[Any, ...]:
    """What is aimed in more than one way, or knows more than its aim: the network reads the target itself."""
    return row.target, row.text


# What the method of each verb is called with, after the wire; core.exchange.verbs tells what stands in the targets.
TAKES: dict[str, Callable[[Delivery], tuple[Any, ...]]] = {
    "reply": _answer,
    "comment": _answer,
    "post": _words,
    "like": _item,
    "unlike": _item,
    "repost": _item,
    "unrepost": _item,
    "message": _aimed,
    "private_reply": _aimed,
    "invitation": _person,
}


def speaks(network_key: str, **methods: str) -> None:
    """Register the senders of a network: the verb, and the name of the method that does it with one writing call."""
    for verb, method in methods.items():
        sends(network_key, verb)(_sender(verb, method))


def _sender(verb: str, method: str) -> Sender:
    takes = TAKES[verb]

    def send(wire: Wire, row: Delivery) -> str | None:
        made: str | None = getattr(wire.network, method)(wire, *takes(row))
        return made

    return send
