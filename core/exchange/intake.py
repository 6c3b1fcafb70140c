"""What came in, taken once: inserted or ignored, and the insert says which were new. Never "look, then insert"."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from django.db import connection

from core import clock

from .models import Arrival

Item = TypeVar("Item")
# One statement for all, however many: it says which of them are new.
_NEW = """
INSERT INTO core_arrival (source, kind, outside_id, batch, at) SELECT %s, %s, one.value, %s, %s FROM {ids} ON CONFLICT DO NOTHING
RETURNING outside_id
"""
_IDS = {"postgresql": "unnest(%s::text[]) AS one (value)", "sqlite": "json_each(%s) AS one WHERE true"}


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
    if not by_id:
        return []
    # One order for everybody, so that two workers with overlapping pages wait for each other and never deadlock.
    ids: Any = sorted(by_id)
    values = [source, kind, *(_prepared(name, value) for name, value in (("batch", uuid.uuid4()), ("at", clock.now())))]
    with connection.cursor() as cursor:
        cursor.execute(_NEW.format(ids=_IDS[connection.vendor]), [*values, ids if connection.vendor == "postgresql" else json.dumps(ids)])
        ours = {outside_id for (outside_id,) in cursor.fetchall()}
    return [item for outside_id, item in by_id.items() if outside_id in ours]


def _prepared(name: str, value: Any) -> Any:
    return Arrival._meta.get_field(name).get_db_prep_save(value, connection)  # type: ignore[union-attr]


def claim(source: str, kind: str, outside_id: str) -> bool:
    """Take one id as ours, such as that of our own post, whose echo must not become a second row. False if it came."""
    return bool(take(source, kind, [outside_id], key=str))
