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
from django.utils import translation

from core import clock
from core.remote import budget, connection, http
from core.remote.budget import Bucket, Learned
from core.remote.errors import (
    BadAddress,
    Gone,
    Limited,
    NotAllowed,
    OutcomeUnknown,
    Rejected,
    RemoteError,
    Revoked,
    Transient,
    Unpaid,
)
from core.remote.models import TokenChain
from core.remote.network import Can, network
from core.remote.oauth import Tokens
from core.remote.secrets import Secret, reseal

from .test_remote_toy import toy_chain
from .test_work_services import Broker, Site, broker, broker_server, shared_database, site  # noqa: F401


def test_five_errors_five_sentences() -> None:
    """SOC-19: what people read differs by what they can do about it."""
    errors = [Transient(), Limited(clock.now()), Revoked(), Rejected(), NotAllowed(), Gone(), Unpaid(), OutcomeUnknown(), BadAddress()]
    sentences = {error.for_people() for error in errors}
    assert len(sentences) == len(errors)
    assert {error.code for error in errors if error.final} == {"rejected", "gone", "not_allowed", "bad_address"}
    assert Rejected("Too long.").for_people() == "Too long."
    assert "tweet.write" in NotAllowed("tweet.write").for_people()
    with time_machine.travel("2026-11-21T05:00:00Z", tick=False), translation.override("en"):
        assert "14:30" in Limited(clock.now() + timedelta(minutes=30)).for_people()


@pytest.mark.parametrize(
    ("status", "writing", "meaning"),
    [
        (400, True, Rejected),
        (401, False, Revoked),
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
    error = network("toy").error(http.Answer(status, {}, b"<html>", ""), writing=writing)
    assert type(error) is meaning


def test_abilities_and_reasons() -> None:
    net = network("toy")
    assert (net.can(Can.READ), net.can(Can.REPLY), net.why_not(Can.REPLY), net.why_not(Can.READ)) == (
        True,
        False,
        "Replies need the paid plan.",
        "",
    )


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
    budget.spend("toy", 5)
    broker.start()
    budget.reset()
    budget.spend("toy", 5)
    budget.spend("toy", 7)
    assert budget.spent("toy") == 12
