"""Home: what waits for this reader, each block agreeing with the list behind it (CRM-20)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core import clock
from core.access.models import AppAccess, ModuleDefault, Profile, User
from core.actor import Actor
from core.event.timeline import Item
from core.module import indexed
from core.module.models import ViewChoice
from core.record import write
from core.stamps import bump
from crm import home
from crm.models import Activity
from crm.reports.models import Target
from tests import factories

from .reports_cast import *  # noqa: F403
from .reports_cast import (
    NOW,
    _english,  # noqa: F401
    client_of,
    count_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _then() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def activity(owner: User, subject: str, **values: Any) -> Any:
    return write.create("crm.activity", actor=Actor(owner), subject=subject, **values)


def context(user: User, **asked: str) -> Any:
    return client_of(user).get(reverse("crm-home"), asked).context


def test_my_open_tasks_stand_with_the_overdue_first(ann: User, bob: User) -> None:
    """CRM-20"""
    activity(ann, "later", due_on=date(2026, 12, 1))
    activity(ann, "some day")
    activity(ann, "late", due_on=date(2026, 11, 20))
    activity(ann, "done", due_on=date(2026, 11, 1), status="done")
    activity(ann, "a call", kind="call", due_on=date(2026, 11, 1))
    activity(bob, "bob's", due_on=date(2026, 11, 1))

    found = context(ann)["tasks"]

    assert [one.subject for one, *_ in found["lines"]] == ["late", "later", "some day"]
    assert [(due, late) for _one, _about, due, late in found["lines"]] == [("Yesterday", True), ("1 Dec 2026", False), ("", False)]
    client = client_of(ann)
    assert count_of(client, found["block"].url) == found["block"].count == 3
    assert count_of(client, found["late_url"]) == found["late"] == 1


def test_today_is_the_day_of_the_reader(ann: User) -> None:
    """CRM-20, PLT-7: an event at 15:30 UTC is tomorrow's in Tokyo."""
    activity(ann, "visit", kind="event", starts_at=datetime(2026, 11, 21, 7, 0, tzinfo=UTC))
    activity(ann, "early", kind="event", starts_at=datetime(2026, 11, 20, 15, 30, tzinfo=UTC))
    activity(ann, "tomorrow", kind="event", starts_at=datetime(2026, 11, 21, 15, 30, tzinfo=UTC))

    found = context(ann)["today"]

    assert [(one.time, one.title) for one in found["lines"]] == [("00:30", "early"), ("16:00", "visit")]
    assert found["count"] == 2
    assert [one.title for one in client_of(ann).get(found["url"]).context["days"][0].entries] == ["early", "visit"]


def test_deals_closing_this_month_are_mine_or_my_team_s(deals: None, ann: User, bob: User, carol: User) -> None:
    """CRM-20: the switch exists for who has a team, and shows their rows only."""
    mine, team, hers = context(ann)["closing"], context(bob, whose="team")["closing"], context(carol, whose="team")["closing"]

    assert [one.name for one, _cells in mine["lines"]] == ["A1", "A4"]
    assert mine["sums"] == ["¥1,000", "£20"]
    assert [one.name for one, _cells in team["lines"]] == ["A1", "A4"]
    assert [one.name for one, _cells in hers["lines"]] == ["C1"]
    assert context(bob)["closing"]["lines"] == []
    assert count_of(client_of(bob), team["block"].url) == team["block"].count == 2
    assert not context(ann)["has_team"]


def test_won_this_month_stands_against_the_target(deals: None, ann: User) -> None:
    """CRM-20"""
    Target.objects.create(owner=ann, month=date(2026, 11, 1), amount=900)

    found = context(ann)["won"]

    assert (found["sum"], found["aim"]) == ("¥300", "¥900")
    assert count_of(client_of(ann), found["url"]) == 1


def test_leads_untouched_for_as_many_days_as_chosen(ann: User) -> None:
    """CRM-20: N is chosen, and remembered."""
    for days, name in ((40, "old"), (10, "fresh"), (90, "older")):
        with time_machine.travel(NOW - timedelta(days), tick=False):
            write.create("crm.lead", actor=Actor(ann), family_name=name)
    client = client_of(ann)

    def names(**asked: str) -> list[str]:
        return [one.family_name for one in client.get(reverse("crm-home"), asked).context["untouched"].records]

    assert names() == ["older", "old"]
    assert names(days="60") == ["older"]
    assert names() == ["older"]
    assert names(days="7") == ["older", "old", "fresh"]
    assert names(days="999") == ["older", "old", "fresh"]
    assert count_of(client, client.get(reverse("crm-home")).context["untouched"].url) == 3


def test_the_stream_shows_what_changed_last_among_what_one_may_see(deals: None, ann: User, carol: User) -> None:
    """CRM-20, PLT-24"""
    assert {item.title for item in context(ann)["stream"]} == {"A1", "A2", "A3", "A4", "あいうえお株式会社"}
    assert {item.title for item in context(carol)["stream"]} == {"C1", "C2", "あいうえお株式会社"}


def test_what_one_person_changed_at_once_is_one_line_of_the_stream(ann: User, bob: User) -> None:
    """CRM-20: an import does not push out what others did."""
    for number in range(8):
        factories.make_lead(ann, family_name=f"Imported {number}", given_name="")
    factories.make_lead(ann, actor=Actor(bob), family_name="Single", given_name="")

    items = [item for item in context(ann)["stream"] if item.url.startswith("/crm/leads/")]

    assert {(item.who, item.what, item.title, item.url.partition("?")[2]) for item in items} == {
        (str(ann), "added or changed many: Leads", "Recently changed", "view=changed"),
        (str(bob), "added: lead", "Single", ""),
    }
    assert len(items) == 2


def test_another_app_can_fill_the_stream(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """CRM-20"""
    monkeypatch.setattr(home, "_sources", [])

    @home.stream_source
    def posts(user: User, look: Any, limit: int) -> list[Item]:
        return [Item(NOW, "at-sign", "@taro", "wrote to us", "<b>こんにちは</b>")]

    page = client_of(ann).get(reverse("crm-home")).content.decode()
    assert "&lt;b&gt;こんにちは" in page


def test_pinned_reports_stand_on_home_and_are_drawn_after_it(deals: None, ann: User, bob: User) -> None:
    """CRM-20: dashboards pinned by the user; without script a link leads to them."""
    ViewChoice.objects.create(user=ann, module="crm.report", view="pipeline", pinned=True)
    client = client_of(ann)

    page = client.get(reverse("crm-home")).content.decode()
    part = client.get(reverse("crm-report-chart", args=["pipeline"])).content.decode()

    assert reverse("crm-report", args=["pipeline"]) in page
    assert reverse("crm-report-chart", args=["pipeline"]) in page
    assert "<svg" in part
    assert "Pipeline by stage" not in client_of(bob).get(reverse("crm-home")).content.decode()


def test_home_asks_as_often_for_much_as_for_little(deals: None, ann: User, carol: User) -> None:
    """CRM-20, performance: a fixed number of queries."""

    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert client.get(reverse("crm-home")).status_code == 200
        return len(caught)

    client = client_of(ann)
    client.get(reverse("crm-home"))
    activity(ann, "t0", due_on=date(2026, 11, 1))
    activity(ann, "e0", kind="event", starts_at=NOW)
    with time_machine.travel(NOW - timedelta(40), tick=False):
        write.create("crm.lead", actor=Actor(ann), family_name="L")  # one face is asked for like eight
    before = queries()
    for n in range(12):
        activity(ann, f"t{n}", due_on=date(2026, 11, n + 1))
        activity(ann, f"e{n}", kind="event", starts_at=NOW)
    with time_machine.travel(NOW - timedelta(40), tick=False):
        for n in range(8):
            write.create("crm.lead", actor=Actor(ann), family_name=f"L{n}")

    assert queries() == before
    assert before <= 40


def test_who_may_not_view_a_module_has_no_block_of_it(deals: None, ann: User, dave: User) -> None:
    """PLT-23: without the app no page; without the right no block; without the field no amount."""
    assert client_of(dave).get(reverse("crm-home")).status_code == 404
    rights = {**ann.profile.rights, "crm.lead": []}
    narrow = Profile.objects.create(name="Narrow", rights=rights, fields={"crm.deal": {"amount": "hidden"}})
    User.objects.filter(pk=ann.pk).update(profile=narrow)

    found = context(ann)
    assert found["untouched"] is None
    assert found["won"] is None
    assert found["closing"]["sums"] == []
    assert "1,000" not in client_of(ann).get(reverse("crm-home")).content.decode()


@pytest.mark.parametrize("language", ["en", "ja"])
def test_home_is_clean_in_both_languages(deals: None, ann: User, language: str) -> None:
    """PLT-6, A7: nothing inline."""
    User.objects.filter(pk=ann.pk).update(language=language)

    page = client_of(ann).get(reverse("crm-home")).content.decode()

    assert "style=" not in page
    assert ("11月21日" if language == "ja" else "Saturday, 21 November") in page or "Saturday, November 21" in page


def test_the_stream_comes_anew_when_something_happened(deals: None, ann: User, carol: User) -> None:
    """CRM-20: the page asks once a minute with the mark of what it shows; the same is not sent again, others' is not shown."""
    client = client_of(ann)
    page = client.get("/crm/").content.decode()
    asked = re.search(r'hx-get="(/crm/stream\?seen=\w+)" hx-trigger="every 60s"', page)
    assert asked is not None
    assert client.get(asked[1]).status_code == 204
    factories.make_lead(carol, family_name="Unseen", given_name="")
    assert client.get(asked[1]).status_code == 204

    factories.make_lead(ann, family_name="Arrived", given_name="")

    fresh = client.get(asked[1])
    assert (fresh.status_code, "Arrived" in fresh.content.decode(), "Unseen" in fresh.content.decode()) == (200, True, False)
    assert "<html" not in fresh.content.decode()


def test_a_task_is_done_from_home(ann: User, bob: User) -> None:
    """CRM-20: one press, and back on home without it; no button for who may not."""
    task = factories.make_activity(ann, subject="Ring back", due_on=clock.today())
    client = client_of(ann)
    assert f'action="/crm/activities/{task.pk}/do/crm.complete"' in client.get("/crm/").content.decode()

    answer = client.post(f"/crm/activities/{task.pk}/do/crm.complete", {"back": "/crm/"})

    assert answer["Location"] == "/crm/"
    assert context(ann)["tasks"]["lines"] == []
    task.refresh_from_db()
    assert task.done_at is not None


def test_the_views_of_activities_ask_what_has_an_index(ann: User) -> None:
    """PLT-8, performance: not done is asked by the moment it was done; the lists hold what they held by the status."""
    today = clock.today()
    late = factories.make_activity(ann, subject="Late", due_on=today - timedelta(1))
    now = factories.make_activity(ann, subject="Now", due_on=today, status="progress")
    factories.make_activity(ann, subject="Done", due_on=today - timedelta(1), status="done")
    later = factories.make_activity(ann, subject="Later", due_on=today + timedelta(9))
    client = client_of(ann)

    held = {
        key: {one.pk for one in client.get(f"/crm/activities/?view={key}").context["page"].records} for key in ("open", "today", "overdue")
    }

    assert held == {"open": {late.pk, now.pk, later.pk}, "today": {now.pk}, "overdue": {late.pk}}
    assert "done_at" in indexed.emptiable(Activity)


def test_my_day_leads_to_my_overdue_tasks_alone(ann: User, bob: User) -> None:
    """CRM-8: the link behind the number shows as many: bob sees ann's tasks, but they are not his."""
    for owner in (ann, bob):
        for number in range(52):
            factories.make_activity(owner, subject=f"Late {number}", due_on=clock.today() - timedelta(2))

    day = client_of(bob).get("/crm/day/")

    assert day.context["overdue_said"] == "52"
    assert client_of(bob).get(day.context["overdue_url"]).context["count"] == 52


def test_whose_deals_one_looks_at_is_remembered(deals: None, bob: User) -> None:
    """CRM-20: who leads a team begins the day where they left; and nothing is worth nothing, not a dash."""
    client = client_of(bob)
    page = client.get("/crm/")
    assert page.context["whose"] == "me" and page.context["closing"]["sums"] == ["¥0"]

    client.get("/crm/?whose=team")

    assert client.get("/crm/").context["whose"] == "my_team"
    assert client.get("/crm/?whose=me").context["whose"] == "me"
    assert client.get("/crm/").context["whose"] == "me"


def test_what_people_wrote_to_us_stands_in_the_stream(ann: User, carol: User) -> None:
    """CRM-20, SOC-33: among what changed, by its time; to nobody without Social, nor to who may not see the post."""
    AppAccess.objects.create(user=ann, app="social")
    ModuleDefault.objects.update_or_create(module="social.post", defaults={"default": "private"})
    for owner, words, hours in ((ann, "いつ届きますか", 1), (carol, "Hers", 2)):
        factories.make_post(owner, text=words, said_at=NOW - timedelta(hours=hours), author_name="中村 愛")
    bump("users")
    bump("access")

    items = context(ann)["stream"]

    assert [(item.who, item.title) for item in items if item.icon == "at-sign"] == [("中村 愛", "いつ届きますか")]
    assert "いつ届きますか" in client_of(ann).get(reverse("crm-home")).content.decode()
    assert [item for item in context(carol)["stream"] if item.icon == "at-sign"] == []
