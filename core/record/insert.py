"""Putting many new rows into a table the fastest way its database has: COPY on PostgreSQL, one prepared INSERT on SQLite."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import repeat
from operator import attrgetter, itemgetter
from typing import Any

from django.db import connections, models, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.base import ModelState

from core.copying import NULL, copy_in, escaped
from core.field.columns import column_of

BATCH = 500
# Below this many rows the round trip for the primary keys costs more than COPY saves.
WORTH_COPYING = 20
TEXTS = (models.CharField, models.TextField)
# Their Python values are what COPY reads; a class beside these may prepare its values, so it goes the ordinary way.
_PLAIN = (
    models.BooleanField,
    models.DateField,
    models.DecimalField,
    models.FloatField,
    models.ForeignKey,
    models.IntegerField,
    models.JSONField,
    models.UUIDField,
)


# Their Python values are what SQLite takes.
_AS_THEY_ARE = (*TEXTS, models.BooleanField, models.IntegerField, models.FloatField, models.ForeignKey)

# Named apart, or the sequence would be looked up for each key, six times the price of the key.
_KEYS = "SELECT nextval(s) FROM (SELECT pg_get_serial_sequence(%s, 'id')::regclass AS s OFFSET 0) AS named, generate_series(1, %s)"
# Most rows carry an empty one: written without asking the encoder.
_NOTHING: dict[type, str] = {dict: "{}", list: "[]", str: '""', int: "0", bool: "false", float: "0.0"}


def fresh(model: type[models.Model]) -> Any:
    """A new instance with its defaults, as `model()` gives it, without the price of forty keyword look-ups."""
    values, calls = _defaults(model)
    made = model.__new__(model)
    made.__dict__.update(values)
    for name, call in calls:
        made.__dict__[name] = call()
    made._state = ModelState()
    return made


@lru_cache(maxsize=200)
def _defaults(model: type[models.Model]) -> tuple[dict[str, Any], list[tuple[str, Callable[[], Any]]]]:
    columns = model._meta.concrete_fields
    calls = [(one.attname, one.get_default) for one in columns if callable(one.default) and one.has_default()]
    return {one.attname: one.get_default() for one in columns if not callable(one.default) or not one.has_default()}, calls


def insert(model: type[models.Model], rows: Sequence[Any]) -> None:
    """Store rows that are not stored yet, in the caller's transaction; each gets its primary key."""
    using = router.db_for_write(model)
    if len(rows) < WORTH_COPYING or not _copyable(model):
        model._default_manager.bulk_create(rows, batch_size=BATCH)
        return
    with transaction.atomic(using=using, savepoint=False):
        (_copy if connections[using].vendor == "postgresql" else _prepared)(model, rows, using)
    for row in rows:
        row._state.adding = False
        row._state.db = using


@lru_cache(maxsize=200)
def _copyable(model: type[models.Model]) -> bool:
    """Whether every column is of a class whose values COPY can be given as they are, empty texts apart from nothing."""
    columns = model._meta.concrete_fields
    if not isinstance(model._meta.pk, models.BigAutoField) or model._meta.parents:
        return False
    return all(
        (isinstance(one, TEXTS) and not one.null) or (isinstance(one, _PLAIN) and not getattr(one, "auto_now", False))
        for one in columns
        if not one.primary_key
    ) and not any(getattr(one, "auto_now_add", False) for one in columns)


def _copy(model: type[models.Model], rows: Sequence[Any], using: str) -> None:
    """Column by column: what all rows have alike, most of a wide record, is written once."""
    columns, connection = model._meta.concrete_fields, connections[using]
    table, key = model._meta.db_table, model._meta.pk.attname
    with connection.cursor() as cursor:
        named = connection.ops.quote_name(table)
        cursor.execute(_KEYS, [named, len(rows)])
        for row, (pk,) in zip(rows, cursor.fetchall(), strict=True):
            row.__dict__[key] = pk
    by_column = zip(*map(itemgetter(*(one.attname for one in columns)), map(vars, rows)), strict=True)
    cells: list[Iterable[str]] = []
    alike: list[str] = []
    for column, values in zip(columns, by_column, strict=True):
        if all_alike(column, values):
            alike += _cells(column, values[:1])
            continue
        if alike:
            cells.append(repeat("\t".join(alike)))
            alike = []
        cells.append(_cells(column, values))
    if alike:
        cells.append(repeat("\t".join(alike)))
    # The key differs on every row, so one of these has an end.
    copy_in(connection, table, map(column_of, columns), (f"{line}\n" for line in map("\t".join, zip(*cells, strict=False))))


def all_alike(column: models.Field[Any, Any], values: Sequence[Any]) -> bool:
    """Whether one value stands for all."""
    first = values[0]
    # In JSON 1 and true are two things, to Python they are one.
    return values.count(first) == len(values) and not (first and isinstance(column, models.JSONField))


def _cells(column: models.Field[Any, Any], values: Sequence[Any]) -> Sequence[str]:
    """The values of one column as COPY's own format has them."""
    if isinstance(column, TEXTS):
        # Escaped all together: a batch seldom holds a sign that has to be.
        if all(value.__class__ is str for value in values) and escaped(whole := "".join(values)) == whole:
            return values
        return [escaped("" if value is None else str(value)) for value in values]
    if isinstance(column, models.BooleanField):
        return [NULL if value is None else "t" if value else "f" for value in values]
    if isinstance(column, models.JSONField):
        # Made once: `json.dumps` makes another one for each value that is not to be plain ASCII.
        encode = (column.encoder or json.JSONEncoder)(ensure_ascii=False).encode
        return [NULL if value is None else escaped(encode(value)) if value else _NOTHING[type(value)] for value in values]
    return [NULL if value is None else escaped(str(value)) for value in values]


def _prepared(model: type[models.Model], rows: Sequence[Any], using: str) -> None:
    """One statement, prepared once, for all rows. Django's own holds 999 values, which is twenty rows of a lead."""
    with connections[using].cursor() as cursor:
        # The one writer may count on from the last number given; SQLite gives none twice.
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [model._meta.db_table])
        for pk, row in enumerate(rows, (cursor.fetchone() or [0])[0] + 1):
            row.pk = pk
    put(model, rows, connections[using])


def put(model: type[models.Model], rows: Sequence[Any], connection: BaseDatabaseWrapper) -> None:
    """Rows with their keys into a table of SQLite."""
    columns = model._meta.concrete_fields
    values = attrgetter(*(one.attname for one in columns))
    odd = [(at, one) for at, one in enumerate(columns) if not isinstance(one, _AS_THEY_ARE)]
    quote = connection.ops.quote_name
    names, marks = ", ".join(quote(column_of(one)) for one in columns), ", ".join(["%s"] * len(columns))
    lines = []
    for row in rows:
        line = list(values(row))
        for at, column in odd:
            if line[at] is not None:
                line[at] = column.get_db_prep_save(line[at], connection)
        lines.append(line)
    with connection.cursor() as cursor:
        # Table and column names come from our own models.
        cursor.executemany(f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES ({marks})", lines)  # noqa: S608
