"""Words asked of a list, beside its other conditions and in an order of its own.

Where hits are many, the list is walked in its order and each row asked for the words; where they are few, the gram index
brings up all of them and they are sorted. No planner knows which, so a look at the newest entries decides: how many hold the
words, how many records there are, and what part of them the reader reaches. A walk that finds too little (all hits stand at
the other end of the order) is cut off, and the hits are gathered after all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil, inf
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections, router
from django.db.models import Case, F, Q, QuerySet, Value, When

from core.search.backends import Backend, backend
from core.search.models import SearchEntry
from core.search.pieces import Piece, compiled
from core.search.query import matching_ids
from core.search.wanted import Wanted, understand

_LOOK = 1_000
# A row that is walked over and its entry read cost half of a hit that is brought up by the index and looked at; where the row
# itself says it, a fifth …
_ROW, _READ = 0.5, 0.2
# … and a hit that only stands in the index's answer a tenth.
_LISTED = 0.1
# Hits that are kept: as many as a list counts.
_MOST = 1_000
# A walk goes so much further than it should have to.
_PATIENCE = 2
# Hits that should have stood among the first rows of a walk: without any of them, they stand at the other end.
_EXPECTED = 4


@dataclass(frozen=True)
class Sieve:
    """The records of `module` that hold every word of `q` and of which `said` holds: with it, the index only narrows. `of` are
    the rows of the list without them, and `reach` is about what part of all records these are."""

    module: str
    q: str
    said: Q | None = None
    of: QuerySet[Any] | None = None
    reach: float = 1.0

    def applied(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """`rows` with the words as one more condition, for whoever reads all of them."""
        found = rows.filter(pk__in=matching_ids(self.module, self.q))
        return found if self.said is None else found.filter(self.said)

    def first(self, rows: QuerySet[Any], number: int) -> list[Any]:
        """The first `number` of the sorted `rows` that pass."""
        if self._walk(number) <= self._hits_in_all:
            ids = self._walked(rows, number)
            if ids is not None:
                return list(rows.filter(pk__in=ids)) if ids else []
        return list((self.applied(rows) if self._few is None else rows.filter(pk__in=self._few))[:number])

    def count(self, rows: QuerySet[Any], most: int) -> int:
        """How many of `rows`, those of the list, pass, counted up to `most`."""
        if self._wanted is None:
            return 0
        if self._walk(most) > self._hits_in_all * _LISTED + most / self.reach:
            few = self._few
            return most if few is None else min(len(few), most)
        try:
            (sql, values), (test, words) = self._tested(rows.order_by(), slice(None))
        except EmptyResultSet:
            return 0
        return int(_ask(f"SELECT count(*) FROM (SELECT 1 FROM ({sql}) t WHERE {test} LIMIT %s) c", [*values, *words, most])[0][0])

    @cached_property
    def _wanted(self) -> Wanted | None:
        return understand(self.module, self.q)

    @cached_property
    def _look(self) -> tuple[float, int]:
        """What part of the newest entries holds the words, and how many records there are at the most."""
        if self._wanted is None:
            return 0.0, 0
        read, words = self._wanted.read(self._back)
        newest = "SELECT key, record_id FROM core_searchentry WHERE module = %s ORDER BY record_id DESC LIMIT %s"
        sql = f"SELECT count(*), sum(CASE WHEN {read} THEN 1 ELSE 0 END), max(record_id) FROM ({newest}) e"
        looked, hits, last = _ask(sql, [*words, self.module, _LOOK])[0]
        return (hits / looked, int(last)) if looked else (0.0, 0)

    @property
    def _hits_in_all(self) -> float:
        share, records = self._look
        return share * records

    def _walk(self, number: int) -> float:
        """What it costs to walk over as many records as it takes to meet `number` hits that are reached, in looks at a hit."""
        share, _ = self._look
        return number / (share * self.reach) * (_ROW if self.said is None else _READ) if share else inf

    def _walked(self, rows: QuerySet[Any], number: int) -> list[int] | None:
        """The ids of the first `number` that pass; None if the walk was cut off before. The first steps show whether hits stand
        at this end of the order at all: words of a name do not, sorted by name."""
        share, _ = self._look
        first = ceil(max(_LOOK * self.reach, _EXPECTED / share))
        far = max(ceil(number / share * _PATIENCE), 1)
        found: list[int] = []
        for start, end in ((0, min(first, far)), (first, far)):
            try:
                more, gone = self._steps(rows, number - len(found), start, end)
            except EmptyResultSet:
                return []
            found += more
            if len(found) >= number or gone < end - start:
                return found
            if not found or end == far:
                break
        return None

    def _steps(self, rows: QuerySet[Any], number: int, start: int, end: int) -> tuple[list[int], int]:
        """Those of `rows` between two places that pass, up to `number`; and if these are fewer, how many rows there were."""
        (within, values), (test, words) = self._tested(rows, slice(start, end))
        sql = (
            f"WITH t AS ({within}), f AS (SELECT t.found FROM t WHERE {test} LIMIT %s) SELECT found, 0 FROM f UNION ALL "
            "SELECT CASE WHEN (SELECT count(*) FROM f) < %s THEN (SELECT count(*) FROM t) ELSE 0 END, 1"
        )
        *found, (gone, _) = _ask(sql, [*values, *words, number, number])
        return [pk for pk, _ in found], gone

    def _tested(self, rows: QuerySet[Any], part: slice) -> tuple[Piece, Piece]:
        """A part of `rows`, to be called `t`, and what holds of those that pass: by the column itself, or by the entry, in a scalar
        subquery, which no planner turns into a join."""
        if self.said is not None:
            passes = Case(When(self.said, then=Value(1)), default=Value(0))
            return compiled(rows.values(found=F("pk"), passes=passes)[part]), ("t.passes = 1", [])
        return compiled(rows.values(found=F("pk"))[part]), self.test()

    def test(self) -> Piece:
        """Whether the entry of the record `t.found` holds the words."""
        if self._wanted is None:
            return "1 = 0", []
        read, words = self._wanted.read(self._back)
        entry = f"SELECT record_id FROM core_searchentry WHERE module = %s AND {read} AND record_id = t.found LIMIT 1"
        return f"({entry}) IS NOT NULL", [self.module, *words]

    @cached_property
    def _few(self) -> list[int] | None:
        """The hits of the gram index that are among the rows of the list; None if there are more than are ever counted."""
        if self._wanted is None or self.of is None:
            return []
        found, words = self._wanted.look_up(self._back)
        rows = self.of if self.said is None else self.of.filter(self.said)
        try:
            sql, values = compiled(rows.order_by().values(found=F("pk")))
        except EmptyResultSet:
            return []
        here = self._back.unindexed("module", text=True)
        hits, given = f"SELECT record_id FROM core_searchentry WHERE {found} AND {here} = %s", [*words, self.module]
        if self._hits_in_all * self.reach < _MOST:
            # All hits are looked at anyhow: their records are cheaper looked up together.
            some = f"SELECT v.found FROM ({sql}) v WHERE {self._back.among('v.found', hits)} LIMIT %s"
            reached = _ask(some, [*values, *given, _MOST + 1])
        else:
            one = f"SELECT v.found FROM ({sql}) v WHERE v.found = core_searchentry.record_id LIMIT 1"
            reached = _ask(f"{hits} AND ({one}) IS NOT NULL LIMIT %s", [*given, *values, _MOST + 1])
        return [pk for (pk,) in reached] if len(reached) <= _MOST else None

    @property
    def _back(self) -> Backend:
        return backend(connections[router.db_for_read(SearchEntry)])


def _ask(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connections[router.db_for_read(SearchEntry)].cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
