"""My day, and the calendar by day, week and month (CRM-8)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.access.gate import queryset
from core.access.models import Profile, User
from core.field.look import Look
from core.field.models import FieldLabel
from core.stamps import bump
from core.web import span as spans
from crm.models import Activity
from tests import factories

pytestmark = pytest.mark.django_db
CALENDAR, TOKYO = "/crm/calendar/", ZoneInfo("Asia/Tokyo")


def at(day: int, hour: int, month: int = 5) -> datetime:
    return datetime(2026, month, day, hour, 0, tzinfo=TOKYO)


def event(cast: Any, subject: str, starts_at: datetime, **values: Any) -> Activity:
    return cast.make("activity", **{"kind": "event", "subject": subject, "starts_at": starts_at, **values})


def held(page: Any) -> dict[str, list[str]]:
    """What stands on which day: `10:00 Visit`, or the title alone where there is no hour."""
    return {f"{day.date:%m-%d}": [f"{one.time} {one.title}".strip() for one in day.entries] for day in page.context["days"] if day.entries}


def test_a_week_shows_events_by_hour_series_and_what_is_due(cast: Any, clock: Any, client_of: Any) -> None:
    """CRM-8: calls and tasks by their day, dates of a series on theirs, an event of several days on each."""
    event(cast, "Visit", at(20, 10), ends_at=at(20, 11))
    event(cast, "Stand-up", at(4, 9), repeat="FREQ=WEEKLY;BYDAY=MO,FR")
    event(cast, "Fair", at(16, 9), ends_at=at(19, 17))
    event(cast, "Late shift", at(21, 22), ends_at=at(22, 0))
    cast.make("activity", subject="Report", due_on="2026-05-21")
    cast.make("activity", subject="Done", due_on="2026-05-21", status="done")

    page = client_of(cast.ann).get(CALENDAR, {"view": "week", "on": "2026-05-20"})

    assert held(page) == {
        "05-18": ["Fair", "09:00 Stand-up"],
        "05-19": ["Fair"],
        "05-20": ["10:00 Visit"],
        "05-21": ["Report", "22:00 Late shift"],
        "05-22": ["09:00 Stand-up"],
    }
    text = page.content.decode()
    assert "/crm/activities/new?kind=event&amp;starts_at=2026-05-23T09:00" in text
    assert 'href="?view=week&amp;on=2026-05-13"' in text


def test_a_month_has_whole_weeks_and_links_to_the_days_that_hold_more(cast: Any, clock: Any, client_of: Any) -> None:
    """CRM-8: weeks begin on Monday, in Japanese on Sunday."""
    for number in range(6):
        event(cast, f"Event {number}", at(20, 9 + number))

    page = client_of(cast.ann).get(CALENDAR, {"view": "month"})

    days = page.context["days"]
    assert (days[0].date, days[-1].date, len(days)) == (date(2026, 4, 27), date(2026, 5, 31), 35)
    assert "2 more" in page.content.decode()
    assert "Event 5" not in page.content.decode()
    User.objects.filter(pk=cast.ann.pk).update(language="ja")
    japanese = client_of(cast.ann).get(CALENDAR, {"view": "month"})
    assert japanese.context["days"][0].date == date(2026, 4, 26)
    assert "2026年5月" in japanese.content.decode()


def test_a_full_week_folds_and_hides_no_appointment(cast: Any, clock: Any, client_of: Any) -> None:
    """CRM-8: of a day with thirty things due and thirty appointments the first of both are shown; the day holds all of them."""
    for number in range(30):
        cast.make("activity", subject=f"Task {number:02}", due_on="2026-05-20")
        event(cast, f"Visit {number:02}", at(20, 8) + timedelta(minutes=10 * number), ends_at=at(20, 18))
    for number in range(25):
        event(cast, f"Call {number:02}", at(21, 8) + timedelta(minutes=10 * number))
    cast.make("activity", subject="Alone", due_on="2026-05-21")

    page = client_of(cast.ann).get(CALENDAR, {"view": "week", "on": "2026-05-20"})

    wednesday, thursday = page.context["days"][2:4]
    assert [one.title for one in wednesday.shown] == [f"Task {n:02}" for n in range(12)] + [f"Visit {n:02}" for n in range(12)]
    assert [one.title for one in thursday.shown] == ["Alone", *(f"Call {n:02}" for n in range(23))]
    text = page.content.decode()
    assert "36 more" in text and "2 more" in text and "Task 12" not in text and "Visit 11" in text
    day = client_of(cast.ann).get(CALENDAR, {"view": "day", "on": "2026-05-20"}).content.decode()
    assert all(f"{word} {n:02}" in day for word in ("Task", "Visit") for n in range(30))


@pytest.mark.parametrize("on", ["", "nonsense", "2026-02-31", "0001-01-01", "9999-12-31", "2026-5-20'--"])
@pytest.mark.parametrize("view", ["day", "week", "month", "century"])
def test_an_address_that_cannot_be_read_shows_a_calendar_all_the_same(cast: Any, clock: Any, client_of: Any, view: str, on: str) -> None:
    """CRM-8: and its links back and forward stay inside the calendar."""
    page = client_of(cast.ann).get(CALENDAR, {"view": view, "on": on, "whose": "999999999999999999999"})

    assert page.status_code == 200
    assert page.context["span"].before <= page.context["span"].after


@pytest.mark.parametrize(("on", "hours"), [("2026-03-08", 23), ("2026-11-01", 25), ("2026-06-01", 24)])
def test_the_day_the_clocks_change_is_shorter_or_longer(on: str, hours: int) -> None:
    """CRM-8 (fault): its window is the day as it is lived; neither an hour is lost nor shown on two days."""
    look = Look(zone=ZoneInfo("America/New_York"))

    span = spans.read({"view": "day", "on": on}, look)

    assert span.ends_at - span.starts_at == timedelta(hours=hours)
    assert spans.read({"view": "day", "on": span.after.isoformat()}, look).starts_at == span.ends_at


def test_both_halves_of_the_hour_that_comes_twice_stand_in_order(cast: Any, clock: Any, client_of: Any) -> None:
    """CRM-8 (fault): 01:30 takes place twice on 1 November 2026 in New York."""
    User.objects.filter(pk=cast.ann.pk).update(time_zone="America/New_York")
    bump("users")
    event(cast, "second", datetime(2026, 11, 1, 6, 30, tzinfo=UTC))
    event(cast, "first", datetime(2026, 11, 1, 5, 30, tzinfo=UTC))

    page = client_of(cast.ann).get(CALENDAR, {"view": "day", "on": "2026-11-01"})

    assert held(page) == {"11-01": ["01:30 first", "01:30 second"]}
    assert page.context["hours"][0] == ("01:00", page.context["days"][0].entries, False)


def test_whose_calendar_it_is_obeys_the_gate(cast: Any, clock: Any, client_of: Any) -> None:
    """PLT-24: bob leads ann and sees hers; carol sees nothing of either, whatever she asks for; dave has no CRM."""
    event(cast, "Ann's", at(20, 10))
    event(cast, "Bob's", at(20, 11), by=cast.bob)
    event(cast, "Carol's", at(20, 12), by=cast.carol)

    def titles(user: User, whose: str) -> list[str]:
        page = client_of(user).get(CALENDAR, {"view": "day", "on": "2026-05-20", "whose": whose})
        return [one.title for day in page.context["days"] for one in day.entries]

    assert titles(cast.bob, "") == ["Bob's"]
    assert titles(cast.bob, "team") == ["Ann's", "Bob's"]
    assert titles(cast.bob, "all") == ["Ann's", "Bob's"]
    assert titles(cast.bob, str(cast.ann.pk)) == ["Ann's"]
    assert titles(cast.ann, "team") == ["Ann's"]
    assert titles(cast.carol, "all") == ["Carol's"]
    assert titles(cast.carol, str(cast.ann.pk)) == []
    assert client_of(cast.dave).get(CALENDAR).status_code == 404


def test_a_field_one_may_not_see_is_in_no_calendar(cast: Any, clock: Any, client_of: Any) -> None:
    """PLT-25"""
    event(cast, "Visit", at(20, 10), place="Secret place")
    hidden = Profile.objects.create(name="P1", rights=cast.ann.profile.rights, fields={"crm.activity": {"place": "hidden"}})
    blind = Profile.objects.create(name="P2", rights=cast.ann.profile.rights, fields={"crm.activity": {"starts_at": "hidden"}})

    pages = []
    for profile in (cast.ann.profile, hidden, blind):
        User.objects.filter(pk=cast.ann.pk).update(profile=profile)
        pages.append(client_of(cast.ann).get(CALENDAR, {"view": "day"}).content.decode())

    assert ["Secret place" in page for page in pages] == [True, False, False]
    assert ["Visit" in page for page in pages] == [True, True, False]


def test_who_takes_part_sees_the_event_and_nothing_else(cast: Any, clock: Any) -> None:
    """CRM-8, PLT-24: in lists and related conditions as well, to read and not to edit."""
    mine, other = event(cast, "Both", at(20, 10)), event(cast, "Ann alone", at(20, 11))
    mine.participants.create(user=cast.carol)
    carol = User.objects.get(pk=cast.carol.pk)

    assert set(queryset(carol, "crm.activity")) == {mine}
    assert set(queryset(carol, "crm.activity", "edit")) == set()
    assert other not in queryset(carol, "crm.activity", "export")


def test_my_day_says_what_is_overdue_what_is_on_and_whom_to_call(cast: Any, clock: Any, client_of: Any) -> None:
    """CRM-8: with one click each is done, and one is back on the page."""
    late = cast.make("activity", subject="Forgotten", due_on="2026-05-18")
    event(cast, "Visit", at(20, 10))
    event(cast, "Daily", at(1, 15), repeat="FREQ=DAILY")
    cast.make("activity", subject="Ring Sato", kind="call", due_on="2026-05-20")
    cast.make("activity", subject="Offer", due_on="2026-05-20")
    cast.make("activity", subject="Tomorrow", due_on="2026-05-21")
    cast.make("activity", by=cast.bob, subject="Bob's", due_on="2026-05-18")
    browser = client_of(cast.ann)

    page = browser.get("/crm/day/")

    asked = page.context
    assert [one.title for one in asked["overdue"]] == ["Forgotten"]
    assert [(one.time, [entry.title for entry in one.entries]) for one in asked["hours"] if one.entries] == [
        ("10:00", ["Visit"]),
        ("15:00", ["Daily"]),
    ]
    assert [one.title for one in asked["calls"]] == ["Ring Sato"]
    assert [one.title for one in asked["tasks"]] == ["Offer"]
    assert browser.post(f"/crm/activities/{late.pk}/do/crm.complete", {"back": "/crm/day/"})["Location"] == "/crm/day/"
    assert browser.get("/crm/day/").context["overdue"] == []


@pytest.mark.parametrize("address", ["/crm/day/", CALENDAR, f"{CALENDAR}?view=week&whose=all", f"{CALENDAR}?view=day"])
def test_a_full_calendar_asks_as_often_as_an_almost_empty_one(cast: Any, clock: Any, client_of: Any, address: str) -> None:
    """CRM-8, performance: a fixed number of queries."""
    browser, contact = client_of(cast.ann), cast.make("contact", family_name="Sato")

    def fill(count: int) -> None:
        for number in range(count):
            event(cast, f"E{number}", at(20, number % 24), contact=contact.pk)
            event(cast, f"S{number}", at(1, number % 24), repeat="FREQ=DAILY").participants.create(user=cast.bob)
            cast.make("activity", subject=f"T{number}", due_on=f"2026-05-{number % 28 + 1}")

    def queries() -> int:
        browser.get(address)
        with CaptureQueriesContext(connection) as caught:
            assert browser.get(address).status_code == 200
        return len(caught)

    fill(1)
    few = queries()
    fill(20)

    assert queries() == few
    assert few <= 24


def test_too_much_for_one_page_is_said(cast: Any, clock: Any, client_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """CRM-8: a limit the page admits to."""
    monkeypatch.setattr("crm.agenda.MOST", 3)
    for number in range(5):
        event(cast, f"E{number}", at(20, 9 + number))

    page = client_of(cast.ann).get(CALENDAR)

    assert page.context["cut"]
    assert "There is more than fits here" in page.content.decode()


def test_endless_series_leave_room_for_what_ends(cast: Any, clock: Any, client_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """CRM-8: of each there are so many on a page, what ends first before what ends later; what is over takes no place."""
    monkeypatch.setattr("crm.agenda.LASTING", 1)
    event(cast, "Over", at(1, 9), ends_at=at(3, 9))
    event(cast, "Daily", at(1, 9), repeat="FREQ=DAILY")
    event(cast, "Weekly", at(1, 9), repeat="FREQ=WEEKLY")
    event(cast, "Later", at(18, 9), ends_at=at(24, 18))
    event(cast, "Fair", at(18, 9), ends_at=at(22, 18))

    page = client_of(cast.ann).get(CALENDAR, {"view": "week", "on": "2026-05-20"})

    assert {words.split()[-1] for words in sum(held(page).values(), [])} == {"Daily", "Fair"}
    assert page.context["cut"]


@pytest.mark.parametrize("view", ["day", "week", "month"])
def test_the_calendar_holds_nothing_inline_and_escapes_what_people_wrote(cast: Any, clock: Any, client_of: Any, view: str) -> None:
    """A7, PLT-5, H5"""
    event(cast, "<script>alert(1)</script>", at(20, 10), place="<i>here</i>")

    page = client_of(cast.ann).get(CALENDAR, {"view": view}).content.decode()

    assert "<script>alert" not in page and "<i>here" not in page
    assert "&lt;script&gt;alert" in page
    assert "style=" not in page


def test_a_record_shows_its_open_and_closed_activities_apart_and_the_next_on_top(cast: Any, clock: Any, client_of: Any) -> None:
    """CRM-8, PLT-10: a series by its next date; an event that is over is not open."""
    deal = cast.make("deal", name="Machines", account=cast.make("account", name="あいうえお株式会社").pk)
    event(cast, "Daily", at(1, 15), repeat="FREQ=DAILY", deal=deal.pk)
    event(cast, "Last month", at(1, 15, 4), deal=deal.pk)
    cast.make("activity", subject="Overdue one", due_on="2026-05-18", deal=deal.pk)
    cast.make("activity", subject="Later", due_on="2026-06-18", deal=deal.pk)
    cast.make("activity", subject="Called", kind="call", status="done", result="Will think", deal=deal.pk)

    page = client_of(cast.ann).get(f"/crm/deals/{deal.pk}/").content.decode()

    top = page[page.index('id="next-one"') :].split("</div></div>")[0]
    open_ones = page[page.index('id="next"') :].split("</section>")[0]
    closed = page[page.index('id="closed-activities"') :].split("</section>")[0]
    assert "Overdue one" in top and "Overdue:" in top
    assert [word for word in ("Overdue one", "Daily", "Later", "Last month", "Called") if word in open_ones] == [
        "Overdue one",
        "Daily",
        "Later",
    ]
    assert open_ones.index("Overdue one") < open_ones.index("20 May 2026 15:00") < open_ones.index("Later")
    assert "Called" in closed and "Will think" in closed and "Later" not in closed


def test_a_call_is_logged_with_the_next_task_in_one_form(cast: Any, clock: Any, client_of: Any) -> None:
    """CRM-8, CRM-16: what it is tied to follows from the record."""
    account = cast.make("account", name="あいうえお株式会社")
    contact = cast.make("contact", family_name="Sato", account=account.pk)
    where, browser = f"/crm/contacts/{contact.pk}/do/crm.log_call", client_of(cast.ann)
    typed = {"subject": "Call with Sato", "direction": "out", "minutes": "7", "result": "Wants an offer"}

    assert "Next task" in browser.get(where).content.decode()
    half = browser.post(where, {**typed, "next_due_on": "2026-05-22"})
    whole = browser.post(where, {**typed, "next_subject": "Send the offer", "next_due_on": "2026-05-22"})

    assert (half.status_code, whole.status_code) == (422, 302)
    call, task = Activity.objects.order_by("pk")
    assert (call.kind, call.status, call.contact, call.account) == ("call", "done", contact, account)
    assert (task.kind, task.status, task.subject, task.due_on) == ("task", "open", "Send the offer", date(2026, 5, 22))
    assert (task.contact, task.account, task.owner) == (contact, account, cast.ann)


def test_the_short_forms_ask_for_what_an_admin_requires(cast: Any, clock: Any, client_of: Any) -> None:
    """CRM-16, PLT-1: else a call could not be logged at all; the task that follows it is set down without."""
    account = cast.make("account", name="Acme")
    lead = cast.lead()
    factories.add_field("text", module="crm.activity", key="c_goal", label_en="Goal", required=True)
    FieldLabel.objects.create(module="crm.activity", field="account", required=True)
    bump("fields")
    where, browser = f"/crm/leads/{lead.pk}/do/", client_of(cast.ann)
    for name, typed in (
        ("crm.log_call", {"subject": "Call", "direction": "out", "next_subject": "Send the offer"}),
        ("crm.add_task", {"subject": "Visit", "owner": cast.ann.pk}),
    ):
        assert "Goal" in browser.get(where + name).content.decode()
        assert browser.post(where + name, {**typed, "account__pk": account.pk}).status_code == 422
        assert browser.post(where + name, {**typed, "c_goal": "An order", "account__pk": account.pk}).status_code == 302

    found = [(one.subject, one.lead_id, one.account_id, one.extra.get("c_goal")) for one in Activity.objects.order_by("pk")]
    assert found == [
        ("Call", lead.pk, account.pk, "An order"), ("Send the offer", lead.pk, None, None), ("Visit", lead.pk, account.pk, "An order"),
    ]  # fmt: skip


def test_participants_are_added_and_removed_on_the_event(cast: Any, clock: Any, client_of: Any) -> None:
    """CRM-8: users and contacts; a contact one may not see cannot be added."""
    made = event(cast, "Visit", at(20, 10))
    contact, hidden = cast.make("contact", family_name="Sato"), cast.make("contact", by=cast.carol, family_name="Unseen")
    browser, where = client_of(cast.ann), f"/crm/activities/{made.pk}/"

    assert browser.post(f"{where}do/crm.take_part", {"contact": str(contact.pk)}).status_code == 302
    assert browser.post(f"{where}do/crm.take_part", {"user": cast.bob.pk}).status_code == 302
    assert browser.post(f"{where}do/crm.take_part", {"contact": str(hidden.pk)}).status_code == 422
    assert browser.post(f"{where}do/crm.take_part", {}).status_code == 422

    page = browser.get(where).content.decode()
    panel = page[page.index('id="participants"') :].split("</section>")[0]
    assert "Sato" in panel and "Bob Fisher" in panel
    row = made.participants.get(contact=contact)
    assert browser.post(f"{where}do/crm.leave", {"participant": row.pk}).status_code == 302
    assert [one.user for one in made.participants.all()] == [cast.bob]


def test_any_list_shows_as_a_calendar_by_any_of_its_dates(cast: Any, clock: Any, client_of: Any) -> None:
    """PLT-9: the same view, filter and rights as the list; a date that was added, too; none that is hidden."""
    factories.add_field("date", "crm.deal")
    account = cast.make("account", name="あいうえお株式会社").pk
    for name, day, by in (("A", "2026-05-20", cast.ann), ("B", "2026-06-20", cast.ann), ("C", "2026-05-20", cast.carol)):
        cast.make("deal", by=by, name=name, account=account, closing_on=day, c_date="2026-05-01")
    browser, where = client_of(cast.ann), "/crm/deals/calendar"
    month = {"span": "month", "on": "2026-05-10"}

    assert held(browser.get(where, month)) == {"05-20": ["A"]}
    assert held(browser.get(where, {**month, "by": "c_date"})) == {"05-01": ["A", "B"]}
    assert held(browser.get(where, {**month, "by": "created_at", "view": "mine"})) == {"05-20": ["12:00 A", "12:00 B"]}
    chosen = {**month, "filter": '{"all":[{"field":"name","op":"is","value":"B"}]}', "by": "c_date"}
    assert held(browser.get(where, chosen)) == {"05-01": ["B"]}
    assert browser.get(where, {**month, "by": "name"}).status_code == 404
    assert 'href="?span=week&amp;on=2026-05-10"' in browser.get(where, month).content.decode()
    hidden = Profile.objects.create(name="P", rights=cast.ann.profile.rights, fields={"crm.deal": {"closing_on": "hidden"}})
    User.objects.filter(pk=cast.ann.pk).update(profile=hidden)
    assert client_of(cast.ann).get(where, {**month, "by": "closing_on"}).status_code == 404
