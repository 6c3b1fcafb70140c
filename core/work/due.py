"""What falls due again and again, and the sweep that re-sends what was forgotten.

`tick` runs every few seconds in a worker. Two ticks at once are harmless: each occurrence is a row, unique on
(schedule, planned moment), and each hint is stamped by a conditional UPDATE (reliability F13, PLT-20).
"""

from __future__ import annotations

import logging
import traceback
from datetime import datetime, timedelta

from django.db import DatabaseError, connection
from django.db.models import F, Q

from core import clock

from . import hints, registry
from .models import CANCELLED, DONE, FAILED, PARKED, RUNNING, WAITING, Job, Occurrence, beat
from .registry import Schedule, due
from .run import short

__all__ = ["due", "sweep", "tick"]

logger = logging.getLogger(__name__)

# A hint is given this long before it counts as lost; the sweep handles this many rows at a time.
HINT_LIFE = timedelta(seconds=60)
BATCH = 500
# An occurrence whose worker vanished is taken over after this long, this many times at most.
TAKE_OVER, MAX_ATTEMPTS = timedelta(seconds=130), 5
KEEP_OCCURRENCES, KEEP_SILENT, KEEP_SHOWN = timedelta(days=7), timedelta(days=3), timedelta(days=90)


def tick(now: datetime | None = None) -> int:
    """Heartbeat, sweep, then every function that is due. Gives the number of functions run."""
    registry.load()
    now = now or clock.now()
    beat("scheduler", now)
    sweep(now)
    return sum(_run(schedule, occurrence, now) for schedule, occurrence in _claimed(now))


def sweep(now: datetime | None = None) -> int:
    """Hint at rows that are due, or whose lease ran out, and of which no worker was told lately. Gives their number."""
    now = now or clock.now()
    untold = Q(hinted_at=None) | Q(hinted_at__lt=now - HINT_LIFE)
    sent = 0
    for order, left in (("due_at", Q(state=WAITING, due_at__lte=now)), ("lease_until", Q(state=RUNNING, lease_until__lt=now))):
        rows = Job.objects.filter(left, untold)
        for job_id in list(rows.order_by(order, "pk").values_list("pk", flat=True)[:BATCH]):
            if not rows.filter(pk=job_id).update(hinted_at=now):
                continue
            if not hints.send(job_id):
                Job.objects.filter(pk=job_id, hinted_at=now).update(hinted_at=None)
                return sent
            sent += 1
    return sent


def _claimed(now: datetime) -> list[tuple[Schedule, Occurrence]]:
    """The occurrences that are ours to run now: new ones, and those whose worker vanished."""
    planned = {schedule.name: schedule.planned(now) for schedule in registry.schedules.values()}
    if not planned:
        return []
    rows = Occurrence.objects.filter(schedule__in=planned, planned_at__gte=min(planned.values()))
    known = {(row.schedule, row.planned_at): row for row in rows}
    claimed = []
    for schedule in registry.schedules.values():
        at = planned[schedule.name]
        row = known.get((schedule.name, at))
        mine = _insert(schedule.name, at, now) if row is None else _take_over(row, now)
        if mine:
            claimed.append((schedule, mine))
    return claimed


def _insert(name: str, planned_at: datetime, now: datetime) -> Occurrence | None:
    row, created = Occurrence.objects.get_or_create(schedule=name, planned_at=planned_at, defaults={"claimed_at": now})
    return row if created else None


def _take_over(row: Occurrence, now: datetime) -> Occurrence | None:
    if row.done_at or row.claimed_at > now - TAKE_OVER or row.attempts >= MAX_ATTEMPTS:
        return None
    same = Occurrence.objects.filter(pk=row.pk, done_at=None, claimed_at=row.claimed_at)
    return row if same.update(claimed_at=now, attempts=F("attempts") + 1) else None


def _run(schedule: Schedule, occurrence: Occurrence, now: datetime) -> int:
    """One due function. Its failure stops no other; it is tried again after the take-over time."""
    mine = Occurrence.objects.filter(pk=occurrence.pk)
    try:
        schedule.work(now)
    except Exception as error:
        logger.warning("%s: %s\n%s", schedule.name, short(error), "".join(traceback.format_tb(error.__traceback__)))
        if isinstance(error, DatabaseError) and not connection.in_atomic_block:
            connection.close()
        mine.update(last_error=short(error))
    else:
        mine.update(done_at=clock.now(), last_error="")
    return 1


@due(every=timedelta(hours=1), name="core.work.prune")
def prune(now: datetime) -> None:
    """Forget old occurrences and ended jobs, so that the tables stay small (O5). Parked and failed ones stay longest."""
    Occurrence.objects.filter(planned_at__lt=now - KEEP_OCCURRENCES).delete()
    ended = Job.objects.filter(state__in=[DONE, CANCELLED, FAILED, PARKED], finished_at__isnull=False)
    silent = ended.filter(shown=False, state__in=[DONE, CANCELLED], finished_at__lt=now - KEEP_SILENT)
    old = ended.filter(finished_at__lt=now - KEEP_SHOWN)
    for rows in (silent, old):
        Job.objects.filter(pk__in=list(rows.values_list("pk", flat=True)[:5_000])).delete()
