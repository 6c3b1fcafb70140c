"""What X tells by itself: challenged, signed, answered at once, stored once with what polling finds (SOC-8)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from core.event.models import Event
from core.exchange.hooks import receive
from core.exchange.models import HookEvent
from core.remote.models import TokenChain
from core.remote.network import network
from core.work.jobs import drain
from sandbox.running import Control
from social import changing, hearing
from social.models import Channel, Conversation, Message, Post
from social.networks.x import X
from social.networks.x.hooks import HEADER, signature
from tests.contracts.test_networks import X as FACTS
from tests.flows.conftest import poll

HOOK = "/hooks/x"
MENTION = FACTS["webhooks"]["examples"]["post.mention.create"]["data"]


def tell(data: dict[str, Any], secret: str = "sandbox-secret", body: bytes = b"") -> int:
    raw = body or json.dumps({"data": data}, ensure_ascii=False).encode()
    told = Client(enforce_csrf_checks=True).post(HOOK, raw, content_type="application/json", headers={HEADER: signature(secret, raw)})
    return told.status_code


def mention(text: str = "@enishi_demo 返金してください", **more: Any) -> dict[str, Any]:
    payload = {**MENTION["payload"], "id": "1989000000000000101", "text": text, "conversation_id": "1989000000000000101"}
    return {**MENTION, "event_uuid": "-42", "payload": payload, **more}


def test_the_challenge_and_the_signature_are_those_of_the_facts(db: None, sandbox: Control, settings: Any) -> None:
    """SOC-8: the vectors; nothing is said to who asks nothing."""
    vector = FACTS["webhooks"]["vector"]
    settings.X_APP_KEY, settings.X_APP_SECRET = "key", vector["key"]
    answer = Client().get(HOOK, {"crc_token": vector["crc_token"]})
    assert answer.json() == {"response_token": vector["response_token"]}
    assert X().signed({HEADER: vector["signature"]}, vector["raw_body"].encode())
    assert not X().signed({HEADER: vector["signature"]}, vector["raw_body"].encode() + b" ")
    assert Client().get(HOOK).status_code == 404
    assert Client().get("/hooks/myspace").status_code == 404


def test_a_challenge_signs_no_event(sandbox: Control, channel: Channel) -> None:
    """F9: whoever asks with the body of an event for a challenge is given nothing to sign it with."""
    raw = json.dumps({"data": mention()}, ensure_ascii=False)
    for token in (raw, "{}", " ", "challenge\n", "x" * 257):
        assert Client().get(HOOK, {"crc_token": token}).status_code == 404
    assert Client().get(HOOK, {"crc_token": FACTS["webhooks"]["vector"]["crc_token"]}).status_code == 200


def test_a_mention_that_is_told_is_a_post_once(sandbox: Control, channel: Channel) -> None:
    """SOC-8, SOC-5: written down and answered, worked off later; told five times and polled, it is one."""
    assert [tell(mention()) for _time in range(5)] == [200] * 5
    assert HookEvent.objects.count() == 1
    assert not Post.objects.filter(outside_id="1989000000000000101").exists()
    drain()
    post = Post.objects.get(outside_id="1989000000000000101")
    assert (post.text, post.author_handle, post.state, post.ours) == ("@enishi_demo 返金してください", "sato_hanako", "open", False)
    assert HookEvent.objects.count() == 0
    tell(mention(event_uuid="7"))
    drain()
    assert Post.objects.filter(outside_id="1989000000000000101").count() == 1


@pytest.mark.parametrize("wrong", ["secret", "body", "none"])
def test_what_is_not_signed_has_no_effect(sandbox: Control, channel: Channel, wrong: str) -> None:
    """F9: forged, changed on the way, or without a signature."""
    raw = json.dumps({"data": mention()}).encode()
    headers = {"secret": signature("guess", raw), "body": signature("sandbox-secret", raw + b" "), "none": ""}
    told = Client().post(HOOK, raw, content_type="application/json", headers={HEADER: headers[wrong]})
    assert (told.status_code, HookEvent.objects.count()) == (403, 0)


def test_strange_bodies_break_nothing(sandbox: Control, channel: Channel) -> None:
    for body in (b"{}", b"[]", b"<html>", b'{"data": {"event_type": "post.mention.create", "event_uuid": "1", "payload": []}}', b"\xff"):
        assert tell({}, body=body) == 200
    tell({"event_uuid": "8", "event_type": "post.mention.create", "filter": {"user_id": channel.outside_id}, "payload": {"id": "x"}})
    tell({"event_uuid": "9", "event_type": "something.new", "payload": {}})
    drain()
    assert HookEvent.objects.count() == 0


def test_a_deletion_and_an_end_of_access_are_heard(sandbox: Control, channel: Channel) -> None:
    """SOC-3, SOC-5: marked at once; that access was taken back is looked at, not believed."""
    post = Post.objects.filter(ours=False).latest("said_at")
    revoke = FACTS["webhooks"]["examples"]["oauth.revoke"]["data"]
    gone = {"event_uuid": "3", "event_type": "post.delete", "payload": {"id": post.outside_id, "author_id": "1"}}
    tell(gone)
    tell({**revoke, "payload": {**revoke["payload"], "user_id": channel.outside_id}})
    drain()
    post.refresh_from_db()
    assert post.deleted_on_network
    assert TokenChain.objects.get().state == "active"

    sandbox.revoke()
    tell({**revoke, "event_uuid": "5", "payload": {**revoke["payload"], "user_id": channel.outside_id}})
    drain()
    channel.refresh_from_db()
    assert (TokenChain.objects.get().state, channel.state) == ("needs_signin", "needs_signin")


def test_a_deletion_that_comes_before_its_post_or_with_it_is_kept(
    sandbox: Control, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SOC-5: what comes after its own removal makes no post; what another worker stores at that moment is marked."""
    gone = {"event_uuid": "3", "event_type": "post.delete", "payload": {"id": "1989000000000000101", "author_id": "1"}}
    tell(gone)
    drain()
    tell(mention())
    drain()
    assert not Post.objects.filter(outside_id="1989000000000000101").exists()

    said = mention(event_uuid="6")
    said["payload"] = {**said["payload"], "id": "1989000000000000102"}
    real = changing.take

    def meanwhile(*given: Any, **more: Any) -> Any:
        monkeypatch.setattr(changing, "take", real)
        hearing.heard(HookEvent(network="x", kind=said["event_type"], subject=channel.outside_id, payload=said))
        return real(*given, **more)

    monkeypatch.setattr(changing, "take", meanwhile)
    tell({**gone, "event_uuid": "4", "payload": {"id": "1989000000000000102", "author_id": "1"}})
    drain()
    assert Post.objects.get(outside_id="1989000000000000102").deleted_on_network


def test_the_sandbox_tells_a_running_house(sandbox: Control, channel: Channel, live_server: Any, settings: Any) -> None:
    """SOC-8: registered by the job with the challenge over HTTP, once however often it is pressed; a mention arrives without polling."""
    settings.BASE_URL = live_server.url
    for _time in range(2):
        hearing.ask("x")
        drain()
    assert len(sandbox.requests(endpoint="webhooks.create")) == 1
    assert len(sandbox.requests(endpoint="activity.subscribe")) == 6


def test_reading_and_hearing_together(sandbox: Control, channel: Channel) -> None:
    """F9: the same mention by both ways, in either order, is one post and one event."""
    said = sandbox.say("emma_w_2026", "@enishi_demo both ways")
    data = mention("@enishi_demo both ways")
    data["payload"] = {**data["payload"], "id": said["id"], "author_id": "1500000000000000003"}
    receive(network("x"), json.dumps({"data": data}).encode())
    poll()
    assert Post.objects.filter(outside_id=said["id"]).count() == 1


@pytest.fixture
def told(sandbox: Control, channel: Channel, live_server: Any, settings: Any) -> Control:
    """A house that X tells by itself, over HTTP."""
    settings.BASE_URL = live_server.url
    hearing.ask("x")
    drain()
    return sandbox


def carried(sandbox: Control, count: int) -> list[int]:
    """What was answered to the last so many webhooks, once all of them were brought, the first one first."""
    for _turn in range(5_000):
        rows = sandbox.get("deliveries", limit=count)["deliveries"]
        if len(rows) == count and all(one["attempts"] for one in rows):
            return [one["status"] for one in reversed(rows)]
    raise AssertionError(rows)


def test_what_comes_twice_over_the_line_is_one(told: Control) -> None:
    """SOC-5, SOC-8: each of X's events twice, then read as well: one post, one message, one arrival of each."""
    told.do("webhooks", twice=2)
    said = told.say("emma_w_2026", "@enishi_demo twice")
    message = told.do("message-as-customer", username="emma_w_2026", text="内緒で二度")["message"]
    assert carried(told, 4) == [200] * 4

    drain()
    poll()

    assert Post.objects.filter(outside_id=said["id"]).count() == 1
    assert Message.objects.filter(outside_id=message["id"]).count() == 1
    arrived = Event.objects.filter(kind="arrived").values_list("module", flat=True)
    assert sorted(arrived) == ["social.message", "social.post"]


def test_what_comes_in_the_wrong_order_stands_in_its_own(told: Control) -> None:
    """SOC-5, SOC-8: an answer before what it answers, the later message first: kept, joined and shown as they were said."""
    told.do("webhooks", hold=True)
    first = told.say("emma_w_2026", "@enishi_demo first")
    second = told.say("liam_obrien", "@enishi_demo second", reply_to=first["id"])
    for text in ("one", "two", "three"):
        told.do("message-as-customer", username="emma_w_2026", text=text)
    count = told.do("webhooks", release="reversed")["released"]
    assert set(carried(told, count)) == {200}

    drain()

    posts = Post.objects.filter(outside_id__in=[first["id"], second["id"]]).order_by("said_at", "outside_id")
    assert [one.outside_id for one in posts] == [first["id"], second["id"]]
    assert {one.conversation for one in posts} == {first["id"]}
    talk = Conversation.objects.get(profile__handle="emma_w_2026")
    said = Message.objects.filter(conversation=talk).order_by("said_at", "outside_id")
    assert [one.text for one in said][-3:] == ["one", "two", "three"]
    assert talk.heard_at == talk.last_at == [one.said_at for one in said][-1]


def test_what_is_signed_with_another_secret_is_refused_and_read_instead(told: Control) -> None:
    """SOC-8, F9: 403 and nothing written down; polling brings what was really said."""
    told.do("webhooks", wrong=1)
    said = told.say("emma_w_2026", "@enishi_demo forged?")
    assert carried(told, 1) == [403]
    assert not HookEvent.objects.exists()
    drain()
    assert not Post.objects.filter(outside_id=said["id"]).exists()

    poll()

    assert Post.objects.get(outside_id=said["id"]).text == "@enishi_demo forged?"
