"""The calendar for other programs, read by libraries that are not ours (CRM-8)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events
from dateutil import tz
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core.access.models import AppAccess, Profile, User
from core.actor import Actor
from core.record.write import update
from core.signin import policy
from core.stamps import bump
from crm import feed_zones, series
from crm.models import Activity, Feed
from tests import factories

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
    assert calendar["VERSION"] == "2.0"
    assert "METHOD" not in calendar, "RFC 5546 asks for an ORGANIZER with PUBLISH; a file that is read again and again is no message"
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
    assert Client().get(address[:-5] + ("1" if address[-5] == "0" else "0") + ".ics").status_code == 404
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


def test_it_is_read_from_allowed_networks_only(cast: Any, clock: Any, client_of: Any, address: str) -> None:
    """ADM-8, CRM-8: who has the address and stands elsewhere reads nothing, and does not learn whether it is one."""
    admin = factories.make_user("root", profile="Administrator", level="account")
    event(cast, subject="Secret visit", starts_at=datetime(2026, 5, 21, 1, 0, tzinfo=UTC))
    policy.change(Actor(admin), address="203.0.113.1", networks=["203.0.113.0/24"])

    shut = [Client().get(one, REMOTE_ADDR="198.51.100.1") for one in (address, "/crm/calendar/feed/1-0.ics")]

    assert [one.status_code for one in shut] == [403, 403] and b"Secret visit" not in shut[0].content
    assert b"Secret visit" in Client().get(address, REMOTE_ADDR="203.0.113.9").content


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


def lines(body: bytes) -> list[str]:
    """Content lines, unfolded as RFC 5545 3.1 says, by nothing but its own words."""
    assert body.endswith(b"\r\n") and b"\n" not in body.replace(b"\r\n", b"") and b"\r" not in body.replace(b"\r\n", b"")
    pieces = body.split(b"\r\n")[:-1]
    assert all(len(piece) <= 75 for piece in pieces)
    for piece in pieces:
        piece.decode()  # no character is cut by a fold
    return body.replace(b"\r\n ", b"").decode().split("\r\n")[:-1]


def test_every_line_is_one_that_rfc_5545_allows(cast: Any, clock: Any, address: str) -> None:
    """CRM-8: folded at 75 octets between characters, escaped, without control characters; a line of text makes no property."""
    words = "One, two; three\\four " + "長" * 80 + "\x0bX-EVIL:1\x01\u2028X-EVIL:2\x85"
    made = event(cast, subject="x", starts_at=datetime(2026, 5, 21, 1, 0, tzinfo=UTC), remind_before=10, place="A\x07B")
    Activity.objects.filter(pk=made.pk).update(subject=words, description="first\r\nATTENDEE:mailto:x@y.example\rlone\nlast")

    found = lines(Client().get(address).content)

    assert "SUMMARY:One\\, two\\; three\\\\four " + "長" * 80 + "X-EVIL:1X-EVIL:2" in found
    assert "DESCRIPTION:first\\nATTENDEE:mailto:x@y.example\\nlone\\nlast" in found
    assert "LOCATION:AB" in found
    assert not [line for line in found if line.startswith(("X-EVIL", "ATTENDEE", "lone"))]
    assert [line for line in found if line.startswith("BEGIN:")] == [f"BEGIN:{name}" for name in _order(found)]
    assert {"UID", "DTSTAMP", "DTSTART", "SUMMARY", "SEQUENCE", "LAST-MODIFIED"} <= {
        line.partition(":")[0].partition(";")[0] for line in found
    }


def _order(found: list[str]) -> list[str]:
    """Components as they close: each that begins ends, within the one it stands in."""
    held: list[str] = []
    begun = []
    for line in found:
        name, _, value = line.partition(":")
        if name == "BEGIN":
            held.append(value)
            begun.append(value)
        elif name == "END":
            assert held.pop() == value
    assert held == []
    return begun


def test_a_series_is_written_as_programs_read_it(cast: Any, clock: Any, address: str) -> None:
    """CRM-8: one UID for the series and its moved date, in the zone whose rules stand in the file; days without an hour are
    dates; an end of the rule is told in UTC."""
    made = event(
        cast, starts_at=datetime(2026, 5, 21, 1, 0, tzinfo=UTC), ends_at=datetime(2026, 5, 21, 2, 0, tzinfo=UTC),
        repeat="FREQ=DAILY;UNTIL=20260630", zone="Asia/Tokyo",
    )  # fmt: skip
    made.moves.create(occurs_on=date(2026, 5, 23), off=True)
    made.moves.create(occurs_on=date(2026, 5, 24), starts_at=datetime(2026, 5, 24, 5, 0, tzinfo=UTC), ends_at=None)
    cast.make("activity", subject="Send", due_on="2026-05-22")

    found = lines(Client().get(address).content)

    assert [line for line in found if line.startswith(("DTSTART;", "DTEND;", "EXDATE", "RECURRENCE-ID", "RRULE", "DUE"))] == [
        "DTSTART;TZID=Asia/Tokyo:20260521T100000",
        "DTEND;TZID=Asia/Tokyo:20260521T110000",
        "RRULE:FREQ=DAILY;UNTIL=20260630T145959Z;INTERVAL=1;WKST=MO",
        "EXDATE;TZID=Asia/Tokyo:20260523T100000",
        "DTSTART;TZID=Asia/Tokyo:20260524T140000",
        "RECURRENCE-ID;TZID=Asia/Tokyo:20260524T100000",
        "DUE;VALUE=DATE:20260522",
    ]
    assert [line for line in found if line.startswith("TZID")] == ["TZID:Asia/Tokyo"]
    uid = f"UID:activity-{made.pk}@enishi"
    assert [line for line in found if line.startswith("UID")][:2] == [uid, uid]


def test_an_edit_keeps_the_uid_and_raises_the_sequence(cast: Any, clock: Any, client_of: Any, address: str) -> None:
    """CRM-8: the same event, newer; and somebody in London or at UTC reads Zulu times."""
    User.objects.filter(pk=cast.ann.pk).update(time_zone="UTC")
    bump("users")
    made = event(cast, starts_at=datetime(2026, 5, 21, 1, 0, tzinfo=UTC))
    first = read(address).walk("VEVENT")[0]
    clock.shift(60)
    update(made, actor=Actor(cast.ann), subject="Visit at their office")

    again = read(address)
    second = again.walk("VEVENT")[0]

    assert first["UID"] == second["UID"] and int(second["SEQUENCE"]) > int(first["SEQUENCE"])
    assert second["LAST-MODIFIED"].dt - first["LAST-MODIFIED"].dt == timedelta(seconds=60)
    assert second["DTSTART"].to_ical() == b"20260521T010000Z" and again.walk("VTIMEZONE") == []


def test_head_tells_what_get_would(cast: Any, clock: Any, address: str) -> None:
    """CRM-8: programs look before they read."""
    event(cast, starts_at=datetime(2026, 5, 21, 1, 0, tzinfo=UTC))

    head, whole = Client().head(address), Client().get(address)

    assert (head.status_code, head.content, head["ETag"]) == (200, b"", whole["ETag"])
    assert head["Content-Type"] == whole["Content-Type"] == "text/calendar; charset=utf-8"


def test_years_of_done_work_are_not_read_for_the_tag(cast: Any, clock: Any, address: str) -> None:
    """CRM-8, performance: what is in no file does not change its tag, neither when it changes nor when it goes."""
    old = event(cast, starts_at=datetime(2020, 5, 21, 1, 0, tzinfo=UTC))
    event(cast, starts_at=datetime(2026, 5, 21, 1, 0, tzinfo=UTC))
    first = Client().get(address)["ETag"]

    Activity.objects.filter(pk=old.pk).update(version=9)

    assert Client().get(address)["ETag"] == first


def test_a_date_called_off_raises_the_sequence_too(cast: Any, clock: Any, client_of: Any, address: str) -> None:
    """CRM-8: RFC 5545, 3.8.7.4: a program that keeps what it read takes what changed for newer, though the record has no new version."""
    made = event(cast, starts_at=datetime(2026, 5, 21, 1, 0, tzinfo=UTC), repeat="FREQ=DAILY")
    first = int(read(address).walk("VEVENT")[0]["SEQUENCE"])
    clock.shift(60)

    client_of(cast.ann).post(f"/crm/activities/{made.pk}/do/crm.call_off", {"occurs_on": "2026-05-22"})

    again = read(address).walk("VEVENT")[0]
    assert int(again["SEQUENCE"]) > first and "EXDATE" in again


ZONES = [
    "America/New_York", "Europe/London", "Asia/Tokyo", "Africa/Cairo", "Africa/Casablanca", "Asia/Jerusalem", "America/Santiago",
    "Australia/Lord_Howe", "Antarctica/Troll", "Asia/Kathmandu", "Pacific/Chatham", "America/Sao_Paulo", "Pacific/Apia",
]  # fmt: skip


@pytest.mark.parametrize("name", ZONES)
def test_another_library_reads_our_zones_as_they_are(name: str, clock: Any) -> None:
    """CRM-8 (fault): RFC 5545, 3.6.5: noon and half past four at night have the offset they have there, on every day of three years."""
    zone, component = ZoneInfo(name), feed_zones.timezone(name)
    read = tz.tzical(StringIO(component.to_ical().decode())).get(name)
    assert read is not None

    wrong = [
        wall
        for day in range(3 * 365)
        for wall in (datetime(2025, 1, 1, 12) + timedelta(days=day), datetime(2025, 1, 1, 4, 30) + timedelta(days=day))
        if wall.replace(tzinfo=read).utcoffset() != wall.replace(tzinfo=zone).utcoffset()
    ]

    assert wrong == []


def test_a_zone_is_told_by_rules_that_simple_programs_read(clock: Any) -> None:
    """CRM-8: of a list of dates Outlook and what is made with ical.js read one at most; a zone without rules has a part for each change."""
    rules = {name: feed_zones.timezone(name).to_ical().decode() for name in ZONES}

    assert [line for line in rules["America/New_York"].split() if line.startswith(("DTSTART", "RRULE"))] == [
        "DTSTART:19700308T020000", "RRULE:FREQ=YEARLY;BYDAY=2SU;BYMONTH=3",
        "DTSTART:19701101T020000", "RRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=11",
    ]  # fmt: skip
    assert "BYDAY=-1SU" in rules["Europe/London"] and "RRULE" not in rules["Asia/Tokyo"]
    assert "RRULE" not in rules["Africa/Casablanca"] and rules["Africa/Casablanca"].count("BEGIN:") > 20
    assert not [name for name, text in rules.items() if "RDATE" in text]


def test_short_months_are_told_without_what_simple_programs_leave_out(cast: Any, clock: Any, address: str) -> None:
    """CRM-8: the 29th, 30th and 31st of each month and 29 February: the days we have, to a library that is not ours, and no
    BYSETPOS, which makes four days of one in Thunderbird's."""
    User.objects.filter(pk=cast.ann.pk).update(time_zone="Asia/Tokyo")
    bump("users")
    tokyo = ZoneInfo("Asia/Tokyo")
    rules = [((2024, 1, day), "FREQ=MONTHLY") for day in (29, 30, 31)]
    rules += [
        ((2024, 1, 30), "FREQ=MONTHLY;COUNT=30"),
        ((2024, 1, 29), "FREQ=MONTHLY;INTERVAL=13;UNTIL=20280301"),
        ((2024, 2, 29), "FREQ=YEARLY"),
    ]
    made = [event(cast, starts_at=datetime(*day, 9, n, tzinfo=tokyo), repeat=rule) for n, (day, rule) in enumerate(rules)]
    first, last = datetime(2024, 1, 1, tzinfo=UTC), datetime(2032, 12, 31, tzinfo=UTC)

    calendar = read(address)

    ours = sorted(one.starts_at for activity in made for one in series.dates(activity, (), first, last))
    assert starts(calendar, first, last) == ours and len(ours) > 300
    assert b"BYSETPOS" not in calendar.to_ical()
    assert len(calendar.walk("VEVENT")) == len(made)
