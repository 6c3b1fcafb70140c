"""What the organisation has set is read where people meet it: hours, zone, language, name, address, portal, each by app (ADM-5)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from admin_console import adding, licences
from admin_console.models import Subscription
from admin_console.plans import plans
from core import clock as time
from core.access.models import AppAccess, Profile, User
from core.actor import Actor
from core.field.look import Look
from core.mail.message import footing
from core.money.rates import today
from core.organisation.hours import open_hours
from core.organisation.models import AppSetting, Organisation
from core.stamps import bump
from tests.factories import make_user

pytestmark = pytest.mark.django_db
WEEK = {str(day): ["09:30", "18:00"] for day in range(5)}


def house(**values: Any) -> None:
    Organisation.objects.update_or_create(pk=1, defaults=values)
    bump("organisation")


def own(app: str, **values: Any) -> None:
    AppSetting.objects.update_or_create(pk=app, defaults={"values": values})
    bump("organisation")


def test_hours_are_those_of_the_house_by_the_clock_of_the_reader(db: None) -> None:
    """ADM-5: half past nine in Tokyo is half past one in Berlin, where Monday's hours end Monday morning; Saturday is off."""
    house(hours=WEEK, time_zone="Asia/Tokyo")
    tokyo, berlin, los_angeles = (ZoneInfo(name) for name in ("Asia/Tokyo", "Europe/Berlin", "America/Los_Angeles"))

    assert open_hours(date(2026, 11, 30), tokyo) == list(range(9, 18))
    assert open_hours(date(2026, 11, 30), berlin) == list(range(1, 10))
    assert open_hours(date(2026, 11, 29), los_angeles) == list(range(16, 24))
    assert open_hours(date(2026, 11, 30), los_angeles) == [0, *range(16, 24)]
    assert open_hours(date(2026, 11, 28), tokyo) == []
    own("crm", hours={"5": ["10:00", "12:00"]}, time_zone="Europe/Berlin")
    assert open_hours(date(2026, 11, 28), berlin, "crm") == [10, 11] and open_hours(date(2026, 11, 30), berlin, "crm") == []
    house(hours={})
    assert open_hours(date(2026, 11, 30), tokyo) is None


def test_a_calendar_shades_what_is_closed_and_begins_when_it_opens(ann: User, client_of: Any) -> None:
    """ADM-5, CRM-8: closed hours and days off are marked, and something new begins with the day of the CRM."""
    house(hours=WEEK, time_zone="Asia/Tokyo")
    own("crm", hours={**WEEK, "0": ["11:00", "15:00"]})
    client = client_of(ann)

    day = client.get("/crm/calendar/?view=day&on=2026-11-30")
    week = client.get("/crm/calendar/?view=week&on=2026-11-30")

    assert [one.time for one in day.context["hours"] if not one.closed] == ["11:00", "12:00", "13:00", "14:00"]
    assert "starts_at=2026-11-30T11:00" in day.content.decode()
    assert [one.date.day for one in week.context["days"] if one.off] == [5, 6]
    assert week.content.decode().count("data-off") == 2 and "starts_at=2026-12-01T09:00" in week.content.decode()


def test_days_of_the_house_begin_in_its_zone(db: None) -> None:
    """ADM-5: what is asked for nobody (rates, sharing rules, rules by the clock) goes by the house, not by the installation."""
    moment = datetime(2026, 11, 29, 16, tzinfo=UTC)
    with time.at(moment):
        house(time_zone="America/New_York")
        assert (today(), Look().zone.key) == (date(2026, 11, 29), "America/New_York")
        house(time_zone="")
        assert today() == date(2026, 11, 30)


def test_a_mail_to_many_says_who_writes_from_where_by_app(db: None) -> None:
    """ADM-5, P2: name, address and portal of the app, in the language its customers read."""
    house(name="Aoba", address="1-2-3\r\nKanda", portal_url="https://aoba.example", language="ja")
    own("crm", name="Aoba Sales", portal_url="https://sales.aoba.example")

    assert footing("https://x/stop", "crm").split("\n")[:3] == ["Aoba Sales", "1-2-3 Kanda", "https://sales.aoba.example"]
    assert footing("https://x/stop", "helpdesk").split("\n")[:3] == ["Aoba", "1-2-3 Kanda", "https://aoba.example"]
    assert "配信停止" in footing("https://x/stop", "crm")


def test_prints_and_the_sign_in_page_speak_for_the_house(admin: User, client_of: Any) -> None:
    """ADM-5: a print is headed by the house, or by the app's own name; who speaks none of our languages reads the house's."""
    house(name="Aoba", language="ja")
    own("crm", name="Aoba Sales")
    client, stranger = client_of(admin), Client()

    assert '<p class="print-only">Aoba Sales ·' in client.get("/crm/leads/").content.decode()
    assert '<p class="print-only">Aoba ·' in client.get("/helpdesk/tickets/").content.decode()
    for spoken, language in (("fr", "ja"), ("en-GB,fr", "en"), ("", "ja")):
        page = stranger.get("/accounts/login/", headers={"Accept-Language": spoken}).content.decode()
        assert f'<html lang="{language}"' in page and '<p class="logo"><b>Aoba</b></p>' in page, spoken


def test_somebody_with_one_app_begins_with_its_zone_and_language(admin: User) -> None:
    """ADM-5, ADM-3: two apps, and they begin as the house is."""
    Subscription.objects.create(pk=1, plan="own", since=time.now())
    house(time_zone="Asia/Tokyo")
    own("helpdesk", time_zone="Europe/Berlin", language="ja")
    standard = Profile.objects.get(name="Standard")

    wishes = [adding.Wish(f"{len(apps)}@x.example", "New", profile=standard, apps=apps) for apps in (("helpdesk",), ("crm", "helpdesk"))]

    adding.add(wishes, actor=Actor(admin))

    made = User.objects.filter(email__endswith="@x.example").order_by("email")
    assert [one.time_zone for one in made] == ["Europe/Berlin", "Asia/Tokyo"]


def test_only_what_an_app_reads_is_asked(admin: User, client_of: Any) -> None:
    """ADM-5: nothing is stored without an effect: the help desk has no calendar and sends no mail to many."""
    client = client_of(admin)

    crm, desk = (client.get(f"/admin_console/organisation/{app}/").context["form"].fields for app in ("crm", "helpdesk"))

    assert {"name", "address", "portal_url", "language", "time_zone", "h00"} <= set(crm)
    assert set(desk) == {"name", "language", "time_zone"}


def test_an_app_nobody_can_open_takes_no_licence_and_is_offered_nowhere(admin: User, client_of: Any) -> None:
    """ADM-4, ADM-6: campaigns has no page yet: whoever has it beside one other app is a limited user all the same, and a plan
    without it fits."""
    Subscription.objects.create(pk=1, plan="standard", seats=1, since=time.now())
    one = make_user("one", apps=("crm",))
    before = licences.standing()

    AppAccess.objects.create(user=one, app="campaigns")

    assert licences.standing() == before and before.limited_used == 1
    assert "campaigns" not in licences.usage() and "campaigns" not in licences.not_included(plans()["standard"])
    page = client_of(admin).get("/admin_console/apps/").content.decode()
    assert ":campaigns:" not in page and "/campaigns/" not in page
