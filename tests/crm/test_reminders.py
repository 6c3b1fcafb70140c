"""Reminders in the page and by mail: once, also late, and said so (CRM-8, PLT-19)."""

from __future__ import annotations

import smtplib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail

from core import clock as time
from core.access.models import User
from core.actor import Actor
from core.notify.models import Letter, Notification
from core.notify.tell import notify
from core.record.write import delete, update
from core.work import hints
from core.work.due import tick
from core.work.jobs import drain
from crm import reminding
from crm.models import Activity

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
TEN = datetime(2026, 5, 20, 5, 0, tzinfo=UTC)  # two hours after the clock of the tests; 14:00 in Tokyo


@pytest.fixture(autouse=True)
def no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hints, "send", lambda job_id: True)


def visit(cast: Any, **values: Any) -> Activity:
    values = {"kind": "event", "subject": "Visit <b>", "starts_at": TEN, "remind_before": 15, **values}
    return cast.make("activity", **values)


def texts(browser: Any) -> list[str]:
    return [one.text for one in browser.get("/me/notifications/").context["items"]]


def test_a_reminder_comes_in_time_in_the_page_and_by_mail(cast: Any, clock: Any, client_of: Any) -> None:
    """CRM-8, PLT-19: in the zone and language of its reader, once however often the clock ticks."""
    made, browser = visit(cast), client_of(cast.ann)

    clock.move_to(TEN - 16 * MINUTE)
    tick()
    assert texts(browser) == []
    clock.move_to(TEN - 15 * MINUTE + timedelta(seconds=20))
    tick()
    reminding.due(time.now())
    drain(time.now())
    drain(time.now())

    assert texts(browser) == ["Reminder: Visit <b>, 20 May 2026 14:00"]
    page = browser.get("/me/notifications/").content.decode()
    assert "Visit &lt;b&gt;" in page and "One unread notification" in page
    assert [(one.to, one.subject) for one in mail.outbox] == [(["ann@house.example"], "Reminder: Visit <b>, 20 May 2026 14:00")]
    assert f"/crm/activities/{made.pk}/" in mail.outbox[0].body
    made.refresh_from_db()
    assert made.reminder_at is None


def test_a_reminder_missed_while_no_worker_ran_comes_once_and_says_so(cast: Any, clock: Any, client_of: Any) -> None:
    """CRM-8 (fault): sent once, late, said so; of a series' missed dates only the last."""
    visit(cast)
    visit(cast, subject="Daily", repeat="FREQ=DAILY")

    clock.move_to(TEN + timedelta(days=3, hours=1))
    tick()
    tick()
    clock.shift(60)
    tick()

    said = "Late reminder: %s, %s. Nothing could be sent in time."
    assert sorted(texts(client_of(cast.ann))) == [said % ("Daily", "23 May 2026 14:00"), said % ("Visit <b>", "20 May 2026 14:00")]
    assert Activity.objects.get(subject="Daily").reminder_at == TEN + timedelta(days=4) - 15 * MINUTE


def test_a_series_reminds_of_each_date_but_not_of_one_called_off(cast: Any, clock: Any, client_of: Any) -> None:
    """CRM-8"""
    made, browser = visit(cast, subject="Daily", repeat="FREQ=DAILY;COUNT=3"), client_of(cast.ann)
    browser.post(f"/crm/activities/{made.pk}/do/crm.call_off", {"occurs_on": "2026-05-21"})

    for days in range(5):
        clock.move_to(TEN + timedelta(days=days) - 15 * MINUTE)
        reminding.due(time.now())

    assert texts(client_of(cast.ann)) == ["Reminder: Daily, 22 May 2026 14:00", "Reminder: Daily, 20 May 2026 14:00"]
    made.refresh_from_db()
    assert made.reminder_at is None


def test_a_task_reminds_on_the_morning_of_its_day_in_the_owner_s_zone(cast: Any, clock: Any, client_of: Any) -> None:
    """CRM-8, PLT-7: it has no hour, so nine o'clock."""
    task = cast.make("activity", subject="Send samples", due_on="2026-05-22", remind_before=1440)

    assert task.reminder_at == datetime(2026, 5, 21, 0, 0, tzinfo=UTC)
    clock.move_to(task.reminder_at)
    reminding.due(time.now())
    assert texts(client_of(cast.ann)) == ["Reminder: Send samples, 22 May 2026"]


def test_what_is_done_binned_over_or_moved_is_not_reminded_of_wrongly(cast: Any, clock: Any) -> None:
    """CRM-8"""
    done, binned, moved = visit(cast), visit(cast), visit(cast)
    over = visit(cast, starts_at=TEN - timedelta(days=2))
    update(done, actor=Actor(cast.ann), status="done")
    delete(binned, actor=Actor(cast.ann))
    update(moved, actor=Actor(cast.ann), starts_at=TEN + HOUR)

    clock.move_to(TEN)
    reminding.due(time.now())
    assert Notification.objects.count() == 0
    assert over.reminder_at is None
    clock.move_to(TEN + HOUR)
    reminding.due(time.now())
    assert [row.record_id for row in Notification.objects.all()] == [moved.pk]
    moved.refresh_from_db()
    update(moved, actor=Actor(cast.ann), subject="Another word")
    assert moved.reminder_at is None  # told already
    update(moved, actor=Actor(cast.ann), starts_at=TEN + 3 * HOUR)
    assert moved.reminder_at == TEN + 3 * HOUR - 15 * MINUTE


def test_an_edit_while_no_worker_runs_loses_no_reminder(cast: Any, clock: Any) -> None:
    """CRM-8 (fault)"""
    made = visit(cast)

    clock.move_to(TEN + HOUR)
    update(made, actor=Actor(cast.ann), subject="Visited?")
    reminding.due(time.now())

    assert Notification.objects.filter(record_id=made.pk).count() == 1


def test_those_of_us_who_take_part_are_reminded_too(cast: Any, clock: Any, client_of: Any) -> None:
    """CRM-8: and see the event, which nobody else of their team does (PLT-24)."""
    made = visit(cast)
    answer = client_of(cast.ann).post(f"/crm/activities/{made.pk}/do/crm.take_part", {"user": cast.carol.pk})
    assert answer.status_code == 302

    clock.move_to(TEN)
    reminding.due(time.now())

    assert set(Notification.objects.values_list("user", flat=True)) == {cast.ann.pk, cast.carol.pk}
    assert client_of(cast.carol).get(f"/crm/activities/{made.pk}/").status_code == 200
    assert client_of(cast.carol).get("/crm/calendar/?view=day&on=2026-05-20").context["days"][0].entries[0].title == "Visit <b>"
    assert client_of(cast.dave).get(f"/crm/activities/{made.pk}/").status_code == 404


def test_the_same_news_is_told_once_and_titles_pass_the_gate(cast: Any, clock: Any, client_of: Any) -> None:
    """PLT-19, PLT-24: who does not see the record reads nothing."""
    made = visit(cast)

    assert notify(cast.carol, "crm.reminder", made, {"at": TEN.isoformat()}, key="k") is not None
    assert notify(cast.carol, "crm.reminder", made, {"at": TEN.isoformat()}, key="k") is None

    assert texts(client_of(cast.carol)) == []
    with pytest.raises(LookupError):
        notify(cast.ann, "no.such", made)


def test_notifications_are_read_by_their_own_reader_alone(cast: Any, clock: Any, client_of: Any) -> None:
    """PLT-19, PLT-23: opening one marks it and leads to the record; somebody else's is not there."""
    made = visit(cast)
    row = notify(cast.ann, "crm.reminder", made, {"at": TEN.isoformat()})
    notify(cast.ann, "crm.reminder", made, {"at": TEN.isoformat()})
    assert row is not None

    assert client_of(cast.carol).post(f"/me/notifications/{row.pk}/read").status_code == 404
    assert client_of(cast.ann).post(f"/me/notifications/{row.pk}/read")["Location"] == f"/crm/activities/{made.pk}/"
    assert Notification.objects.filter(read_at=None).count() == 1
    bell = client_of(cast.ann).get("/me/notifications/bell", headers={"HX-Request": "true"}).content.decode()
    assert "One unread notification" in bell and "<html" not in bell
    client_of(cast.ann).post("/me/notifications/read")
    assert Notification.objects.filter(read_at=None).count() == 0


def test_a_mail_a_server_refused_is_sent_later_and_an_unclear_one_never_again(
    cast: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PLT-19 (fault): no reminder twice in a mailbox."""
    from django.core.mail.backends.locmem import EmailBackend

    tries: list[str] = []
    second: list[Exception | None] = [smtplib.SMTPResponseException(451, b"later"), None]

    def send(backend: Any, messages: list[Any]) -> int:
        tries.append(messages[0].subject)
        answer = second.pop(0) if "Second" in messages[0].subject else smtplib.SMTPServerDisconnected("cut")
        if answer:
            raise answer
        return 1

    monkeypatch.setattr(EmailBackend, "send_messages", send)
    first, later = visit(cast, subject="First"), visit(cast, subject="Second")
    for one in (first, later):
        notify(cast.ann, "crm.reminder", one, {"at": TEN.isoformat()})
    for _turn in range(4):
        drain(time.now())
        clock.shift(1000)

    assert [subject.split(":")[1].split(",")[0].strip() for subject in tries] == ["First", "Second", "Second"]
    assert list(Letter.objects.order_by("pk").values_list("state", flat=True)) == ["unknown", "sent"]


def test_somebody_who_left_is_not_reminded(cast: Any, clock: Any) -> None:
    visit(cast)
    User.objects.filter(pk=cast.ann.pk).update(is_active=False)

    clock.move_to(TEN)
    reminding.due(time.now())

    assert Notification.objects.count() == 0
