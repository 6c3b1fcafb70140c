"""Rows in bulk past history and rules: for load generators only. COPY on PostgreSQL, batched inserts elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db import connection, models
from django.db.models.base import ModelState

from core.copying import NULL, copy_in, escaped
from core.field.columns import column_of
from core.record.insert import put


def maker(model: type[models.Model]) -> Callable[..., Any]:
    """Makes unsaved instances from attribute names as fast as a dictionary is filled: defaults are asked for once."""
    blank = {column.attname: column.get_default() for column in model._meta.concrete_fields}
    fresh = [name for name, value in blank.items() if isinstance(value, (dict, list))]

    def make(**values: Any) -> Any:
        one = model.__new__(model)
        state = ModelState()
        one.__dict__.update(blank, _state=state)
        for name in fresh:
            one.__dict__[name] = blank[name].copy()
        one.__dict__.update(values)
        return one

    return make


def load(model: type[models.Model], instances: Sequence[Any]) -> None:
    """Insert unsaved instances; their primary keys must be set when other rows are to point at them."""
    if connection.vendor != "postgresql":
        put(model, instances, connection)
        return
    columns = [column for column in model._meta.concrete_fields if any(getattr(one, column.attname) is not None for one in instances)]
    cells = [(column.attname, _writer(column)) for column in columns]
    lines = (
        "\t".join([NULL if (value := getattr(one, name)) is None else write(value) for name, write in cells]) + "\n" for one in instances
    )
    copy_in(connection, model._meta.db_table, [column_of(column) for column in columns], lines)


def load_plain(model: type[models.Model], names: Sequence[str], rows: Sequence[Sequence[str | int | bool]]) -> None:
    """Insert rows that are no instances: texts, whole numbers and yes or no, in the order of `names` (attribute names)."""
    stored = {one.attname: column_of(one) for one in model._meta.concrete_fields}
    columns = [stored[name] for name in names]
    table, quote = model._meta.db_table, connection.ops.quote_name
    if connection.vendor == "postgresql":
        odd = [at for at, value in enumerate(rows[0]) if isinstance(value, str)] if rows else []
        # Escaped all together: a batch seldom holds a sign that has to be.
        clean = escaped(whole := "".join([row[at] for row in rows for at in odd])) == whole  # type: ignore[misc]
        write = str if clean else _cell
        copy_in(connection, table, columns, ("\t".join(map(write, row)) + "\n" for row in rows))
        return
    marks = ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        # Table and column names come from our own models.
        cursor.executemany(f"INSERT INTO {quote(table)} ({', '.join(map(quote, columns))}) VALUES ({marks})", rows)  # noqa: S608


def _cell(value: str | int | bool) -> str:
    return escaped(value) if isinstance(value, str) else str(value)


def _writer(column: Any) -> Callable[[Any], str]:
    """How values of `column` are written for COPY; what is not named here goes the way Django prepares it."""
    if isinstance(column, models.JSONField):
        return lambda value: escaped(json.dumps(value, ensure_ascii=False)) if value else "{}" if value == {} else "[]"
    if isinstance(column, (models.CharField, models.TextField)):
        return escaped
    if isinstance(column, models.BooleanField):
        return lambda value: "t" if value else "f"
    if isinstance(column, (models.IntegerField, models.ForeignKey, models.DateTimeField, models.DateField, models.DecimalField)):
        return str
    return lambda value: escaped(str(column.get_db_prep_save(value, connection)))


def settle(models_loaded: Iterable[type[models.Model]]) -> None:
    """After a load: sequences behind the highest key, and fresh statistics for the planner."""
    tables = list(models_loaded)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            from django.core.management.color import no_style  # only commands need it

            for statement in connection.ops.sequence_reset_sql(no_style(), tables):
                cursor.execute(statement)
        for model in tables:
            verb = "VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE"
            cursor.execute(f"{verb} {connection.ops.quote_name(model._meta.db_table)}")
