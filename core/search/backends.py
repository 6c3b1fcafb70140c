"""Which back end serves a database. Both give the same functions; each holds all SQL of its kind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from django.db.backends.base.base import BaseDatabaseWrapper

from core.search import backend_postgres, backend_sqlite
from core.search.pieces import Piece


class Row(NamedTuple):
    """An entry as it is written."""

    record_id: int
    title: str
    key: str
    grams: tuple[str, ...]


class Backend(Protocol):
    """What a database must be able to do for the index. `HEAD` is the beginning of the key as it is sorted in its index."""

    HEAD: str
    THROUGH: str

    def ensure(self, connection: BaseDatabaseWrapper) -> None: ...
    def clear(self, connection: BaseDatabaseWrapper) -> None: ...
    def store(self, connection: BaseDatabaseWrapper, module: str, rows: Sequence[Row]) -> None: ...
    def load(self, connection: BaseDatabaseWrapper, module: str, rows: Sequence[Row]) -> None: ...
    def settle(self, connection: BaseDatabaseWrapper) -> None: ...
    def forget(self, connection: BaseDatabaseWrapper, module: str, record_ids: Sequence[int]) -> None: ...
    def has_grams(self, grams: Iterable[str]) -> Piece: ...
    def holds(self, word: str) -> Piece: ...
    def unindexed(self, column: str, *, text: bool = False) -> str: ...
    def among(self, column: str, ids: str) -> str: ...


def backend(connection: BaseDatabaseWrapper) -> Backend:
    return backend_postgres if connection.vendor == "postgresql" else backend_sqlite
