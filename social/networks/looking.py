"""Looking for a delivery of unknown fate among what is at the network: ours, as new as the call, the same words, nobody else's."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from core.exchange.models import Delivery
from core.remote.wires import Wire

from .items import Message, Said

# Their clock and ours may differ by so much.
MARGIN = timedelta(minutes=5)
# fn(network, wire, delivery) → the id of what is there, or None.
Look = Callable[[Any, Wire, Delivery], str | None]


def find(looks: Mapping[str, Look], net: Any, wire: Wire, delivery: Delivery) -> str | None:
    """The id of a delivery of unknown fate, if it is there. Raises NotImplementedError for what cannot be looked for."""
    look = looks.get(delivery.action)
    if look is None:
        raise NotImplementedError
    return look(net, wire, delivery)


def since(delivery: Delivery) -> datetime:
    """From when on it may be there."""
    asked_at: Any = delivery.sending_at
    begun: datetime = asked_at - MARGIN
    return begun


def mine(wire: Wire, delivery: Delivery, found: Iterable[Said | Message], words: Callable[[str], str] | None = None) -> str | None:
    """The first of these that is ours, new, of the same words, and of no other delivery."""
    us, begun, words = wire.connection.chain.outside_id, since(delivery), words or folded
    ours = [one for one in found if one.author.outside_id == us and one.at >= begun]
    return free(delivery, [one.outside_id for one in ours if words(one.text) == words(delivery.text)])


def free(delivery: Delivery, ids: list[str]) -> str | None:
    """The first of these that no other delivery has."""
    others = Delivery.objects.filter(network=delivery.network, outside_id__in=ids).exclude(pk=delivery.pk)
    taken = set(others.values_list("outside_id", flat=True))
    return next((one for one in ids if one not in taken), None)


def folded(text: str) -> str:
    """A text for comparing: networks may fold white space."""
    return " ".join(unicodedata.normalize("NFC", text).split())
