"""What LinkedIn tells by itself: challenged, signed over the raw body, answered at once; the words are read with who said them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from core import clock
from core.exchange.models import HookEvent
from core.work.jobs import drain
from core.work.models import Job
from sandbox.running import Control
from social import hearing
from social.models import Channel, Post, Stream
from social.networks.linkedin.hooks import HEADER, PREFIX, TYPE, news, signature
from tests.flows.conftest import poll

from .linkedin_cast import FACTS, HANAKO, PAGE, SECRET
from .test_linkedin import comment, first_post

HOOK = "/hooks/linkedin"


def tell(*events: dict[str, Any], prefix: str = "", secret: str = SECRET, body: bytes = b"") -> int:
    raw = body or json.dumps({"type": TYPE, "notifications": list(events)}, ensure_ascii=False).encode()
    headers = {HEADER: prefix + signature(secret, PREFIX.encode() + raw)}
    return Client(enforce_csrf_checks=True).post(HOOK, raw, content_type="application/json", headers=headers).status_code


def event(number: int = 1, **more: Any) -> dict[str, Any]:
    fact = FACTS["webhooks"]["examples"]["comment"]["notifications"][0]
    return {**fact, "notificationId": number, "organizationalEntity": PAGE, **more}


def test_the_address_answers_its_challenge(db: None, linked: Control) -> None:
    """SOC-8: with the code and its HMAC; what is no code is not signed."""
    code = "890e4665-4dfe-4ab1-b689-ed553bceeed0"
    answer = Client().get(HOOK, {"challengeCode": code, "applicationId": "7"})
    assert answer.json() == {"challengeCode": code, "challengeResponse": signature(SECRET, code.encode())}
    assert Client().get(HOOK, {"challengeCode": "whatever"}).status_code == 404
    assert Client().get(HOOK).status_code == 404


@pytest.mark.parametrize("prefix", ["", PREFIX])
def test_an_event_makes_the_page_be_read_at_once(company: Channel, linked: Control, prefix: str) -> None:
    """SOC-8, SOC-5: written down once however often it is told; what it announces is read with its author, and polled it is the same."""
    later = clock.now().replace(year=clock.now().year + 1)
    Stream.objects.update(next_due=later)
    said = comment(linked, "在庫はありますか", post=first_post(linked))
    assert [tell(event(), prefix=prefix) for _time in range(3)] == [200, 200, 200]
    assert HookEvent.objects.count() == 1
    drain()
    assert Stream.objects.get(channel=company).next_due <= clock.now()
    for _round in range(2):
        poll()
    post = Post.objects.get(outside_id=said)
    assert (post.author_name, post.profile.outside_id, HookEvent.objects.count()) == ("佐藤 花子", HANAKO, 0)


def test_a_deletion_is_heard_also_before_what_it_deletes(company: Channel, linked: Control) -> None:
    """SOC-5: marked; and what is read after its own removal makes no post."""
    first, second = (comment(linked, text, post=first_post(linked)) for text in ("一", "二"))
    tell(event(2, action="COMMENT_DELETE", generatedActivity=second))
    drain()
    poll()
    tell(event(3, action="COMMENT_DELETE", generatedActivity=first))
    drain()
    assert Post.objects.get(outside_id=first).deleted_on_network
    assert not Post.objects.filter(outside_id=second).exists()


def test_what_is_not_signed_has_no_effect(company: Channel) -> None:
    """F9: forged, for another body, or without a signature."""
    assert tell(event(), secret="guess") == 403
    raw = json.dumps({"type": TYPE, "notifications": [event()]}).encode()
    header = {HEADER: signature(SECRET, PREFIX.encode() + raw)}
    assert Client().post(HOOK, raw + b" ", content_type="application/json", headers=header).status_code == 403
    assert Client().post(HOOK, raw, content_type="application/json").status_code == 403
    assert HookEvent.objects.count() == 0


def test_strange_bodies_break_nothing(company: Channel) -> None:
    for body in (
        b"{}",
        b"[]",
        b"<html>",
        b"\xff",
        b'{"type": "x"}',
        json.dumps({"type": TYPE, "notifications": [1, {"action": 3}]}).encode(),
        b"[" * 100_000,
    ):
        assert tell(body=body) == 200
    drain()
    assert HookEvent.objects.count() == 0


def test_what_no_database_takes_is_left_out() -> None:
    """SOC-8: NUL and halves of characters."""
    raw = json.dumps({"type": TYPE, "notifications": [event(text="a\x00b\ud800c")]}).encode()
    assert news(raw)[0].payload["text"] == "abc"


def test_the_sandbox_tells_a_running_house(company: Channel, linked: Control, live_server: Any, settings: Any) -> None:
    """SOC-8: subscribed by the job, with the challenge over HTTP, as often as one presses; a comment then comes by itself."""
    settings.BASE_URL = live_server.url
    for _time in range(2):
        hearing.ask("linkedin")
        drain()
    last = Job.objects.filter(kind=hearing.LISTEN).latest("pk")
    assert (last.state, last.result.get("code")) == ("done", None)
    told = linked.get("linkedin/hooks")["subscriptions"]
    assert [(one["organization"], one["url"]) for one in told] == [("縁デモ株式会社", f"{live_server.url}{HOOK}")]


def test_without_the_number_of_the_app_it_says_what_is_missing(company: Channel, settings: Any) -> None:
    """SOC-19."""
    settings.LINKEDIN_APP_ID = ""
    hearing.ask("linkedin")
    drain()
    last = Job.objects.filter(kind=hearing.LISTEN).latest("pk")
    assert (last.result["code"], "number of the app" in str(last.result["facts"])) == ("rejected", True)
