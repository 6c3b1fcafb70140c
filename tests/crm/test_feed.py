"""The calendar for other programs, read by libraries that are not ours (CRM-8)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core.access.models import AppAccess, Profile, User
from core.stamps import bump
from crm import series
from crm.models import Activity, Feed

pytestmark = pytest.mark.django_db
NEW_YORK = ZoneInfo("America/New_York")


def event(cast: Any, **values: Any) -> Activity:
    return cast.make("activity", **{"kind": "event", "subject": "Visit", **values})


def path_of(client: Any) -> str:
    """The address as its person copies it from the page."""
    page = client.get("/crm/calendar/feed/")
    return page.context["address"].partition("//")[2].partition("/")[2].join(["/", ""])


@pytest.fixture
def address(cast: Any, client_of: Any) -> str:
    client = client_of(cast.ann)
    client.post("/crm/calendar/feed/renew")
    return path_of(client)


def read(address: str) -> icalendar.Calendar:
    answer = Client().get(address)
    assert answer.status_code == 200, answer
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    return icalendar.Calendar.from_ical(answer.content)


def starts(calendar: icalendar.Calendar, first: datetime, last: datetime) -> list[datetime]:
    found = recurring_ical_events.of(calendar).between(first, last)
    return sorted(one["DTSTART"].dt.astimezone(UTC) for one in found)


def test_another_library_reads_the_same_dates_as_we_do(cast: Any, clock: Any, address: str) -> None:
    """CRM-8: rules, wall time over the clocks' change, dates called off and moved, in a zone with its own VTIMEZONE."""
    User.objects.filter(pk=cast.ann.pk).update(time_zone="America/New_York")
    bump("users")
    start = datetime(2026, 3, 2, 9, 0, tzinfo=NEW_YORK)
    rules = ("FREQ=WEEKLY;BYDAY=MO,TH", "FREQ=MONTHLY;COUNT=9", "FREQ=DAILY;INTERVAL=10;UNTIL=20261120", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU")
    made = [
        event(cast, starts_at=start + timedelta(hours=n), ends_at=start + timedelta(hours=n + 1), repeat=r) for n, r in enumerate(rules)
    ]
    made.append(event(cast, starts_at=datetime(2026, 1, 31, 18, 0, tzinfo=NEW_YORK), repeat="FREQ=MONTHLY"))
    made.append(event(cast, starts_at=datetime(2026, 3, 7, 3, 15, tzinfo=NEW_YORK), repeat="FREQ=DAILY;COUNT=3"))
    made[0].moves.create(occurs_on=date(2026, 6, 1), off=True)
    made[0].moves.create(
        occurs_on=date(2026, 6, 4), starts_at=datetime(2026, 6, 5, 20, 0, tzinfo=UTC), ends_at=datetime(2026, 6, 5, 21, 0, tzinfo=UTC)
    )
    first, last = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=UTC)

    calendar = read(address)

    ours = sorted(one.starts_at for activity in made for one in series.dates(activity, activity.moves.all(), first, last))
    assert starts(calendar, first, last) == ours
    assert len(ours) > 100
    zones = [one["TZID"] for one in calendar.walk("VTIMEZONE")]
    assert zones == ["America/New_York"]
    assert {one["DTSTART"].params["TZID"] for one in calendar.walk("VEVENT")} == {"America/New_York"}


def test_the_file_says_what_a_calendar_needs(cast: Any, clock: Any, address: str) -> None:
    """CRM-8: tasks with their day, alarms, place, and who it is with; lines folded, text escaped."""
    contact = cast.make("contact", family_name="佐藤", given_name="花子")
    subject = "打ち合わせ; 見積書, 契約書 " + "長" * 60
    event(cast, subject=subject, place="会議室A", contact=contact.pk, remind_before=15, starts_at=datetime(2026, 5, 21, 1, 0, tzinfo=UTC))
    cast.make("activity", subject="Send samples", due_on="2026-05-22", priority="high")
    cast.make("activity", subject="Done", due_on="2026-05-22", status="done")

    body = Client().get(address).content
    calendar = icalendar.Calendar.from_ical(body)

    assert all(len(line) <= 75 for line in body.split(b"\r\n"))
    assert (calendar["VERSION"], calendar["METHOD"]) == ("2.0", "PUBLISH")
    one = calendar.walk("VEVENT")[0]
    assert (str(one["SUMMARY"]), str(one["LOCATION"]), str(one["DESCRIPTION"])) == (subject, "会議室A", "佐藤 花子")
    assert one.walk("VALARM")[0]["TRIGGER"].dt == -timedelta(minutes=15)
    assert [(str(todo["SUMMARY"]), todo["DUE"].dt, todo["PRIORITY"]) for todo in calendar.walk("VTODO")] == [
        ("Send samples", date(2026, 5, 22), 1)
    ]


def test_the_address_is_secret_and_a_new_one_ends_the_old(cast: Any, clock: Any, client_of: Any, address: str) -> None:
    """CRM-8: a wrong, old or stopped one is not there; no session, no trace of whether it ever was."""
    event(cast, starts_at=datetime(2026, 5, 21, 1, 0, tzinfo=UTC))
    client = client_of(cast.ann)
    assert Client().get(address[:-5] + "0.ics").status_code == 404
    assert Client().get(address.replace(f"/{cast.ann.pk}-", f"/{cast.bob.pk}-")).status_code == 404
    assert Client().post(address).status_code == 405

    client.post("/crm/calendar/feed/renew")
    renewed = path_of(client)
    assert renewed != address
    assert (Client().get(address).status_code, Client().get(renewed).status_code) == (404, 200)
    assert Feed.objects.get().nonce not in renewed
    client.post("/crm/calendar/feed/stop")
    assert Client().get(renewed).status_code == 404
    assert client.get("/crm/calendar/feed/").context["address"] == ""


def test_it_gives_what_its_person_may_see_now(cast: Any, clock: Any, address: str) -> None:
    """CRM-8, PLT-24, PLT-25: own events and those one takes part in; no hidden field; nothing once the app is gone."""
    event(cast, subject="Mine", starts_at=datetime(2026, 5, 21, 1, 0, tzinfo=UTC), place="Here")
    event(cast, subject="Bob's", by=cast.bob, starts_at=datetime(2026, 5, 21, 1, 0, tzinfo=UTC))
    event(cast, subject="With me", by=cast.carol, starts_at=datetime(2026, 5, 21, 1, 0, tzinfo=UTC)).participants.create(user=cast.ann)

    assert {str(one["SUMMARY"]) for one in read(address).walk("VEVENT")} == {"Mine", "With me"}
    rights = cast.ann.profile.rights
    hidden = Profile.objects.create(name="P", rights=rights, fields={"crm.activity": {"place": "hidden"}})
    User.objects.filter(pk=cast.ann.pk).update(profile=hidden)
    assert [one for one in read(address).walk("VEVENT") if "LOCATION" in one] == []
    AppAccess.objects.filter(user=cast.ann).delete()
    assert Client().get(address).status_code == 404
    AppAccess.objects.create(user=cast.ann, app="crm")
    User.objects.filter(pk=cast.ann.pk).update(is_active=False)
    assert Client().get(address).status_code == 404


def test_an_unchanged_calendar_is_not_sent_again(cast: Any, clock: Any, client_of: Any, address: str) -> None:
    """CRM-8: an ETag that holds until something changes."""
    event(cast, starts_at=datetime(2026, 5, 21, 1, 0, tzinfo=UTC))
    first = Client().get(address)

    again = Client().get(address, headers={"If-None-Match": f'"other", W/{first["ETag"]}'})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    clock.shift(60)
    event(cast, starts_at=datetime(2026, 5, 22, 1, 0, tzinfo=UTC))
    changed = Client().get(address, headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200
    made = event(cast, starts_at=datetime(2026, 5, 21, 1, 0, tzinfo=UTC), repeat="FREQ=DAILY")
    tags = [Client().get(address)["ETag"]]
    for hour in (3, 4):
        clock.shift(60)
        client_of(cast.ann).post(
            f"/crm/activities/{made.pk}/do/crm.move_date", {"occurs_on": "2026-05-22", "starts_at": f"2026-05-22T0{hour}:00"}
        )
        tags.append(Client().get(address)["ETag"])
    assert len(set(tags)) == 3
    assert "sessionid" not in changed.cookies and "enishi_session" not in changed.cookies


def test_a_long_calendar_asks_no_more_than_a_short_one(cast: Any, clock: Any, address: str) -> None:
    """CRM-8, performance"""

    def queries() -> int:
        read(address)
        with CaptureQueriesContext(connection) as caught:
            read(address)
        return len(caught)

    event(cast, starts_at=datetime(2026, 5, 21, 1, 0, tzinfo=UTC), repeat="FREQ=DAILY")
    few = queries()
    for number in range(15):
        event(cast, starts_at=datetime(2026, 5, 21, number, 0, tzinfo=UTC), repeat="FREQ=DAILY")
        cast.make("activity", subject="Task", due_on="2026-05-22")

    assert queries() == few
