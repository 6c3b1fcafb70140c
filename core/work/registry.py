"""The kinds of work that exist: `@job` and `@due` enter them, workers look them up by key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from django.utils.module_loading import autodiscover_modules

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    from .run import Run

    Words = str | _StrPromise
    Work = Callable[[Run], Any]
else:
    Words = Work = Any

Beat = Callable[[datetime], Any]
End = Callable[[Any, str], None]


@dataclass(frozen=True)
class Kind:
    """One kind of job: its key, the function, what people read, and whether they see it in their list of jobs."""

    key: str
    work: Work
    label: Words = ""
    shown: bool = False
    stoppable: bool = True


@dataclass(frozen=True)
class Schedule:
    """One function that falls due `every` so often."""

    name: str
    every: timedelta
    work: Beat

    def planned(self, now: datetime) -> datetime:
        """The last planned moment at or before `now`: whole multiples of `every` since 1970 UTC."""
        seconds = int(self.every.total_seconds())
        stamp = int(now.timestamp())
        return datetime.fromtimestamp(stamp - stamp % seconds, tz=now.tzinfo)


kinds: dict[str, Kind] = {}
ends: list[End] = []
schedules: dict[str, Schedule] = {}


def job(key: str, *, label: Words = "", shown: bool = False, stoppable: bool = True) -> Callable[[Work], Work]:
    """Register `fn(run)` as the work of jobs of this kind. Two functions for one key stop the start.

    `shown` puts them into people's list of jobs; without `stoppable` they cannot be cancelled half-way.
    """

    def register(work: Work) -> Work:
        known = kinds.get(key)
        if known and (known.work.__module__, known.work.__qualname__) != (work.__module__, work.__qualname__):
            raise ValueError(f"Two functions for the job kind {key!r}.")
        kinds[key] = Kind(key, work, label, shown, stoppable)
        return work

    return register


def due(*, every: timedelta, name: str = "") -> Callable[[Beat], Beat]:
    """Register `fn(now)` to run once in each planned interval; what was missed while down runs once, late."""
    if every < timedelta(seconds=1):
        raise ValueError("A schedule of less than a second.")

    def register(work: Beat) -> Beat:
        key = name or f"{work.__module__}.{work.__qualname__}"
        schedules[key] = Schedule(key, every, work)
        return work

    return register


def on_end(function: End) -> End:
    """Decorator: call `fn(job, state)` in the transaction that ends a job: done, failed or parked."""
    ends.append(function)
    return function


@cache
def load() -> None:
    """Import every app's `tasks.py`, where jobs and schedules are entered, and the kernel's own outbox."""
    autodiscover_modules("tasks", "exchange.outbox", "mail.outgoing", "mail.mass")
