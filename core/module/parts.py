"""A list in parts: so many records looked at in an order that has an index, those of them that fit, and where to go on.

What no index answers costs more the larger its table is. A list of that kind is asked for as a whole as long as that takes no
more than LIST_SECONDS. One that takes longer is shown like this: each part costs the same, however many records there are
(docs/decisions/0011-lists-in-parts.md). Every condition, the gate's too, is asked of each record by its key, so that no
planner can turn the question around.

A part ends at a record that its reader may not see. What it holds goes into the address sealed, for this reader and this order:
nobody reads it there, and nobody begins a part where they like, to learn by what follows what others' records hold.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from cryptography.fernet import InvalidToken
from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import F, QuerySet

from core.field.field import Field
from core.module.paging import SEALED, BadCursor, Cursor, Order, Page, walks
from core.remote.secrets import box
from core.search.pieces import Piece, compiled
from core.search.sieve import Sieve

# Records of one part: a tenth of a second, on a machine with much else to do a quarter.
LOOKED_AT = 10_000


@dataclass(frozen=True)
class Seal:
    """Of the addresses of parts: whose they are and of which order of which module."""

    module: str
    order: str
    reader: int

    def closed(self, edge: Cursor) -> str:
        held = [self.module, self.order, self.reader, edge.filled, edge.plain, edge.pk]
        return SEALED + box().encrypt(json.dumps(held).encode()).decode().rstrip("=")

    def opened(self, sealed: str) -> Cursor:
        """Where the part begins. Raises BadCursor for what was not sealed by us, for this reader and this order."""
        token = sealed.removeprefix(SEALED)
        try:
            *whose, filled, plain, pk = json.loads(box().decrypt(f"{token}{'=' * (-len(token) % 4)}".encode()))
        except (InvalidToken, ValueError, TypeError) as error:
            raise BadCursor(sealed) from error
        if whose != [self.module, self.order, self.reader]:
            raise BadCursor(sealed)
        return Cursor(False, filled, plain, pk)


@dataclass(frozen=True)
class Part:
    """How many records were looked at and how many of them fit; where the next part begins, as text of an address; and the field by
    which the list should have been in order, where it could not be.

    `looked` is the number of a whole part. How many the last part had left is not told: it counts the records of others, too, and
    would change whenever one of them is made.
    """

    looked: int | None
    fit: int
    further: str
    wished: Field | None = None


def part(
    every: QuerySet[Any],
    found: QuerySet[Any],
    sieve: Sieve | None,
    order: Order,
    size: int,
    start: Cursor,
    seal: Seal,
    wished: Field | None = None,
) -> tuple[Page, Part]:
    """Up to `size` of the rows `found` (and held by the sieve) among the next of `every` row of the table, in an order that has
    an index. `start` is where the part before ended."""
    test = _tested(found, sieve)
    if test is None:
        return Page([], False, False), Part(None, 0, "", wished)
    ids: list[int] = []
    looked, fit, last = 0, 0, None
    for rows in walks(every, order, start):
        number, more, end, some = _look(rows, LOOKED_AT - looked, size + 1 - len(ids), test)
        looked, fit, ids, last = looked + number, fit + more, ids + some, end or last
        if looked >= LOOKED_AT:
            break
    else:
        last = None
    behind = ids[size - 1] if len(ids) > size else last
    records = {record.pk: record for record in found.filter(pk__in=ids[:size])}
    further = seal.closed(_edge(every, order, behind) or start) if behind else ""
    whole = LOOKED_AT if looked >= LOOKED_AT else None
    return Page([records[pk] for pk in ids[:size] if pk in records], False, False), Part(whole, fit, further, wished)


def _edge(every: QuerySet[Any], order: Order, pk: int) -> Cursor | None:
    """Behind a record that was just looked at; None for one that was deleted for good in the meantime."""
    edge = every.model._default_manager.filter(pk=pk).first()
    return Cursor.at(edge, order) if edge else None


def _tested(found: QuerySet[Any], sieve: Sieve | None) -> Piece | None:
    """Whether the record `t.found` is one of the list; None where there can be none."""
    if sieve is not None and sieve.said is not None:
        found = found.filter(sieve.said)
    try:
        sql, values = compiled(found.order_by().values(found=F("pk")))
    except EmptyResultSet:
        return None
    one = f"(SELECT v.found FROM ({sql}) v WHERE v.found = t.found LIMIT 1) IS NOT NULL"
    if sieve is None or sieve.said is not None:
        return one, values
    # CASE keeps the order: the entry is read of those alone that have passed all else.
    words, more = sieve.test()
    return f"CASE WHEN {one} THEN {words} ELSE 1 = 0 END", [*values, *more]


def _look(rows: QuerySet[Any], most: int, wanted: int, test: Piece) -> tuple[int, int, int | None, list[int]]:
    """Look at up to `most` of the sorted `rows`: how many there were, how many fit, which was the last, and the first `wanted` that fit."""
    try:
        within, values = compiled(rows.values(found=F("pk"))[:most])
    except EmptyResultSet:
        return 0, 0, None, []
    fits, asked = test
    sql = (
        f"WITH t AS (SELECT q.found, row_number() OVER () AS place FROM ({within}) q), f AS (SELECT t.found, t.place FROM t WHERE {fits}), "
        "s AS (SELECT (SELECT count(*) FROM t) AS looked, (SELECT count(*) FROM f) AS fit, "
        "(SELECT found FROM t ORDER BY place DESC LIMIT 1) AS last) "
        "SELECT s.looked, s.fit, s.last, g.found FROM s LEFT JOIN (SELECT found, place FROM f ORDER BY place LIMIT %s) g ON 1 = 1 "
        "ORDER BY g.place"
    )
    with connections[rows.db].cursor() as cursor:
        cursor.execute(sql, [*values, *asked, max(wanted, 0)])
        made = cursor.fetchall()
    looked, fit, last, _first = made[0]
    return looked, fit, last, [pk for *_said, pk in made if pk is not None]
