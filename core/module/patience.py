"""How long a page waits for the database. A list that no index answers must not hold a web process for minutes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError, connections, transaction
from django.db.models import QuerySet

_CANCELLED = "57014"
_STEPS = 20_000  # of SQLite's machine between two looks at the clock


class TookTooLong(Exception):
    """The database did not answer in the time there was."""


@contextmanager
def patience(rows: QuerySet[Any], seconds: float) -> Iterator[None]:
    """Let each question about `rows` in this block take at most `seconds` (0: as long as it wants). Raises TookTooLong."""
    if not seconds:
        yield
        return
    connection = connections[rows.db]
    try:
        if connection.vendor == "postgresql":
            # LOCAL, in a transaction of its own: the next request on this connection has all the time it wants.
            with transaction.atomic(using=rows.db):
                with connection.cursor() as cursor:
                    cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(max(1, int(seconds * 1000)))])
                yield
        else:
            with _until(connection, seconds):
                yield
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", "") == _CANCELLED or str(error) == "interrupted":
            raise TookTooLong from error
        raise


@contextmanager
def _until(connection: Any, seconds: float) -> Iterator[None]:
    end = time.monotonic() + seconds
    connection.ensure_connection()
    connection.connection.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
    try:
        yield
    finally:
        connection.connection.set_progress_handler(None, 0)
