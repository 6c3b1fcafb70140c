"""The index on PostgreSQL: the grams as an array of numbers with a GIN index."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db.backends.base.base import BaseDatabaseWrapper

from core.copying import copy_in, escaped
from core.search.pieces import Piece, Row

_SCHEMA = (
    "ALTER TABLE core_searchentry ADD COLUMN IF NOT EXISTS grams integer[] NOT NULL DEFAULT '{}'",
    "CREATE INDEX IF NOT EXISTS search_entry_grams ON core_searchentry USING gin (grams)",
    'CREATE INDEX IF NOT EXISTS search_entry_head ON core_searchentry (module, (left(key, 40) COLLATE "C"), record_id DESC)',
)
_STORE = """
INSERT INTO core_searchentry AS old (module, record_id, title, key, grams)
SELECT %s, record_id, title, key, grams::integer[]
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[]) AS fresh (record_id, title, key, grams)
ON CONFLICT (module, record_id) DO UPDATE SET title = excluded.title, key = excluded.key, grams = excluded.grams
WHERE old.title <> excluded.title OR old.key <> excluded.key
"""
_FORGET = "DELETE FROM core_searchentry WHERE module = %s AND record_id = ANY(%s)"
# Fresh grams wait in a list that every search reads through. A bulk load lets it grow and has it sorted in once.
_LONG_LIST = "SELECT set_config('gin_pending_list_limit', '262144', true), set_config('maintenance_work_mem', '131072', true)"
_SETTLE = "SELECT gin_clean_pending_list('search_entry_grams'::regclass)"
_LIKE_SIGNS = str.maketrans({"\\": "\\\\", "%": "\\%", "_": "\\_"})


def ensure(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        for statement in _SCHEMA:
            cursor.execute(statement)


def clear(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM core_searchentry")


def store(connection: BaseDatabaseWrapper, module: str, rows: Sequence[Row]) -> None:
    columns = (
        [row.record_id for row in rows],
        [row.title for row in rows],
        [row.key for row in rows],
        ["{" + ",".join(row.grams) + "}" for row in rows],
    )
    with connection.cursor() as cursor:
        if len(rows) >= 500:
            cursor.execute(_LONG_LIST)
        cursor.execute(_STORE, [module, *columns])


def load(connection: BaseDatabaseWrapper, module: str, rows: Sequence[Row]) -> None:
    """Rows that are not there yet: by COPY, which for a few costs more than it saves."""
    if len(rows) < 20:
        store(connection, module, rows)
        return
    if len(rows) >= 500 and connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute(_LONG_LIST)
    lines = (f"{module}\t{row.record_id}\t{escaped(row.title)}\t{escaped(row.key)}\t{{{','.join(row.grams)}}}\n" for row in rows)
    copy_in(connection, "core_searchentry", ("module", "record_id", "title", "key", "grams"), lines)


def settle(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE)


def forget(connection: BaseDatabaseWrapper, module: str, record_ids: Sequence[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, [module, list(record_ids)])


HEAD = 'left(key, 40) COLLATE "C"'
# Record by record from the visible ones on. LATERAL with a LIMIT is what no planner turns into a join of everything with everything.
THROUGH = """SELECT e.record_id, e.title FROM t CROSS JOIN LATERAL (
  SELECT record_id, title FROM core_searchentry WHERE module = %s AND record_id = t.found AND {test} LIMIT 1
) e LIMIT %s"""


def has_grams(grams: Iterable[str]) -> Piece:
    """The entry has all of `grams`; answered by the index."""
    return "grams @> %s::integer[]", ("{" + ",".join(grams) + "}",)


def holds(word: str) -> Piece:
    """The key contains `word`; answered by reading it."""
    return "key LIKE %s", (f"%{word.translate(_LIKE_SIGNS)}%",)


def unindexed(column: str, *, text: bool = False) -> str:
    """`column` as the planner cannot take an index for: it would walk the whole module for a rare word."""
    return f"({column} || '')" if text else f"({column} + 0)"


def among(column: str, ids: str) -> str:
    """`column` is among the numbers that the question `ids` gives; it is asked first, and no planner makes a join of it."""
    return f"{column} = ANY(ARRAY({ids}))"
