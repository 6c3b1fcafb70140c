"""Facebook's sign-in: dialog, short and long tokens, the pages somebody chose, and what ends it."""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
import time_machine

from core import clock
from core.access.models import User
from core.record.write import Refused
from core.remote import http
from core.remote.abilities import Can
from core.remote.errors import Limited, RemoteError, Revoked
from core.remote.models import TokenChain
from core.remote.wires import Wire
from core.work.jobs import drain
from sandbox.running import Control
from social import connecting
from social.models import Brand, Channel, Stream
from tests.cast import page_of

from .facebook_cast import APP, CAFE, FACTS, PAGE, SECRET, agreed, connected, net


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, dict[str, Any]]]:
    """What went out: method, path, what else."""
    made, real = [], http.fetch

    def fetch(method: str, url: str, **more: Any) -> http.Answer:
        made.append((method, urlsplit(url).path, more))
        return real(method, url, **more)

    monkeypatch.setattr(http, "fetch", fetch)
    return made


def test_the_dialog_is_asked_as_the_facts_say(people: dict[str, User], graph: Control) -> None:
    """SOC-2: address, app, exact way back, a state, permissions with commas; none that nothing here needs; declined ones anew."""
    address = urlsplit(connecting.begin({}, people["root"], net(), Brand.objects.create(name="Enishi")))
    asked = dict(parse_qsl(address.query))

    assert address.path == "/v25.0/dialog/oauth"
    assert set(asked) == {"client_id", "redirect_uri", "state", "scope", "response_type", "auth_type"}
    assert (asked["client_id"], asked["response_type"], asked["auth_type"]) == (APP, "code", "rerequest")
    assert asked["redirect_uri"] == "http://localhost:8000/social/connect/facebook/callback"
    assert set(asked["scope"].split(",")) == {
        "pages_show_list",
        "pages_read_engagement",
        "pages_read_user_content",
        "pages_manage_posts",
        "pages_manage_engagement",
        "pages_manage_metadata",
        "pages_messaging",
    }


def test_a_page_is_connected_in_the_browser(people: dict[str, User], graph: Control, calls: list[Any]) -> None:
    """SOC-2, SOC-30: Facebook stands beside X; code, short and long token, permissions, pages; the page's own token is kept sealed."""
    root = page_of(people["root"], fresh=True)
    brand = Brand.objects.create(name="Enishi")
    offered = root.get("/social/settings/channels/").content.decode()
    address = str(root.get("/social/connect/facebook/", {"brand": brand.pk}).headers["Location"])

    back = agreed(address)
    calls.clear()
    page = root.get("/social/connect/facebook/callback", back, follow=True).content.decode()
    channel = Channel.objects.get()
    chain = channel.connection.chain

    assert "Connect an account of X" in offered
    assert "Connect an account of Facebook" in offered
    assert "Connected: @" in page
    assert (channel.network, channel.outside_id, channel.state) == ("facebook", PAGE, "active")
    assert [(method, path) for method, path, _more in calls][:4] == [
        ("POST", "/v25.0/oauth/access_token"),
        ("POST", "/v25.0/oauth/access_token"),
        ("GET", "/v25.0/me/permissions"),
        ("GET", "/v25.0/me/accounts"),
    ]
    assert calls[1][2]["form"]["grant_type"] == "fb_exchange_token"
    assert calls[3][2]["params"]["fields"].split(",")[0] == "id"
    token = chain.access.reveal()
    told = net().inspected(token)
    assert (told["type"], told["profile_id"], told["expires_at"]) == ("PAGE", PAGE, 0)
    assert token not in page
    assert token not in str(TokenChain.objects.filter(pk=chain.pk).values("access"))
    assert {one.kind for one in Stream.objects.filter(channel=channel)} == {"visitor_posts", "tagged", "comments", "ratings", "messages"}


def test_every_call_carries_the_proof(people: dict[str, User], graph: Control, calls: list[Any]) -> None:
    """Facebook: appsecret_proof, as the given vector has it."""
    connected(people["root"], Brand.objects.create(name="Enishi"))
    net().inspected("whatever")
    asked = [(more["headers"]["Authorization"].removeprefix("Bearer "), more["params"]) for m, _path, more in calls if m == "GET"]

    assert len(asked) >= 3
    for token, params in asked:
        assert params["appsecret_proof"] == hmac.new(SECRET.encode(), token.encode(), hashlib.sha256).hexdigest()
    vector = FACTS["webhooks"]["vector"]
    assert hmac.new(vector["key"].encode(), vector["access_token"].encode(), hashlib.sha256).hexdigest() == vector["appsecret_proof"]


def test_what_was_declined_is_off_and_says_so(people: dict[str, User], graph: Control) -> None:
    """SOC-2, SOC-19: single permissions can be declined; without those that nothing works without, nothing is connected."""
    brand = Brand.objects.create(name="Enishi")
    channel = connected(people["root"], brand, without=("pages_messaging",))[0]
    scopes = channel.connection.chain.scopes
    assert "pages_messaging" in net().why_not(Can.MESSAGE, scopes=scopes)
    assert net().why_not(Can.REPLY, scopes=scopes) == ""

    with pytest.raises(Refused, match="pages_read_engagement"):
        connected(people["root"], brand, without=("pages_read_engagement",))
    again = connected(people["root"], brand)[0]
    assert net().why_not(Can.MESSAGE, scopes=again.connection.chain.scopes) == ""


def test_several_pages_each_stay_with_their_brand(people: dict[str, User], graph: Control) -> None:
    """SOC-30: who signs in again for one page with two chosen does not move the other to another brand."""
    first, second = Brand.objects.create(name="Enishi"), Brand.objects.create(name="Cafe")
    connected(people["root"], first, pages=(PAGE,))
    connected(people["root"], second, pages=(PAGE, CAFE))
    assert dict(Channel.objects.values_list("outside_id", "brand__name")) == {PAGE: "Enishi", CAFE: "Cafe"}


def test_cancelled_is_cancelled(people: dict[str, User], graph: Control) -> None:
    """T2: what Facebook brings back is not repeated."""
    root = page_of(people["root"], fresh=True)
    brand = Brand.objects.create(name="Enishi")
    address = str(root.get("/social/connect/facebook/", {"brand": brand.pk}).headers["Location"])
    back = agreed(address, decision="cancel")
    page = root.get("/social/connect/facebook/callback", back, follow=True).content.decode()
    assert "cancelled at the network" in page
    assert not Channel.objects.exists()


def test_access_taken_back_is_found_by_the_probe(people: dict[str, User], graph: Control) -> None:
    """SOC-3: debug_token, with the app's token; the sign-in ends once, the page's allowance is untouched."""
    channel = connected(people["root"], Brand.objects.create(name="Enishi"))[0]
    wire = Wire(channel.connection)
    net().probe(wire)
    graph.do("facebook/revoke", person="901")
    with pytest.raises(Revoked):
        net().probe(wire)
    channel.refresh_from_db()
    assert channel.state == "needs_signin"


def test_disconnecting_takes_it_back_there(people: dict[str, User], graph: Control) -> None:
    """SOC-3: with the last page of a person everything they granted; the tokens are wiped."""
    brand = Brand.objects.create(name="Enishi")
    one, other = connected(people["root"], brand, pages=(PAGE, CAFE))
    tokens = {channel.outside_id: channel.connection.chain.access.reveal() for channel in (one, other)}
    drain()

    connecting.disconnect(one, people["root"])
    drain()
    assert net().inspected(tokens[other.outside_id])["is_valid"] is True
    connecting.disconnect(other, people["root"])
    drain()
    assert net().inspected(tokens[other.outside_id])["is_valid"] is False
    assert not any(chain.access for chain in TokenChain.objects.all())


def test_a_refused_sign_out_wipes_the_tokens_and_a_busy_one_waits(
    people: dict[str, User], graph: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T6: whatever the network answers nothing stays here; where it takes no call now it is told later."""
    brand = Brand.objects.create(name="Enishi")
    one, other = connected(people["root"], brand, pages=(PAGE, CAFE))
    drain()
    answers: dict[str, list[RemoteError]] = {
        one.outside_id: [Revoked("190")],
        other.outside_id: [Limited(clock.now() + timedelta(minutes=5))],
    }

    def revoke(_net: Any, _token: str, outside_id: str) -> None:
        if answers[outside_id]:
            raise answers[outside_id].pop()

    monkeypatch.setattr(type(net()), "revoke", revoke)
    for channel in (one, other):
        connecting.disconnect(channel, people["root"])
    drain()
    kept = {chain.outside_id: bool(chain.access) for chain in TokenChain.objects.all()}
    assert kept == {one.outside_id: False, other.outside_id: True}
    with time_machine.travel(clock.now() + timedelta(minutes=6)):
        drain()
    assert not any(chain.access for chain in TokenChain.objects.all())


def test_the_scopes_of_the_address_are_those_of_the_level(settings: Any, people: dict[str, User], graph: Control) -> None:
    """SOC-1: at the level without review nothing is asked that it does not give."""
    settings.FACEBOOK_LEVEL = "standard"
    address = connecting.begin({}, people["root"], net(), Brand.objects.create(name="Enishi"))
    assert parse_qs(urlsplit(address).query)["scope"] == ["pages_show_list,pages_read_engagement"]


def test_the_page_of_the_network_shows_what_is_left(people: dict[str, User], graph: Control) -> None:
    """SOC-4: the percentages Facebook told stand on its page, in words; so does what the level allows."""
    connected(people["root"], Brand.objects.create(name="Enishi"))
    drain()
    page = page_of(people["root"], fresh=True).get("/social/settings/networks/facebook/").content.decode()
    assert "What the page may ask" in page
    assert re.search(r"<td class=\"num\">\d{1,2} %</td><td class=\"num\">\d{2,3} %</td>", page)
    assert "10000" not in page
    assert "Facebook has no people search for software." in page
    assert "ppca,human_agent" in page
    assert SECRET not in page
