"""A reminder that falls due while no worker lives: a real worker, a real broker, `kill -9` (CRM-8, PLT-20)."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils.translation import override

from core import clock
from core.access.models import User
from core.field.look import Look
from core.notify.models import Letter, Notification
from core.notify.showing import shown
from core.work import due
from core.work.models import Job
from crm.models import Activity
from tests.core.test_work_services import Workers, broker, broker_server, shared_database, until, workers  # noqa: F401
from tests.crm.conftest import Cast

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
MINUTE = timedelta(minutes=1)


def ticks(workers: Workers) -> None:  # noqa: F811
    """The clock strikes as the scheduler lets it: by a message to the workers. What waits its minute waits no longer."""
    from core.work.tasks import tick

    tick.delay()
    past = clock.now() - timedelta(seconds=1)
    Letter.objects.filter(state="queued").update(due_at=past)
    Job.objects.filter(state="waiting").update(due_at=past, hinted_at=None)
    due.sweep()
    time.sleep(0.2)


def test_a_reminder_that_fell_due_while_the_worker_was_dead_comes_once_and_says_that_it_is_late(workers: Workers) -> None:  # noqa: F811
    """CRM-8 (fault): the worker is killed, the moment goes by, two workers start: one notification, one mail, "late"."""
    first = workers.start()
    until(lambda: _lives(workers, Cast))
    ann = User.objects.get(email="ann@house.example")
    workers.kill(first)
    begins = clock.now() + 20 * MINUTE
    made = _visit(ann, begins)
    # The half hour in which nobody worked: the row is what it would be had it been written before.
    shift = timedelta(minutes=30)
    Activity.objects.filter(pk=made.pk).update(
        starts_at=begins - shift, reminder_at=made.reminder_at - shift, changed_at=made.changed_at - 2 * shift, last_at=begins - shift
    )
    assert not Notification.objects.exists()

    workers.start()
    workers.start()
    until(lambda: (ticks(workers), Letter.objects.filter(state="sent").exists())[1], 60)
    for _again in range(3):
        ticks(workers)

    rows = list(Notification.objects.all())
    assert [(one.user_id, one.record_id) for one in rows] == [(ann.pk, made.pk)]
    with override("en"):
        said = [one.text for one in shown(rows, Look.of(ann))]
    assert [text.split(":")[0] for text in said] == ["Late reminder"] and said[0].endswith("Nothing could be sent in time.")
    assert [one.state for one in Letter.objects.all()] == ["sent"]
    assert Activity.objects.get(pk=made.pk).reminder_at is None


def _lives(workers: Workers, cast: Any) -> bool:  # noqa: F811
    """That the worker takes messages: it answers a tick with its beat."""
    from core.work.models import Heartbeat

    if not User.objects.exists():
        cast()
    ticks(workers)
    return bool(Heartbeat.objects.filter(name="scheduler").exists())


def _visit(ann: User, begins: Any) -> Activity:
    from core.actor import Actor
    from core.record.write import create

    return create("crm.activity", actor=Actor(ann), kind="event", subject="Visit", starts_at=begins, remind_before=15)
