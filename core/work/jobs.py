"""Jobs as the rest of the house uses them: declare, enqueue, cancel, try again.

    @job("crm.import", label=_("Import"), shown=True)
    def import_rows(run: Run) -> None:
        for rows in pages(run.args["file"], after=run.cursor.get("line", 0)):
            with run.step() as step:
                store(rows)
                step.advance(done=rows[-1].line, cursor={"line": rows[-1].line})

The row is written in the transaction of its cause; Celery is told after the commit and may be away (PLT-20).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from core import clock
from core.access.models import User

from . import registry
from .models import CANCELLED, FAILED, OPEN, PARKED, RUNNING, WAITING, Job
from .registry import job
from .run import Cancelled, GiveUp, LostLease, Paused, Run, Step, drain, hint_later, work

__all__ = ["Cancelled", "GiveUp", "LostLease", "Paused", "Run", "Step", "cancel", "drain", "enqueue", "job", "try_again", "work"]


def enqueue(
    kind: str,
    *,
    key: str = "",
    args: dict[str, Any] | None = None,
    user: User | None = None,
    due_at: datetime | None = None,
    total: int | None = None,
    label: str = "",
) -> Job:
    """Write a job in the caller's transaction; the open one with the same `key` is given instead if there is one.

    `args` are ids only. `due_at` is for later work; without it the job is due now and a worker is told after the
    commit. Raises LookupError for a kind nobody registered.
    """
    known = _kind(kind)
    now = clock.now()
    row = Job(
        kind=kind,
        key=key,
        label=label[:200],
        args=args or {},
        user=user,
        total=total,
        shown=known.shown,
        due_at=due_at or now,
        hinted_at=None if due_at and due_at > now else now,
        created_at=now,
    )
    if not key:
        row.save(force_insert=True)
    elif standing := _standing_or_saved(row):
        return standing
    if row.due_at <= now:
        hint_later(row.pk)
    return row


def _standing_or_saved(row: Job) -> Job | None:
    """The open job of this key if there is one; otherwise `row` is saved. The constraint decides between two at once."""
    for _try in range(5):
        standing = _open(row.kind, row.key)
        if standing:
            return standing
        try:
            with transaction.atomic():
                row.save(force_insert=True)
            return None
        except IntegrityError:  # somebody was quicker, or it was closed between the two looks
            row.pk = None
    raise RuntimeError(f"Could not enqueue {row.kind} {row.key}.")


def _kind(kind: str) -> registry.Kind:
    if kind not in registry.kinds:
        registry.load()
    try:
        return registry.kinds[kind]
    except KeyError:
        raise LookupError(f"No job kind {kind!r}.") from None


def _open(kind: str, key: str) -> Job | None:
    return Job.objects.filter(kind=kind, key=key, state__in=OPEN).first()


def cancel(row: Job) -> bool:
    """Ask to stop. A waiting job is cancelled here and now; a running one at its next step.

    False if it had ended, or is of a kind that is never left half-way.
    """
    if not _kind(row.kind).stoppable:
        return False
    now = clock.now()
    if Job.objects.filter(pk=row.pk, state__in=[WAITING, PARKED]).update(state=CANCELLED, cancel_asked=True, finished_at=now):
        return True
    return bool(Job.objects.filter(pk=row.pk, state=RUNNING).update(cancel_asked=True))


def try_again(row: Job) -> Job:
    """Put a parked, failed or cancelled job back, with its cursor; gives the open one of its key if there is one."""
    ended = Q(pk=row.pk, state__in=[PARKED, FAILED, CANCELLED])
    try:
        with transaction.atomic():
            changed = Job.objects.filter(ended).update(
                state=WAITING,
                due_at=clock.now(),
                attempts=0,
                cancel_asked=False,
                finished_at=None,
                hinted_at=clock.now(),
                lease=None,
                lease_until=None,
            )
    except IntegrityError:
        return _open(row.kind, row.key) or row
    if changed:
        hint_later(row.pk)
    row.refresh_from_db()
    return row
