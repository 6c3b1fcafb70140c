"""One after the other, where there is no row yet to lock: two acts that may both make the same thing."""

from __future__ import annotations

from hashlib import blake2b

from django.db import connection


def take_turn(*names: str) -> None:
    """Wait until nobody else has a turn of one of these names; ours ends with the transaction. Asked again, it is still ours.

    What somebody before us made is then there to be seen. SQLite lets one writer in at a time anyway.
    """
    if connection.vendor != "postgresql":
        return
    numbers = {int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), signed=True) for name in names}
    with connection.cursor() as cursor:
        for number in sorted(numbers):  # all in one order, so that two never wait for each other
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])
