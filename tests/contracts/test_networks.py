"""The adapters against the facts about the networks (tests/contracts/facts), line by line; the sandbox has tests of its own."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation
from django.utils.encoding import force_str

from core.remote.abilities import ALWAYS, NEVER, Can
from core.remote.budget import Bucket
from core.remote.errors import EFFECTS, RemoteError
from core.remote.http import Answer
from core.remote.network import Asked, Network, network, networks
from social.networks.abilities import LEVELS, LINKS, OFFERS, REASONS

FACTS = Path(__file__).parent / "facts"
CAPABILITIES: dict[str, Any] = json.loads((FACTS / "capabilities.json").read_text())
X: dict[str, Any] = json.loads((FACTS / "x.json").read_text())
ENDPOINTS = {one["id"]: one for one in X["endpoints"]}
NETWORKS = ("x", "facebook", "linkedin")
BELOW = {"pages": "self_serve as oneself; cm_development as page", "alone": "self_serve as oneself"}


def told(offer: Any) -> str:
    """An offer's levels as the facts write them."""
    if offer.alone and offer.level == NEVER:
        return f"{offer.alone} as oneself"
    return f"{offer.alone} as oneself; {offer.level} as page" if offer.alone else str(offer.level)


@pytest.mark.parametrize("key", NETWORKS)
def test_every_line_of_the_table_is_that_of_the_facts(key: str) -> None:
    """SOC-1: level, reasons and what works instead, for every feature of every network; nothing more and nothing less."""
    assert set(OFFERS[key]) == set(Can)
    assert {one.value for one in Can} == set(CAPABILITIES["matrix"])
    for ability, offer in OFFERS[key].items():
        line = CAPABILITIES["matrix"][ability.value][key]
        level = line["level"].split(" (")[0]
        names = [name for name, words in REASONS.items() if any(words is one for one in offer.reasons)]
        assert told(offer) == level, (key, ability)
        assert sorted(names) == sorted(line.get("reasons", [])), (key, ability)
        assert (offer.instead.value if offer.instead else None) == line.get("instead"), (key, ability)
        known = {*LEVELS[key], ALWAYS, NEVER}
        assert {offer.level, *offer.beyond, offer.alone or ALWAYS} <= known, (key, ability)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_reasons_are_said_in_the_words_of_the_facts(language: str) -> None:
    """SOC-1, SOC-18: in both languages."""
    with translation.override(language):
        said = {name: force_str(words) for name, words in REASONS.items()}
    assert said == {name: words[language] for name, words in CAPABILITIES["reasons"].items()}


def test_levels_and_links_of_x_are_those_of_the_facts() -> None:
    assert list(LEVELS["x"]) == X["levels"]
    assert {name: link.replace("{site}", X["hosts"]["site"]) for name, link in LINKS["x"].items()} == X["deep_links"]


# X ----------------------------------------------------------------------------------------------------------------


def allowances(buckets: list[Bucket]) -> dict[tuple[str, int], int]:
    return {("app" if ":app:" in one.key else "user", one.seconds): one.limit for one in buckets if ":posting" not in one.key}


@pytest.mark.django_db
def test_limits_of_x_are_those_of_the_facts() -> None:
    """SOC-4: what is published, until an answer tells better; per user where a person's token is used."""
    net = network("x")
    for endpoint in net.limits:
        limit = ENDPOINTS[endpoint]["limit"]
        expected = {
            ("user", 900): limit.get("per_user"),
            ("user", 86_400): limit.get("per_user_24h"),
            ("app", 86_400): limit.get("per_app_24h"),
        }
        assert allowances(net.buckets(endpoint, "7")) == {key: value for key, value in expected.items() if value}, endpoint
    for endpoint in net.app_limits:
        assert allowances(net.app_buckets(endpoint)) == {("app", 900): ENDPOINTS[endpoint]["limit"]["per_app"]}


def test_prices_of_x_are_those_of_the_facts() -> None:
    """SOC-9."""
    assert network("x").prices == {unit: round(dollars * 1_000_000) for unit, dollars in X["billing"]["unit_usd"].items()}


@pytest.mark.django_db
def test_x_is_asked_for_the_permissions_its_calls_need(settings: Any) -> None:
    """SOC-2, T4: every endpoint that is called at a level is covered by what was asked for at the sign-in, and no more."""
    net = network("x")
    settings.X_LEVEL = "pay_per_use"
    assert set(net.scopes) == {"tweet.read", "users.read", "offline.access", "tweet.write", "dm.read", "dm.write"}
    settings.X_LEVEL = "enterprise"
    assert set(net.scopes) - {"like.read", "like.write"} == {
        "tweet.read",
        "users.read",
        "offline.access",
        "tweet.write",
        "dm.read",
        "dm.write",
    }
    optional = {"users.followers", "users.following"}
    for endpoint in set(net.limits) - optional:
        assert set(ENDPOINTS[endpoint]["scopes"]) <= set(net.scopes), endpoint


ENDPOINT_OF = {"reply_not_summoned": "tweets.create", "duplicate": "tweets.create", "dm_not_permitted": "dm.send"}
GRANTED = ("tweet.read", "users.read", "tweet.write", "dm.read", "dm.write")


def refused(fact: dict[str, Any], status: int, net: Network) -> RemoteError:
    asked = Asked(ENDPOINT_OF.get(fact["id"], "users.mentions"), fact["id"] in ENDPOINT_OF, GRANTED)
    return net.error(Answer(status, {}, json.dumps(fact.get("body", {})).encode(), ""), asked)


@pytest.mark.parametrize("fact", [one for one in X["errors"] if one["http"] != 200 and "where" not in one], ids=lambda one: one["id"])
def test_every_refusal_of_x_does_what_the_facts_say(fact: dict[str, Any]) -> None:
    """SOC-19: decided by codes: the same body with strange words has the same effect."""
    net = network("x")
    for status in fact["http"] if isinstance(fact["http"], list) else [fact["http"]]:
        assert refused(fact, status, net).action == fact["action"], (fact["id"], status)
        strange = json.loads(json.dumps(fact))
        if "detail" in strange.get("body", {}):
            strange["body"]["detail"] = "Quite something else."
        assert refused(strange, status, net).action == fact["action"], (fact["id"], status)


@pytest.mark.parametrize("fact", [one for one in X["errors"] if one["http"] == 200], ids=lambda one: one["id"])
def test_refusals_that_come_with_200_do_what_the_facts_say(fact: dict[str, Any]) -> None:
    """SOC-19: X says in the body of a 200 that somebody is gone or keeps it to friends."""
    from social.networks.x import shapes

    for read in (shapes.one_person, shapes.page):
        with pytest.raises(RemoteError) as told:
            read(fact["body"])
        assert told.value.action == fact["action"]


def test_every_network_can_be_called_as_the_kernel_calls() -> None:
    """PLT-20: what one network answers of its own takes all that the kernel hands to any of them, in the same order."""
    wrong = []
    for net in networks():
        for name, base in inspect.getmembers(Network, inspect.isfunction):
            wanted, given = inspect.signature(base).parameters, inspect.signature(getattr(type(net), name)).parameters
            ours, theirs = ([one.name for one in some.values() if one.kind is not one.KEYWORD_ONLY] for some in (wanted, given))
            if set(wanted) - set(given) or theirs[: len(ours)] != ours:
                wrong.append((net.key, name, list(wanted), list(given)))
    assert wrong == []


def test_every_action_of_the_facts_has_one_effect() -> None:
    """SOC-19, social-APIs 8: the table is complete, and every error knows its line."""
    assert set(EFFECTS) >= {one["action"] for one in X["errors"]} | {"wait_daily", "already_done", "unknown_outcome", "backoff"}
    for action, effect in EFFECTS.items():
        assert effect.error.action == action
