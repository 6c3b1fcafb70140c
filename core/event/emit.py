"""Saying that something happened, and listening to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from core import clock
from core.actor import Actor
from core.event.models import Event
from core.record.insert import fresh, insert


@dataclass(frozen=True)
class Happened:
    """One event with its record still at hand."""

    event: Event
    record: Any


# One event: the key of the module, the record, what changed, and what else there is to say.
Told = tuple[str, Any, dict[str, Any], dict[str, Any]]
Listener = Callable[[Sequence[Happened], Actor], None]
_listeners: dict[str, list[Listener]] = defaultdict(list)


def listens(*kinds: str) -> Callable[[Listener], Listener]:
    """Decorator: call this with every batch of events of these kinds, in the transaction that made them."""

    def add(function: Listener) -> Listener:
        for kind in kinds:
            _listeners[kind].append(function)
        return function

    return add


def emit(happened: Sequence[Told], kind: str, actor: Actor) -> list[Event]:
    """Write one event for each (module key, record, changes, detail) and tell the listeners of `kind`."""
    common = {"at": clock.now(), "kind": kind, "actor_id": actor.user_id, "way": actor.way, "job": actor.job}
    events = []
    for module, record, changes, detail in happened:
        event = fresh(Event)
        event.__dict__.update(common, module=module, record_id=record.pk, changes=changes, detail=detail)
        events.append(event)
    insert(Event, events)
    told = [Happened(event, record) for event, (_m, record, _c, _d) in zip(events, happened, strict=True)]
    for listener in _listeners[kind]:
        listener(told, actor)
    return events


def emit_one(module: str, record: Any, kind: str, actor: Actor, changes: dict[str, Any] | None = None, **detail: Any) -> Event:
    """One event of one record."""
    return emit([(module, record, changes or {}, detail)], kind, actor)[0]
