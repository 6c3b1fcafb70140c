"""When activities repeat: rules, series of events, chains of tasks, and the days the clocks change (CRM-8)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.access.models import User
from core.actor import Actor
from core.field import repeat
from core.field.look import Look
from core.field.models import Choice, FieldLabel
from core.module.registry import module
from core.record.write import Invalid, update
from core.stamps import bump
from crm import series
from crm.models import Activity
from tests.factories import add_field

pytestmark = pytest.mark.django_db
NEW_YORK = ZoneInfo("America/New_York")


def days(text: str, anchor: date, count: int = 4) -> list[str]:
    return [f"{day:%m-%d}" for day in islice(repeat.read(text).dates(anchor), count)]


def event(cast: Any, **values: Any) -> Activity:
    return cast.make("activity", **{"kind": "event", "subject": "定例会", **values})


def wall(activity: Activity, first: datetime, last: datetime, zone: ZoneInfo) -> list[str]:
    return [f"{one.starts_at.astimezone(zone):%m-%d %H:%M}" for one in series.dates(activity, activity.moves.all(), first, last)]


def test_rules_count_in_days_weeks_on_weekdays_months_and_years() -> None:
    """CRM-8: every N days, weeks on weekdays, months, years; until a day, or so many times."""
    assert days("FREQ=DAILY;INTERVAL=3", date(2026, 1, 1)) == ["01-01", "01-04", "01-07", "01-10"]
    assert days("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE", date(2026, 1, 6)) == ["01-07", "01-19", "01-21", "02-02"]
    assert days("FREQ=WEEKLY", date(2026, 1, 6)) == ["01-06", "01-13", "01-20", "01-27"]
    assert days("FREQ=DAILY;COUNT=2", date(2026, 1, 1)) == ["01-01", "01-02"]
    assert days("FREQ=DAILY;UNTIL=20260103", date(2026, 1, 1)) == ["01-01", "01-02", "01-03"]


def test_the_last_day_of_a_month_stays_the_last_day() -> None:
    """CRM-8: what begins on the 31st takes place in short months too, and does not drift; so does 29 February."""
    assert days("FREQ=MONTHLY", date(2026, 1, 31), 5) == ["01-31", "02-28", "03-31", "04-30", "05-31"]
    assert days("FREQ=MONTHLY", date(2026, 1, 30), 3) == ["01-30", "02-28", "03-30"]
    assert days("FREQ=YEARLY", date(2024, 2, 29), 5) == ["02-29", "02-28", "02-28", "02-28", "02-29"]


@pytest.mark.parametrize(
    "text", ["", "FREQ=HOURLY", "FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;BYDAY=MO", "FREQ=WEEKLY;BYDAY=XX", "FREQ=DAILY;COUNT=1;UNTIL=20300101",
             "FREQ=DAILY;COUNT=1000", "FREQ=DAILY;UNTIL=20301301", "FREQ=DAILY;BYSETPOS=1", "DTSTART:20260101", "FREQ=DAILY;INTERVAL=²"]
)  # fmt: skip
def test_what_is_no_rule_of_ours_is_refused(text: str) -> None:
    """CRM-8: nothing reaches the database that a calendar could not expand."""
    with pytest.raises(repeat.BadRule):
        repeat.read(text)


RULES = st.builds(
    lambda freq, interval, days, count: repeat.Rule(freq, interval, tuple(sorted(days)) if freq == "WEEKLY" else (), None, count),
    st.sampled_from(repeat.FREQUENCIES), st.integers(1, 30), st.sets(st.integers(0, 6)), st.none() | st.integers(1, 50),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(RULES, st.dates(date(2000, 1, 1), date(2030, 1, 1)), st.integers(0, 4000))
def test_skipping_to_a_window_gives_what_walking_there_gives(rule: repeat.Rule, anchor: date, later: int) -> None:
    """CRM-8: a rule without end is skipped to, and gives the same days; its text reads back as itself."""
    first = anchor + timedelta(days=later)
    last = first + timedelta(days=200)

    walked = [day for day in rule.dates(anchor, last=last) if day >= first]

    assert list(rule.dates(anchor, first, last)) == walked
    assert repeat.read(rule.text()) == rule


def test_a_rule_without_end_is_asked_for_a_window_a_century_later(cast: Any, clock: Any) -> None:
    """CRM-8 (fault): endless rules never loop."""
    made = event(cast, starts_at=datetime(2026, 5, 20, 1, 0, tzinfo=UTC), repeat="FREQ=DAILY")

    found = series.dates(made, (), datetime(2126, 5, 20, tzinfo=UTC), datetime(2126, 5, 21, tzinfo=UTC))

    assert [one.starts_at for one in found] == [datetime(2126, 5, 20, 1, 0, tzinfo=UTC)]
    assert (made.lasting, made.last_at) == (True, None)


def test_nine_o_clock_stays_nine_o_clock_when_the_clocks_change(cast: Any, clock: Any) -> None:
    """CRM-8 (fault), PLT-7: in the zone of who made it, over both turns of daylight saving."""
    User.objects.filter(pk=cast.ann.pk).update(time_zone="America/New_York")
    bump("users")
    start = datetime(2026, 3, 2, 9, 0, tzinfo=NEW_YORK)
    made = event(cast, starts_at=start, ends_at=start + timedelta(hours=1), repeat="FREQ=WEEKLY")

    spring = series.dates(made, (), datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 17, tzinfo=UTC))
    autumn = series.dates(made, (), datetime(2026, 10, 26, tzinfo=UTC), datetime(2026, 11, 10, tzinfo=UTC))

    assert [f"{one.starts_at.astimezone(NEW_YORK):%m-%d %H:%M}" for one in spring] == ["03-02 09:00", "03-09 09:00", "03-16 09:00"]
    assert [f"{one.starts_at:%m-%d %H:%M}" for one in spring] == ["03-02 14:00", "03-09 13:00", "03-16 13:00"]
    assert [f"{one.starts_at:%m-%d %H:%M}" for one in autumn] == ["10-26 13:00", "11-02 14:00", "11-09 14:00"]
    assert {one.ends_at - one.starts_at for one in [*spring, *autumn]} == {timedelta(hours=1)}


def test_an_hour_that_the_clocks_leap_over_still_takes_place(cast: Any, clock: Any) -> None:
    """CRM-8 (fault): 02:30 does not exist on 8 March 2026 in New York: read as before the leap (RFC 5545), it is 03:30."""
    User.objects.filter(pk=cast.ann.pk).update(time_zone="America/New_York")
    bump("users")
    made = event(cast, starts_at=datetime(2026, 3, 7, 2, 30, tzinfo=NEW_YORK), repeat="FREQ=DAILY")

    assert wall(made, datetime(2026, 3, 7, tzinfo=UTC), datetime(2026, 3, 10, tzinfo=UTC), NEW_YORK) == [
        "03-07 02:30", "03-08 03:30", "03-09 02:30",
    ]  # fmt: skip


def test_one_date_is_called_off_another_moved_and_put_back(cast: Any, clock: Any, client_of: Any) -> None:
    """CRM-8: single dates of a series, from its page; they hold when the whole series changes its hour."""
    start = datetime(2026, 5, 20, 1, 0, tzinfo=UTC)  # 10:00 in Tokyo
    made = event(cast, starts_at=start, ends_at=start + timedelta(hours=1), repeat="FREQ=DAILY;COUNT=4")
    browser, where = client_of(cast.ann), f"/crm/activities/{made.pk}/"
    tokyo, first, last = ZoneInfo("Asia/Tokyo"), datetime(2026, 5, 19, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)

    off = browser.post(f"{where}do/crm.call_off", {"occurs_on": "2026-05-21"})
    there = browser.post(f"{where}do/crm.move_date", {"occurs_on": "2026-05-22", "starts_at": "2026-05-25T15:00"})
    wrong = browser.post(f"{where}do/crm.call_off", {"occurs_on": "2026-06-22"})

    assert (off.status_code, there.status_code, wrong.status_code) == (302, 302, 409)
    assert wall(made, first, last, tokyo) == ["05-20 10:00", "05-23 10:00", "05-25 15:00"]
    page = browser.get(where).content.decode()
    assert "Called off" in page and "Moved to 25 May 2026 15:00" in page
    update(
        Activity.objects.get(pk=made.pk), actor=Actor(cast.ann), starts_at=start + timedelta(hours=2), ends_at=start + timedelta(hours=3)
    )
    made.refresh_from_db()
    assert wall(made, first, last, tokyo) == ["05-20 12:00", "05-23 12:00", "05-25 15:00"]
    assert browser.post(f"{where}do/crm.put_back", {"occurs_on": "2026-05-21"}).status_code == 302
    assert wall(made, first, last, tokyo) == ["05-20 12:00", "05-21 12:00", "05-23 12:00", "05-25 15:00"]


def test_a_moved_date_keeps_the_seconds_nobody_was_asked_for(cast: Any, clock: Any, client_of: Any) -> None:
    """CRM-8: an input shows minutes; a time from another program has seconds, too, and one typed with them means them."""
    start = datetime(2026, 5, 20, 1, 0, 30, tzinfo=UTC)  # 10:00:30 in Tokyo
    made = event(cast, starts_at=start, ends_at=start + timedelta(minutes=45, seconds=15), repeat="FREQ=DAILY;COUNT=4")
    browser, where = client_of(cast.ann), f"/crm/activities/{made.pk}/do/crm.move_date"

    browser.post(where, {"occurs_on": "2026-05-21", "starts_at": "2026-05-25T15:00", "ends_at": "2026-05-25T16:00"})
    browser.post(where, {"occurs_on": "2026-05-22", "starts_at": "2026-05-25T15:00:00"})
    browser.post(where, {"occurs_on": "2026-05-22", "starts_at": "2026-05-26 18:00"})

    held = [(one.starts_at, one.ends_at) for one in made.moves.order_by("occurs_on")]
    assert [f"{a:%d %H:%M:%S}-{b:%H:%M:%S}" for a, b in held] == ["25 06:00:30-07:00:45", "26 09:00:00-09:45:15"]


def test_a_date_moved_behind_the_end_of_its_series_stays_after_another_change(cast: Any, clock: Any, client_of: Any) -> None:
    """CRM-8: the last of three meetings a week later; then somebody changes what the event is called."""
    start = datetime(2026, 5, 20, 1, 0, tzinfo=UTC)  # 10:00 in Tokyo
    made = event(cast, starts_at=start, ends_at=start + timedelta(hours=1), repeat="FREQ=DAILY;COUNT=3")
    browser = client_of(cast.ann)
    browser.post(f"/crm/activities/{made.pk}/do/crm.move_date", {"occurs_on": "2026-05-22", "starts_at": "2026-05-29T15:00"})

    update(Activity.objects.get(pk=made.pk), actor=Actor(cast.ann), subject="Review")

    page = browser.get("/crm/calendar/", {"view": "week", "on": "2026-05-29"})
    assert [f"{one.time} {one.title}" for day in page.context["days"] for one in day.entries] == ["15:00 Review"]


def test_a_moved_date_goes_when_its_series_takes_place_on_other_days(cast: Any, clock: Any, client_of: Any) -> None:
    """CRM-8: what stood for a Wednesday means nothing in a series of Thursdays; back on Wednesdays it does again."""
    start = datetime(2026, 5, 20, 1, 0, tzinfo=UTC)  # a Wednesday, 10:00 in Tokyo
    made = event(cast, starts_at=start, repeat="FREQ=WEEKLY;COUNT=2")
    browser, where = client_of(cast.ann), f"/crm/activities/{made.pk}/"
    tokyo, first, last = ZoneInfo("Asia/Tokyo"), datetime(2026, 5, 19, tzinfo=UTC), datetime(2026, 6, 30, tzinfo=UTC)
    browser.post(f"{where}do/crm.move_date", {"occurs_on": "2026-05-27", "starts_at": "2026-05-29T15:00"})
    assert wall(made, first, last, tokyo) == ["05-20 10:00", "05-29 15:00"]

    update(Activity.objects.get(pk=made.pk), actor=Actor(cast.ann), starts_at=start + timedelta(days=1))

    made.refresh_from_db()
    assert wall(made, first, last, tokyo) == ["05-21 10:00", "05-28 10:00"]
    assert "Moved to 29 May 2026" not in browser.get(where).content.decode()
    update(made, actor=Actor(cast.ann), starts_at=start)
    assert wall(made, first, last, tokyo) == ["05-20 10:00", "05-29 15:00"]


def test_who_may_not_edit_calls_nothing_off(cast: Any, clock: Any, client_of: Any) -> None:
    """PLT-23, PLT-24: unseen is 404, seen but not editable 403."""
    made = event(cast, starts_at=datetime(2026, 5, 20, 1, 0, tzinfo=UTC), repeat="FREQ=DAILY")
    where, wish = f"/crm/activities/{made.pk}/do/crm.call_off", {"occurs_on": "2026-05-21"}

    assert client_of(cast.carol).post(where, wish).status_code == 404
    made.participants.create(user=cast.carol)
    assert client_of(cast.carol).get(f"/crm/activities/{made.pk}/").status_code == 200
    assert client_of(cast.carol).post(where, wish).status_code == 403
    assert not made.moves.exists()


def test_the_next_task_arises_when_one_is_done(cast: Any, clock: Any, client_of: Any) -> None:
    """CRM-8: whichever way it is closed, once, with what hung on it; the chain ends when its rule does."""
    account = cast.make("account", name="あいうえお株式会社")
    task = cast.make("activity", subject="Report", due_on="2026-05-18", repeat="FREQ=WEEKLY;COUNT=3", account=account.pk, remind_before=60)
    browser = client_of(cast.ann)

    browser.post(f"/crm/activities/{task.pk}/do/crm.complete")
    second = Activity.objects.exclude(pk=task.pk).get()
    assert (second.due_on, second.status, second.account, second.owner, second.remind_before) == (
        date(2026, 5, 25),
        "open",
        account,
        cast.ann,
        60,
    )
    task.refresh_from_db()
    update(task, actor=Actor(cast.ann), status="open")
    update(task, actor=Actor(cast.ann), status="done")  # opened and closed again: no second one
    assert Activity.objects.count() == 2
    update(second, actor=Actor(cast.ann, "bulk"), status="done")
    third = Activity.objects.exclude(pk__in=[task.pk, second.pk]).get()
    assert third.due_on == date(2026, 6, 1)
    update(third, actor=Actor(cast.ann), status="done")
    assert Activity.objects.count() == 3


def test_a_chain_goes_on_whatever_an_admin_requires_and_hands_on_all_it_holds(cast: Any, clock: Any, client_of: Any) -> None:
    """CRM-8, PLT-1: tags and the fields an admin added go along; what is required since does not keep a task open."""
    add_field("text", module="crm.activity", key="c_room")
    add_field("picklist", module="crm.activity", key="c_size", choices="small large")
    more = {"c_room": "会議室A", "c_size": "large", "tags": ["weekly"]}
    task = cast.make("activity", subject="Report", due_on="2026-05-18", repeat="FREQ=WEEKLY", **more)
    add_field("text", module="crm.activity", key="c_goal", required=True)
    FieldLabel.objects.create(module="crm.activity", field="place", required=True)
    Choice.objects.filter(field="c_size", value="large").delete()
    bump("fields")

    answer = client_of(cast.ann).post(f"/crm/activities/{task.pk}/do/crm.complete")

    assert answer.status_code == 302
    following = Activity.objects.exclude(pk=task.pk).get()
    assert (following.due_on, following.extra, following.tag_words) == (date(2026, 5, 25), {"c_room": "会議室A"}, ["weekly"])


def test_a_task_done_late_is_not_followed_by_one_that_is_late_already(cast: Any, clock: Any) -> None:
    """CRM-8: the next day of the rule that has not gone by; one that was put off does not shift the rule."""
    task = cast.make("activity", subject="Daily", due_on="2026-05-01", repeat="FREQ=DAILY")
    monthly = cast.make("activity", subject="Monthly", due_on="2026-01-31", repeat="FREQ=MONTHLY")

    for one in (task, monthly):
        update(one, actor=Actor(cast.ann), status="done")

    assert Activity.objects.get(subject="Daily", status="open").due_on == date(2026, 5, 20)
    following = Activity.objects.get(subject="Monthly", status="open")
    assert following.due_on == date(2026, 5, 31)
    update(following, actor=Actor(cast.ann), due_on=date(2026, 6, 2))
    update(following, actor=Actor(cast.ann), status="done")
    assert Activity.objects.get(subject="Monthly", status="open").due_on == date(2026, 6, 30)


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"kind": "event", "repeat": "FREQ=DAILY"}, "starts_at"),
        ({"kind": "task", "repeat": "FREQ=DAILY"}, "due_on"),
        ({"kind": "event", "repeat": "FREQ=DAILY;UNTIL=20200101", "starts_at": datetime(2026, 5, 20, tzinfo=UTC)}, "repeat"),
        ({"kind": "event", "repeat": "FREQ=SOMETIMES", "starts_at": datetime(2026, 5, 20, tzinfo=UTC)}, "repeat"),
    ],
)
def test_a_repeat_that_could_not_be_is_refused_with_the_field_it_lacks(cast: Any, values: dict[str, Any], key: str) -> None:
    """CRM-8, PLT-11"""
    with pytest.raises(Invalid) as refused:
        cast.make("activity", subject="x", **values)

    assert list(refused.value.errors) == [key]


def test_the_form_asks_for_a_rule_in_plain_inputs(cast: Any, clock: Any, client_of: Any) -> None:
    """CRM-8, PLT-11: typed without script; what was typed wrong is shown again; the record says it in words."""
    browser, where = client_of(cast.ann), "/crm/activities/new"
    typed = {
        "kind": "event", "subject": "Stand-up", "status": "open", "starts_at": "2026-05-20T09:00",
        "repeat__shown": "1", "repeat__freq": "WEEKLY",
        "repeat__interval": "2", "repeat__days": ["MO", "WE"], "repeat__end": "until", "repeat__until": "", "remind_before": "15",
    }  # fmt: skip

    wrong = browser.post(where, typed)
    assert wrong.status_code == 422
    assert 'value="MO" checked' in wrong.content.decode() and "This repeat rule cannot be read" in wrong.content.decode()
    right = browser.post(where, {**typed, "repeat__until": "2026-12-24"})

    made = Activity.objects.get()
    assert right["Location"] == f"/crm/activities/{made.pk}/"
    assert made.repeat == "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;UNTIL=20261224"
    page = browser.get(right["Location"]).content.decode()
    assert "Every 2 weeks on Monday, Wednesday, until 24 Dec 2026" in page
    assert "15 minutes before" in page


def test_a_rule_is_said_in_words_and_exported_as_it_is_read() -> None:
    """CRM-8, PLT-14"""
    one, look = module("crm.activity").fields["repeat"], Look()

    said = [one.kind.text(one, text, look) for text in ("FREQ=DAILY", "FREQ=MONTHLY;INTERVAL=3;COUNT=4", "FREQ=WEEKLY;BYDAY=FR")]

    assert said == ["Every day", "Every 3 months, 4 times", "Every week on Friday"]
    assert one.clean(one.kind.out(one, "FREQ=WEEKLY;BYDAY=FR", look)) == "FREQ=WEEKLY;BYDAY=FR"
