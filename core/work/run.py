"""Working off one row: claim it by a conditional UPDATE, write only while the lease is ours, always leave a state.

A handler gets a `Run` and works in steps. One step is one transaction: its effect, the cursor and the progress are
saved together or not at all, so that a kill at any moment neither loses nor doubles (PLT-20, reliability rule 1).
"""

from __future__ import annotations

import logging
import time
import traceback
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from random import SystemRandom
from typing import Any

from billiard.exceptions import SoftTimeLimitExceeded
from django.db import DatabaseError, connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from core import clock, stamps

from . import hints, registry
from .models import CANCELLED, DONE, FAILED, PARKED, RUNNING, WAITING, Job

logger = logging.getLogger(__name__)

# Longer than a task may live (CELERY_TASK_TIME_LIMIT is 120 s): a lease never ends under a worker that still may write.
LEASE = timedelta(seconds=130)
# Seconds of work after which a run gives others a turn.
SLICE = 45.0
MAX_ATTEMPTS = 5
BACKOFF_BASE, BACKOFF_CAP = 2.0, 900.0
ENDED = (DONE, FAILED, PARKED)
_random = SystemRandom()


class GiveUp(Exception):
    """The job cannot succeed, ever. The message is for people."""


class Stop(BaseException):
    """The run has to end here. A BaseException, so that a handler's `except Exception` around one row lets it pass."""


class LostLease(Stop):
    """Another worker has the row now. Nothing of this step was written."""


class Cancelled(Stop):
    """Somebody asked to cancel. Nothing of this step was written; earlier steps stand."""


class Paused(Stop):
    """The time slice is over and the step is saved; the row is waiting for its next turn."""


def backoff(attempts: int) -> timedelta:
    """Full jitter: a random time up to 2 s doubled with each attempt, at most 15 minutes (social-APIs 7.7)."""
    ceiling = min(BACKOFF_CAP, BACKOFF_BASE * 2 ** min(attempts, 20))
    return timedelta(seconds=_random.uniform(0, ceiling))


def short(error: BaseException) -> str:
    """What went wrong without the error's own words, which may hold anything: its class and where it was raised (C4)."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" in {'/'.join(frames[-1].filename.split('/')[-3:])}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"[:300]


class Step:
    """One transaction of a run. What `advance` is told is saved when the step ends."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.changes: dict[str, Any] = {}

    def advance(self, *, done: int | None = None, cursor: Any = None, total: int | None = None, **result: Any) -> None:
        """Note progress: `done` items altogether, where to go on, and figures for the result."""
        job = self._run.job
        if done is not None and done != job.done:
            self.changes["attempts"] = 0 if done > job.done else job.attempts
            self.changes["done"] = done
        if cursor is not None and cursor != job.cursor:
            self.changes.update(cursor=cursor, attempts=0)
        if total is not None:
            self.changes["total"] = total
        if result:
            self.changes["result"] = {**job.result, **self.changes.get("result", {}), **result}


class Run:
    """One turn at a job that this process has claimed."""

    def __init__(self, job: Job, now: datetime | None = None) -> None:
        self.job = job
        # The moment of the claim: what was due by then is due.
        self.now = now or clock.now()
        self.settled = False
        self._slice_ends = time.monotonic() + SLICE

    @property
    def args(self) -> dict[str, Any]:
        return dict(self.job.args)

    @property
    def cursor(self) -> Any:
        return self.job.cursor

    def _mine(self) -> Any:
        return Job.objects.filter(pk=self.job.pk, lease=self.job.lease, state=RUNNING)

    def hold(self) -> None:
        """Extend the lease. Raises LostLease if another worker took the row, Cancelled if that was asked, GiveUp if the person
        who asked for the work was deactivated meanwhile (unless it is of a kind that is never left half-way)."""
        if not self._mine().update(lease_until=clock.now() + LEASE):
            raise LostLease(f"job {self.job.pk}")
        asked, here = Job.objects.filter(pk=self.job.pk).values_list("cancel_asked", "user__is_active").get()
        if asked:
            raise Cancelled(f"job {self.job.pk}")
        if here is False and (kind := registry.kinds.get(self.job.kind)) and kind.stoppable:
            raise GiveUp(_("Stopped: the person who asked for this has no access any more. What was done until then stands."))

    @contextmanager
    def step(self) -> Iterator[Step]:
        """One transaction that begins by holding the lease and ends by saving the progress.

        Raises LostLease and Cancelled at its start, Paused after its commit when the time slice is over.
        """
        step = Step(self)
        try:
            with transaction.atomic():
                self.hold()
                yield step
                if step.changes and not self.settled:
                    self._mine().update(**step.changes)
        except BaseException:
            self.settled = False  # what was settled inside was rolled back
            raise
        for name, value in step.changes.items():
            setattr(self.job, name, value)
        if not self.settled and time.monotonic() >= self._slice_ends:
            self._settle(state=WAITING, due_at=clock.now(), hinted_at=clock.now(), attempts=0 if step.changes else self.job.attempts)
            hint_later(self.job.pk)
            raise Paused(f"job {self.job.pk}")

    def finish(self, **result: Any) -> None:
        """The work is done; figures are added to the result. Inside a step it commits with the step."""
        self._settle(state=DONE, finished_at=clock.now(), last_error="", result={**self.job.result, **result})

    def later(self, at: datetime) -> None:
        """Not now: the row waits until `at`. It is not a failure, so attempts begin anew."""
        now = clock.now()
        self._settle(state=WAITING, due_at=at, attempts=0, hinted_at=now if at <= now else None)
        if at <= now:
            hint_later(self.job.pk)

    def _settle(self, **values: Any) -> None:
        with transaction.atomic():
            if not self._mine().update(**{"lease": None, "lease_until": None, "hinted_at": None, **values}):
                raise LostLease(f"job {self.job.pk}")
            if values["state"] in ENDED:
                self._say_ended(values["state"])
        self.settled = True

    def _say_ended(self, state: str) -> None:
        """Those who listen are told; one that fails keeps no job from ending."""
        for listener in registry.ends:
            try:
                with transaction.atomic():
                    listener(self.job, state)
            except Exception:
                logger.exception("telling the end of job %s (%s)", self.job.pk, self.job.kind)


def hint_later(job_id: int) -> None:
    """Tell a worker of the row after the commit. If that fails the row says so, and the next sweep tells."""

    def tell() -> None:
        if not hints.send(job_id):
            Job.objects.filter(pk=job_id, state=WAITING).update(hinted_at=None)

    transaction.on_commit(tell, robust=True)


def claim(job_id: int, now: datetime | None = None) -> Job | None:
    """Take the row if it is due or its lease ran out, and count the attempt. None if somebody else has it.

    The conditional UPDATE is the claim: of any number of workers one changes the row (SQLite and PostgreSQL alike).
    """
    now = now or clock.now()
    lease = uuid.uuid4()
    free = Q(state=WAITING, due_at__lte=now) | Q(state=RUNNING, lease_until__lt=now)
    taken = Job.objects.filter(free, pk=job_id).update(
        state=RUNNING,
        lease=lease,
        lease_until=now + LEASE,
        attempts=F("attempts") + 1,
        started_at=Coalesce("started_at", now),
    )
    return Job.objects.filter(pk=job_id, lease=lease).first() if taken else None


def work(job_id: int, now: datetime | None = None) -> str:
    """Claim and work off one job. Gives the state it was left in, or "" if it was not ours to take."""
    registry.load()
    job = claim(job_id, now)
    if job is None:
        return ""
    run = Run(job, now)
    if job.cancel_asked:
        run._settle(state=CANCELLED, finished_at=clock.now())
    elif job.attempts > MAX_ATTEMPTS:
        # It took its workers with it five times (out of memory, a crash): nobody was left to note an error.
        run._settle(state=PARKED, last_error=job.last_error or "The worker died while it ran.")
    else:
        _turn(run)
    return str(Job.objects.values_list("state", flat=True).get(pk=job_id))


def _turn(run: Run) -> None:
    try:
        try:
            with stamps.held():
                _handler(run)
        except Paused:
            pass
        except LostLease:
            logger.warning("job %s (%s): the lease was lost, nothing written", run.job.pk, run.job.kind)
        except Cancelled:
            run._settle(state=CANCELLED, finished_at=clock.now())
        except SoftTimeLimitExceeded:
            _failed(run, "The time limit ended the run.", timedelta(0))
        except GiveUp as error:
            run._settle(state=FAILED, finished_at=clock.now(), last_error=str(error)[:300])
        except Exception as error:
            logger.warning("job %s (%s): %s\n%s", run.job.pk, run.job.kind, short(error), "".join(traceback.format_tb(error.__traceback__)))
            if isinstance(error, DatabaseError) and not connection.in_atomic_block:
                connection.close()  # a broken connection is replaced by the next query
            _failed(run, short(error), backoff(run.job.attempts))
    except LostLease:
        logger.warning("job %s (%s): the lease was lost at the end", run.job.pk, run.job.kind)


def _handler(run: Run) -> None:
    kind = registry.kinds.get(run.job.kind)
    if kind is None:  # a worker of an older release; another may know it
        raise LookupError(f"No job kind {run.job.kind!r}.")
    kind.work(run)
    if not run.settled:
        run.finish()


def _failed(run: Run, words: str, wait: timedelta) -> None:
    """Back to waiting with a pause, or parked after the fifth attempt without progress."""
    attempts = max(1, run.job.attempts)
    if attempts >= MAX_ATTEMPTS:
        run._settle(state=PARKED, last_error=words, attempts=attempts)
    else:
        run._settle(state=WAITING, due_at=clock.now() + wait, last_error=words, attempts=attempts)


def drain(until: datetime | None = None, limit: int = 10_000) -> int:
    """For tests: work off here what is due by `until` (now), without Celery. Gives the number of turns.

    A job that had its turn and put itself off has another one only if that is due by the real clock.
    """
    met: set[int] = set()
    for turns in range(limit):
        now = clock.now()
        by = max(until or now, now)
        free = Q(state=WAITING, due_at__lte=now) | Q(state=RUNNING, lease_until__lt=now)
        unmet = (Q(state=WAITING, due_at__lte=by) | Q(state=RUNNING, lease_until__lt=by)) & ~Q(pk__in=met)
        job_id = Job.objects.filter(free | unmet).order_by("due_at", "pk").values_list("pk", flat=True).first()
        if job_id is None:
            return turns
        met.add(job_id)
        work(job_id, by)
    raise RuntimeError(f"Jobs are still due after {limit} turns.")
