"""The outbox and the intake: everything once, whatever breaks (SOC-6, SOC-4, SOC-3, PLT-20)."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections, transaction

from core import clock
from core.access.models import User
from core.exchange import intake, outbox
from core.exchange.models import Arrival, Delivery
from core.exchange.outbox import call_off, confirm_sent, post, resume_held, send_again
from core.remote import connection as tokens
from core.remote.models import Connection
from core.remote.network import network
from core.remote.oauth import Tokens
from core.work import due, hints, run
from core.work.jobs import cancel, drain
from core.work.models import Job

from . import test_exchange_network
from .test_work_services import Broker, Site, Workers, broker, broker_server, shared_database, site, until, workers  # noqa: F401

pytestmark = pytest.mark.services
MINUTE = timedelta(minutes=1)


@pytest.fixture
def brand(site: Site, broker: Broker, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Connection:  # noqa: F811
    request.getfixturevalue("shared_database" if "shared_database" in request.fixturenames else "db")
    if "workers" not in request.fixturenames:
        monkeypatch.setattr(hints, "send", lambda _job_id: True)
    return linked(site, "post")


def linked(site: Site, key: str) -> Connection:  # noqa: F811
    net = network(key)
    net.base_url, net.token_url = site.url, f"{site.url}/token"
    chain = tokens.store_tokens(net, "7", Tokens("a0", "r0", clock.now() + timedelta(hours=2)))
    ann = User.objects.filter(email="ann@example.com").first() or User.objects.create_user("ann@example.com", family_name="Ann")
    return tokens.connect(chain, kind="brand", owner=ann, handle="brand")


@pytest.fixture
def told() -> Iterator[list[tuple[str, str]]]:
    """What listeners were told: state and reason."""
    seen: list[tuple[str, str]] = []

    @outbox.delivered
    def listen(row: Delivery) -> None:
        seen.append((row.state, row.reason_code))

    yield seen
    outbox._listeners.remove(listen)


def reply(brand: Connection, text: str = "すぐ確認します", **more: Any) -> Delivery:
    return post(connection=brand, action="reply", text=text, key=more.pop("key", text), asked_by=brand.owner, **more)


def state(row: Delivery) -> tuple[str, str]:
    row.refresh_from_db()
    return row.state, row.reason_code


def later(minutes: float) -> Any:
    return clock.now() + minutes * MINUTE


def test_a_reply_is_sent_once_and_says_so(brand: Connection, site: Site, told: list[Any]) -> None:  # noqa: F811
    """SOC-6: the same wish is the same row, and each change is told in its transaction."""
    row = reply(brand, module="tests.thing", record_id=5)
    assert reply(brand, module="tests.thing", record_id=5) == row
    assert site.posts == []
    drain()
    drain(later(60))
    assert state(row) == ("sent", "")
    assert (row.outside_id, row.attempts, row.sent_at is not None) == ("1", 1, True)
    assert site.posts == ["すぐ確認します"]
    assert told == [("sending", ""), ("sent", "")]


def test_an_action_nobody_sends_is_refused_at_once(brand: Connection) -> None:
    with pytest.raises(LookupError):
        post(connection=brand, action="dance", key="x")


def test_a_rolled_back_wish_leaves_nothing(brand: Connection) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        reply(brand)
        raise ZeroDivisionError
    assert (Delivery.objects.count(), Job.objects.count()) == (0, 0)


def test_a_limit_waits_for_its_reset(brand: Connection, site: Site, told: list[Any]) -> None:  # noqa: F811
    """SOC-4: 429 is not a failure; the row says until when, and nothing is sent before."""
    row = reply(brand)
    site.refuse = (429, {"Retry-After": "2"}, b"{}")
    drain()
    site.refuse = None
    assert state(row) == ("waiting", "limited")
    assert row.not_before is not None
    assert timedelta(seconds=1) < row.not_before - clock.now() <= timedelta(seconds=2)
    assert ":" in row.reason
    drain()
    assert site.posts == []
    end = time.monotonic() + 15
    while state(row)[0] != "sent" and time.monotonic() < end:
        drain()
        time.sleep(0.2)
    assert state(row) == ("sent", "")
    assert site.posts == ["すぐ確認します"]


def test_a_lost_sign_in_holds_and_resumes(brand: Connection, site: Site, told: list[Any]) -> None:  # noqa: F811
    """SOC-3: held, not failed; sent after the owner signed in again."""
    rows = [reply(brand, "a"), reply(brand, "b")]
    tokens.needs_signin(brand.chain, brand.chain.version, "revoked")
    drain()
    assert [state(row) for row in rows] == [("held", "revoked")] * 2
    assert not Job.objects.filter(state__in=["waiting", "running"]).exists()

    tokens.store_tokens(network("post"), "7", Tokens("a1", "r1", clock.now() + timedelta(hours=2)))
    assert resume_held(brand) == 2
    drain()
    assert [state(row) for row in rows] == [("sent", "")] * 2
    assert site.posts == ["a", "b"]


def test_a_refusal_fails_with_words_and_can_be_sent_again(brand: Connection, site: Site) -> None:  # noqa: F811
    row = reply(brand)
    site.refuse = (403, {}, b"{}")
    drain()
    assert state(row) == ("failed", "not_allowed")
    assert row.reason
    drain(later(600))
    site.refuse = None
    assert site.posts == []
    assert send_again(row)
    drain()
    assert state(row) == ("sent", "")
    assert not send_again(row)


def test_a_network_that_is_away_is_tried_again_for_a_day(brand: Connection, site: Site) -> None:  # noqa: F811
    """Refused before sending: a plain retry with a growing pause, and words in the end."""
    row = reply(brand)
    net = network("post")
    net.base_url = "http://no-such-host.invalid"
    drain()
    assert state(row) == ("waiting", "transient")
    Delivery.objects.filter(pk=row.pk).update(created_at=clock.now() - timedelta(hours=25), not_before=None)
    drain(later(30))
    assert state(row) == ("failed", "transient")


def test_cut_after_the_write_is_found_and_sent_exactly_once(brand: Connection, site: Site, told: list[Any]) -> None:  # noqa: F811
    """SOC-6: the line breaks after the network took the reply; reading back finds it."""
    row = reply(brand)
    site.cut = 1
    run_once(row)
    assert state(row) == ("sending", "unknown")
    site.cut = 0
    drain()
    assert state(row) == ("sent", "")
    assert (row.outside_id, site.posts) == ("1", ["すぐ確認します"])
    assert told == [("sending", ""), ("sending", "unknown"), ("sent", "")]


def run_once(row: Delivery) -> None:
    """One turn of the delivery's job."""
    run.work(Job.objects.get(kind=outbox.KIND, key=f"delivery:{row.pk}", state="waiting").pk)


def test_not_found_twice_asks_a_person(brand: Connection, site: Site) -> None:  # noqa: F811
    """SOC-6: two looks 60 s apart, then `unknown`; never resent by itself; a person decides."""
    row = reply(brand)
    site.refuse = (500, {}, b"<html>")
    run_once(row)
    site.refuse = None
    run_once(row)
    assert (*state(row), row.looks) == ("sending", "unknown", 1)
    waiting = Job.objects.get(kind=outbox.KIND, state="waiting").due_at
    assert timedelta(seconds=55) < waiting - clock.now() <= timedelta(seconds=60)
    drain(later(2))
    assert state(row) == ("unknown", "unknown")
    drain(later(600))
    assert site.posts == []

    assert send_again(row)
    drain()
    assert (state(row), site.posts) == (("sent", ""), ["すぐ確認します"])


def test_a_look_that_fails_is_no_look(brand: Connection, site: Site) -> None:  # noqa: F811
    """ "Could not read" is not "nothing there"."""
    row = reply(brand)
    site.cut = 1
    run_once(row)
    site.cut = 0
    site.refuse = (503, {}, b"")
    for minute in range(1, 5):
        drain(later(minute))
    assert (*state(row), row.looks) == ("sending", "unknown", 0)
    site.refuse = None
    drain(later(30))
    assert state(row) == ("sent", "")
    assert len(site.posts) == 1


def test_a_network_that_cannot_look_asks_at_once(brand: Connection, site: Site) -> None:  # noqa: F811
    row = reply(linked(site, "blind"), "x")
    site.cut = 1
    drain()
    assert state(row) == ("unknown", "unknown")
    assert confirm_sent(row, outside_id="9")
    assert (*state(row), row.outside_id) == ("sent", "", "9")


def test_a_bug_after_the_call_does_not_send_twice(brand: Connection, site: Site) -> None:  # noqa: F811
    """The answer had no id: our own error counts as an unknown outcome."""
    row = reply(brand)
    site.refuse = (201, {}, b"{}")
    run_once(row)
    site.refuse = None
    site.posts.append(row.text)
    drain()
    assert state(row) == ("sent", "")
    assert len(site.posts) == 1


def test_what_may_be_done_twice_is_simply_done_again(brand: Connection, site: Site) -> None:  # noqa: F811
    """SOC-6: a like whose answer was lost needs no look and no person."""
    row = post(connection=brand, action="like", key="like", target={"item": "9"}, asked_by=brand.owner)
    site.cut = 1
    run_once(row)
    assert state(row) == ("waiting", "unknown")
    site.cut = 0
    drain(later(30))
    assert state(row) == ("sent", "")


def test_what_the_level_does_not_hold_any_more_does_not_leave(brand: Connection, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """SOC-1: asked for while it was allowed; the reason is told, and it goes out when the level allows it again."""
    row = reply(brand)
    monkeypatch.setattr(type(network("post")), "offers", {})
    drain()
    assert (state(row), site.posts) == (("held", "not_allowed"), [])
    assert row.why == "The network does not allow this with the present access."
    monkeypatch.undo()
    assert send_again(row)


def test_a_failing_listener_does_not_undo_what_happened(brand: Connection, site: Site) -> None:  # noqa: F811
    @outbox.delivered
    def broken(row: Delivery) -> None:
        Arrival.objects.create(source="x", kind="x", outside_id=row.state, batch="0" * 32, at=clock.now())
        raise ValueError

    try:
        row = reply(brand)
        drain()
    finally:
        outbox._listeners.remove(broken)
    assert state(row) == ("sent", "")
    assert not Arrival.objects.filter(source="x").exists()


def test_a_withdrawn_right_stops_what_is_queued(brand: Connection, site: Site) -> None:  # noqa: F811
    """Reliability F23: it says why; a person with the right may send it."""
    guard = outbox.guards(lambda row: "No access to this ticket." if row.record_id == 5 else "")
    try:
        row, other = reply(brand, "a", record_id=5), reply(brand, "b", record_id=6)
        drain()
    finally:
        outbox._guards.remove(guard)
    assert (state(row), row.reason) == (("held", "not_allowed"), "No access to this ticket.")
    assert state(other) == ("sent", "")
    assert resume_held(brand) == 0
    User.objects.update(is_active=False)
    third = reply(brand, "c")
    drain()
    assert state(third) == ("held", "not_allowed")
    assert site.posts == ["b"]


def test_calling_off(brand: Connection, site: Site) -> None:  # noqa: F811
    """A delivery is called off as itself; its job cannot be cancelled half-way."""
    row = reply(brand)
    assert not cancel(Job.objects.get())
    assert call_off(row)
    drain()
    assert (state(row), site.posts) == (("failed", "called_off"), [])
    sent = reply(brand, "b", not_before=later(5))
    drain()
    assert state(sent) == ("waiting", "")
    drain(later(6))
    assert state(sent) == ("sent", "")
    assert not call_off(sent)


def test_what_was_erased_is_called_off(brand: Connection, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """PLT-22: what erasing emptied is not sent when the sign-in is renewed, nor looked for; it was never "maybe sent"."""
    rows = [reply(brand, text, target={"answers": "9"}) for text in ("held", "sending")]
    tokens.needs_signin(brand.chain, brand.chain.version, "revoked")
    drain()
    Delivery.objects.update(text="", target={})  # as social.personal does
    Delivery.objects.filter(pk=rows[1].pk).update(state="sending")
    monkeypatch.setattr(outbox, "_wire", lambda *_given, **_named: pytest.fail("the network was called"))
    assert resume_held(brand) == 2
    drain()
    assert [state(row) for row in rows] == [("failed", "called_off"), ("unknown", "unknown")]
    assert rows[0].why == "Called off." and site.posts == []


def test_a_zombie_sends_nothing(brand: Connection, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """Reliability F3: asleep between the claim and the call, it finds its lease gone and stops."""
    row = reply(brand)

    def asleep(*_args: Any, **_more: Any) -> None:
        Job.objects.filter(kind=outbox.KIND).update(lease="1" * 32)

    monkeypatch.setattr("core.remote.budget.take", asleep)
    drain()
    assert site.posts == []
    assert state(row) == ("sending", "")


def test_a_worker_killed_in_the_middle_of_a_delivery(shared_database: str, workers: Workers, brand: Connection, site: Site) -> None:  # noqa: F811
    """SOC-6, PLT-20, reliability F1: kill -9 while the network is answering; read back finds it; sent exactly once."""
    workers.inner = site.place
    site.slow = 30
    row = reply(brand)
    first = workers.start(also="tests.core.test_exchange_network")
    until(lambda: site.posts)
    workers.kill(first)
    assert state(row) == ("sending", "")

    site.slow = 0
    Job.objects.filter(state="running").update(lease_until=clock.now() - MINUTE, hinted_at=None)
    due.sweep()
    workers.start(also="tests.core.test_exchange_network")
    until(lambda: state(row)[0] == "sent")
    assert (row.outside_id, site.posts) == ("1", ["すぐ確認します"])


def test_two_workers_and_many_deliveries(shared_database: str, workers: Workers, brand: Connection, site: Site) -> None:  # noqa: F811
    """SOC-6: every message of the broker twice, two workers: each reply once, at most what the budget allows."""
    workers.inner = site.place
    rows = [reply(brand, f"text {number}") for number in range(20)]
    for task in Job.objects.filter(kind=outbox.KIND):
        hints.send(task.pk)
    workers.start(also="tests.core.test_exchange_network")
    workers.start(also="tests.core.test_exchange_network")
    until(lambda: Delivery.objects.filter(state="sent").count() == 20)
    assert sorted(site.posts) == sorted(row.text for row in rows)


# Intake -----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_an_item_comes_in_once() -> None:
    """SOC-6, reliability F8: repeated, overlapping and doubled within a page; ids of two networks do not meet."""
    items = [{"id": "2"}, {"id": "1"}, {"id": "2"}]
    assert intake.take("x", "post", items, key=lambda item: item["id"]) == [{"id": "2"}, {"id": "1"}]
    assert intake.take("x", "post", [{"id": "1"}, {"id": "3"}], key=lambda item: item["id"]) == [{"id": "3"}]
    assert intake.take("facebook", "post", [{"id": "1"}], key=lambda item: item["id"]) == [{"id": "1"}]
    assert intake.claim("x", "post", "4")
    assert not intake.claim("x", "post", "4")
    many = [str(number) for number in range(1_203)]
    assert intake.take("x", "many", many, key=str) == many


@pytest.mark.django_db(transaction=True)
def test_taking_needs_a_transaction() -> None:
    with pytest.raises(RuntimeError):
        intake.take("x", "post", ["1"], key=str)


def test_overlapping_pages_of_four_workers(shared_database: str) -> None:  # noqa: F811
    """SOC-6: each item is new for exactly one of them, in any order; a rolled-back page comes again."""
    got: list[str] = []
    start = threading.Barrier(4)

    def worker(number: int) -> None:
        try:
            start.wait()
            for turn in range(5):
                page = [str(index) for index in range(turn * 20, turn * 20 + 60)]
                with transaction.atomic():
                    new = intake.take("x", "post", page[::-1] if number % 2 else page, key=str)
                    if number == 0 and turn == 2:
                        transaction.set_rollback(True)
                        continue
                got.extend(new)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=worker, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with transaction.atomic():
        got.extend(intake.take("x", "post", [str(index) for index in range(140)], key=str))
    assert sorted(got, key=int) == [str(index) for index in range(140)]


def test_the_network_of_the_tests_is_registered() -> None:
    assert network("post").key == test_exchange_network.Post.key
