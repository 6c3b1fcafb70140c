"""The rows of a list, owner by owner: for whoever reaches what some people own and little besides.

A walk along the order of a list reads everybody's rows on the way to a page of theirs; gathering all that somebody's team
ever owned and sorting it reads years of it. An index that begins with the owner and goes on with the order (every module has
one for the newest first) gives the first rows of each owner at once; the page is among these. So are the rows counted: those
of one owner after the other, until there are enough. `rows` hold the gate's whole condition all the time: these ways can be
slower or faster, never wider.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import F, QuerySet

from core.access import parties
from core.access.gate import Reach
from core.search.pieces import Condition, Piece, compiled

# Parts of one question; SQLite takes five hundred.
_MOST = 100
# Rows that are gathered and sorted where no index has an owner's in the order asked for.
_GATHERED = 5_000


@dataclass(frozen=True)
class Owned:
    """Whose rows a reader reaches, and which single ones besides. `more`: what rules name by their content comes on top."""

    owners: tuple[int, ...]
    single: tuple[int, ...] = ()
    more: bool = False

    @classmethod
    def of(cls, reach: Reach | None) -> Owned | None:
        """None for who reaches everything, nothing, or so much by hand that only the database knows it."""
        if reach is None or reach.everything or reach.hand is None:
            return None
        return cls(tuple(sorted(reach.owners)), tuple(sorted(reach.hand | reach.opened)), bool(reach.rules))

    def applied(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """`rows`, which hold the condition already."""
        return rows

    def first(self, rows: QuerySet[Any], number: int) -> list[Any]:
        """The first `number` of the sorted `rows`."""
        try:
            ordered = self._in_order(rows)
            if not self._are_few or not (ordered or self._of_owners(rows.order_by(), _GATHERED + 1) <= _GATHERED):
                return list(rows[:number])
            found, values = self._merged(rows, number, ordered)
        except EmptyResultSet:
            return []
        table = rows.model._meta
        return list(rows.filter(Condition((f'"{table.db_table}"."{table.pk.column}" IN ({found})', values))))

    def count(self, rows: QuerySet[Any], most: int) -> int:
        """How many of `rows` there are, up to `most`: first of these owners, which an index answers."""
        rows = rows.order_by()
        found = self._of_owners(rows, most)
        if found < most and (self.more or self.single):
            return rows[:most].count()
        return found

    @property
    def _are_few(self) -> bool:
        """Whether the first rows of each owner are fewer than what a walk would read that meets one of them among all people's."""
        return not self.more and len(self.owners) <= _MOST and len(self.owners) ** 2 < parties.headcount()

    def _in_order(self, rows: QuerySet[Any]) -> bool:
        """Whether an index gives each owner's rows in this order; else those of a few owners who have little are gathered."""
        order = [name.lstrip("-") for name in _order(rows)]
        return len(order) == 2 and any(
            [rows.model._meta.get_field(name).name for name, _down in index.fields_orders[:2]] == ["owner", order[0]]
            for index in rows.model._meta.indexes
        )

    def _merged(self, rows: QuerySet[Any], number: int, ordered: bool) -> Piece:
        """The ids of the first `number`: those of each owner, and those of the single rows, side by side and sorted again."""
        keys = [name.lstrip("-") for name in _order(rows)]
        named = {f"k{place}": F(name) for place, name in enumerate(keys)}
        again = ", ".join(f"k{place} {'DESC' if name.startswith('-') else 'ASC'}" for place, name in enumerate(_order(rows)))
        parts = self._parts(rows, named, number, ordered)
        if self.single:
            alone = rows.filter(pk__in=self.single).exclude(owner_id__in=self.owners).values(**named)[:number]
            sql, values = compiled(alone)
            parts.append((f"SELECT * FROM ({sql}) s", values))
        united = " UNION ALL ".join(sql for sql, _ in parts)
        return f"SELECT k{len(keys) - 1} FROM ({united}) a ORDER BY {again} LIMIT %s", [*(v for _, values in parts for v in values), number]

    def _parts(self, rows: QuerySet[Any], named: dict[str, F], number: int, ordered: bool) -> list[Piece]:
        if connections[rows.db].vendor == "postgresql":
            mine = rows.filter(_whose(rows, "o.owner"))
            sql, values = compiled(mine.values(**named)[:number] if ordered else mine.order_by().values(**named))
            # OFFSET 0 keeps the planner from walking along the order of the whole after all.
            apart = "" if ordered else " OFFSET 0"
            return [
                (f"SELECT m.* FROM unnest(%s::bigint[]) AS o (owner) CROSS JOIN LATERAL ({sql}{apart}) m", [list(self.owners), *values])
            ]
        parts = [compiled(rows.filter(owner_id=owner).values(**named)[:number]) for owner in self.owners]
        return [(f"SELECT * FROM ({sql}) p", values) for sql, values in parts]

    def _of_owners(self, rows: QuerySet[Any], most: int) -> int:
        if connections[rows.db].vendor != "postgresql":
            return rows.filter(owner_id__in=self.owners)[:most].count()
        # OFFSET 0 keeps the planner from reading the table from its beginning instead, which has everybody's rows.
        try:
            sql, values = compiled(rows.filter(_whose(rows, "o.owner")).values("pk"))
        except EmptyResultSet:
            return 0
        walk = f"SELECT 1 FROM unnest(%s::bigint[]) AS o (owner) CROSS JOIN LATERAL ({sql} OFFSET 0) m LIMIT %s"
        with connections[rows.db].cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM ({walk}) c", [list(self.owners), *values, most])
            return int(cursor.fetchone()[0])


def _order(rows: QuerySet[Any]) -> list[str]:
    return [str(name) for name in rows.query.order_by]


def _whose(rows: QuerySet[Any], owner: str) -> Condition:
    """That a row is of the owner at hand, named in the SQL around it."""
    return Condition((f'"{rows.model._meta.db_table}"."owner_id" = {owner}', []))
