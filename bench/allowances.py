"""Five hundred channels on their allowances by a clock that moves: what is due is worked off, then it is the next moment.

The clock of this process, of Redis and of the network are one. It goes on by the seconds of processor that work took, halved: as on
two cores that have nothing else to do, however busy this machine is; and where nothing is due, to the next beat.
"""

from __future__ import annotations

import contextlib
import sqlite3
import statistics
import time
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.client import percentile
from bench.jobs import worked
from bench.table import Line
from core import clock
from core.exchange.models import Arrival
from core.remote import budget
from core.work import hints
from core.work.jobs import work
from core.work.models import Job
from sandbox.running import Control
from social import pull
from social.models import Post, Stream

LIMIT, WINDOW, WARM, BEAT, CORES = 8, 120, 20, 5, 2
# Posts a second to each channel while allowances are measured: some with every call.
RATE = 0.25
# How far the network's clock may go ahead before it is set again, in seconds.
APART = 0.2
_TIME = "redis.call('TIME')"
_OURS = "redis.call('MGET', 'bench:seconds', 'bench:micros')"


class Time:
    """One moment for all."""

    def __init__(self, control: Control) -> None:
        self.control, self.now, self.ahead = control, clock.now(), 0.0

    def move(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        stamp = self.now.timestamp()
        budget.redis().mset({"bench:seconds": int(stamp), "bench:micros": int(stamp % 1 * 1_000_000)})
        wanted = stamp - time.time()
        if abs(wanted - self.ahead) > APART:
            self.control.advance(wanted - self.ahead)
            self.ahead = wanted

    def until(self, end: datetime) -> None:
        """Everything that falls due until then."""
        beat = self.now
        while self.now < end:
            if self.now >= beat:
                with clock.at(self.now):
                    pull.enqueue_due(self.now)
                beat += timedelta(seconds=BEAT)
            elif _told:
                before = worked()
                with clock.at(self.now):
                    work(_told.popleft(), self.now)
                self.move((worked() - before) / CORES)
            else:
                self.move((min(beat, end) - self.now).total_seconds())


_told: deque[int] = deque()


def _tell(job: int) -> bool:
    _told.append(job)
    return True


@contextlib.contextmanager
def _one_clock() -> Iterator[None]:
    """Redis tells our time, and jobs wait in a list of ours."""
    from redis.client import Pipeline

    kept = budget._TAKE, budget._LEARN, hints.send, Pipeline.time
    budget._TAKE, budget._LEARN, hints.send = kept[0].replace(_TIME, _OURS), kept[1].replace(_TIME, _OURS), _tell
    script = f"local t = {_OURS}; return {{tonumber(t[1]), tonumber(t[2])}}"
    Pipeline.time = lambda pipe: pipe.eval(script, 0)  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        budget._TAKE, budget._LEARN, hints.send, Pipeline.time = kept  # type: ignore[method-assign]


def measured(control: Control, data: Path, channels: int) -> list[Line]:
    control.do("limit", endpoint="users.mentions", per_user=LIMIT, seconds=WINDOW)
    rate, robots = max(1, round(channels * RATE)), LIMIT - budget.kept(LIMIT)
    with _one_clock():
        moment = Time(control)
        moment.move(0)
        control.do("volume", channels=channels, posts=rate * (WARM + 2 * WINDOW), rate=rate)
        _spread(moment.now, WINDOW / robots)
        moment.until(moment.now + timedelta(seconds=WARM))
        begun = moment.now
        moment.until(begun + timedelta(seconds=WINDOW))
        ended = moment.now
        _told.clear()
        control.do("clock", reset=True)
    Job.objects.all().delete()
    return _lines(channels, robots, begun, ended, _calls(data, begun, ended))


def _spread(now: datetime, pause: float) -> None:
    """As they are after a while: spread over one pause."""
    rows = list(Stream.objects.filter(kind="mentions").order_by("pk").values_list("pk", flat=True))
    for number, pk in enumerate(rows):
        Stream.objects.filter(pk=pk).update(next_due=now + timedelta(seconds=number * pause / len(rows)))


def _calls(data: Path, begun: datetime, ended: datetime) -> list[int]:
    """The status of each reading, as the network noted it."""
    with contextlib.closing(sqlite3.connect(data)) as there:
        rows = there.execute(
            "SELECT status FROM requests WHERE endpoint = 'users.mentions' AND at_ms >= ? AND at_ms < ?",
            (begun.timestamp() * 1000, ended.timestamp() * 1000),
        )
        return [status for (status,) in rows]


def _lines(channels: int, robots: int, begun: datetime, ended: datetime, calls: list[int]) -> list[Line]:
    refused, kept = sum(status == 429 for status in calls), Arrival.objects.filter(kind="post", at__gte=begun, at__lt=ended)
    fruitless = max(0, calls.count(200) - kept.values("batch").distinct().count())
    stored = Post.objects.filter(created_at__gte=begun, created_at__lt=ended, ours=False).values_list("created_at", "said_at")
    ages = [(at.astimezone(UTC) - said).total_seconds() for at, said in stored]
    share, pause = calls.count(200) / (channels * robots), WINDOW / robots
    return [
        Line(
            f"{channels} channels: calls for nothing",
            str(refused + fruitless),
            server=f"{len(calls):,} calls: {refused} refused, {fruitless} without news",
            goal="0",
            met=refused + fruitless == 0,
        ),
        Line(
            f"{channels} channels: allowance taken while there is news",
            f"{share:.1%}",
            server=f"{robots} of {LIMIT} calls in {WINDOW} s are for robots",
            limit="all that is not kept for people",
            goal="≥ 95 %",
            met=share >= 0.95,
        ),
        Line(
            f"{channels} channels: age of a post when it is stored",
            f"{statistics.median(ages):.1f} s" if ages else "-",
            p95=f"{percentile(ages, 95):.1f} s" if ages else "-",
            server=f"{len(ages) / (ended - begun).total_seconds():,.0f} posts/s",
            limit=f"{pause:.0f} s between two calls",
            ratio=f"{percentile(ages, 95) / pause:.1f}×" if ages else "",
        ),
    ]
