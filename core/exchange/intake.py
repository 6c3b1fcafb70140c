"""What came in, taken once: insert or ignore, then read what this batch inserted. Never "look, then insert"."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from typing import TypeVar

from django.db import connection

from core import clock

from .models import Arrival

Item = TypeVar("Item")
BATCH = 500


def take(source: str, kind: str, items: Iterable[Item], *, key: Callable[[Item], str]) -> list[Item]:
    """The items that never came before, in their order, each once. `key` gives an item's id at the source.

    In the caller's transaction (RuntimeError without one): the rows made of the items, the cursor and these marks are
    saved together or not at all. A second worker with the same items waits for the first and gets what is left.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("Items are taken in the transaction that stores them.")
    by_id: dict[str, Item] = {}
    for item in items:
        by_id.setdefault(key(item), item)
    batch, now = uuid.uuid4(), clock.now()
    # One order for everybody, so that two workers with overlapping pages wait for each other and never deadlock.
    ids = sorted(by_id)
    rows = [Arrival(source=source, kind=kind, outside_id=outside_id, batch=batch, at=now) for outside_id in ids]
    Arrival.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)
    ours: set[str] = set()
    for begin in range(0, len(ids), BATCH):
        mine = Arrival.objects.filter(source=source, kind=kind, outside_id__in=ids[begin : begin + BATCH], batch=batch)
        ours.update(mine.values_list("outside_id", flat=True))
    return [item for outside_id, item in by_id.items() if outside_id in ours]


def claim(source: str, kind: str, outside_id: str) -> bool:
    """Take one id as ours, such as that of our own post, whose echo must not become a second row. False if it came."""
    return bool(take(source, kind, [outside_id], key=str))
