"""Loading tables faster than one row after the other: COPY, and indexes that are built once at the end.

For loads of our own (`manage.py generate`, the benchmark): nothing here checks, keeps history or asks for rights.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

# What a cell of COPY's own format may not hold as it is, the sign of escaping first.
_ESCAPES = (("\\", "\\\\"), ("\n", "\\n"), ("\t", "\\t"), ("\r", "\\r"), ("\x00", ""))
NULL = "\\N"
# All of a page at once: fewer calls from the driver back into Python.
PIECE = 1 << 24
Execute = Callable[[Sequence[str]], None]

_INDEXES = {
    "postgresql": """
        SELECT i.relname, pg_get_indexdef(x.indexrelid), am.amname
        FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_am am ON am.oid = i.relam
        WHERE x.indrelid = %s::regclass AND NOT x.indisunique""",
    "sqlite": "SELECT name, sql, '' FROM sqlite_master WHERE type = 'index' AND tbl_name = %s AND sql NOT LIKE 'CREATE UNIQUE%%'",
}
_LINKS = "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f' AND conrelid = %s::regclass"


def escaped(text: str) -> str:
    """One text cell of COPY's own format."""
    if not text.isalnum():
        for sign, written in _ESCAPES:  # most texts have none or one of them: a fifth of what str.translate takes
            if sign in text:
                text = text.replace(sign, written)
    return text


def copy_in(to: BaseDatabaseWrapper, table: str, columns: Iterable[str], lines: Iterable[str]) -> None:
    """Finished lines into a table of PostgreSQL."""
    names = ", ".join(map(to.ops.quote_name, columns))
    page = io.StringIO("".join(lines))
    with to.cursor() as cursor:

        def run(sql: str, *_rest: Any) -> None:
            cursor.copy_expert(sql, page, PIECE)

        # Whoever listens to this connection (Django's execute_wrapper) hears of COPY, too.
        said: Callable[..., Any] = run
        for wrapper in reversed(to.execute_wrappers):
            said = partial(wrapper, said)
        # Table and column names come from our own models.
        said(f"COPY {to.ops.quote_name(table)} ({names}) FROM STDIN", None, False, {"connection": to, "cursor": cursor})


def unhurried(to: BaseDatabaseWrapper) -> None:
    """Let the commit of this transaction not wait for the disk. For steps whose place is kept in the same transaction: what a
    server that dies at this moment forgets is done once more, whole."""
    if to.vendor == "postgresql":
        with to.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit = off")


def look_at_grown(to: BaseDatabaseWrapper, tables: Sequence[str], written: int) -> None:
    """Have the planner look at those tables of which it knows far fewer rows than were `written` just now. A first import fills
    empty tables faster than the server's housekeeping comes round, and each look-up meanwhile would read them whole."""
    if to.vendor != "postgresql":
        return
    with to.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE oid = ANY(%s::regclass[]) AND reltuples * 3 < %s", [list(tables), written])
        for (table,) in cursor.fetchall():
            cursor.execute(f"ANALYZE {to.ops.quote_name(table)}")


def execute(statements: Sequence[str]) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET maintenance_work_mem = '512MB'")
        for statement in statements:
            cursor.execute(statement)


@contextmanager
def bare(coming: dict[str, int], build: Callable[[Sequence[str]], Any] = execute) -> Iterator[None]:
    """Tables without indexes and foreign keys while they are filled; `coming` says how many rows each will get.

    A table that holds more than is coming keeps what it has. At the end, after a failure too, everything is put back;
    `build` gets the statements for the indexes and may divide them among several connections. Only a process that is
    killed leaves a table bare: this is for loads, not for an installation that people work with.
    """
    indexes: list[tuple[str, str, str]] = []
    links: list[tuple[str, str, str]] = []
    for table, count in coming.items():
        if count > _rows(table):
            indexes += _found(_INDEXES[connection.vendor], table)
            links += [(table, *one) for one in _found(_LINKS, table)] if connection.vendor == "postgresql" else []
    quote = connection.ops.quote_name
    execute([f"ALTER TABLE {quote(table)} DROP CONSTRAINT {quote(name)}" for table, name, _ in links])
    execute([f"DROP INDEX {quote(name)}" for name, _, _ in indexes])
    try:
        yield
    finally:
        # The inverted index takes longest, so it begins first.
        build([made for _, made, _ in sorted(indexes, key=lambda one: one[2] != "gin")])
        execute([f"ALTER TABLE {quote(table)} ADD CONSTRAINT {quote(name)} {made}" for table, name, made in links])


def _rows(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608 - a table of ours
        return int(cursor.fetchone()[0])


def _found(question: str, table: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(question, [table])
        return list(cursor.fetchall())
