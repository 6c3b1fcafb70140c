"""Pages by key: whatever the order, walking forward and back meets each record exactly once, in the same sequence
(PLT-8), with ties, nulls and empties, for built-in and added fields, on both databases."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from contextlib import suppress
from typing import Any

import pytest

from core.module.paging import BadCursor, Cursor, Order, page
from core.module.registry import module as find_module
from core.module.registry import modules
from tests.contracts.rich import add_every_kind, rich_records

pytestmark = pytest.mark.django_db


def walk(rows: Any, order: Order, size: int, *, back: bool) -> list[int]:
    """All primary keys, page by page; each cursor goes through its text, as in an address."""
    found: list[int] = []
    cursor = Cursor(back=True) if back else None
    for _ in range(100):
        shown = page(rows, order, size, cursor)
        keys = [record.pk for record in shown.records]
        found = keys + found if back else found + keys
        if not (shown.before if back else shown.after):
            return found
        cursor = Cursor.read(shown.cursor(order, back=back).text(), back=back)
    raise AssertionError("the walk does not end")


@pytest.mark.parametrize("key", [one.key for one in modules()])
def test_every_order_visits_each_record_once(key: str, ann: Any, bob: Any) -> None:
    add_every_kind(key)
    module = find_module(key)
    records = rich_records(module, 29, [ann, bob])
    rows = module.model._default_manager.filter(pk__in=[r.pk for r in records])
    everything = {record.pk for record in records}
    sortable = [one for one in module.fields.values() if one.sortable and not one.hidden]
    assert len(sortable) > 10

    for one in sortable:
        for down in (False, True):
            order = Order(one, down)
            forth = walk(rows, order, 7, back=False)
            assert (len(forth), set(forth)) == (len(everything), everything), (one.key, down)
            assert walk(rows, order, 7, back=True) == forth, (one.key, down)
            values = [order.value(rows.get(pk=pk)) for pk in forth]
            filled = [v for v in values if v not in (None, "")]
            assert values[: len(filled)] == filled or order.empty is None, (one.key, "empties last")
            if one.kind.key in {"number", "money", "percent", "date", "datetime"}:
                assert filled == sorted(filled, reverse=down), (one.key, down)


def _cursor(*parts: Any) -> str:
    return urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


BAD = [
    "",
    "x",
    "%%%",
    "bnVsbA",
    _cursor(),
    _cursor(1),
    _cursor(True, "a"),
    _cursor(True, "a", "b"),
    _cursor(True, "a", 2**63),
    _cursor(1, 2, 3),
]
ODD = ["abc", 1, -1, 2**63, 1e308, True, None, [], {}, "\x00", "2026-13-45", "2026-05-20", "9" * 400, "NaN", "-Infinity", ""]


@pytest.mark.parametrize("text", BAD)
def test_a_cursor_that_is_none_is_refused(text: str) -> None:
    """O4"""
    with pytest.raises(BadCursor):
        Cursor.read(text, back=False)


@pytest.mark.parametrize("key", [one.key for one in modules()])
def test_a_cursor_of_another_order_answers_or_is_refused(key: str, ann: Any) -> None:
    """O4: an address may hold anything; the answer is a page or BadCursor, never a database error."""
    add_every_kind(key)
    module = find_module(key)
    rich_records(module, 5, [ann])

    for one in (f for f in module.fields.values() if f.sortable and not f.hidden):
        for odd in ODD:
            cursor = Cursor.read(_cursor(True, odd, 3), back=False)
            with suppress(BadCursor):
                page(module.model._default_manager.all(), Order(one, False), 10, cursor)
