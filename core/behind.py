"""COPY beside our own work: what is handed over goes into PostgreSQL in its order, while Python makes the next rows.

Two thirds of what the database does for an import is COPY, and the interpreter stands still meanwhile. Within `behind` one thread
sends over the connection of this transaction. A connection speaks of one thing at a time: what asks the database by itself first
waits until all that was handed over is there, so everything happens in the order in which it was said.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

# All of a page at once: for every piece the thread would wait for the interpreter.
_PIECE = 1 << 24
_here = threading.local()


class _Line:
    """What one transaction has handed over."""

    def __init__(self, connection: BaseDatabaseWrapper, pool: ThreadPoolExecutor) -> None:
        self.connection, self.raw, self.pool = connection, connection.connection, pool
        self.sent: list[Future[None]] = []

    def put(self, work: Callable[[Any], None]) -> None:
        self.sent.append(self.pool.submit(self._work, work))

    def _work(self, work: Callable[[Any], None]) -> None:
        with self.raw.cursor() as cursor:
            work(cursor)

    def wait(self, execute: Callable[..., Any], *asked: Any) -> Any:
        """Before any other statement of this connection."""
        if first := self.failure():
            raise first
        return execute(*asked)

    def failure(self) -> BaseException | None:
        """What went wrong first. Waits until all is through."""
        return next((error for one in self.sent if (error := one.exception()) is not None), None)


@contextmanager
def behind(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Hand over what `copy` and `execute` are given within, in the transaction that is open; at the end all of it is there.
    Where there is no COPY, or already a thread, everything is done at once and in place."""
    if connection.vendor != "postgresql" or not connection.in_atomic_block or getattr(_here, "line", None) is not None:
        yield
        return
    with ThreadPoolExecutor(1, thread_name_prefix="copy") as pool:
        line = _here.line = _Line(connection, pool)
        try:
            with connection.execute_wrapper(line.wait):
                yield
        except Exception as error:
            if first := line.failure():  # what followed only heard that the transaction is broken
                raise first from error
            raise
        finally:
            _here.line = None
        if first := line.failure():
            with connection.wrap_database_errors:
                raise first


def copy(connection: BaseDatabaseWrapper, statement: str, page: str) -> None:
    """COPY … FROM STDIN of finished lines."""

    def work(cursor: Any) -> None:
        cursor.copy_expert(statement, io.StringIO(page), _PIECE)

    _do(connection, work)


def execute(connection: BaseDatabaseWrapper, statement: str) -> None:
    """A statement without parameters that has to come behind what was handed over."""
    _do(connection, lambda cursor: cursor.execute(statement))


def _do(connection: BaseDatabaseWrapper, work: Callable[[Any], None]) -> None:
    line: _Line | None = getattr(_here, "line", None)
    if line is not None and line.connection is connection:
        line.put(work)
        return
    with connection.cursor() as cursor:
        work(cursor)
