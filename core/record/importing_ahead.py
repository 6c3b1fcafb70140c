"""Reading the next chunk of a file while the database works on this one (PLT-13).

Half of an import is Python. On PostgreSQL the other half is waiting, so a thread reads the following lines meanwhile: values,
tokens, and the record each line would make, with what the search index and the look for twins will ask of it. The thread
has no database: what would need one is left for its own turn, and so is everything on SQLite, which does not wait.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import translation

from core import stamps
from core.record.importing_decide import Importer, Row

Line = tuple[int, list[str]]
# Lines that are read before the thread looks again whether it may go on.
_AT_ONCE = 50


@dataclass
class Part:
    """The lines of one step; `rows` are what was read of them ahead, if it was."""

    lines: list[Line]
    rows: list[Row] | None = None


class _Asked(Exception):
    """The thread would have asked the database."""


def parts(importer: Importer, lines: Iterable[Line], size: int) -> Generator[Part, None, None]:
    """The lines of a file in steps, each but the first read while the one before is being written."""
    source = iter(lines)
    part = Part(list(islice(source, size)))
    # Names of other records are looked up a step at a time, and a choice is made with the step that first has it.
    if connection.vendor != "postgresql" or importer.linked or importer.tools.new_choices or len(part.lines) < size:
        while part.lines:
            yield part
            part = Part(list(islice(source, size)))
        return
    part.rows = [importer.read(line, cells) for line, cells in part.lines]  # from now on, what is kept for all lines is there
    waits = _Waits()
    with _quick_turns(), ThreadPoolExecutor(1, thread_name_prefix="import") as beside, waits.of(connection):
        while part.lines:
            with stamps.held():  # as they are now, not as they were when the file was opened
                known = stamps.versions()
            waits.begin()
            coming = beside.submit(_following, importer, source, size, translation.get_language(), known, waits)
            yield part
            waits.end()
            part = coming.result()


def _following(
    importer: Importer, source: Iterator[Line], size: int, language: str, known: Sequence[tuple[str, int]], waits: _Waits
) -> Part:
    part = Part(list(islice(source, size)))
    try:
        with translation.override(language), stamps.lent(dict(known)), _no_database():
            rows: list[Row] = []
            for start in range(0, len(part.lines), _AT_ONCE):
                waits.now()
                some = [importer.read(line, cells) for line, cells in part.lines[start : start + _AT_ONCE]]
                importer.foresee(some)
                rows += some
            part.rows = rows
    except _Asked:
        pass  # something met for the first time: it is read in its turn
    return part


class _Waits:
    """When the one who writes waits for the database. Only then does the thread work: two that want the interpreter at once
    take turns with it, and the writer is the one whom everything waits for."""

    def __init__(self) -> None:
        self._free, self._over = threading.Event(), True

    def begin(self) -> None:
        """A step is written from here on."""
        self._over = False
        self._free.clear()

    def end(self) -> None:
        """The step is written; the thread has the interpreter for itself."""
        self._over = True
        self._free.set()

    def now(self) -> None:
        """Called in the thread: come back when it may go on."""
        if not self._over:
            self._free.wait()

    @contextmanager
    def of(self, connection: BaseDatabaseWrapper) -> Iterator[None]:
        """While the one who writes does so by this connection."""
        try:
            with connection.execute_wrapper(self._asked):
                yield
        finally:
            self.end()

    def _asked(self, execute: Callable[..., Any], *rest: Any) -> Any:
        self._free.set()
        try:
            return execute(*rest)
        finally:
            if not self._over:
                self._free.clear()


@contextmanager
def _quick_turns() -> Iterator[None]:
    """Whoever has an answer of the database waits a millisecond for the interpreter, not five."""
    was = sys.getswitchinterval()
    sys.setswitchinterval(0.001)
    try:
        yield
    finally:
        sys.setswitchinterval(was)


@contextmanager
def _no_database() -> Iterator[None]:
    """Connections belong to their threads; this thread's are never opened."""

    def refuse(*_args: Any) -> None:
        raise _Asked

    mine: list[Any] = list(connections.all())
    for one in mine:
        one.ensure_connection = refuse
    try:
        yield
    finally:
        for one in mine:
            del one.ensure_connection
