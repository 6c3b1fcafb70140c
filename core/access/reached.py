"""The gate's condition in SQL that is put together, not worded anew.

To word what ten sharing rules name took Django 7 ms, twice for a list: more than the database needs to answer it. Each rule
is worded once (for each day, since rules ask for today), and owners and single rows are numbers side by side. The meaning is
the one of the rules' `Q`, which tests compare.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from django.core.exceptions import EmptyResultSet, FullResultSet
from django.db import connections, router
from django.db.models import BooleanField, Expression
from django.utils.timezone import get_current_timezone_name

from core.access.opened import Rule, today
from core.module.module import Module
from core.stamps import versions

# Where the name of the table stands in kept words; no name holds it.
_TABLE = "\x00"
_MOST = 2_000
Piece = tuple[str, Sequence[Any]]


class Reached(Expression):
    """Rows of `owners`, single ones, and those that `pieces` name, of the table a question begins with, whatever it calls it."""

    conditional = True

    def __init__(self, owners: Sequence[int], single: Sequence[int], pieces: Sequence[Piece] = ()) -> None:
        super().__init__(output_field=BooleanField())
        self.owners, self.single, self.pieces = owners, single, pieces
        self.alias = ""

    def resolve_expression(self, query: Any = None, *_args: Any, **_named: Any) -> Self:
        # A question within another one is resolved a second time, for the one around it, whose table this is not.
        made = self.copy()
        made.alias = self.alias or query.get_initial_alias()
        return made

    def relabeled_clone(self, change_map: Any) -> Self:
        made = self.copy()
        made.alias = change_map.get(self.alias, self.alias)
        return made

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        parts = [_among(column, ids) for column, ids in (("owner_id", self.owners), ("id", self.single)) if ids]
        parts += self.pieces
        if not parts:
            raise EmptyResultSet
        words = f"({' OR '.join(sql for sql, _values in parts)})"
        return words.replace(_TABLE, compiler.quote_name_unless_alias(self.alias)), [one for _sql, values in parts for one in values]


def _among(column: str, ids: Sequence[int]) -> Piece:
    return f'{_TABLE}."{column}" IN ({", ".join(["%s"] * len(ids))})', ids


_kept: dict[tuple[Any, ...], tuple[Any, list[Piece] | None]] = {}


def worded(module: Module, rules: Sequence[Rule]) -> list[Piece] | None:
    """What the rules name, in words that are kept under all configuration; None if one of them reads another table beside."""
    if not rules:
        return []
    using, now = router.db_for_read(module.model), versions()
    slot = (module.key, tuple(one.pk for one in rules), today(), get_current_timezone_name(), using)
    known = _kept.get(slot)
    if known is None or known[0] != now:
        if len(_kept) >= _MOST:
            _kept.clear()
        known = _kept[slot] = (now, _worded(module, rules, using))
    return known[1]


def _worded(module: Module, rules: Sequence[Rule], using: str) -> list[Piece] | None:
    made: list[Piece] = []
    name = connections[using].ops.quote_name(module.model._meta.db_table)
    for one in rules:
        query = module.model._default_manager.filter(one.condition(module)).query
        if len(query.alias_map) > 1:
            return None
        try:
            sql, values = query.get_compiler(using).compile(query.where)
        except EmptyResultSet:
            continue
        except FullResultSet:
            sql, values = f'{name}."id" IS NOT NULL', ()
        made.append((f"({sql.replace(f'{name}.', f'{_TABLE}.')})", tuple(values)))
    return made
