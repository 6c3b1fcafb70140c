"""What Facebook tells by itself: challenged, signed over the raw body, answered at once, stored once with what polling finds."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from core import clock
from core.exchange import hooks
from core.exchange.models import HookEvent
from core.work.jobs import drain
from core.work.models import Job
from sandbox.running import Control
from social import hearing
from social.models import Channel, Post, Stream
from social.networks.facebook import Facebook
from social.networks.facebook.hooks import HEADER, signature
from tests.flows.conftest import poll

from .facebook_cast import FACTS, PAGE, SECRET, net

HOOK = "/hooks/facebook"
OURS = f"{PAGE}_300000000000001"


def tell(*values: dict[str, Any], field: str = "feed", body: bytes = b"", secret: str = SECRET) -> int:
    changes = [{"field": field, "value": one} for one in values]
    # As Facebook writes it: signs beyond ASCII as escapes.
    raw = body or json.dumps({"object": "page", "entry": [{"id": PAGE, "time": 1, "changes": changes}]}).encode()
    told = Client(enforce_csrf_checks=True).post(HOOK, raw, content_type="application/json", headers={HEADER: signature(secret, raw)})
    return told.status_code


def comment(number: str = "1", **more: Any) -> dict[str, Any]:
    return {
        "item": "comment",
        "verb": "add",
        "from": {"id": "2400000000000001", "name": "佐藤 花子"},
        "message": "何色がありますか?",
        "post_id": OURS,
        "parent_id": OURS,
        "comment_id": f"300000000000001_49999999999999{number}",
        "created_time": int(clock.now().timestamp()),
        **more,
    }


def test_the_challenge_and_the_signature_are_those_of_the_facts(db: None, graph: Control, settings: Any) -> None:
    """SOC-8: hub.challenge goes back as text to who knows the word; the vector; one byte more is another body."""
    query = {"hub.mode": "subscribe", "hub.verify_token": net()._word(), "hub.challenge": "1158201444"}
    answer = Client().get(HOOK, query)
    assert (answer.status_code, answer.content, answer.headers["Content-Type"]) == (200, b"1158201444", "text/plain")
    assert Client().get(HOOK, {**query, "hub.verify_token": "ours"}).status_code == 404
    vector = FACTS["webhooks"]["vector"]
    settings.FACEBOOK_APP_SECRET = vector["key"]
    assert Facebook().signed({HEADER: vector["x_hub_signature_256"]}, vector["raw_body"].encode())
    assert not Facebook().signed({HEADER: vector["x_hub_signature_256"]}, vector["raw_body"].encode() + b" ")
    settings.FACEBOOK_APP_SECRET = ""
    assert not Facebook().signed({HEADER: signature("", b"{}")}, b"{}")


def test_what_is_told_is_a_post_once(our_page: Channel) -> None:
    """SOC-8, SOC-5: written down and answered, worked off later; a thousand at once; told again it is the same."""
    before = Post.objects.count()
    many = [comment("1"), comment("2", message="Do you ship?"), {**comment(), "item": "reaction", "verb": "add", "reaction_type": "love"}]
    assert [tell(*many) for _time in range(5)] == [200] * 5
    assert (HookEvent.objects.count(), Post.objects.count()) == (3, before)
    drain()
    post = Post.objects.get(outside_id="300000000000001_499999999999991")
    assert (post.text, post.author_name, post.kind, post.conversation, post.state) == (
        "何色がありますか?",
        "佐藤 花子",
        "reply",
        OURS,
        "open",
    )
    assert (HookEvent.objects.count(), Post.objects.count()) == (0, before + 2)


def test_a_large_body_is_written_down_in_few_statements(our_page: Channel, django_assert_max_num_queries: Any) -> None:
    """SOC-8: as few for hundreds of events as for some, in one order for everybody; each is worked off by itself."""
    before = Post.objects.count()
    many = [comment(f"{number:03}") for number in range(300)]
    with django_assert_max_num_queries(80):
        assert tell(*many) == 200
    assert (HookEvent.objects.count(), Job.objects.filter(kind=hooks.KIND, state="waiting").count()) == (300, hooks.AT_ONCE + 1)
    drain()
    assert (HookEvent.objects.count(), Post.objects.count()) == (0, before + 300)
    assert tell(*many) == 200
    assert HookEvent.objects.count() == 0


def test_reading_and_hearing_together(our_page: Channel, graph: Control) -> None:
    """F9: the same by both ways is one."""
    said = graph.do("facebook/comment", on=OURS, person="Liam O’Brien", text="How much is it?")["comment"]["id"]
    tell(comment(comment_id=said, message="How much is it?"))
    poll()
    assert Post.objects.filter(outside_id=said).count() == 1


def test_a_deletion_is_heard_also_before_what_it_deletes(our_page: Channel) -> None:
    """SOC-5: marked; and what comes after its own removal makes no post."""
    tell(comment("3"))
    drain()
    tell(comment("3", verb="remove"), comment("4", verb="remove"))
    drain()
    tell(comment("4"))
    drain()
    assert Post.objects.get(outside_id="300000000000001_499999999999993").deleted_on_network
    assert not Post.objects.filter(outside_id="300000000000001_499999999999994").exists()


def test_what_is_not_told_whole_is_read_at_once(our_page: Channel) -> None:
    """A comment's event is an announcement."""
    later = clock.now().replace(year=clock.now().year + 1)
    Stream.objects.update(next_due=later)
    tell({**comment("5"), "from": None})
    tell({"item": "post", "verb": "add", "post_id": "9_9"}, field="mention")
    drain()
    assert set(Stream.objects.filter(next_due__lt=later).values_list("kind", flat=True)) == {"comments", "tagged"}
    assert not Post.objects.filter(outside_id="300000000000001_499999999999995").exists()


@pytest.mark.parametrize("item", ["album", "photo", "video"])
def test_a_picture_of_our_own_is_kept_when_it_is_told(our_page: Channel, item: str) -> None:
    """SOC-8, SOC-32: nothing reads the page's own posts, so what is told of one is all there is; a visitor's is read with its picture."""
    later = clock.now().replace(year=clock.now().year + 1)
    Stream.objects.update(next_due=later)
    told = {"item": item, "verb": "add", "message": "Our new kettle", "published": 1, "created_time": int(clock.now().timestamp())}

    tell({**told, "from": {"id": PAGE, "name": "Enishi Demo"}, "post_id": f"{PAGE}_77"})
    drain()
    assert not Stream.objects.filter(next_due__lt=later).exists()
    tell({**told, "from": {"id": "2400000000000001", "name": "佐藤 花子"}, "post_id": f"{PAGE}_78"})
    drain()

    post = Post.objects.get(outside_id=f"{PAGE}_77")
    assert (post.text, post.kind, post.ours, post.state) == ("Our new kettle", "post", True, "done")
    assert not Post.objects.filter(outside_id=f"{PAGE}_78").exists()
    assert set(Stream.objects.filter(next_due__lt=later).values_list("kind", flat=True)) == {"visitor_posts"}


@pytest.mark.parametrize("wrong", ["secret", "none"])
def test_what_is_not_signed_has_no_effect(our_page: Channel, wrong: str) -> None:
    """F9: forged, or without a signature."""
    raw = json.dumps({"object": "page", "entry": []}).encode()
    header = signature("guess", raw) if wrong == "secret" else ""
    assert Client().post(HOOK, raw, content_type="application/json", headers={HEADER: header}).status_code == 403
    assert HookEvent.objects.count() == 0


def test_strange_bodies_break_nothing(our_page: Channel) -> None:
    for body in (b"{}", b"[]", b"<html>", b"\xff", b'{"object": "page", "entry": [1, {"id": 3, "changes": [null, {"value": 4}]}]}'):
        assert tell(body=body) == 200
    drain()
    assert HookEvent.objects.count() == 0


def test_the_sandbox_tells_a_running_house(our_page: Channel, graph: Control, live_server: Any, settings: Any) -> None:
    """SOC-8: set up by the job, with the challenge over HTTP, as often as one presses."""
    settings.BASE_URL = live_server.url
    for _time in range(2):
        hearing.ask("facebook")
        drain()
    last = Job.objects.filter(kind=hearing.LISTEN).latest("pk")
    assert (last.state, last.result.get("code")) == ("done", None)
