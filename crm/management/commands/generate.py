"""`manage.py generate --leads N --accounts N --contacts N --deals N --activities N`: load for measuring.

A million leads in minutes: COPY by one process a core where the database has it, indexes built once at the end.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection
from django.db.models import Count, Max, Min

from core import clock, copying, stamps
from core.access.models import User
from core.record.loading import settle
from core.search.models import SearchEntry
from core.uncollected import uncollected
from crm.load import MODELS, Maker

PART = 5000
Work = Callable[[Callable[..., Any], Iterable[tuple[Any, ...]]], None]
_maker: Maker | None = None


class Command(BaseCommand):
    help = "Generate load: realistic people, companies, deals and activities in both languages. Past history and rules; not for real organisations."

    def add_arguments(self, parser: CommandParser) -> None:
        for kind in MODELS:
            parser.add_argument(f"--{kind}", type=int, default=0)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--processes", type=int, default=min(os.cpu_count() or 1, 8), help="on PostgreSQL: how many make rows")

    def handle(self, *args: Any, **asked: Any) -> None:
        global _maker
        wanted = {kind: asked[kind] for kind in MODELS if asked[kind] > 0}
        owners = list(User.objects.filter(is_active=True).order_by("pk").values_list("pk", flat=True))
        if not owners:
            self.stderr.write("There is no user to own the records. Run `manage.py demo` first.")
            return
        firsts = {kind: (model.objects.aggregate(top=Max("pk"))["top"] or 0) + 1 for kind, model in MODELS.items()}
        spans = {kind: range(firsts[kind], firsts[kind] + wanted[kind]) if kind in wanted else _there(kind) for kind in MODELS}
        tables = {MODELS[kind]._meta.db_table: count for kind, count in wanted.items()}
        tables[SearchEntry._meta.db_table] = sum(wanted.values())
        with stamps.held():
            _maker = Maker(asked["seed"], clock.now(), owners, spans)
            with _workers(asked["processes"]) as work:
                began = time.monotonic()
                with copying.bare(tables, lambda statements: work(_run, [([statement],) for statement in statements])):
                    for kind, count in wanted.items():
                        self._load(work, kind, firsts[kind], count)
                        began = time.monotonic()
                settle([*(MODELS[kind] for kind in wanted), SearchEntry])
                self.stdout.write(f"{'':>9} {'indexes':<14} {time.monotonic() - began:7.1f} s")

    def _load(self, work: Work, kind: str, first: int, count: int) -> None:
        started = time.monotonic()
        work(_load_part, [(kind, start, min(PART, first + count - start)) for start in range(first, first + count, PART)])
        took = time.monotonic() - started
        self.stdout.write(f"{count:>9,} {kind:<14} {took:7.1f} s {count / took:>9,.0f} rows/s")


@contextmanager
def _workers(processes: int) -> Iterator[Work]:
    """How parts are worked off: side by side on PostgreSQL, one after the other on SQLite, which has one writer."""
    if connection.vendor != "postgresql" or processes < 2:
        yield lambda function, parts: [function(*part) for part in parts] and None
        return
    connection.close()  # A connection must not be shared with the children.
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        yield lambda function, parts: pool.starmap(function, parts, chunksize=1) and None


def _there(kind: str) -> Sequence[int]:
    """The ids of a kind that nothing is made of now: all of them where none is missing between, else the first hundred thousand."""
    rows = MODELS[kind].objects.all()
    ends = rows.aggregate(low=Min("pk"), high=Max("pk"), count=Count("pk"))
    if ends["count"] and ends["high"] - ends["low"] + 1 == ends["count"]:
        return range(ends["low"], ends["high"] + 1)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:100_000])


def _load_part(kind: str, first: int, count: int) -> None:
    assert _maker is not None
    _quick()
    with uncollected():
        _maker.load(kind, first, count)


def _run(statements: Sequence[str]) -> None:
    _quick()
    copying.execute(statements)


def _quick() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET synchronous_commit = off")
