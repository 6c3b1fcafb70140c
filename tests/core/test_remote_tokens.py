"""Tokens that stay fresh, and signing in (SOC-2, SOC-3, T1, T2, T5, T6)."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.conf import settings
from django.db import connections

from core import clock
from core.access.models import User
from core.remote import budget, connection, oauth
from core.remote.errors import (
    Limited,
    Revoked,
    Transient,
)
from core.remote.models import TokenChain
from core.remote.network import Network, network
from core.remote.oauth import Tokens
from core.remote.wires import Wire

from .test_remote_toy import HOUR, toy_chain, toy_connection, user
from .test_work_services import Broker, Site, broker, broker_server, shared_database, site  # noqa: F401


@pytest.fixture
def endings() -> Iterator[list[TokenChain]]:
    told: list[TokenChain] = []
    connection.on_needs_signin(told.append)
    yield told
    connection._signin_listeners.remove(told.append)


def test_eight_threads_and_one_refresh(shared_database: str, site: Site) -> None:  # noqa: F811
    """SOC-2, reliability F10: rotating tokens are refreshed by one at a time, on both databases."""
    chain = toy_chain(site, left=-timedelta(seconds=1))
    site.slow = 0.5
    got: list[str] = []
    start = threading.Barrier(8)

    def caller() -> None:
        try:
            row = TokenChain.objects.get(pk=chain.pk)
            start.wait()
            got.append(connection.fresh_access_token(row).reveal())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=caller) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == ["a1"] * 8
    assert len(site.grants) == 1
    chain.refresh_from_db()
    assert (chain.version, chain.refresh.reveal(), chain.previous_refresh.reveal(), chain.refresh_lease) == (2, "r1", "r-old", None)


@pytest.mark.django_db
def test_a_token_is_refreshed_when_a_tenth_of_its_life_is_left(site: Site) -> None:  # noqa: F811
    chain = toy_chain(site, left=timedelta(minutes=10))
    assert connection.fresh_access_token(chain).reveal() == "a-old"
    TokenChain.objects.filter(pk=chain.pk).update(expires_at=clock.now() + timedelta(minutes=6))
    assert connection.fresh_access_token(chain).reveal() == "a1"
    assert connection.fresh_access_token(chain).reveal() == "a1"
    assert len(site.grants) == 1


@pytest.mark.django_db
def test_while_somebody_refreshes_a_good_token_is_used(site: Site) -> None:  # noqa: F811
    chain = toy_chain(site, left=timedelta(minutes=1), refresh_lease_until=clock.now() + HOUR)
    assert connection.fresh_access_token(chain).reveal() == "a-old"
    assert site.grants == []


@pytest.mark.django_db
@pytest.mark.parametrize("answer", [(500, b"oops"), (502, b"<html>"), (429, b"{}"), (200, b"<html>"), (200, b""), (403, b"<html>blocked")])
def test_trouble_at_the_token_endpoint_is_no_lost_sign_in(site: Site, answer: tuple[int, bytes], endings: list[Any]) -> None:  # noqa: F811
    """SOC-3, reliability F7: no account is falsely disconnected."""
    chain = toy_chain(site, left=-HOUR)
    site.answer = (answer[0], {}, answer[1])
    with pytest.raises((Transient, Limited)):
        connection.fresh_access_token(chain)
    chain.refresh_from_db()
    assert (chain.state, chain.refresh_lease, endings) == ("active", None, [])
    site.answer = None
    assert connection.fresh_access_token(chain).reveal().startswith("a")


@pytest.mark.django_db
def test_a_network_that_is_away_is_no_lost_sign_in(site: Site) -> None:  # noqa: F811
    chain = toy_chain(site, left=-HOUR)
    site.server.server_close()
    with pytest.raises(Transient):
        connection.fresh_access_token(chain)
    chain.refresh_from_db()
    assert chain.state == "active"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "said",
    [{"error": "invalid_grant"}, {"error": "invalid_request", "error_description": "Value passed for the token was invalid."}],
)
def test_a_dead_refresh_token_asks_for_a_new_sign_in_once(site: Site, said: dict[str, str], endings: list[Any]) -> None:  # noqa: F811
    """SOC-3."""
    chain = toy_chain(site, left=-HOUR)
    site.answer = (400, {}, json.dumps(said).encode())
    for _try in range(3):
        with pytest.raises(Revoked):
            connection.fresh_access_token(chain)
    assert chain.state == "needs_signin"
    assert (len(endings), len(site.grants)) == (1, 1)

    again = connection.store_tokens(network("toy"), "7", Tokens("a9", "r9", clock.now() + HOUR))
    assert (again.pk, again.state, connection.fresh_access_token(again).reveal()) == (chain.pk, "active", "a9")


@pytest.mark.django_db
def test_our_own_apps_trouble_is_nobodys_lost_sign_in(site: Site) -> None:  # noqa: F811
    chain = toy_chain(site, left=-HOUR)
    site.answer = (401, {}, b'{"error": "invalid_client"}')
    with pytest.raises(Transient):
        connection.fresh_access_token(chain)
    chain.refresh_from_db()
    assert chain.state == "active"


@pytest.mark.services
@pytest.mark.django_db
def test_a_401_refreshes_once_and_then_asks_for_a_sign_in(site: Site, broker: Broker, endings: list[Any]) -> None:  # noqa: F811
    """SOC-3: not a loop, and the answer's headers teach the budget on the way."""
    wire = Wire(toy_connection(site))
    assert wire.get("read", "/me") == []
    assert budget.left(wire.network.buckets("read", "7")[0]) == (9, 10)
    site.calls.clear()
    site.refuse = (401, {}, b"{}")
    for _try in range(2):
        with pytest.raises(Revoked):
            wire.get("read", "/me")
    assert site.calls == ["/me", "/token", "/me"]
    assert (wire.connection.chain.state, len(endings)) == ("needs_signin", 1)


@pytest.mark.services
@pytest.mark.django_db
def test_after_a_429_nothing_is_sent_before_the_reset(site: Site, broker: Broker) -> None:  # noqa: F811
    """SOC-4: also for people, also if we thought there was room; reset by the network's clock."""
    wire = Wire(toy_connection(site), person=True)
    reset = int(time.time()) + 2
    site.answer = (429, {"x-rate-limit-limit": "10", "x-rate-limit-remaining": "0", "x-rate-limit-reset": str(reset)}, b"{}")
    with pytest.raises(Limited):
        wire.get("read", "/me")
    site.answer = None
    while True:
        try:
            wire.get("read", "/me")
        except Limited:
            assert len(site.calls) == 1
            time.sleep(0.1)
            continue
        break
    assert time.time() >= reset - 0.05
    assert len(site.calls) == 2


@pytest.mark.django_db
def test_a_sign_in_from_start_to_tokens(site: Site) -> None:  # noqa: F811
    toy_chain(site)
    net, ann, session = network("toy"), user(), dict[str, Any]()
    query = parse_qs(urlsplit(oauth.start(session, ann, net, "brand")).query)
    assert query["redirect_uri"] == [f"{settings.BASE_URL}/social/connect/toy/callback"]
    assert query["code_challenge_method"] == ["S256"]
    assert query["state"][0] not in json.dumps(session)

    started = oauth.finish(session, ann, net, {"state": query["state"][0], "code": "c0de"})
    assert started.purpose == "brand"
    assert "c0de" not in repr(started)
    tokens = oauth.exchange(net, started)
    assert (tokens.access, tokens.scopes) == ("a1", ("read", "write"))
    assert parse_qs(site.grants[0])["code_verifier"] == [started.verifier]


@pytest.mark.django_db
def test_a_strange_state_is_refused() -> None:
    """T1: random, bound to session, user and network, single use, ten minutes. T2: not finished as another network."""
    net, ann, bob = network("toy"), user("ann"), user("bob")

    class Other(Network):
        key, client_id = "other", "o"

    def begun() -> tuple[dict[str, Any], dict[str, str]]:
        session: dict[str, Any] = {}
        state = parse_qs(urlsplit(oauth.start(session, ann, net)).query)["state"][0]
        return session, {"state": state, "code": "c"}

    session, query = begun()
    oauth.finish(session, ann, net, query)
    cases: list[tuple[dict[str, Any], User, Network, dict[str, str]]] = [
        (session, ann, net, query),
        ({}, ann, net, begun()[1]),
        (begun()[0], ann, net, {"state": "", "code": "c"}),
        (begun()[0], ann, net, {"state": "guess", "code": "c"}),
    ]
    session, query = begun()
    cases.append((session, bob, net, query))
    session, query = begun()
    cases.append((session, ann, Other(), query))
    session, query = begun()
    cases.append((session, ann, net, {**query, "error": "<script>"}))
    for case in cases:
        with pytest.raises(oauth.SignInRefused) as told:
            oauth.finish(*case)
        assert "script" not in str(told.value)
    session, query = begun()
    with time_machine.travel(clock.now() + timedelta(minutes=11)), pytest.raises(oauth.SignInRefused):
        oauth.finish(session, ann, net, query)


@pytest.mark.django_db
def test_an_account_is_linked_once_at_a_time_and_let_go(site: Site) -> None:  # noqa: F811
    """T5, T6."""
    ann, bob = user("ann"), user("bob")
    row = toy_connection(site, ann)
    assert connection.connect(row.chain, kind="brand", owner=ann, handle="toy") == row
    with pytest.raises(connection.Taken):
        connection.connect(row.chain, kind="brand", owner=bob)

    connection.close(row.chain)
    with pytest.raises(Revoked):
        connection.fresh_access_token(row.chain)
    assert connection.sign_out(row.chain)
    assert [parse_qs(grant)["token"] for grant in site.grants] == [["r-old"], ["a-old"]]
    assert not row.chain.access
    assert not row.chain.refresh
    assert connection.connect(row.chain, kind="brand", owner=bob).owner == bob


@pytest.mark.django_db
def test_quiet_connections_are_found_within_half_an_hour() -> None:
    """SOC-3."""
    row = toy_connection()
    assert connection.quiet(clock.now() + timedelta(minutes=24)) == []
    assert connection.quiet(clock.now() + timedelta(minutes=26)) == [row]
