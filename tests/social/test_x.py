"""X's answers in both spellings, its errors by meaning, its way of counting."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core.remote.errors import Faulty, Gone, Hidden, Limited, NotAllowed, OutcomeUnknown, Rejected, RemoteError, Stale, Transient, Unpaid
from core.remote.http import Answer
from core.remote.network import Asked
from sandbox.running import Control
from social.models import Channel, Post
from social.networks.length import weight
from social.networks.x import X
from social.networks.x.sending import words as _words
from social.networks.x.shapes import page as _page
from social.networks.x.shapes import person
from tests.flows.conftest import poll


def answer(status: int, body: Any, **headers: str) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, headers, raw, "https://api.x.com/2/tweets")


POSTING = Asked("tweets.create", True, ("tweet.read", "users.read", "tweet.write"))


@pytest.mark.parametrize(
    ("status", "body", "meaning"),
    [
        (400, {"type": "https://api.twitter.com/2/problems/invalid-request"}, Faulty),
        (401, {"title": "Unauthorized", "status": 401}, Stale),
        (402, {"title": "CreditsDepleted", "type": "https://api.x.com/2/problems/credits"}, Unpaid),
        (403, {"detail": "You are not allowed to create a Tweet with duplicate content."}, Rejected),
        (
            403,
            {"detail": "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged by the author"},
            Rejected,
        ),
        (403, {"detail": "You attempted to reply to a Tweet that is deleted or not visible to you."}, Rejected),
        (
            403,
            {"type": "https://api.x.com/2/problems/client-forbidden", "reason": "client-not-enrolled", "required_enrollment": "Basic"},
            NotAllowed,
        ),
        (403, {"title": "Forbidden", "detail": "Forbidden"}, Rejected),
        (404, {"title": "Not Found Error"}, Gone),
        (429, {"title": "Too Many Requests"}, Limited),
        (429, {"type": "https://api.twitter.com/2/problems/usage-capped"}, Unpaid),
        (429, {"title": "SpendCapReached"}, Unpaid),
        (503, b"<html>busy</html>", OutcomeUnknown),
        (400, b"<html>proxy</html>", Faulty),
    ],
)
def test_every_refusal_has_one_meaning(status: int, body: Any, meaning: type[RemoteError]) -> None:
    """SOC-19: told apart by codes and type, never by guess."""
    assert type(X().error(answer(status, body), POSTING)) is meaning


def test_five_failures_read_as_five_sentences() -> None:
    """SOC-19: sign-in ended, permission missing, limit reached, gone, refused here."""
    said = [
        X().error(answer(status, body), asked).for_people()
        for status, body, asked in (
            (401, {"errors": [{"code": 89}]}, POSTING),
            (403, {"detail": "Forbidden"}, Asked("dm.send", True, ("tweet.read",))),
            (429, {}, POSTING),
            (404, {}, POSTING),
            (403, {"detail": "You are not allowed to create a Tweet with duplicate content."}, POSTING),
        )
    ]
    assert len(set(said)) == 5
    assert "dm.write" in said[1]


def test_a_429_with_calls_left_waits_for_the_day() -> None:
    """SOC-4, agent-twitter-client #68: the headers of 24 hours say until when."""
    now = 1_790_000_000
    headers = {
        "Date": "Mon, 21 Sep 2026 14:13:20 GMT",
        "x-rate-limit-remaining": "40",
        "x-rate-limit-reset": str(now + 900),
        "x-app-limit-24hour-remaining": "0",
        "x-app-limit-24hour-reset": str(now + 5_000),
    }
    told = X().error(answer(429, {"title": "Too Many Requests"}, **headers), POSTING)
    assert isinstance(told, Limited)
    assert 4_990 <= told.seconds() <= 5_000


@pytest.mark.parametrize("spelling", ["tweet", "post"])
def test_both_spellings_are_read(sandbox: Control, channel: Channel, settings: Any, spelling: str) -> None:
    """SOC-7: the same post, whole, whichever names X answers in."""
    settings.X_SPELLING = spelling
    first = sandbox.say("yuki_mori", "@enishi_demo " + "とても長い感想です。" * 30)
    sandbox.say("emma_w_2026", "@enishi_demo Tea & biscuits <3", reply_to=first["id"])
    poll()
    long, short = Post.objects.order_by("-said_at")[:2][::-1]

    assert long.text == "@enishi_demo " + "とても長い感想です。" * 30
    assert (long.author_name, long.author_handle, long.kind) == ("森 由紀☕️", "yuki_mori", "mention")
    assert (short.kind, short.in_reply_to, short.conversation) == ("reply", first["id"], first["id"])
    assert short.text.endswith("Tea & biscuits <3")


def test_a_page_that_is_not_whole_is_none() -> None:
    """F7: fewer posts than the page says, no meta, or only problems."""
    assert _page({"meta": {"result_count": 0}}).posts == ()
    for body, meaning in (
        ({"data": [], "meta": {"result_count": 3}}, Transient),
        ({"data": []}, Transient),
        ([], Transient),
        ({"errors": [{"type": "https://api.twitter.com/2/problems/resource-not-found"}]}, Gone),
        ({"errors": [{"type": "https://x/problems/not-authorized-for-resource"}]}, Hidden),
    ):
        with pytest.raises(meaning):
            _page(body)


def test_a_post_without_its_author_is_kept() -> None:
    """Facepager #81: `includes` may lack people."""
    page = _page(
        {"data": [{"id": "1989000000000000000", "text": "a &amp; b"}], "meta": {"result_count": 1, "newest_id": "1989000000000000000"}}
    )
    assert (page.posts[0].text, page.posts[0].author.handle, page.posts[0].at.year) == ("a & b", "", 2025)


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("abc", 3),
        ("こんにちは", 10),
        ("ｱ", 2),
        ("é", 1),
        ("e\u0301", 1),
        ("https://example.com/" + "a" * 100, 23),
        ("see https://a.jp now", 31),
        ("😀", 2),
        ("👨‍👩‍👧‍👦", 2),
        ("👍🏽", 2),
        ("🇯🇵", 2),
        ("1️⃣", 2),
        ("☕️", 2),
        ("“quoted”…", 10),
    ],
)
def test_length_is_counted_as_x_counts(text: str, units: int) -> None:
    """X, counting characters."""
    assert weight(text) == units


def test_words_are_compared_as_x_gives_them_back() -> None:
    """SOC-6: read-back must know its own text again."""
    assert _words("see https://example.com/long  now") == _words("see https://t.co/abc now")
    assert _words("a") != _words("b")


def test_what_x_left_out_is_told_from_what_is_empty() -> None:
    """SOC-10: X leaves out an empty bio or place where all is asked for; the particulars of an event may be three names alone."""
    whole = person({"id": "7", "username": "a", "name": "A", "public_metrics": {"followers_count": 1}, "protected": False})
    short = person({"id": "7", "username": "a", "name": "A"})

    assert (whole.bio, whole.place, whole.protected) == ("", "", False)
    assert (short.bio, short.place, short.picture_url, short.protected) == (None, None, None, None)
