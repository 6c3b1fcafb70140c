"""Pieces of SQL with their values, joined by hand: building thirty questions by the ORM costs more than the database needs
to answer them. Every word of a user is a value, never text (tests/contracts/test_declared.py names the files that may)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from django.db.models import BooleanField, Expression, QuerySet

Piece = tuple[str, Sequence[Any]]


class Row(Protocol):
    """What a search index keeps of a record."""

    @property
    def record_id(self) -> int: ...
    @property
    def title(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def grams(self) -> Iterable[str]: ...


class Condition(Expression):
    """A piece as the ORM takes it, about columns of the table the query reads."""

    conditional = True

    def __init__(self, piece: Piece) -> None:
        super().__init__(output_field=BooleanField())
        self.piece = piece

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        sql, values = self.piece
        return f"({sql})", tuple(values)


def joined(word: str, pieces: Iterable[Piece]) -> Piece:
    """Pieces side by side with `word` (AND, OR) between."""
    made = list(pieces)
    if len(made) == 1:
        return made[0]
    return "(" + f" {word} ".join(sql for sql, _ in made) + ")", [value for _, values in made for value in values]


def compiled(rows: QuerySet[Any]) -> Piece:
    """The SQL of a queryset. Raises EmptyResultSet for one that can have no rows."""
    made: Piece = rows.query.get_compiler(rows.db).as_sql()
    return made
