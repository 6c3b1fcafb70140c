"""Writing other values to many rows at once: one UPDATE from a list on PostgreSQL, one prepared UPDATE on SQLite.

Django's bulk_update asks a CASE of 500 lines for every row and column; this is one join, or one look-up by primary key.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connections, models, router
from django.db.backends.base.base import BaseDatabaseWrapper

from core.field.columns import column_of

# Values of these columns are taken as they are; the others are prepared by their class.
_AS_THEY_ARE = (models.CharField, models.TextField, models.BooleanField, models.IntegerField, models.ForeignKey)


def rewrite(model: type[models.Model], rows: Sequence[Any], names: Sequence[str], *, counted: bool = True) -> None:
    """Store the columns `names` (attribute names) of `rows` and count their versions on, but for values that are no change of
    the record (`counted`). In the caller's transaction."""
    connection = connections[router.db_for_write(model)]
    columns = [column for column in model._meta.concrete_fields if column.attname in set(names)]
    values = [values_of(column, rows, connection) for column in columns]
    quote = connection.ops.quote_name
    table, ids = quote(model._meta.db_table), [row.pk for row in rows]
    own = [quote(column_of(column)) for column in columns]
    on = ", version = version + 1" if counted else ""
    with connection.cursor() as cursor:
        # Table, column and type names come from our own models.
        if connection.vendor == "postgresql":
            sets = ", ".join(f"{name} = fresh.{name}" for name in own)
            lists = ", ".join(f"%s::{column.db_type(connection)}[]" for column in columns)
            cursor.execute(
                f"UPDATE {table} SET {sets}{on} "  # noqa: S608
                f"FROM unnest(%s::bigint[], {lists}) AS fresh (id, {', '.join(own)}) WHERE {table}.id = fresh.id",
                [ids, *values],
            )
        else:
            sets = ", ".join(f"{name} = %s" for name in own)
            lines = zip(*values, ids, strict=True)
            cursor.executemany(f"UPDATE {table} SET {sets}{on} WHERE id = %s", list(lines))  # noqa: S608


def values_of(column: models.Field[Any, Any], rows: Sequence[Any], connection: BaseDatabaseWrapper) -> list[Any]:
    """What a database takes for this column of each row."""
    found = [getattr(row, column.attname) for row in rows]
    if isinstance(column, _AS_THEY_ARE):
        return found
    return [None if value is None else column.get_db_prep_save(value, connection) for value in found]
