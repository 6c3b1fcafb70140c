"""Chasing one query through one module: what is asked of the database, and what the answers lead to.

A chase is a generator: it yields the questions of its next step and is sent their answers, so that `core.search.query` can
ask all modules in one statement a step. Two steps are the rule: the beginnings and the newest; then, where these are not
enough, the gram index.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import NamedTuple

from core.search.backends import Backend
from core.search.pieces import Piece, joined
from core.search.wanted import Wanted

# So many of the newest entries are read before the gram index is asked: a common word is found among them at once.
_NEAR = 1_000
# Of the hits among them so many are asked for being visible; fewer than `_DENSE` mean that the word is rare.
_ENOUGH, _DENSE = 40, 4
# Of common beginnings so many are asked for being visible, then, if that pays, so many more; whoever sees fewer than `_FEW`
# records is answered from these alone.
_SOME, _MORE, _FEW = 200, 8_000, 2_000
# So many visible records are gone through for common words before the gram index is asked after all.
_THROUGH = 17_000
_AFTER_ALL = 2**63 - 1

Found = tuple[int, str, str]
Question = Piece  # its rows are of record id (or a number), title, head
Chasing = Generator[list[Question], list[list[Found]], list["Hit"]]


class Hit(NamedTuple):
    """A record found."""

    record_id: int
    title: str
    begins: bool


@dataclass(frozen=True, slots=True)
class Chase:
    """One query in one module. `visible` is a query for the ids, named `found`, of the records that may be seen."""

    module: str
    wanted: Wanted
    visible: Piece
    back: Backend

    def run(self, limit: int) -> Chasing:
        """First the keys that begin with the query, in their order; then those that hold its words, the newest first."""
        begin, hold = yield [self.beginning(_SOME, limit), self.newest(limit)]
        heads = yield from self._all_heads(begin, limit)
        made = [Hit(record_id, title, True) for record_id, title, _ in heads]
        if len(made) < limit:
            made += [Hit(record_id, title, False) for record_id, title, _ in (yield from self._others(hold, limit - len(made)))]
        return made

    def _all_heads(self, begin: list[Found], limit: int) -> Generator[list[Question], list[list[Found]], list[Found]]:
        *heads, (number, _, _) = begin
        if len(heads) < limit and number > _SOME:
            heads = yield from self._more_heads(heads, limit)
        return sorted(heads, key=lambda found: (found[2], -found[0]))

    def _more_heads(self, heads: list[Found], limit: int) -> Generator[list[Question], list[list[Found]], list[Found]]:
        """Common beginnings: from the visible records if these are few, which none among the first beginnings hints at."""
        if not heads:
            (among,) = yield [self.beginning_among(_FEW, limit)]
            *heads, (number, _, _) = among
            if number < _FEW:
                return heads
        (begin,) = yield [self.beginning(_MORE, limit)]
        *heads, (number, _, _) = begin
        if len(heads) < limit and number > _MORE:
            (heads,) = yield [self.beginning_anywhere(limit)]
        return heads

    def _others(self, hold: list[Found], limit: int) -> Generator[list[Question], list[list[Found]], list[Found]]:
        *near, (number, _, _), (bound, _, _) = hold
        whole = number < _ENOUGH
        if len(near) >= limit or (whole and bound == 0):
            return near[:limit]
        if number >= _DENSE:
            (through,) = yield [self.through(limit)]
            *found, (gone, _, _) = through
            if len(found) >= limit or gone < _THROUGH:
                return found
        if not whole:
            near, bound = [], _AFTER_ALL
        (far,) = yield [self.looked_up(bound, limit - len(near))]
        return near + far

    # The questions ---------------------------------------------------------------------------------------------------

    def beginning(self, number: int, limit: int) -> Question:
        """The visible among the first `number` keys that begin so; last, if these are too few, how many begin so, up to `number` + 1.

        What is read from a part that is in order comes in its order: sorting again would mean looking at all of it.
        """
        whole, begins = self.wanted.whole(self.back)
        seen, reach = self._seen("h")
        return (
            f"WITH h AS (SELECT record_id, title, {self.back.HEAD} AS head FROM core_searchentry WHERE module = %s AND {whole} "
            f"ORDER BY {self.back.HEAD}, record_id DESC LIMIT %s), "
            f"f AS (SELECT record_id, title, head FROM h WHERE {seen} LIMIT %s) "
            "SELECT * FROM f UNION ALL SELECT CASE WHEN (SELECT count(*) FROM f) < %s THEN (SELECT count(*) FROM h) ELSE 0 END, '', ''",
            [self.module, *begins, number + 1, *reach, limit, limit],
        )

    def beginning_among(self, number: int, limit: int) -> Question:
        """The beginnings among all visible records if these are fewer than `number`; last, how many these are, up to `number`."""
        whole, begins = self.wanted.whole(self.back)
        sql, reach = self.visible
        return (
            f"WITH t AS (SELECT v.found FROM ({sql}) v LIMIT %s) "
            f"SELECT * FROM (SELECT record_id, title, {self.back.HEAD} AS head FROM t CROSS JOIN core_searchentry WHERE module = %s "
            f"AND record_id = t.found AND {whole} AND (SELECT count(*) FROM t) < %s ORDER BY 3, 1 DESC LIMIT %s) f "
            "UNION ALL SELECT count(*), '', '' FROM t",
            [*reach, number, self.module, *begins, number, limit],
        )

    def beginning_anywhere(self, limit: int) -> Question:
        whole, begins = self.wanted.whole(self.back)
        sql, reach = self.visible
        return (
            f"SELECT record_id, title, {self.back.HEAD} AS head FROM core_searchentry WHERE module = %s AND {whole} "
            f"AND record_id IN ({sql}) ORDER BY 3, 1 DESC LIMIT %s",
            [self.module, *begins, *reach, limit],
        )

    def newest(self, limit: int) -> Question:
        """The visible hits among the newest entries; then how many hits there are, up to `_ENOUGH`, and where the newest end.

        The newest stand in a part of their own, or PostgreSQL takes the ids of all modules together and reads them all.
        """
        read, words = self._elsewhere(self.wanted.read(self.back))
        seen, reach = self._seen("n")
        newest = "SELECT {} FROM core_searchentry WHERE module = %s ORDER BY record_id DESC LIMIT "
        return (
            f"WITH n AS (SELECT record_id, title FROM ({newest.format('record_id, title, key')} %s) e WHERE {read} LIMIT %s) "
            f"SELECT * FROM (SELECT record_id, title, '' AS head FROM n WHERE {seen} LIMIT %s) f "
            "UNION ALL SELECT count(*), '', '' FROM n "
            f"UNION ALL SELECT COALESCE(({newest.format('record_id')} 1 OFFSET %s), 0), '', ''",
            [self.module, _NEAR, *words, _ENOUGH, *reach, limit, self.module, _NEAR - 1],
        )

    def through(self, limit: int) -> Question:
        """Common words: go through the visible records, the newest first, not through the hits; last, how many were gone through."""
        read, words = self._elsewhere(self.wanted.read(self.back))
        newest, reach = self._newest_visible(_THROUGH)
        return (
            f"WITH f AS (SELECT * FROM (WITH t AS ({newest}) {self.back.THROUGH.format(test=read)}) g) "
            "SELECT record_id, title, '' AS head FROM f UNION ALL "
            f"SELECT CASE WHEN (SELECT count(*) FROM f) < %s THEN (SELECT count(*) FROM ({newest}) t) ELSE 0 END, '', ''",
            [*reach, self.module, *words, limit, limit, *reach],
        )

    def looked_up(self, bound: int, limit: int) -> Question:
        """The visible hits older than `bound`, by the gram index. All are sorted, then asked for being visible until these are enough."""
        found, words = self._elsewhere(self.wanted.look_up(self.back))
        seen, reach = self._seen("h")
        module, number = self.back.unindexed("module", text=True), self.back.unindexed("record_id")
        return (
            f"SELECT record_id, title, '' AS head FROM (SELECT record_id, title FROM core_searchentry WHERE {found} "
            f"AND {module} = %s AND {number} < %s ORDER BY {number} DESC LIMIT %s) h WHERE {seen} LIMIT %s",
            [*words, self.module, bound, _AFTER_ALL, *reach, limit],
        )

    def _elsewhere(self, held: Piece) -> Piece:
        begins, values = self.wanted.begins(self.back)
        return joined("AND", [held, (f"NOT {begins}", values)])

    def _seen(self, table: str) -> Piece:
        """Asked for each row: right where few are looked at. A scalar subquery, which no planner turns into a join."""
        sql, values = self.visible
        return f"(SELECT v.found FROM ({sql}) v WHERE v.found = {table}.record_id LIMIT 1) IS NOT NULL", values

    def _newest_visible(self, number: int) -> Piece:
        sql, values = self.visible
        return f"SELECT v.found FROM ({sql}) v ORDER BY v.found DESC LIMIT {number:d}", values
