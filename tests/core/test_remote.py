"""The outside without the outside: errors, abilities, secrets (T3), budgets (SOC-4)."""

from __future__ import annotations

import json
import pickle
import threading
import time
from datetime import timedelta

import pytest
import time_machine
from cryptography.fernet import Fernet
from django.conf import settings
from django.core import serializers
from django.core.exceptions import FieldError
from django.db import connection as database
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as lazy

from core import clock
from core.remote import apps, budget, connection, http, money
from core.remote.abilities import Can
from core.remote.budget import Bucket, Learned
from core.remote.errors import (
    BadAddress,
    Faulty,
    Gone,
    Hidden,
    Limited,
    NotAllowed,
    OutcomeUnknown,
    Outside,
    OverBudget,
    Rejected,
    RemoteError,
    Revoked,
    Stale,
    Transient,
    Unpaid,
    said,
)
from core.remote.models import NetworkApp, Spending, TokenChain
from core.remote.network import Asked, Network, network
from core.remote.oauth import Tokens
from core.remote.secrets import Secret, reseal
from core.stamps import bump

from .test_remote_toy import toy_chain
from .test_work_services import Broker, Site, broker, broker_server, shared_database, site  # noqa: F401


def test_every_error_has_its_own_words() -> None:
    """SOC-19: what people read differs by what they can do about it."""
    errors = [
        Transient(), Limited(clock.now()), Revoked(), Rejected(), Outside(), Hidden(), NotAllowed(), Gone(), Unpaid(),
        OverBudget(clock.now()), OutcomeUnknown(), Faulty(), BadAddress(),
    ]  # fmt: skip
    assert len({error.for_people() for error in errors}) == len(errors)
    final = {"rejected", "window", "hidden", "gone", "not_allowed", "faulty", "bad_address"}
    assert {error.code for error in errors if error.final} == final
    assert Rejected("Too long.").for_people() == "Too long."
    assert "tweet.write" in NotAllowed("tweet.write").for_people()
    assert "ab12" in Faulty(support="ab12").for_people()


def test_the_time_to_try_again_is_of_the_readers_clock() -> None:
    """SOC-4: "LinkedIn cannot be reached for now: its request limit is used up. Try again after 09:00." Kept as facts, each reader
    reads it in their own language and zone; on another day with the day."""
    with time_machine.travel("2026-11-21T23:30:00Z", tick=False):
        error = Limited(clock.now() + timedelta(minutes=30))
        error.network = "LinkedIn"
        facts = json.loads(json.dumps(error.facts()))
        with timezone.override("Asia/Tokyo"), translation.override("en"):
            assert said("limited", facts) == ("LinkedIn cannot be reached for now: its request limit is used up. Try again after 09:00.")
        with timezone.override("Asia/Tokyo"), translation.override("ja"):
            assert "LinkedIn" in said("limited", facts)
            assert "09:00" in said("limited", facts)
        with timezone.override("America/New_York"), translation.override("en"):
            assert "19:00" in said("limited", facts)
        with timezone.override("Europe/London"), translation.override("en"):
            assert "November 22, 00:00" in said("limited", facts)


def test_a_refusals_own_sentence_is_read_in_the_readers_language() -> None:
    """SOC-19: rows keep the sentence, not its translation."""
    with translation.override("ja"):
        facts = Rejected(lazy("The network refused this.")).facts()
    assert said("rejected", facts) == "The network refused this."
    with translation.override("ja"):
        assert said("rejected", facts) != "The network refused this."
    assert said("called_off", {}) == ""


@pytest.mark.parametrize(
    ("status", "writing", "meaning"),
    [
        (400, True, Faulty),
        (422, True, Rejected),
        (401, False, Stale),
        (402, True, Unpaid),
        (403, True, NotAllowed),
        (404, False, Gone),
        (429, True, Limited),
        (500, False, Transient),
        (503, True, OutcomeUnknown),
        (302, True, Transient),
    ],
)
def test_what_an_answer_means(status: int, writing: bool, meaning: type[RemoteError]) -> None:
    error = network("toy").error(http.Answer(status, {}, b"<html>", ""), Asked("read", writing))
    assert type(error) is meaning


@pytest.mark.django_db
def test_abilities_and_reasons() -> None:
    """SOC-1: by the level of the app; what an admin entered goes before the settings, and holds at once."""
    net = network("toy")
    assert (net.can(Can.MENTIONS), net.can(Can.REPLY), net.why_not(Can.REPLY), net.why_not(Can.MENTIONS)) == (
        True,
        False,
        "Replies need the paid plan.",
        "",
    )
    assert net.why_not(Can.LIKE) == "Toy does not offer this."

    NetworkApp.objects.create(network="toy", client_id="mine", client_secret="typed", level="paid")
    bump("networks")
    assert (net.can(Can.REPLY), net.level()) == (True, "paid")


@pytest.mark.django_db
def test_keys_entered_on_the_page_go_before_the_environment() -> None:
    """SOC-2: sealed, opened only where they are used."""

    class Env(Network):
        key, settings_id, settings_secret = "env", "from-env", "env-secret"

    net = Env()
    assert (net.client_id, net.client_secret, net.app_pair()) == ("from-env", "env-secret", ("from-env", "env-secret"))

    NetworkApp.objects.create(network="env", client_id="typed", client_secret="typed-secret", app_key="k", app_secret="s")
    bump("networks")
    assert (net.client_id, net.client_secret, net.app_pair()) == ("typed", "typed-secret", ("k", "s"))
    assert "typed-secret" not in repr(apps.entered("env"))


@pytest.mark.services
@pytest.mark.django_db
def test_what_calls_cost_is_counted_and_robots_stop(broker: Broker) -> None:  # noqa: F811
    """SOC-9: the same resource once a day; 80 % and 100 % are each told once; then robots stop until the day ends, people may go on."""

    class Dear(Network):
        key, label, prices = "dear", "Dear", {"read": 10_000}

    told: list[tuple[str, str, int, int]] = []
    listener = money.on_warning(lambda *values: told.append(values))
    row = NetworkApp.objects.create(network="dear", day_limit=50_000, month_limit=1_000_000)
    bump("networks")
    net = Dear()
    try:
        with time_machine.travel("2026-11-21T05:00:00Z", tick=False):
            assert money.charge(net, [("read", ["1", "2"])], feature="mentions") == 20_000
            assert money.charge(net, [("read", ["2", "3"])], feature="mentions") == 10_000
            money.open_for(net, person=False)
            assert told == []
            assert money.charge(net, [("read", ["4"])], feature="profile", argument="nina") == 10_000
            money.charge(net, [("read", ["5", "6"])], feature="profile", argument="nina")
            assert told == [("dear", "day", 40_000, 50_000), ("dear", "day", 60_000, 50_000)]
            with pytest.raises(OverBudget) as stopped:
                money.open_for(net, person=False)
            assert stopped.value.until.isoformat() == "2026-11-22T00:00:00+00:00"
            money.open_for(net, person=True)
            NetworkApp.objects.filter(pk=row.pk).update(people_go_on=False)
            bump("networks")
            with pytest.raises(OverBudget):
                money.open_for(net, person=True)
        with time_machine.travel("2026-11-22T00:00:01Z", tick=False):
            money.open_for(net, person=False)
            assert money.spent("dear") == money.Spent(0, 60_000, 50_000, 1_000_000)
    finally:
        money._listeners.remove(listener)
    lines = Spending.objects.values_list("feature", "argument", "calls", "units", "micros", "worst").order_by("feature")
    assert list(lines) == [("mentions", "", 2, 4, 30_000, 40_000), ("profile", "nina", 2, 3, 30_000, 30_000)]


@pytest.mark.django_db
def test_a_token_is_sealed_in_the_database_and_never_printed() -> None:
    """T3, C4."""
    chain = toy_chain()
    with database.cursor() as cursor:
        cursor.execute("SELECT access, refresh FROM core_tokenchain")
        raw = cursor.fetchone()
    assert all(value.startswith("sealed1:") and "old" not in value for value in raw)
    assert chain.access.reveal() == "a-old"
    chain.access = "typed"
    shown = [f"{chain.access} {chain.access!r} {chain.__dict__} {Tokens('typed')!r}", serializers.serialize("json", [chain])]
    assert "typed" not in "".join(shown)
    for leak in (json.dumps, pickle.dumps):
        with pytest.raises(TypeError):
            leak(chain.access)
    with pytest.raises(FieldError):
        TokenChain.objects.filter(access="a-old").exists()


@pytest.mark.django_db
def test_keys_are_rotated_and_a_lost_key_ends_the_sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """T3: a new key seals, the old one opens until everything is resealed."""
    chain = toy_chain()
    new, lost = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    monkeypatch.setattr(settings, "FIELD_KEYS", [new, *settings.FIELD_KEYS])
    assert reseal() == (1, 0)
    monkeypatch.setattr(settings, "FIELD_KEYS", [new])
    chain.refresh_from_db()
    assert chain.access.reveal() == "a-old"

    monkeypatch.setattr(settings, "FIELD_KEYS", [lost])
    assert reseal() == (0, 1)
    with pytest.raises(Revoked):
        connection.fresh_access_token(chain)
    assert (chain.state, chain.state_reason) == ("needs_signin", "key")
    assert Secret("").reveal() == ""


@pytest.mark.services
def test_robots_leave_a_fifth_to_people(broker: Broker) -> None:  # noqa: F811
    bucket = Bucket("b", 10, 900)
    for _call in range(8):
        budget.take([bucket])
    with pytest.raises(Limited) as told:
        budget.take([bucket])
    assert timedelta(0) < told.value.until - clock.now() <= timedelta(seconds=906)
    budget.take([bucket], person=True)
    budget.take([bucket], person=True)
    with pytest.raises(Limited):
        budget.take([bucket], person=True)
    assert budget.left(bucket) == (0, 10)


@pytest.mark.services
def test_all_buckets_of_a_call_or_none(broker: Broker) -> None:  # noqa: F811
    wide, narrow = Bucket("wide", 100, 900), Bucket("narrow", 3, 86_400)
    budget.take([wide, narrow])
    with pytest.raises(Limited):
        budget.take([wide, narrow])
    assert (budget.left(wide), budget.left(narrow)) == ((99, 100), (2, 3))


@pytest.mark.services
def test_the_network_is_right(broker: Broker) -> None:  # noqa: F811
    """SOC-4: an answer overwrites what we thought; within one window answers may overtake each other."""
    bucket = Bucket("b", 10, 900)
    budget.take([bucket])
    budget.learn(Learned(bucket, 300, 250, 60))
    assert budget.left(bucket) == (250, 300)
    budget.learn(Learned(bucket, 300, 251, 60))
    assert budget.left(bucket) == (250, 300)
    budget.empty(bucket, 1)
    with pytest.raises(Limited):
        budget.take([bucket], person=True)
    time.sleep(1.05)
    budget.take([bucket], person=True)


@pytest.mark.services
def test_days_end_at_midnight_and_a_limit_nobody_publishes_is_learned(broker: Broker) -> None:  # noqa: F811
    """SOC-4: LinkedIn's days end at 00:00 UTC and its limits are not published: the count at which it says enough is the limit."""
    bucket = Bucket("day", 1_000, 86_400, daily=True)
    for _call in range(7):
        budget.take([bucket], person=True)
    state = budget.states([bucket])[0]
    assert (state.used, state.limit) == (7, 1_000)
    assert state.seconds is not None
    left = (budget.from_midnight(clock.now()) - clock.now()).total_seconds()
    assert abs(state.seconds - left) < 5
    budget.ceiling(bucket, left)
    with pytest.raises(Limited):
        budget.take([bucket], person=True)
    assert budget.left(bucket) == (0, 7)


@pytest.mark.services
def test_many_workers_take_no_more_than_there_is(broker: Broker) -> None:  # noqa: F811
    bucket = Bucket("b", 50, 900)
    got: list[int] = []

    def robot() -> None:
        for _call in range(20):
            try:
                budget.take([bucket])
            except Limited:
                continue
            got.append(1)

    threads = [threading.Thread(target=robot) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 40


@pytest.mark.services
def test_without_redis_nothing_is_sent_blindly(broker: Broker) -> None:  # noqa: F811
    broker.kill()
    with pytest.raises(Transient):
        budget.take([Bucket("b", 10, 900)])
    budget.learn(Learned(Bucket("b", 10, 900), 10, 9, 900))
