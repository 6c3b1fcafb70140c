"""Pages of a list by key: the next page begins where the last one ended, so that page 10,000 costs what page 1 costs.

The order is total: first the rows that have a value in the sort column, by it and then by primary key, then those that
have none, by primary key. A cursor names the last row seen by (has a value, value, primary key).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from math import isfinite
from typing import Any, Protocol

from django.core.exceptions import ValidationError
from django.db.models import BooleanField, F, FloatField, Func, Q, QuerySet, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from core.field.field import Field

# What an address of a part of a list begins with; no other cursor has a point.
SEALED = "p."


class BadCursor(ValueError):
    """The cursor in the address was not made by us, or for another order."""


class _Row(Func):
    """`(a, b) > (c, d)`: the comparison of rows that both databases answer from one index."""

    function = ""
    conditional = True
    output_field = BooleanField()

    def __init__(self, *expressions: Any, sign: str) -> None:
        super().__init__(*expressions)
        self.template = f"(%(left)s) {sign} (%(right)s)"

    def as_sql(self, compiler: Any, connection: Any, **_context: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        made = [compiler.compile(expression) for expression in self.source_expressions]
        half = len(made) // 2
        sql = self.template % {"left": ", ".join(part for part, _ in made[:half]), "right": ", ".join(part for part, _ in made[half:])}
        return sql, [value for _, values in made for value in values]


@dataclass(frozen=True)
class Order:
    """A sort by one field, down or up. `empty` tests for rows without a value in it."""

    field: Field
    down: bool

    @property
    def name(self) -> str:
        return "sort_value" if self.field.custom else self.field.sort_path

    def prepared(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        if not self.field.custom:
            return rows
        text = KeyTextTransform(self.field.key, "extra")
        prepared: QuerySet[Any] = rows.annotate(sort_value=Cast(text, FloatField()) if self.numbers else text)
        return prepared

    @property
    def empty(self) -> Q | None:
        if self.field.custom or self.field.kind.empty is None:
            column = self.field.column
            return Q(**{f"{self.name}__isnull": True}) if column is None or column.null else None
        return Q(**{self.name: ""}) if self.field.kind.empty == "" else None

    @property
    def numbers(self) -> bool:
        """Whether a custom field's values are compared as numbers; else they are compared as text."""
        return self.field.kind.key in {"number", "money", "percent", "user"}

    def value(self, record: Any) -> Any:
        if not self.field.custom:
            return getattr(record, self.name)
        held = record.extra.get(self.field.key)
        if held is None:
            return None
        if self.numbers:
            return float(held)
        return str(held) if not isinstance(held, bool) else str(held).lower()

    def plain(self, record: Any) -> Any:
        value = self.value(record)
        return value if self.field.custom or self.field.kind.key == "name" else self.field.kind.plain(value)

    def back(self, plain: Any) -> Any:
        """The value of a cursor as the column compares it. Whatever stood in the address, it is of the column's type."""
        if not isinstance(plain, str | int | float) or (isinstance(plain, str) and "\x00" in plain):
            raise BadCursor("value")
        if isinstance(plain, str):
            plain.encode()
        if self.field.custom:
            if self.numbers == isinstance(plain, str) or isinstance(plain, bool) or (not isinstance(plain, str) and not isfinite(plain)):
                raise BadCursor("value")
            return float(plain) if self.numbers else plain
        value = plain if self.field.kind.key == "name" else self.field.kind.back(plain)
        if isinstance(value, datetime) and value.tzinfo is None:
            raise BadCursor("value")
        column = self.field.column
        if column is None:
            return str(value)
        value = column.to_python(value)
        if value is None or (isinstance(value, int) and not -(2**63) <= value < 2**63):
            raise BadCursor("value")
        if isinstance(value, Decimal) and (not value.is_finite() or abs(value) >= 10**18):
            raise BadCursor("value")
        return value


@dataclass(frozen=True)
class Cursor:
    """Where a page begins: after (or, going `back`, before) one row. Without a row: the first or the last page.

    `sealed`: a list that is looked at in parts goes on behind a row that its reader may not see; what stands here tells them
    nothing, and core.module.parts opens it.
    """

    back: bool = False
    filled: bool = True
    plain: Any = None
    pk: int | None = None
    sealed: str = ""

    def text(self) -> str:
        said = [self.filled, self.plain, self.pk]
        return base64.urlsafe_b64encode(json.dumps(said, ensure_ascii=False).encode()).decode().rstrip("=")

    @classmethod
    def read(cls, text: str, *, back: bool) -> Cursor:
        if text.startswith(SEALED):
            return cls(sealed=text)
        try:
            filled, plain, pk = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        except (ValueError, TypeError, RecursionError) as error:
            raise BadCursor(text) from error
        if not isinstance(filled, bool) or type(pk) is not int or not 0 < pk < 2**63:
            raise BadCursor(text)
        return cls(back, filled, plain, pk)

    @classmethod
    def at(cls, record: Any, order: Order, *, back: bool = False) -> Cursor:
        value = order.value(record)
        return cls(back, value is not None and value != "", order.plain(record), record.pk)


@dataclass
class Page:
    """The records of one page, and whether there are more on either side."""

    records: list[Any]
    before: bool
    after: bool

    def cursor(self, order: Order, *, back: bool) -> Cursor:
        return Cursor.at(self.records[0 if back else -1], order, back=back)


class Way(Protocol):
    """A way to rows that is shorter than a walk along the order of the list; some bring in a condition of their own."""

    def applied(self, rows: QuerySet[Any]) -> QuerySet[Any]: ...
    def first(self, rows: QuerySet[Any], number: int) -> list[Any]: ...
    def count(self, rows: QuerySet[Any], most: int) -> int: ...


def page(
    rows: QuerySet[Any], order: Order, size: int, cursor: Cursor | None = None, way: Way | None = None, *, strict: bool = False
) -> Page:
    """One page of `rows`, by the `way` if there is one. Two walks at the most along an index of the order.

    Where nothing lies behind the cursor it is the page at that end of the list; with `strict`, nothing.
    """
    cursor = cursor or Cursor()
    found: list[Any] = []
    for part in walks(rows, order, cursor):
        number = size + 1 - len(found)
        found += part[:number] if way is None else way.first(part, number)
        if len(found) > size:
            break
    if not found and cursor.pk is not None and not strict:
        # What lay behind this address is gone: the page at that end of the list.
        return page(rows, order, size, Cursor(back=not cursor.back), way)
    more, found = len(found) > size, found[:size]
    if cursor.back:
        return Page(found[::-1], more, cursor.pk is not None)
    return Page(found, cursor.pk is not None, more)


def walks(rows: QuerySet[Any], order: Order, cursor: Cursor) -> Iterator[QuerySet[Any]]:
    """The rows behind a cursor in their order: those with a value and those without, each along an index."""
    rows, down = order.prepared(rows), order.down != cursor.back
    for filled, part in _phases(rows, order, cursor):
        part = part.order_by(*([("-" if down else "") + order.name] if filled else []), ("-" if down else "") + "pk")
        if cursor.pk is not None and filled == cursor.filled:
            part = part.filter(_after(order, cursor, "<" if down else ">", filled))
        yield part


def _phases(rows: QuerySet[Any], order: Order, cursor: Cursor) -> list[tuple[bool, QuerySet[Any]]]:
    """The filled rows and the empty ones, in walking order, from the phase the cursor stands in."""
    if order.empty is None:
        return [(True, rows)]
    both = [
        (True, rows.exclude(order.empty) if "isnull" not in str(order.empty) else rows.filter(**{f"{order.name}__isnull": False})),
        (False, rows.filter(order.empty)),
    ]
    if order.field.kind.empty == "" and not order.field.custom:
        both[0] = (True, rows.filter(**{f"{order.name}__gt": ""}))
    if cursor.back:
        both.reverse()
    if cursor.pk is not None and both[0][0] != cursor.filled:
        both = both[1:]
    return both


def _after(order: Order, cursor: Cursor, sign: str, filled: bool) -> Q:
    if not filled:
        return Q(**{f"pk__{'lt' if sign == '<' else 'gt'}": cursor.pk})
    try:
        value = order.back(cursor.plain)
    except (ValueError, TypeError, ArithmeticError, ValidationError) as error:
        raise BadCursor(str(cursor.plain)) from error
    bound = Value(value) if order.field.custom else Value(value, output_field=order.field.column)
    return Q(_Row(F(order.name), F("pk"), bound, Value(cursor.pk), sign=sign))
