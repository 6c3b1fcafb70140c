"""Those of us who take part in an event hear of it: that they come, and when it takes place at another time (PLT-19, CRM-8)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail

from core import clock as time
from core.actor import Actor
from core.notify.models import Notification, NotifyChoice
from core.record.write import delete, update
from core.work import hints
from core.work.jobs import drain
from crm.models import Activity

pytestmark = pytest.mark.django_db
TEN = datetime(2026, 5, 20, 5, 0, tzinfo=UTC)  # two hours after the clock of the tests


@pytest.fixture(autouse=True)
def no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hints, "send", lambda job_id: True)


@pytest.fixture
def visit(cast: Any, clock: Any, client_of: Any) -> Activity:
    """Ann's event on five days, in which carol, who is in another team, takes part."""
    made = cast.make("activity", kind="event", subject="Visit", starts_at=TEN, repeat="FREQ=DAILY;COUNT=5")
    client_of(cast.ann).post(f"/crm/activities/{made.pk}/do/crm.take_part", {"user": cast.carol.pk})
    return made


def texts(browser: Any) -> list[str]:
    return [one.text for one in browser.get("/me/notifications/").context["items"]]


def change(cast: Any, client_of: Any, made: Activity, act: str, **values: str) -> None:
    answer = client_of(cast.ann).post(f"/crm/activities/{made.pk}/do/crm.{act}", values)
    assert answer.status_code == 302, answer.content


def test_who_is_added_to_an_event_is_told_once(cast: Any, clock: Any, client_of: Any, visit: Activity) -> None:
    """In the bell and by mail, with a link that opens; not who added them, and not who was taken off again."""
    assert texts(client_of(cast.carol)) == ["Ann Weaver added you to an event: Visit"]
    assert texts(client_of(cast.ann)) == []
    clock.shift(61)
    drain(time.now())
    assert [(one.to, "Visit" in one.subject + one.body) for one in mail.outbox] == [([cast.carol.email], True)]
    row = Notification.objects.get()
    assert client_of(cast.carol).post(f"/me/notifications/{row.pk}/read")["Location"] == f"/crm/activities/{visit.pk}/"

    change(cast, client_of, visit, "leave", participant=str(visit.participants.get().pk))

    assert texts(client_of(cast.carol)) == []


def test_a_date_called_off_or_moved_is_told_as_it_stands_in_the_end(cast: Any, clock: Any, client_of: Any, visit: Activity) -> None:
    change(cast, client_of, visit, "call_off", occurs_on="2026-05-21")
    change(cast, client_of, visit, "call_off", occurs_on="2026-05-22")
    change(cast, client_of, visit, "put_back", occurs_on="2026-05-21")
    change(cast, client_of, visit, "move_date", occurs_on="2026-05-23", starts_at="2026-05-23T15:00")
    change(cast, client_of, visit, "move_date", occurs_on="2026-05-23", starts_at="2026-05-23T16:00")

    assert texts(client_of(cast.carol)) == [
        "Ann Weaver moved 23 May 2026 of: Visit",
        "Ann Weaver put 21 May 2026 back on: Visit",
        "Ann Weaver called off 22 May 2026 of: Visit",
        "Ann Weaver added you to an event: Visit",
    ]
    assert texts(client_of(cast.ann)) == []


def test_another_hour_is_told_and_another_word_is_not(cast: Any, clock: Any, client_of: Any, visit: Activity) -> None:
    """Each by their own choice; nothing of what went by."""
    NotifyChoice.objects.create(user=cast.carol, kind="crm.invited", page=False, mail="")
    update(visit, actor=Actor(cast.ann), subject="Visit to Osaka")
    assert not Notification.objects.filter(kind="crm.event_changed").exists()

    visit.refresh_from_db()
    update(visit, actor=Actor(cast.ann), starts_at=TEN + timedelta(hours=1))

    assert texts(client_of(cast.carol))[0] == "Ann Weaver moved an event: Visit to Osaka"
    clock.shift(30 * 86_400)
    assert texts(client_of(cast.carol)) == []


def test_an_event_nobody_else_comes_to_tells_nobody(cast: Any, clock: Any, client_of: Any) -> None:
    """An event in the bin counts in nobody's bell."""
    alone = cast.make("activity", kind="event", subject="Alone", starts_at=TEN)
    update(alone, actor=Actor(cast.bob), starts_at=TEN + timedelta(hours=1))
    assert not Notification.objects.exists()
    client_of(cast.ann).post(f"/crm/activities/{alone.pk}/do/crm.take_part", {"user": cast.carol.pk})

    alone.refresh_from_db()
    delete(alone, actor=Actor(cast.ann))

    assert texts(client_of(cast.carol)) == []
