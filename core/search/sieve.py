"""Words asked of a list, beside its other conditions and in an order of its own.

Where hits are many, the list is walked in its order and each row asked for the words; where they are few, the gram index
brings up all of them and they are sorted. No planner knows which, so a look at the newest entries decides. A walk that
finds too little (all hits stand at the other end of the order) is cut off, and the hits are gathered after all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections, router
from django.db.models import F, Q, QuerySet

from core.search.backends import Backend, backend
from core.search.models import SearchEntry
from core.search.pieces import Piece, compiled
from core.search.query import matching_ids
from core.search.wanted import Wanted, understand

_LOOK = 1_000
# Hits among these newest entries: from so many on, a walk meets a page full of hits before it is cut off …
_WALKABLE, _WALK = 5, 10_000
# … and from so many on a thousand rows are counted sooner by going through the list than through the hits.
_EVERYWHERE = 40


@dataclass(frozen=True)
class Sieve:
    """The records of `module` that hold every word of `q` and of which `said` holds: with it, the index only narrows."""

    module: str
    q: str
    said: Q | None = None

    def applied(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """`rows` with the words as one more condition, for whoever reads all of them."""
        found = rows.filter(pk__in=matching_ids(self.module, self.q))
        return found if self.said is None else found.filter(self.said)

    def first(self, rows: QuerySet[Any], number: int) -> list[Any]:
        """The first `number` of the sorted `rows` that pass."""
        if self._share >= _WALKABLE:
            ids = self._walked(rows, number)
            if ids is not None:
                return list(rows.filter(pk__in=ids)) if ids else []
        return list(self.applied(rows)[:number])

    def count(self, rows: QuerySet[Any], most: int) -> int:
        """How many of `rows` pass, counted up to `most`."""
        if self._wanted is None:
            return 0
        values: Sequence[Any]
        try:
            if self._share >= _EVERYWHERE:
                within, (test, words) = compiled(rows.order_by().values(found=F("pk"))), self._test(rows)
                sql, values = f"SELECT 1 FROM ({within[0]}) t WHERE {test} LIMIT %s", [*within[1], *words, most]
            else:
                sql, values = self._hits(rows if self.said is None else rows.filter(self.said), most)
        except EmptyResultSet:
            return 0
        return int(_ask(f"SELECT count(*) FROM ({sql}) c", values)[0][0])

    @cached_property
    def _wanted(self) -> Wanted | None:
        return understand(self.module, self.q)

    @cached_property
    def _share(self) -> int:
        """How many of the newest entries hold the words, up to `_EVERYWHERE`."""
        if self._wanted is None:
            return 0
        read, words = self._wanted.read(self._back)
        newest = "SELECT key FROM core_searchentry WHERE module = %s ORDER BY record_id DESC LIMIT %s"
        sql = f"SELECT count(*) FROM (SELECT 1 FROM ({newest}) e WHERE {read} LIMIT %s) c"
        return int(_ask(sql, [self.module, _LOOK, *words, _EVERYWHERE])[0][0])

    def _walked(self, rows: QuerySet[Any], number: int) -> list[int] | None:
        """The ids of the first `number` that pass; None if the walk was cut off before. The first steps show whether hits stand
        at this end of the order at all: words of a name do not, sorted by name."""
        far = min(_WALK, 4 * number * _LOOK // max(self._share, 1))
        for length in (min(far, _LOOK), far):
            try:
                found, gone = self._steps(rows, number, length)
            except EmptyResultSet:
                return []
            if len(found) >= number or gone < length:
                return found
            if not found:
                break
        return None

    def _steps(self, rows: QuerySet[Any], number: int, length: int) -> tuple[list[int], int]:
        """Those of the first `length` of `rows` that pass, up to `number`; and if these are fewer, how many rows there were."""
        (within, values), (test, words) = compiled(rows.values(found=F("pk"))[:length]), self._test(rows)
        sql = (
            f"WITH t AS ({within}), f AS (SELECT t.found FROM t WHERE {test} LIMIT %s) SELECT found, 0 FROM f UNION ALL "
            "SELECT CASE WHEN (SELECT count(*) FROM f) < %s THEN (SELECT count(*) FROM t) ELSE 0 END, 1"
        )
        *found, (gone, _) = _ask(sql, [*values, *words, number, number])
        return [pk for pk, _ in found], gone

    def _test(self, rows: QuerySet[Any]) -> Piece:
        """Row by row: the words stand in the entry, or in the column itself. A scalar subquery, which no planner turns into a join."""
        if self.said is not None:
            sql, values = compiled(rows.model._default_manager.filter(self.said).order_by().values(found=F("pk")))
        else:
            assert self._wanted is not None
            read, words = self._wanted.read(self._back)
            sql, values = f"SELECT record_id AS found FROM core_searchentry WHERE module = %s AND {read}", [self.module, *words]
        return f"(SELECT v.found FROM ({sql}) v WHERE v.found = t.found LIMIT 1) IS NOT NULL", values

    def _hits(self, rows: QuerySet[Any], most: int) -> Piece:
        """The hits of the gram index that are among `rows`, as far as they are needed."""
        assert self._wanted is not None
        found, words = self._wanted.look_up(self._back)
        sql, values = compiled(rows.order_by().values(found=F("pk")))
        here = self._back.unindexed("module", text=True)
        return (
            f"SELECT 1 FROM core_searchentry WHERE {found} AND {here} = %s AND "
            f"(SELECT v.found FROM ({sql}) v WHERE v.found = core_searchentry.record_id LIMIT 1) IS NOT NULL LIMIT %s",
            [*words, self.module, *values, most],
        )

    @property
    def _back(self) -> Backend:
        return backend(connections[router.db_for_read(SearchEntry)])


def _ask(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connections[router.db_for_read(SearchEntry)].cursor() as cursor:
        cursor.execute(sql, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
