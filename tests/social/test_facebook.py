"""Facebook's refusals by code, its percentages, and answers with holes, held to the facts."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from core.remote.abilities import About, Can
from core.remote.budget import Bucket
from core.remote.errors import EFFECTS, Faulty, Limited, NotAllowed, OutcomeUnknown, Outside, RemoteError, Transient
from core.remote.http import Answer
from core.remote.network import Asked
from social.networks.abilities import LEVELS
from social.networks.facebook import Facebook, shapes, usage
from social.networks.facebook.meaning import NEEDS

from .facebook_cast import FACTS

ENDPOINTS = {one["id"]: one for one in FACTS["endpoints"]}


def answer(body: Any, status: int = 400, **headers: str) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, raw, "https://graph.facebook.com/v25.0/x")


def refused(code: int, subcode: int | None = None, asked: Asked | None = None, status: int = 400, **more: Any) -> RemoteError:
    error = {"code": code, "message": "whatever", **({"error_subcode": subcode} if subcode else {}), **more}
    return Facebook().error(answer({"error": error}, status), asked or Asked("comments"))


@pytest.mark.parametrize("line", FACTS["errors"], ids=lambda line: line["id"])
def test_every_refusal_means_what_the_facts_say(line: dict[str, Any]) -> None:
    """SOC-19: by code and subcode; status and words say nothing."""
    for status in (line["http"], 400, 500):
        body = {"error": {**line["body"]["error"], "message": "something else"}}
        told = Facebook().error(answer(body, status), Asked("comments"))
        assert told.action == line["action"], line["id"]
        assert isinstance(told, EFFECTS[line["action"]].error)


def test_whole_families_of_codes() -> None:
    """SOC-19: 200 to 299, 80000 to 80014, and every subcode of 190."""
    assert {refused(code).action for code in range(200, 300)} == {"missing_permission"}
    assert {refused(code).action for code in range(80_000, 80_015)} == {"wait_reset"}
    assert {refused(190, subcode).action for subcode in (None, 1, 458, 999_999)} == {"needs_signin"}
    assert isinstance(refused(10, 2_534_022), Outside)
    assert refused(77_777, is_transient=True).action == "backoff"
    assert refused(77_777).action == "not_allowed_here"


def test_what_is_no_answer_of_facebook_ends_no_sign_in() -> None:
    """SOC-19: a passing error never shows as disconnected; a write that met one may stand there."""
    for status, body in ((401, b"<html>proxy</html>"), (403, b""), (404, b"[]"), (503, b"busy"), (200, b"")):
        assert type(Facebook().error(answer(body, status), Asked("comments"))) is Transient
    assert isinstance(Facebook().error(answer(b"<html>", 502), Asked("page.post", True)), OutcomeUnknown)
    assert isinstance(refused(2, asked=Asked("page.post", True), status=500), OutcomeUnknown)


def test_five_failures_read_as_five_sentences() -> None:
    """SOC-19: sign-in ended, permission missing, limit reached, gone, outside the window."""
    granted = ("pages_read_engagement",)
    said = [
        refused(190).for_people(),
        refused(10, asked=Asked("comments", False, granted)).for_people(),
        refused(32).for_people(),
        refused(100, 33).for_people(),
        refused(10, 2_018_278).for_people(),
    ]
    assert len(set(said)) == 5
    assert "pages_read_user_content" in said[1]


def test_a_missing_permission_is_named_and_one_refused_post_switches_nothing_off() -> None:
    """SOC-19: reading names what it needs most; a post that this page may not answer is about that post alone."""
    whole = ("pages_read_engagement", "pages_read_user_content", "pages_manage_engagement")
    reading, writing, unknown = (
        refused(10, asked=Asked("comments", False, whole)),
        refused(200, asked=Asked("comments.create", True, whole)),
        refused(200, asked=Asked("comments.create", True, whole[:2])),
    )
    assert [one.needs for one in (reading, writing, unknown) if isinstance(one, NotAllowed)] == [
        "pages_read_user_content",
        "",
        "pages_manage_engagement",
    ]


def test_permissions_of_each_call_are_those_of_the_facts() -> None:
    """SOC-2."""
    for endpoint, needs in NEEDS.items():
        wanted = {one for one in ENDPOINTS[endpoint]["permissions"] if one.startswith("pages_")}
        assert set(needs) == wanted, endpoint
    assert set(Facebook.limits) | {"me.accounts"} == set(NEEDS)
    assert list(LEVELS["facebook"]) == FACTS["levels"]


def test_our_mistake_keeps_their_number_for_support() -> None:
    told = refused(100, fbtrace_id="AbC")
    assert isinstance(told, Faulty)
    assert told.support == "AbC"


# Allowances ---------------------------------------------------------------------------------------------------------


def buckets(endpoint: str) -> list[Bucket]:
    return [Bucket(f"facebook:1:7:{one.shared}", one.calls, one.seconds) for one in Facebook.limits[endpoint]]


def learned(endpoint: str, **headers: Any) -> dict[str, tuple[int, float]]:
    found = Facebook().learned(buckets(endpoint), answer({}, 200, **{name: json.dumps(value) for name, value in headers.items()}))
    return {one.bucket.key.rsplit(":", 1)[-1]: (one.left, one.seconds) for one in found}


def test_percentages_fill_the_allowances() -> None:
    """SOC-4: the largest number counts; the page's, Messenger's and the app's each for itself; regain minutes are believed."""
    page = {"type": "pages", "call_count": 97, "total_cputime": 23, "total_time": 23, "estimated_time_to_regain_access": 12}
    talk = {"type": "messenger", "call_count": 1, "total_cputime": 40.5, "total_time": 23, "estimated_time_to_regain_access": 0}
    app = {"call_count": 28, "total_time": 25, "total_cputime": 25}

    assert learned("comments", X_Business_Use_Case_Usage={"7": [page, talk]}, X_App_Usage=app) == {
        usage.PAGE: (300, 720),
        usage.APP: (7_200, 300),
    }
    assert learned("messages", X_Business_Use_Case_Usage={"7": [page, talk]}) == {usage.MESSENGER: (5_950, 300)}
    assert learned("comments", X_Page_Usage={"call_count": 130}) == {usage.PAGE: (0, 300)}
    for strange in ({"7": None}, [], {"7": [3, {"type": "pages", "call_count": "much"}]}, "no"):
        assert set(learned("comments", X_Business_Use_Case_Usage=strange)) <= {usage.PAGE}


def test_robots_stop_at_eighty_per_cent(people: Any, graph: Any) -> None:
    """SOC-4: people go on to a hundred."""
    from core.remote import budget

    bucket = next(one for one in Facebook().buckets("comments", "7") if one.key.endswith(usage.PAGE))
    assert usage.WHOLE * FACTS["rate_rules"]["stop_at_percent"] == 80 * usage.WHOLE
    for used, goes in ((79, True), (81, False)):
        budget.learn(budget.Learned(Bucket(f"{bucket.key}:{used}", *(usage.WHOLE, 300)), usage.WHOLE, usage.WHOLE - used * 100, 300))
        closed = Bucket(f"{bucket.key}:{used}", usage.WHOLE, 300)
        budget.take([closed], person=True)
        if goes:
            budget.take([closed])
        else:
            with pytest.raises(Limited):
                budget.take([closed])


def test_a_refusal_waits_as_long_as_facebook_says() -> None:
    """SOC-4: minutes to regain, else five; there is no Retry-After."""
    told = {"7": [{"type": "pages", "call_count": 100, "estimated_time_to_regain_access": 42}]}
    headers = {"X-Business-Use-Case-Usage": json.dumps(told)}
    body = json.dumps({"error": {"code": 80_001, "error_subcode": 2_446_079}}).encode()
    long, short = Facebook().error(Answer(400, headers, body, ""), Asked("comments")), refused(4)
    assert isinstance(long, Limited)
    assert isinstance(short, Limited)
    assert 2_515 < long.seconds() <= 2_520
    assert 295 < short.seconds() <= 300


def test_another_version_than_asked_is_told_once(settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Facebook answers a dead version in the oldest living one, without an error."""
    settings.FACEBOOK_VERSION = "v19.0"
    with caplog.at_level(logging.ERROR):
        for _time in range(2):
            list(Facebook().learned([], answer({}, 200, facebook_api_version="v21.0")))
    assert [one.getMessage() for one in caplog.records] == ["Facebook answers in version v21.0, not in v19.0: FACEBOOK_VERSION is too old"]


# Answers with holes -------------------------------------------------------------------------------------------------


def test_items_without_author_words_or_paging_are_kept() -> None:
    """Facepager #81, python-facebook #95: `from`, `message`, `paging` may be missing; two unknown people are never one."""
    page = shapes.posts({"data": [{"id": "7_1", "created_time": "2026-08-20T01:02:03+0000"}, {"id": "7_2", "from": None}, {"story": "x"}]})
    first, second = page.posts
    assert (first.text, first.at.isoformat(), page.next_token) == ("", "2026-08-20T01:02:03+00:00", "")
    assert first.author.outside_id != second.author.outside_id
    assert first.author.name == second.author.name == "Facebook"
    with pytest.raises(Transient):
        shapes.posts({"error": "none"})


def test_a_page_may_be_empty_while_there_is_a_next_one() -> None:
    """The contract: no `next` is the end, not an empty page."""
    more = shapes.posts({"data": [], "paging": {"cursors": {"after": "QVF"}, "next": "https://graph.facebook.com/…"}})
    last = shapes.posts({"data": [], "paging": {"cursors": {"after": "QVF"}}})
    assert (more.next_token, last.next_token) == ("QVF", "")


def test_the_window_is_known_before_asking(settings: Any, people: Any, clock: Any) -> None:
    """SOC-19: 24 hours after the person's last message; seven days where Meta granted it."""
    from core import clock as now

    settings.FACEBOOK_LEVEL = "advanced"
    heard = now.now()
    assert Facebook().refuses(Can.MESSAGE, About(heard_at=heard)) == ""
    clock.shift(25 * 3_600)
    assert "24" in Facebook().refuses(Can.MESSAGE, About(heard_at=heard))
    settings.FACEBOOK_LEVEL = "advanced,human_agent"
    assert Facebook().refuses(Can.MESSAGE, About(heard_at=heard)) == ""
