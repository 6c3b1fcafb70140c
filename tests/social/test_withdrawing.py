"""Facebook's two callbacks: access that was taken off is looked at, data that somebody wants gone goes; by a signed request alone."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from core import clock
from core.access.models import User
from core.action.registry import run
from core.actor import Actor
from core.event.models import Event
from core.exchange.models import Delivery
from core.remote.models import Connection, TokenChain
from core.remote.network import network
from core.search.query import matching_ids
from core.work.jobs import drain
from core.work.models import Job
from helpdesk.models import Entry, Ticket
from sandbox.running import Control
from social import private, probing, withdrawing
from social.models import Channel, Conversation, DeletionRequest, Message, Post, Profile, Stream
from social.networks.items import Message as Item
from social.networks.items import Person
from tests.flows.conftest import poll

from .facebook_cast import APP, OWNER, PAGE, SECRET, connected, net

OFF, GONE = "/hooks/facebook/deauthorize", "/hooks/facebook/deletion"


def signed(person: str, *, secret: str = SECRET, ago: float = 0, **more: Any) -> str:
    told = {"user_id": person, "algorithm": "HMAC-SHA256", "issued_at": int(clock.now().timestamp() - ago), **more}
    payload = base64.urlsafe_b64encode(json.dumps(told).encode()).rstrip(b"=")
    return (
        base64.urlsafe_b64encode(hmac.new(secret.encode(), payload, hashlib.sha256).digest()).rstrip(b"=").decode() + "." + payload.decode()
    )


def send(where: str, request: str) -> Any:
    return Client(enforce_csrf_checks=True).post(where, {"signed_request": request})


def granted_by(channel: Channel) -> str:
    return TokenChain.objects.get(connections__channels=channel).granted_by


def probes() -> int:
    return Job.objects.filter(kind=probing.KIND, state="waiting").count()


def tampered(request: str) -> str:
    """The signature of one payload on another."""
    return request.partition(".")[0] + "." + signed("9").partition(".")[2]


WRONG = {
    "forged": lambda me: signed(me, secret="guess"),  # noqa: S106
    "tampered": lambda me: tampered(signed(me)),
    "old": lambda me: signed(me, ago=3_700),
    "of tomorrow": lambda me: signed(me, ago=-86_400),
    "another algorithm": lambda me: signed(me, algorithm="none"),
    "no time": lambda me: signed(me, issued_at="yesterday"),
    "nobody": lambda me: signed("", user_id=None),
    "no payload": lambda me: signed(me).partition(".")[0],
    "no words": lambda me: "é.ü",
    "nothing": lambda me: "",
}


@pytest.mark.parametrize("where", [OFF, GONE])
@pytest.mark.parametrize("kind", WRONG)
def test_what_facebook_did_not_sign_lately_has_no_effect(our_page: Channel, where: str, kind: str) -> None:
    """SOC-3, E3: forged, altered, old: refused, and nothing is begun."""
    assert send(where, WRONG[kind](granted_by(our_page))).status_code == 403
    assert (probes(), DeletionRequest.objects.count()) == (0, 0)


def test_only_posts_and_only_at_a_network_that_signs(our_page: Channel) -> None:
    assert Client().get(OFF).status_code == 405
    assert send("/hooks/x/deletion", signed("1")).status_code == 403
    assert send("/hooks/nowhere/deletion", signed("1")).status_code == 404


def test_access_taken_off_is_found_at_once(our_page: Channel, graph: Control) -> None:
    """SOC-3: told by Facebook, looked at by the probe, told once; told again, after a new sign-in, it ends nothing."""
    told = signed(granted_by(our_page))
    graph.do("facebook/revoke", person=OWNER)
    assert send(OFF, told).status_code == 200
    drain()
    our_page.refresh_from_db()
    assert our_page.state == "needs_signin"
    assert Event.objects.filter(module="social.channel", kind="needs_signin").count() == 1

    connected(our_page.connection.owner, our_page.brand)
    assert send(OFF, told).status_code == 200
    drain()
    our_page.refresh_from_db()
    assert our_page.state == "active"


def test_what_somebody_wants_gone_goes(our_page: Channel, graph: Control, people: dict[str, User]) -> None:
    """E3: what they said, wherever it stands, their name, and what they granted; the page of the code tells how far it is."""
    said = graph.do("facebook/post", person="Liam O’Brien", text="My address is 12 Mill Lane")["post"]["id"]
    kept = graph.do("facebook/post", person="Emma Wright", text="Lovely mugs")["post"]["id"]
    poll()
    post = Post.objects.get(outside_id=said)
    ticket = run("helpdesk.open_ticket", post, actor=Actor(people["ann"]), department="billing")
    run("social.reply", post, actor=Actor(people["ann"]), text="Thank you, Liam")
    drain()
    person = post.profile.outside_id

    request = signed(person)
    first, again = send(GONE, request).json(), send(GONE, request).json()
    assert first == again
    assert first["url"].endswith(f"{GONE}/{first['confirmation_code']}")
    page = Client().get(f"{GONE}/{first['confirmation_code']}", headers={"Accept-Language": "en"})
    assert "is being deleted" in page.content.decode()
    assert Job.objects.filter(kind=withdrawing.JOB).count() == 1
    drain()

    for row in (Post.objects.get(pk=post.pk), Entry.objects.filter(ticket=ticket).order_by("pk")[0], Ticket.objects.get(pk=ticket.pk)):
        assert "Mill Lane" not in json.dumps({key: str(value) for key, value in vars(row).items()})
        assert "Liam" not in json.dumps({key: str(value) for key, value in vars(row).items()})
    assert not Event.objects.filter(module="social.post", record_id=post.pk, changes__icontains="Mill").exists()
    assert not matching_ids("social.post", "Mill").exists()
    assert not Delivery.objects.filter(text__contains="Liam").exists()
    assert not Profile.objects.filter(outside_id=person).exists()
    assert not Profile.objects.filter(name="Liam O’Brien").exists()
    assert Post.objects.get(outside_id=kept).text == "Lovely mugs"
    row = DeletionRequest.objects.get()
    assert (row.person, row.done_at is not None) == ("", True)
    assert "is deleted." in Client().get(f"{GONE}/{row.code}", headers={"Accept-Language": "en"}).content.decode()
    assert "削除しました" in Client().get(f"{GONE}/{row.code}", headers={"Accept-Language": "ja"}).content.decode()
    assert Client().get(f"{GONE}/guess").status_code == 404


def test_what_is_gone_does_not_come_back_when_it_is_read_again(our_page: Channel, graph: Control) -> None:
    """E3: the post still stands on the page; the next look back over the day reads it, and writes nothing of it."""
    said = graph.do("facebook/post", person="Liam O’Brien", text="My address is 12 Mill Lane")["post"]["id"]
    poll()
    post = Post.objects.get(outside_id=said)
    assert post.text == "My address is 12 Mill Lane"
    send(GONE, signed(post.profile.outside_id))
    drain()

    Stream.objects.update(swept_at=None)
    poll()

    post.refresh_from_db()
    assert (post.text, post.author_name, post.edited_at) == ("—", "", None)
    assert not Event.objects.filter(module="social.post", record_id=post.pk, changes__icontains="Mill").exists()
    assert not matching_ids("social.post", "Mill").exists()


def test_private_messages_that_are_read_again_bring_nobody_back(channel: Channel) -> None:
    """E3: the network still has what they wrote: neither their words nor their name come back; what they write from now on comes."""
    side, us = private.Side.of(channel), Person(channel.outside_id)
    first = Item("5", "t", Person("88", "dora", "Dora Klein"), "My street", clock.now(), us)
    with transaction.atomic():
        private.take_in(side, [first], since=private.ALWAYS)
    withdrawing.data(network("x"), "88", "signed")
    drain()
    before = [list(rows.order_by("pk").values()) for rows in (Profile.objects, Conversation.objects, Message.every)]

    with transaction.atomic():
        assert private.take_in(side, [first], since=private.ALWAYS) == 0
    assert [list(rows.order_by("pk").values()) for rows in (Profile.objects, Conversation.objects, Message.every)] == before

    with transaction.atomic():
        private.take_in(side, [first, replace(first, outside_id="6", text="Hello")], since=private.ALWAYS)
    told = Message.every.filter(outside_id__in=["5", "6"]).order_by("pk")
    assert [(one.text, one.profile.name) for one in told] == [("—", ""), ("Hello", "Dora Klein")]


def test_their_own_account_goes_with_them(our_page: Channel, graph: Control, people: dict[str, User]) -> None:
    """T6, E3: one of us who wants all of theirs gone is no longer signed in with it, and their name is not kept."""
    now = clock.now()
    chain = TokenChain.objects.create(network="facebook", client_id="1", outside_id="4711", access="x", issued_at=now, refreshed_at=now)
    own = Connection.objects.create(network="facebook", chain=chain, kind="personal", owner=people["ann"], handle="ann", name="Ann C")
    send(GONE, signed("4711"))
    drain()
    own.refresh_from_db()
    chain.refresh_from_db()
    assert (own.closed_at is not None, own.name, own.handle, bool(chain.access)) == (True, "", "", False)


def test_who_granted_a_page_takes_it_along(our_page: Channel, graph: Control) -> None:
    """T6: their tokens are wiped, the page is disconnected; what others said there stays."""
    before = Post.objects.exclude(text="").count()
    send(GONE, signed(granted_by(our_page)))
    drain()
    our_page.refresh_from_db()
    chain = TokenChain.objects.get(outside_id=PAGE)
    assert (our_page.state, bool(chain.access), chain.granted_by) == ("disconnected", False, "")
    assert Post.objects.exclude(text="").count() == before


def test_the_sandbox_calls_a_running_house(our_page: Channel, graph: Control, live_server: Any, settings: Any) -> None:
    """SOC-7: both callbacks over HTTP, as Facebook makes them."""
    settings.BASE_URL = live_server.url
    graph.do("facebook/register-app", id=APP, deauthorize_url=f"{live_server.url}{OFF}", deletion_url=f"{live_server.url}{GONE}")
    assert net().client_id == APP
    graph.do("facebook/forget", person=OWNER)
    for _wait in range(100):
        sent = [one for one in graph.get("facebook/deliveries")["deliveries"] if one["kind"] == "deletion" and one["status"]]
        if sent:
            break
        clock_wait()
    code = DeletionRequest.objects.get().code
    assert json.loads(sent[0]["told"]) == {"url": f"{live_server.url}{GONE}/{code}", "confirmation_code": code}


def clock_wait() -> None:
    """The courier of the sandbox is a thread of its own."""
    import threading

    threading.Event().wait(0.05)
