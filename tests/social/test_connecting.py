"""The way to the network and back in a browser: state, session, person, once."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
import time_machine
from django.test import Client

from core import clock
from core.access.models import User
from core.record.write import Refused
from core.remote import http
from core.signin.models import AuditEntry
from core.work.jobs import drain
from sandbox.running import Control
from social.connecting import connect_sandbox, disconnect
from social.models import Brand, Channel
from tests.cast import page_of


def agreed(address: str, decision: str = "agree") -> str:
    """What the person's browser is sent back to after the consent page."""
    url, _sep, query = address.partition("?")
    answer = http.fetch("POST", url, form={**dict(parse_qsl(query)), "decision": decision, "username": "enishi_demo"})
    back = urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}"


def begun(browser: Client) -> str:
    brand, _made = Brand.objects.get_or_create(name="Enishi")
    return str(browser.get("/social/connect/x/", {"brand": brand.pk}).headers["Location"])


def test_a_channel_is_connected_in_the_browser(people: dict[str, User], sandbox: Control) -> None:
    """SOC-2, SOC-30, O1: to the consent page and back; the tokens show nowhere; who connected what stands in the audit log."""
    root = page_of(people["root"], fresh=True)
    assert "New brand" in root.get("/social/settings/channels/").content.decode()
    root.post("/social/settings/channels/brand", {"name": "Enishi"})

    answer = root.get(agreed(begun(root)), follow=True)
    channel = Channel.objects.get()
    page = answer.content.decode()

    assert (channel.handle, channel.outside_id, channel.state) == ("enishi_demo", "1500000000000000900", "active")
    assert "Connected: @enishi_demo" in page
    assert channel.connection.chain.access.reveal() not in page
    entry = AuditEntry.objects.get(act="social.connected")
    assert (entry.actor_id, entry.label, entry.detail) == (people["root"].pk, "X @enishi_demo", {"brand": "Enishi"})
    assert set(channel.connection.chain.scopes) == {
        "tweet.read",
        "tweet.write",
        "users.read",
        "offline.access",
        "dm.read",
        "dm.write",
    }


def test_a_sign_in_is_good_once_for_its_person_and_ten_minutes(people: dict[str, User], sandbox: Control) -> None:
    """T1: strange, used, old and others' states are refused, and nothing is connected."""
    root = page_of(people["root"], fresh=True)
    back = agreed(begun(root))
    other = page_of(people["root"], fresh=True)
    assert "was not started here" in other.get(back, follow=True).content.decode()
    assert not Channel.objects.exists()

    assert "Connected" in root.get(back, follow=True).content.decode()
    assert "was not started here" in root.get(back, follow=True).content.decode()

    late = begun(root)
    with time_machine.travel(clock.now() + timedelta(minutes=11), tick=True):
        assert "too old" in root.get(agreed(late), follow=True).content.decode()
    assert Channel.objects.count() == 1


def test_what_the_network_says_in_the_address_is_not_shown(people: dict[str, User], sandbox: Control) -> None:
    """T2: cancelled reads as cancelled; words from outside are not repeated."""
    root = page_of(people["root"], fresh=True)
    assert "cancelled at the network" in root.get(agreed(begun(root), "cancel"), follow=True).content.decode()
    page = root.get("/social/connect/x/callback?error=%3Cb%3Eevil%3C/b%3E&state=x", follow=True).content.decode()
    assert "evil" not in page
    assert root.get("/social/connect/myspace/callback?state=x").status_code == 404


def test_neither_is_done_from_a_desk_left_open(people: dict[str, User], sandbox: Control) -> None:
    """L8: without the password of the last ten minutes one is asked for it first; nothing is connected or taken off before."""
    root = page_of(people["root"])
    brand = Brand.objects.create(name="Enishi")
    where = f"/social/connect/x/?brand={brand.pk}"

    asked = root.get(where).headers["Location"]
    assert asked == "/me/security/again?back=%2Fsocial%2Fsettings%2Fchannels%2F"
    assert root.post(asked, {"current_password": "wrong", "back": where}).status_code == 422
    assert root.get(where).headers["Location"] == asked
    answer = root.post(asked, {"current_password": "pw", "back": "/social/settings/channels/"})
    assert answer.headers["Location"] == "/social/settings/channels/"
    root.get(agreed(str(root.get(where).headers["Location"])))
    channel = Channel.objects.get()

    later = page_of(people["root"])
    assert later.post(f"/social/settings/channels/{channel.pk}/disconnect").headers["Location"].startswith("/me/security/again")
    channel.refresh_from_db()
    assert channel.state == "active"


@pytest.mark.parametrize("worked_off", [True, False])
def test_what_was_disconnected_may_be_connected_by_somebody_else(people: dict[str, User], sandbox: Control, worked_off: bool) -> None:
    """T5: not before; and not only once it was taken back at the network."""
    brand = Brand.objects.create(name="Enishi")
    channel = connect_sandbox(people["root"], brand)
    with pytest.raises(Refused, match="was connected by"):
        connect_sandbox(people["bob"], brand)

    disconnect(channel, people["root"])
    if worked_off:
        drain()
    assert connect_sandbox(people["bob"], brand) == channel
    channel.refresh_from_db()
    assert (channel.state, channel.connection.owner) == ("active", people["bob"])
    with pytest.raises(Refused, match="was connected by"):
        connect_sandbox(people["root"], brand)
