"""The page of a network: keys that are never shown again, limits before they are hit, money by what it was for."""

from __future__ import annotations

from typing import Any

import pytest

from core.access.models import User
from core.notify.models import Notification
from core.remote.errors import OverBudget
from core.remote.models import NetworkApp, Spending
from core.remote.network import network
from core.remote.wires import Wire
from core.signin.models import AuditEntry
from core.stamps import bump
from sandbox.running import Control
from social.models import Channel, Stream
from tests.cast import page_of
from tests.flows.conftest import poll

PAGE = "/social/settings/networks/x/"
TYPED = {"client_id": "typed-id", "client_secret": "typed-secret-1", "app_key": "", "app_secret": "", "level": "enterprise"}


def typed(**more: Any) -> dict[str, Any]:
    return {**TYPED, "day_limit": "", "month_limit": "", "people_go_on": "on", **more}


def test_keys_are_entered_once_and_never_shown_again(people: dict[str, User], sandbox: Control) -> None:
    """SOC-2, T3, L8: after the password; sealed, used at once, before the environment; kept when the field is left empty."""
    assert network("x").client_id == "sandbox-client"
    desk = page_of(people["root"])
    refused = desk.post(PAGE, typed())
    assert refused.status_code == 422
    assert "Type your password." in refused.content.decode()
    assert not NetworkApp.objects.exists()

    root = page_of(people["root"], fresh=True)
    page = root.post(PAGE, typed(), follow=True).content.decode()
    assert "typed-id" in page
    assert "typed-secret-1" not in page
    assert "One is kept and is not shown again." in page
    net = network("x")
    assert (net.client_id, net.client_secret, net.level()) == ("typed-id", "typed-secret-1", "enterprise")
    row = NetworkApp.objects.get()
    assert "typed-secret-1" not in str(row.__dict__)
    entry = AuditEntry.objects.get(act="social.network")
    assert (entry.label, entry.detail) == ("X", {"changed": ["client_id", "client_secret", "level"]})

    root.post(PAGE, typed(client_secret="", level=""))
    assert (network("x").client_secret, network("x").level()) == ("typed-secret-1", "pay_per_use")


def test_only_who_connects_channels_sees_the_page(people: dict[str, User], sandbox: Control) -> None:
    """ADM-4, SOC-2."""
    ann, dave, root = (page_of(people[name]) for name in ("ann", "dave", "root"))
    assert [one.get(PAGE).status_code for one in (ann, dave, root)] == [403, 404, 200]
    assert [one.post(PAGE, typed()).status_code for one in (ann, dave)] == [403, 404]
    assert root.get("/social/settings/networks/myspace/").status_code == 404


def test_what_the_level_allows_is_said_in_both_languages(people: dict[str, User], sandbox: Control) -> None:
    """SOC-1: why not, and what to know where it can."""
    root = page_of(people["root"])
    page = root.get(PAGE).content.decode()
    assert "X allows likes through other software only for enterprise customers." in page
    assert "Search reaches back 7 days." in page
    people["root"].language = "ja"
    people["root"].save()
    page = page_of(people["root"]).get(PAGE).content.decode()
    assert "Xでは「いいね」の外部操作は大企業向け契約のみです。" in page


def test_limits_are_shown_used_and_left(people: dict[str, User], sandbox: Control, channel: Channel) -> None:
    """SOC-4: before they are hit, with the time at which they are counted anew; one call was the stream's."""
    net: Any = network("x")
    for _time in range(2):
        net.messages(Wire(channel.connection, person=True))
    page = page_of(people["root"]).get(PAGE).content.decode()
    row = page[page.index("Private messages read", page.index("Counted anew")) :]
    assert "3 / 15" in row[:250]
    assert ">12<" in row[:250]


def test_money_is_shown_by_what_it_was_for_and_stops_robots(people: dict[str, User], sandbox: Control, channel: Channel) -> None:
    """SOC-9: by feature and channel; a warning once at 80 %, at 100 % reading stops with the time it resumes, people go on."""
    root = page_of(people["root"], fresh=True)
    spent = sum(Spending.objects.filter(feature="mentions").values_list("micros", flat=True))
    assert spent > 0
    page = root.get(PAGE).content.decode()
    assert "Reading mentions" in page
    assert "@enishi_demo" in page

    root.post(PAGE, typed(client_id="", client_secret="", level="", day_limit=str((spent + 10_000) / 1_000_000 + 0.01)[:4]))
    limit = NetworkApp.objects.get().day_limit
    assert limit is not None
    for number in range(60):
        sandbox.say("emma_w_2026", f"@enishi_demo question {number}")
    poll()
    net: Any = network("x")
    poll()
    stream = Stream.objects.get(kind="mentions")
    if stream.last_error != "over_budget":  # the page that went over was read whole, the next one is not asked for
        poll()
        stream.refresh_from_db()
    assert stream.last_error == "over_budget"
    assert (
        Notification.objects.filter(kind="social.spending").count()
        == Notification.objects.filter(kind="social.spending").values("user").distinct().count()
    )
    with pytest.raises(OverBudget):
        net.mentions(Wire(channel.connection), channel.outside_id)
    assert net.by_handle(Wire(channel.connection, person=True), "sato_hanako").handle == "sato_hanako"
    page = root.get(PAGE).content.decode()
    assert "A budget is used up" in page
    channel.refresh_from_db()
    assert channel.state == "active"
    assert "The budget for this network is used up" in root.get("/social/settings/channels/").content.decode()


def test_without_credit_nothing_loops_and_those_who_pay_hear_of_it_once(
    people: dict[str, User], sandbox: Control, channel: Channel
) -> None:
    """SOC-9, SOC-19: the whole network waits an hour; told once a day; nobody is disconnected, and it goes on."""
    from datetime import timedelta

    from core import clock

    sandbox.fault("402", count=4)
    poll()
    poll()
    stream = Stream.objects.get(kind="mentions")
    assert stream.last_error == "unpaid"
    assert stream.next_due > clock.now() + timedelta(minutes=50)
    told = Notification.objects.filter(kind="social.unpaid")
    assert told.count() == told.values("user").distinct().count()
    poll()
    stream.refresh_from_db()
    channel.refresh_from_db()
    assert (stream.last_error, channel.state) == ("", "active")


@pytest.mark.parametrize("which", ["day", "month"])
@pytest.mark.parametrize("people_go_on", [True, False])
def test_who_looks_after_it_hears_once_that_a_budget_is_used_up(
    people: dict[str, User], sandbox: Control, channel: Channel, which: str, people_go_on: bool
) -> None:
    """SOC-9: at the bell, once for a period however many streams run into it, with the time at which reading goes on; a new period
    tells anew."""
    from datetime import timedelta

    import time_machine

    from core import clock
    from core.remote.money import resumes

    def told() -> list[tuple[int, str]]:
        return list(Notification.objects.filter(kind="social.spent").values_list("user", "data__which").order_by("pk"))

    NetworkApp.objects.update_or_create(network="x", defaults={f"{which}_limit": 1, "people_go_on": people_go_on})
    bump("networks")
    for number in range(3):
        sandbox.say("emma_w_2026", f"@enishi_demo question {number}")
        poll()
    admins = User.objects.filter(apps__app="social", apps__is_admin=True, is_active=True).distinct()

    assert sorted(told()) == sorted((one.pk, which) for one in admins)
    bell = page_of(people["root"]).get("/me/notifications/").content.decode()
    assert f"The {which}&#x27;s budget for X is used up. Reading stops and goes on at" in bell
    assert ("What people ask for waits, too." in bell) is not people_go_on
    assert not Notification.objects.filter(kind="social.spent", user=people["ann"]).exists()

    with time_machine.travel(resumes(which) + timedelta(hours=1), tick=True):
        Spending.objects.create(network="x", day=clock.now().date(), feature="mentions", micros=5, worst=5, units=1, calls=1)
        with pytest.raises(OverBudget):
            network("x").mentions(Wire(channel.connection), channel.outside_id)  # type: ignore[attr-defined]
    assert len(told()) == 2 * admins.count()
