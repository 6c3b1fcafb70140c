"""Rows that may be there already: inserted, or brought up to date, by one statement that says which key each has."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from django.db import connections, models, router
from django.db.backends.base.base import BaseDatabaseWrapper

from core.field.columns import column_of
from core.record.insert import TEXTS, WORTH_COPYING, all_alike
from core.record.rewrite import values_of


def upsert(model: type[models.Model], rows: Sequence[Any], unique: Sequence[str], told: Sequence[str]) -> None:
    """Insert `rows`, or write their columns `told` where one of the same two or more `unique` columns is; each gets its primary key.
    What is neither begins as the column does. Rows are taken in their order: who sorts them meets no deadlock with others who do."""
    connection = connections[router.db_for_write(model)]
    if connection.vendor != "postgresql" or len(rows) < WORTH_COPYING:
        for row in rows:
            row.pk = None  # the one it had is given to it again
        model._default_manager.bulk_create(rows, update_conflicts=True, unique_fields=unique, update_fields=told)
        return
    sql, params = _worded(model, rows, unique, told, connection)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        keys = {tuple(key): pk for pk, *key in cursor.fetchall()}
    key_of = attrgetter(*unique)
    for row in rows:
        row.pk, row._state.adding, row._state.db = keys[key_of(row)], False, connection.alias


def _worded(
    model: type[models.Model], rows: Sequence[Any], unique: Sequence[str], told: Sequence[str], connection: BaseDatabaseWrapper
) -> tuple[str, list[Any]]:
    """A list for each column whose values differ, one value for each of the others. Django's own prepares each cell by its class."""
    quote, own = connection.ops.quote_name, {*unique, *told}
    columns = [column for column in model._meta.concrete_fields if not column.primary_key]
    cells, fixed, names, casts, lists = [], [], [], [], []
    for column in columns:
        name = quote(column_of(column))
        # As text, what is too long for the column is an error; as its own type it would be cut.
        cast = "text" if isinstance(column, TEXTS) else column.db_type(connection)
        values = [getattr(row, column.attname) for row in rows] if column.attname in own else [column.get_default()]
        if all_alike(column, values):
            cells.append(f"%s::{cast}")
            fixed.append(column.get_db_prep_save(values[0], connection))
        else:
            cells.append(f"fresh.{name}")
            names.append(name)
            casts.append(f"%s::{cast}[]")
            lists.append(values_of(column, rows, connection))
    known = ", ".join(quote(one) for one in unique)
    sets = ", ".join(f"{name} = excluded.{name}" for name in map(quote, told))
    # Table, column and type names come from our own models.
    return (
        f"INSERT INTO {quote(model._meta.db_table)} ({', '.join(quote(column_of(one)) for one in columns)}) "  # noqa: S608
        f"SELECT {', '.join(cells)} FROM unnest({', '.join(casts)}) AS fresh ({', '.join(names)}) "
        f"ON CONFLICT ({known}) DO UPDATE SET {sets} RETURNING id, {known}"
    ), [*fixed, *lists]
