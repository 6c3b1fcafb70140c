"""The index on SQLite: the grams as words of a contentless FTS5 table.

Such a table forgets an entry only when it is told the entry's old grams, so they are computed again from the stored key.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from core.search.grams import grams as grams_of
from core.search.pieces import Piece, Row

_SCHEMA = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS core_searchgram USING fts5(grams, content='', detail=none, columnsize=0, tokenize='ascii')",
    "CREATE INDEX IF NOT EXISTS search_entry_head ON core_searchentry (module, substr(key, 1, 40), record_id DESC)",
)
_IS_EMPTY = "SELECT NOT EXISTS (SELECT 1 FROM core_searchentry)"
_CLEAR = ("DELETE FROM core_searchentry", "INSERT INTO core_searchgram (core_searchgram) VALUES ('delete-all')")
_OLD = """
SELECT id, record_id, title, key FROM core_searchentry
WHERE module = %s AND record_id IN (SELECT value FROM json_each(%s))
"""
_INSERT = "INSERT INTO core_searchentry (module, record_id, title, key) VALUES (%s, %s, %s, %s)"
_LAST = "SELECT seq FROM sqlite_sequence WHERE name = 'core_searchentry'"
_INSERT_AS = "INSERT INTO core_searchentry (id, module, record_id, title, key) VALUES (%s, %s, %s, %s, %s)"
_UPDATE = "UPDATE core_searchentry SET title = %s, key = %s WHERE id = %s"
_DELETE = "DELETE FROM core_searchentry WHERE id = %s"
_ADD_GRAMS = "INSERT INTO core_searchgram (rowid, grams) VALUES (%s, %s)"
_DROP_GRAMS = "INSERT INTO core_searchgram (core_searchgram, rowid, grams) VALUES ('delete', %s, %s)"


_Old = tuple[int, str, str]


def ensure(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        for statement in _SCHEMA:
            cursor.execute(statement)
        cursor.execute(_IS_EMPTY)
        if cursor.fetchone()[0]:  # The table was emptied behind the index, as a flush does.
            cursor.execute(_CLEAR[1])


def clear(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        for statement in _CLEAR:
            cursor.execute(statement)


def store(connection: BaseDatabaseWrapper, module: str, rows: Sequence[Row]) -> None:
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        old = _old(connection, module, [row.record_id for row in rows])
        new = [row for row in rows if row.record_id not in old]
        cursor.executemany(_INSERT, [(module, row.record_id, row.title, row.key) for row in new])
        ids = {record_id: entry[0] for record_id, entry in _old(connection, module, [row.record_id for row in new]).items()}
        changed = [row for row in rows if row.record_id in old and old[row.record_id][1:] != (row.title, row.key)]
        cursor.executemany(_UPDATE, [(row.title, row.key, old[row.record_id][0]) for row in changed])
        moved = [row for row in changed if old[row.record_id][2] != row.key]
        _drop(connection, module, [old[row.record_id] for row in moved])
        ids |= {row.record_id: old[row.record_id][0] for row in moved}
        cursor.executemany(_ADD_GRAMS, [(ids[row.record_id], " ".join(row.grams)) for row in [*new, *moved]])


def load(connection: BaseDatabaseWrapper, module: str, rows: Sequence[Row]) -> None:
    """Rows that are not there yet: nothing is compared. The one writer may count on from the last number given."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(_LAST)
        first = (cursor.fetchone() or [0])[0] + 1
        cursor.executemany(_INSERT_AS, [(at, module, row.record_id, row.title, row.key) for at, row in enumerate(rows, first)])
        cursor.executemany(_ADD_GRAMS, [(at, " ".join(row.grams)) for at, row in enumerate(rows, first)])


def settle(connection: BaseDatabaseWrapper) -> None:
    """Nothing waits here."""


def forget(connection: BaseDatabaseWrapper, module: str, record_ids: Sequence[int]) -> None:
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        old = list(_old(connection, module, record_ids).values())
        _drop(connection, module, old)
        cursor.executemany(_DELETE, [(entry[0],) for entry in old])


def _old(connection: BaseDatabaseWrapper, module: str, record_ids: Sequence[int]) -> dict[int, _Old]:
    if not record_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_OLD, [module, "[" + ",".join(map(str, record_ids)) + "]"])
        return {record_id: (entry, title, key) for entry, record_id, title, key in cursor.fetchall()}


def _drop(connection: BaseDatabaseWrapper, module: str, entries: Sequence[_Old]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(_DROP_GRAMS, [(entry, " ".join(grams_of(module, key))) for entry, _, key in entries])


HEAD = "substr(key, 1, 40)"
# Record by record from the visible ones on: CROSS JOIN keeps the order of the tables.
THROUGH = """SELECT e.record_id, e.title FROM t CROSS JOIN core_searchentry e
WHERE e.module = %s AND e.record_id = t.found AND {test} LIMIT %s"""


def has_grams(grams: Iterable[str]) -> Piece:
    """The entry has all of `grams`; answered by the index."""
    return "id IN (SELECT rowid FROM core_searchgram WHERE core_searchgram MATCH %s)", (" ".join(grams),)


def holds(word: str) -> Piece:
    """The key contains `word`; answered by reading it."""
    return "instr(key, %s) > 0", (word,)


def unindexed(column: str, *, text: bool = False) -> str:
    """`column` as the planner cannot take an index for: it would walk the whole module for a rare word."""
    return f"+{column}"


def among(column: str, ids: str) -> str:
    """`column` is among the numbers that the question `ids` gives, which is asked first."""
    return f"{column} IN ({ids})"
