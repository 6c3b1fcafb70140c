"""LinkedIn's adapter against the facts about it (tests/contracts/facts/linkedin.json); the sandbox has tests of its own."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from core import clock
from core.remote.budget import Bucket
from core.remote.errors import AlreadyDone, Limited, LimitedToday, RemoteError, Stale, Transient
from core.remote.http import Answer
from core.remote.network import Asked, network
from social.networks.abilities import LEVELS, LINKS
from social.networks.linkedin import LinkedIn, restli, shapes
from social.networks.linkedin.hooks import HEADER, PREFIX
from social.networks.linkedin.network import version_ends

FACTS: dict[str, Any] = json.loads((Path(__file__).parent / "facts" / "linkedin.json").read_text())
ENDPOINTS = {one["id"]: one for one in FACTS["endpoints"]}
CM = ("r_basicprofile", "rw_organization_admin", "r_organization_social_feed")


def net() -> LinkedIn:
    found = network("linkedin")
    assert isinstance(found, LinkedIn)
    return found


def refused(body: Any, status: int, *, writing: bool = False, fresh: bool = False, endpoint: str = "notifications") -> RemoteError:
    return net().error(Answer(status, {}, json.dumps(body).encode(), ""), Asked(endpoint, writing, CM, fresh))


def test_levels_links_and_addresses_are_those_of_the_facts(settings: Any) -> None:
    """SOC-1: and every address is a setting."""
    assert list(LEVELS["linkedin"]) == FACTS["levels"]
    assert {name: link.replace("{site}", FACTS["hosts"]["site"]) for name, link in LINKS["linkedin"].items()} == FACTS["deep_links"]
    settings.LINKEDIN_API, settings.LINKEDIN_SITE = FACTS["hosts"]["api"], FACTS["hosts"]["site"]
    auth, one = FACTS["auth"], net()
    told = (one.base_url, one.authorize_url, one.token_url, one.introspect_url, one.revoke_url)
    expected = (FACTS["hosts"]["api"], *(auth[f"{name}_url"] for name in ("authorize", "token", "introspect", "revoke")))
    assert told == expected
    for name in ("AUTHORIZE", "TOKEN", "INTROSPECT", "REVOKE"):
        setattr(settings, f"LINKEDIN_{name}_URL", f"https://else.example/{name}")
        assert getattr(net(), f"{name.lower()}_url") == f"https://else.example/{name}"
    assert (one.pkce, one.client_auth) == (False, "form")
    assert one.cancelled | set(one.told_back) == {entry["error"] for entry in auth["denied_redirect"]}


@pytest.mark.django_db
@pytest.mark.parametrize("level", ["self_serve", "cm_development", "cm_standard"])
def test_the_permissions_asked_for_are_what_the_calls_need(settings: Any, level: str) -> None:
    """SOC-2, T4: every call of the level is covered, with no more than the products give."""
    settings.LINKEDIN_LEVEL = level
    scopes = set(net().scopes)
    assert ("w_organization_social" in scopes) == (level != "self_serve")
    assert not scopes & {"r_network", "r_fullprofile", "r_member_social", "w_messages", "w_invitations", "email"}
    if level != "self_serve":
        for endpoint in (
            "org.acls",
            "org",
            "org.by_vanity",
            "org.followers",
            "posts.by_author",
            "comments.list",
            "notifications",
            "subscribe",
        ):
            needed = [one.split(" or ") for one in ENDPOINTS[endpoint]["scopes"]]
            assert all(scopes & set(choice) for choice in needed), endpoint


@pytest.mark.django_db
def test_the_five_daily_limits_are_those_of_the_facts() -> None:
    """SOC-4, SOC-23: per member and per app, ending at 00:00 UTC; shown before anything is used, each by its name."""
    one = net()
    assert {one.named[name].lower() for name in one.counted} == set(FACTS["rate_rules"]["own_counters"])
    for endpoint, fact in ENDPOINTS.items():
        if fact.get("daily_bucket") and endpoint in one.limits:
            buckets = one.buckets(endpoint, "urn:li:person:1")
            assert [(bucket.per, bucket.daily) for bucket in buckets] == [("user", True), ("app", True)], endpoint
            assert one.named[buckets[0].key.rpartition(":")[2]].lower() == fact["daily_bucket"], endpoint


@pytest.mark.django_db
def test_the_development_tier_counts_everything_together(settings: Any) -> None:
    settings.LINKEDIN_LEVEL = "cm_development"
    last: list[Bucket] = net().buckets("notifications", "urn:li:person:1")[-2:]
    assert [(one.per, one.limit, one.key.rpartition(":")[2]) for one in last] == [("user", 100, "everything"), ("app", 500, "everything")]


CODED = [one for one in FACTS["errors"] if not one["id"].startswith("oauth_") and one["id"] not in {"token_expired", "burst"}]


@pytest.mark.parametrize("fact", CODED, ids=lambda one: one["id"])
def test_every_refusal_does_what_the_facts_say(fact: dict[str, Any]) -> None:
    """SOC-19: by status and codes; the same codes with strange words have the same effect, but for the two that only words tell."""
    for status in fact["http"] if isinstance(fact["http"], list) else [fact["http"]]:
        assert refused(fact["body"], status).action == fact["action"], status
        if fact["id"] not in {"day_limit_app", "day_limit_member"}:
            assert refused({**fact["body"], "message": "まったく別の文。"}, status).action == fact["action"], status
    if fact["id"] == "gateway":
        assert refused(fact["body"], 503, writing=True).action == "unknown_outcome"


def test_what_depends_on_more_than_the_code() -> None:
    """SOC-19, SOC-23: a token of seconds, an end that a refresh may mend, whose day it is, a pause of a minute, the first post's name."""
    bodies = {one["id"]: one["body"] for one in FACTS["errors"]}
    now = clock.now()

    assert isinstance(refused(bodies["token_revoked"], 401, fresh=True), Transient)
    assert isinstance(refused(bodies["token_expired"], 401), Stale)  # without a refresh token the wire makes Revoked of it
    told = {per: refused(bodies[f"day_limit_{name}"], 429) for per, name in (("app", "app"), ("user", "member"))}
    for per, error in told.items():
        assert isinstance(error, LimitedToday)
        until = error.until.astimezone(timezone.get_fixed_timezone(0))
        assert (error.per, until.hour, until.minute, until - now < timedelta(days=1)) == (per, 0, 0, True)
    pause = refused(bodies["burst"], 429)
    assert isinstance(pause, Limited)
    assert not isinstance(pause, LimitedToday)
    assert pause.seconds() <= 60
    for status in (400, 422):
        first = refused(bodies["duplicate"], status, writing=True)
        assert isinstance(first, AlreadyDone)
        assert first.outside_id == "urn:li:share:6844785523593134080"
    for status in (401, 403, 404, 500):
        page = Answer(status, {}, b"<html>a proxy</html>", "")
        assert net().error(page, Asked("notifications")).action not in {"needs_signin", "gone"}


def test_the_vectors_of_the_webhook() -> None:
    """SOC-8: challenge and signature, with the prefix and without; a changed byte, another secret or none is not signed."""

    class Known(LinkedIn):
        client_secret = FACTS["webhooks"]["vector"]["key"]

    vector, one = FACTS["webhooks"]["vector"], Known()
    body, value = vector["raw_body"].encode(), vector["x_li_signature"]
    answer = one.challenged({"challengeCode": vector["challengeCode"], "applicationId": "7"})
    assert answer is not None
    assert json.loads(answer[0]) == {name: vector[name] for name in ("challengeCode", "challengeResponse")}
    assert one.challenged({"challengeCode": 'hmacsha256={"type":"x"}'}) is None
    assert one.signed({HEADER: value}, body)
    assert one.signed({HEADER: PREFIX + value}, body)
    assert not one.signed({HEADER: value}, body + b" ")
    assert not one.signed({}, body)
    Known.client_secret = ""
    assert not one.signed({HEADER: value}, body)


def test_addresses_are_spelt_as_rest_li_wants_it() -> None:
    """URNs encoded all through; brackets, colons and commas of lists and keys are not, what stands in them is."""
    urn = "urn:li:share:6844785523593134080"
    assert restli.enc(urn) == "urn%3Ali%3Ashare%3A6844785523593134080"
    assert restli.listing(["COMMENT", "a,b"]) == "List(COMMENT,a%2Cb)"
    assert restli.record({"actor": "urn:li:organization:1", "entity": urn}) == (
        "(actor:urn%3Ali%3Aorganization%3A1,entity:urn%3Ali%3Ashare%3A6844785523593134080)"
    )
    made = restli.address("/rest/x", {"q": "criteria", "actions": restli.listing(["A"]), "page": "", "name": "佐藤 (花子)"})
    assert made == "/rest/x?q=criteria&actions=List(A)&name=%E4%BD%90%E8%97%A4%20%28%E8%8A%B1%E5%AD%90%29"
    assert restli.versioned("FINDER").keys() == {"Linkedin-Version", "X-Restli-Protocol-Version", "X-RestLi-Method"}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Plain words.", "Plain words."),
        ("Come (all)! [a] <b> 5*4_3~2 | {x} a@b", r"Come \(all\)! \[a\] \<b\> 5\*4\_3\~2 \| \{x\} a\@b"),
        ("新サービス #縁デモ です", r"新サービス {hashtag|\#|縁デモ} です"),
        ("C# and &#39; and https://a.example/#top", r"C\# and &\#39; and https://a.example/\#top"),
        ("back\\slash", "back\\\\slash"),
    ],
)
def test_texts_go_out_as_little_text_and_come_back_as_they_were(typed: str, kept: str) -> None:
    """SOC-6: unescaped brackets would cut a post without a word."""
    assert restli.written(typed) == kept
    assert restli.plain(restli.written(typed)) == typed


def test_the_address_of_a_post_is_read_in_all_its_forms() -> None:
    """SOC-1: what people paste to comment or like from here."""
    site = "https://www.linkedin.com"
    for address, urn in (
        (f"{site}/feed/update/urn:li:activity:6844785523593134081/", "urn:li:activity:6844785523593134081"),
        (f"{site}/feed/update/urn%3Ali%3Ashare%3A6844785523593134080?x=1", "urn:li:share:6844785523593134080"),
        (f"{site}/posts/sato-hanako_words-activity-6844785523593134081-AbCd", "urn:li:activity:6844785523593134081"),
        (f"{site}/in/sato-hanako/", ""),
    ):
        assert restli.post_in(address) == urn


def test_answers_of_the_facts_are_read() -> None:
    """SOC-5, SOC-22: the recorded shapes, each as an item of ours."""
    page = shapes.notifications(ENDPOINTS["notifications"]["response"]["body"], start=0, count=10)
    comment = "urn:li:comment:(urn:li:activity:6844785523593134081,6844785600000000001)"
    said = page.posts[0]
    assert (said.outside_id, said.author.outside_id, said.text) == (comment, "urn:li:person:8675309abc", "導入事例を教えてください")
    assert (said.conversation, said.kind, page.newest, page.next_token) == (
        "urn:li:share:6844785523593134080",
        "reply",
        "1787188200000",
        "",
    )
    listed = shapes.comments(ENDPOINTS["comments.list"]["response"]["body"], said.conversation)
    assert [(one.outside_id, one.at) for one in listed] == [(comment, said.at)]
    post = shapes.posts(ENDPOINTS["posts.by_author"]["response"]["body"], start=0, count=10).posts[0]
    assert (post.outside_id, post.text) == ("urn:li:share:6844785523593134080", "新サービスを始めました #acme")
    full = ENDPOINTS["people.full"]["response"]["body"]
    person, background = shapes.old_person(full), shapes.background(full)
    assert (person.name, person.handle, person.bio, person.place) == ("佐藤 花子", "sato-hanako", "購買部 課長", "東京")
    assert [(one.what, one.where, one.since, one.until) for one in background.work] == [("課長", "たちつて株式会社", "2020-04", "")]
    assert [(one.what, one.where, one.since, one.until) for one in background.schools] == [("学士", "東京大学", "2000", "2004")]
    own = shapes.oneself(ENDPOINTS["userinfo"]["response"]["body"])
    assert (own.outside_id, own.name) == ("urn:li:person:782bbtaQ", "アクメ 太郎")


def test_what_may_be_kept_is_what_the_terms_say() -> None:
    """SOC-22: a day for what members are, two for what they said, half a year for what is the page's own."""
    assert "24 hours" in FACTS["storage_rules"]["member_profile_of_others"]
    assert "48 hours" in FACTS["storage_rules"]["member_social_activity"]
    assert "6 months" in FACTS["storage_rules"]["page_data"]
    assert net().keeps == {"person": timedelta(hours=24), "said": timedelta(hours=48), "own": timedelta(days=180)}


def test_a_version_ends_about_a_year_after_its_month() -> None:
    assert FACTS["versioning"]["dead"] == ["202508 and older since 2026-08-17"]
    assert version_ends("202508").isoformat() == "2026-08-17"


def test_rooms_are_those_of_the_facts() -> None:
    one = net()
    assert (one.room("post"), one.room("reply"), one.room("comment")) == (FACTS["text"]["post"], FACTS["text"]["comment"], 1_250)
