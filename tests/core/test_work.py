"""The engine of background work, without other processes (PLT-20)."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections, transaction

from core import clock
from core.access.models import User
from core.work import due, hints, registry, run
from core.work.jobs import Cancelled, GiveUp, LostLease, Paused, Run, cancel, drain, enqueue, job, try_again, work
from core.work.models import Heartbeat, Job, Occurrence

from .test_work_services import shared_database  # noqa: F401

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """No broker: the hints that would have been published."""
    told: list[int] = []

    def send(job_id: int) -> bool:
        told.append(job_id)
        return True

    monkeypatch.setattr(hints, "send", send)
    return told


@pytest.fixture
def kind() -> Iterator[Any]:
    """Register job functions for one test."""
    before = dict(registry.kinds), dict(registry.schedules)
    registry.load()
    yield lambda work, key="test.kind", **more: job(key, **more)(work)
    registry.kinds.clear()
    registry.kinds.update(before[0])
    registry.schedules.clear()
    registry.schedules.update(before[1])


def state(row: Job) -> str:
    row.refresh_from_db()
    return row.state


def test_a_job_runs_and_leaves_its_result(kind: Any) -> None:
    kind(lambda run: run.finish(made=run.args["rows"]), label="Make rows", shown=True)
    ann = User.objects.create_user("ann@example.com", family_name="Ann")
    row = enqueue("test.kind", args={"rows": 3}, user=ann, total=3)

    assert drain() == 1
    assert (state(row), row.result, row.said, row.shown, row.user) == ("done", {"made": 3}, "Make rows", True, ann)
    assert row.finished_at is not None


def test_one_open_job_for_one_key(kind: Any) -> None:
    kind(lambda run: None)
    first = enqueue("test.kind", key="a")

    assert enqueue("test.kind", key="a") == first
    assert enqueue("test.kind", key="b") != first
    drain()
    assert enqueue("test.kind", key="a") != first


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(LookupError):
        enqueue("test.nobody")


def test_the_hint_goes_out_after_the_commit_only(kind: Any, sent: list[int], django_capture_on_commit_callbacks: Any) -> None:
    """PLT-20: a rolled-back cause leaves neither row nor message; later work sends no message at all."""
    kind(lambda run: None)
    with django_capture_on_commit_callbacks(execute=True), pytest.raises(ZeroDivisionError), transaction.atomic():
        enqueue("test.kind")
        raise ZeroDivisionError
    with django_capture_on_commit_callbacks(execute=True):
        row = enqueue("test.kind")
        enqueue("test.kind", due_at=clock.now() + MINUTE)
        assert sent == []

    assert sent == [row.pk]
    assert Job.objects.count() == 2


def test_a_failed_hint_is_noted_and_swept(kind: Any, sent: list[int], monkeypatch: Any, django_capture_on_commit_callbacks: Any) -> None:
    """PLT-20: Redis away."""
    kind(lambda run: None)
    with monkeypatch.context() as away:
        away.setattr(hints, "send", lambda job_id: False)
        with django_capture_on_commit_callbacks(execute=True):
            row = enqueue("test.kind")

    assert due.sweep() == 1
    assert sent == [row.pk]
    assert due.sweep() == 0
    assert due.sweep(clock.now() + 2 * MINUTE) == 1


def test_a_failing_step_leaves_no_trace_and_is_tried_again(kind: Any) -> None:
    def fails_once(run: Run) -> None:
        with run.step() as step:
            Heartbeat.objects.create(name=f"beat {run.job.attempts}", at=clock.now())
            step.advance(done=run.job.attempts)
            if run.job.attempts == 1:
                raise ValueError("the secret of customer 7")

    kind(fails_once)
    row = enqueue("test.kind")
    drain()
    assert state(row) == "waiting"
    assert row.last_error.startswith("ValueError in ")
    assert "secret" not in row.last_error

    drain(clock.now() + 30 * MINUTE)
    assert (state(row), row.done) == ("done", 2)
    assert [beat.name for beat in Heartbeat.objects.all()] == ["beat 2"]


def test_poison_is_parked_after_five_attempts_and_can_be_tried_again(kind: Any) -> None:
    """PLT-20, reliability F14."""
    tries: list[int] = []

    def poison(run: Run) -> None:
        tries.append(run.job.attempts)
        raise ValueError

    kind(poison)
    row = enqueue("test.kind")
    for hour in range(1, 12):
        drain(clock.now() + timedelta(hours=hour))
    assert tries == [1, 2, 3, 4, 5]
    assert state(row) == "parked"

    registry.kinds.clear()
    kind(lambda run: None)
    assert state(try_again(row)) == "waiting"
    drain()
    assert state(row) == "done"


def test_progress_begins_the_attempts_anew(kind: Any) -> None:
    """A job that gets one row further at each try is not poison."""

    def limps(run: Run) -> None:
        with run.step() as step:
            step.advance(done=run.job.done + 1)
        if run.job.done < 9:
            raise ValueError

    kind(limps)
    row = enqueue("test.kind")
    for hour in range(1, 12):
        drain(clock.now() + timedelta(hours=hour))
    assert (state(row), row.done) == ("done", 9)


def test_a_permanent_error_is_shown_in_its_own_words(kind: Any) -> None:
    def gives_up(run: Run) -> None:
        raise GiveUp("The file is empty.")

    kind(gives_up)
    row = enqueue("test.kind")
    drain()
    assert (state(row), row.last_error) == ("failed", "The file is empty.")


def test_a_zombie_is_refused(kind: Any) -> None:
    """PLT-20, reliability F3: the lease went to another worker while this one slept; its write is undone."""
    seen: list[type] = []

    def zombie(run: Run) -> None:
        Job.objects.filter(pk=run.job.pk).update(lease=uuid.uuid4())
        try:
            with run.step() as step:
                Heartbeat.objects.create(name="zombie", at=clock.now())
                step.advance(done=1)
        except LostLease as error:
            seen.append(type(error))
            raise

    kind(zombie)
    row = enqueue("test.kind")
    assert work(row.pk) == "running"
    assert seen == [LostLease]
    assert not Heartbeat.objects.exists()
    assert (state(row), row.done) == ("running", 0)


def test_an_ended_lease_is_taken_over_and_a_living_one_is_not(kind: Any) -> None:
    kind(lambda run: None)
    row = enqueue("test.kind")
    assert run.claim(row.pk)
    assert run.claim(row.pk) is None
    Job.objects.filter(pk=row.pk).update(lease_until=clock.now() - MINUTE)

    again = run.claim(row.pk)
    assert again
    assert again.attempts == 2


def test_a_due_job_waits_for_its_time(kind: Any) -> None:
    kind(lambda run: None)
    row = enqueue("test.kind", due_at=clock.now() + MINUTE)
    assert work(row.pk) == ""
    assert drain() == 0
    assert drain(clock.now() + 2 * MINUTE) == 1


def test_cancelling(kind: Any) -> None:
    """A waiting job at once, a running one at its next step, with what was done before still done."""

    def long(run: Run) -> None:
        for number in range(1, 10):
            with run.step() as step:
                step.advance(done=number)
            if number == 3:
                cancel(run.job)

    kind(long)
    waiting = enqueue("test.kind", due_at=clock.now() + MINUTE)
    assert cancel(waiting)
    assert state(waiting) == "cancelled"
    running = enqueue("test.kind")
    drain()
    assert (state(running), running.done) == ("cancelled", 3)
    assert not cancel(running)
    assert issubclass(Cancelled, BaseException)


def test_the_time_slice_pauses_and_resumes(
    kind: Any, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any, sent: list[int]
) -> None:
    """PLT-20: a long job gives others their turn and goes on at its cursor."""
    monkeypatch.setattr(run, "SLICE", 0.0)
    turns: list[int] = []

    def long(run: Run) -> None:
        turns.append(run.job.attempts)
        for number in range(run.cursor.get("next", 0), 4):
            with run.step() as step:
                step.advance(done=number + 1, cursor={"next": number + 1}, last=number)

    kind(long)
    row = enqueue("test.kind")
    with django_capture_on_commit_callbacks(execute=True):
        assert work(row.pk) == "waiting"
        assert state(row) == "waiting"
        assert (row.done, row.attempts, row.due_at <= clock.now()) == (1, 0, True)
    assert sent == [row.pk]
    drain()
    assert (state(row), row.done, row.result) == ("done", 4, {"last": 3})
    assert turns == [1, 1, 1, 1, 1]
    assert issubclass(Paused, BaseException)


def test_later_is_no_failure(kind: Any) -> None:
    at = clock.now() + MINUTE
    kind(lambda run: run.later(at) if not run.job.started_at or clock.now() < at and run.job.result == {} else None)
    row = enqueue("test.kind")
    work(row.pk)
    assert (state(row), row.due_at, row.attempts, row.last_error) == ("waiting", at, 0, "")


def test_a_dead_worker_counts_as_an_attempt(kind: Any) -> None:
    """Attempts are counted before the work, for a worker that dies cannot count."""
    ran: list[int] = []
    kind(lambda run: ran.append(1))
    row = enqueue("test.kind")
    for _death in range(5):
        assert run.claim(row.pk)
        Job.objects.filter(pk=row.pk).update(lease_until=clock.now() - MINUTE)
    assert work(row.pk) == "parked"
    assert ran == []


def test_an_exception_handler_of_one_row_does_not_swallow_the_stop(kind: Any) -> None:
    def careless(run: Run) -> None:
        cancel(run.job)
        try:
            with run.step():
                raise AssertionError("not reached")
        except Exception:
            raise AssertionError("swallowed") from None

    kind(careless)
    row = enqueue("test.kind")
    drain()
    assert state(row) == "cancelled"


def test_an_occurrence_runs_once_however_often_the_clock_ticks(kind: Any) -> None:
    """Reliability F13: two beats, and a missed time runs once, late."""
    ran: list[str] = []
    due.due(every=timedelta(hours=1), name="test.hourly")(lambda now: ran.append("hourly"))

    def broken(now: Any) -> None:
        ran.append("broken")
        raise ValueError

    due.due(every=timedelta(hours=1), name="test.broken")(broken)
    noon = clock.now().replace(minute=0, second=7, microsecond=0)
    due.tick(noon)
    due.tick(noon)
    due.tick(noon + timedelta(seconds=40))
    assert sorted(ran) == ["broken", "hourly"]

    ran.clear()
    due.tick(noon + timedelta(minutes=4))
    assert ran == ["broken"]
    ran.clear()
    due.tick(noon + timedelta(hours=5, minutes=40))
    assert sorted(ran) == ["broken", "hourly"]
    assert Occurrence.objects.filter(schedule="test.hourly").count() == 2
    assert Heartbeat.objects.get(name="scheduler").at == noon + timedelta(hours=5, minutes=40)


def test_old_rows_are_pruned(kind: Any) -> None:
    kind(lambda run: None)
    old, new, shown = enqueue("test.kind"), enqueue("test.kind"), enqueue("test.kind")
    drain()
    Job.objects.filter(pk__in=[old.pk, shown.pk]).update(finished_at=clock.now() - timedelta(days=4))
    Job.objects.filter(pk=shown.pk).update(shown=True)
    Occurrence.objects.create(schedule="x", planned_at=clock.now() - timedelta(days=8), claimed_at=clock.now())
    due.prune(clock.now())
    assert set(Job.objects.all()) == {new, shown}
    assert not Occurrence.objects.exists()


def test_eight_threads_claim_one_job_once(kind: Any, shared_database: str) -> None:  # noqa: F811
    """PLT-20: the conditional UPDATE is the claim, on both databases; enqueueing by key likewise."""
    kind(lambda run: None)
    claimed: list[Job] = []
    made: list[int] = []
    start = threading.Barrier(8)

    def racer() -> None:
        try:
            start.wait()
            made.append(enqueue("test.kind", key="one").pk)
            row = run.claim(made[-1])
            if row:
                claimed.append(row)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=racer) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 1
    assert len(made) == 8
    assert len(claimed) == 1
