"""One's own accounts at the networks: signing in from where one is, the page in the settings, and the end of it here and there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import time_machine
from django.test import Client

from core import clock
from core.access.models import Profile as Rights
from core.access.models import User
from core.exchange.models import Delivery
from core.exchange.outbox import post
from core.notify.models import Notification
from core.remote import http
from core.remote.models import Connection, TokenChain
from core.stamps import bump
from core.work.jobs import drain
from sandbox.running import Control
from social import own
from social.connecting import connect_sandbox, disconnect
from social.models import Brand, Channel
from social.probing import enqueue_quiet
from tests.cast import page_of

from .facebook_cast import agreed as agreed_at_facebook

WHO = "priya_n"


def at_x(address: str, who: str = WHO, decision: str = "agree") -> str:
    """What the browser is sent back to after X's consent page."""
    url, _sep, query = address.partition("?")
    answer = http.fetch("POST", url, form={**dict(parse_qsl(query)), "decision": decision, "username": who})
    back = urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}"


def signed_in(user: User, *, who: str = WHO, days: int = 0, back: str = "/me/social/") -> Any:
    """The whole way in a browser; gives the answer that the network's page leads back to."""
    browser = page_of(user, fresh=True)
    address = browser.get("/me/social/connect/x/", {"back": back, "days": days}).headers["Location"]
    return browser.get(at_x(address, who), follow=False)


def page(user: User) -> str:
    return page_of(user).get("/me/social/").content.decode()


def test_somebody_signs_in_with_an_account_of_their_own(people: dict[str, User], sandbox: Control) -> None:
    """SOC-2, SOC-15: from a record, to the network, and back to the record; no token shows anywhere."""
    browser = page_of(people["ann"], fresh=True)
    asked = browser.get("/me/social/connect/x/", {"back": "/crm/leads/"}).content.decode()
    assert "Sign in at X" in asked and "After 7 days" in asked

    answer = signed_in(people["ann"], back="/crm/leads/")

    row = Connection.objects.select_related("chain").get()
    assert (answer.status_code, answer.headers["Location"]) == (302, "/crm/leads/")
    assert (row.kind, row.owner, row.handle, row.chain.state) == ("personal", people["ann"], WHO, "active")
    shown = page(people["ann"])
    assert f"@{WHO}" in shown and "Signed in</span>" in shown and row.chain.access.reveal() not in shown
    assert f"@{WHO}" not in page(people["bob"])
    assert not Channel.objects.exists()


def test_the_way_back_stays_here(people: dict[str, User], sandbox: Control) -> None:
    """W2: an address of somebody else's is not followed."""
    assert signed_in(people["ann"], back="https://evil.example/").headers["Location"] == "/me/social/"


def test_the_password_is_asked_for_first(people: dict[str, User], sandbox: Control) -> None:
    """L8: to sign in and to take off alike."""
    browser = page_of(people["ann"])
    assert browser.get("/me/social/connect/x/").headers["Location"].startswith("/me/security/again")
    signed_in(people["ann"])
    row = Connection.objects.get()

    assert browser.post(f"/me/social/{row.pk}/off").status_code == 422
    assert browser.post(f"/me/social/{row.pk}/off", {"current_password": "pw"}).headers["Location"] == "/me/social/"
    row.refresh_from_db()
    assert row.closed_at is not None


def test_an_outside_account_is_one_persons(people: dict[str, User], sandbox: Control) -> None:
    """T5: of two people the first has it, until they take it off; a state of somebody else's browser is worth nothing."""
    signed_in(people["ann"])

    browser = page_of(people["bob"], fresh=True)
    address = browser.get("/me/social/connect/x/", {"days": 0}).headers["Location"]
    assert "has to take it off first" in browser.get(at_x(address), follow=True).content.decode()
    assert Connection.objects.get().owner == people["ann"]

    stolen = page_of(people["ann"], fresh=True).get("/me/social/connect/x/", {"days": 0}).headers["Location"]
    assert "was not started here" in browser.get(at_x(stolen), follow=True).content.decode()

    own.leave(Connection.objects.get())
    signed_in(people["bob"])
    assert Connection.objects.get().owner == people["bob"]


def test_nobody_touches_the_account_of_somebody_else(people: dict[str, User], sandbox: Control) -> None:
    """PLT-24: an account that is not one's own is not there."""
    signed_in(people["ann"])
    pk, bob = Connection.objects.get().pk, page_of(people["bob"], fresh=True)

    assert bob.get(f"/me/social/{pk}/off").status_code == 404
    assert bob.post(f"/me/social/{pk}/off").status_code == 404
    assert bob.post(f"/me/social/{pk}/ends", {"days": 1}).status_code == 404
    assert Connection.objects.get().open


def wish(row: Connection, key: str = "wish") -> Delivery:
    return post(connection=row, action="post", key=key, text="Hello", asked_by=row.owner)


def test_the_bin_takes_the_access_back_at_the_network(people: dict[str, User], sandbox: Control) -> None:
    """SOC-3, T6: nothing goes out from that moment, what waits says so, and goes out after a new sign-in."""
    signed_in(people["ann"])
    row = Connection.objects.select_related("chain").get()
    token = row.chain.access.reveal()
    wish(row)
    browser = page_of(people["ann"], fresh=True)
    assert "1 thing you asked for waits" in browser.get(f"/me/social/{row.pk}/off").content.decode()

    browser.post(f"/me/social/{row.pk}/off")
    drain()

    chain, held = TokenChain.objects.get(), Delivery.objects.get()
    assert (chain.state, bool(chain.access), held.state, held.reason_code) == ("revoked_here", False, "held", "revoked")
    assert "Sign in again and what waits is sent" in held.why
    assert http.fetch("GET", f"{sandbox.url}/2/users/me", headers={"Authorization": f"Bearer {token}"}).status == 401
    assert f"@{WHO}" not in page(people["ann"])

    signed_in(people["ann"])
    drain()
    assert Delivery.objects.get().state == "sent"


def test_taken_back_at_the_network_is_told_once_and_goes_on(people: dict[str, User], sandbox: Control) -> None:
    """SOC-3, PLT-19: found within half an hour without a call, told to the owner alone, and nothing is lost."""
    signed_in(people["ann"])
    row = Connection.objects.get()
    sandbox.revoke(WHO)
    with time_machine.travel(clock.now() + timedelta(minutes=26), tick=True):
        enqueue_quiet(clock.now())
        drain()
        enqueue_quiet(clock.now())
        drain()
        wish(row)
        drain()
        shown = page(people["ann"])

        told = Notification.objects.filter(kind="social.own")
        assert [one.user_id for one in told] == [people["ann"].pk]
        assert "Needs sign-in" in shown and "What you asked for with it waits" in shown
        assert "needs a new sign-in" in page_of(people["ann"]).get("/me/notifications/").content.decode()
        assert Delivery.objects.get().state == "held"

        signed_in(people["ann"])
        drain()
        assert Delivery.objects.get().state == "sent"
        assert "needs a new sign-in" not in page_of(people["ann"]).get("/me/notifications/").content.decode()


def test_access_ends_by_itself_when_its_owner_chose_so(people: dict[str, User], sandbox: Control) -> None:
    """SOC-20: to the minute, revoked at the network, said to the owner; the choice can be changed."""
    signed_in(people["ann"], days=7)
    row = Connection.objects.get()
    assert "The access ends by itself" in page(people["ann"])
    with time_machine.travel(clock.now() + timedelta(days=7, minutes=1), tick=True):
        wish(row)
        drain()
        assert Delivery.objects.get().state == "held"  # already before the sweep

        own.end_due(clock.now())
        own.end_due(clock.now())
        drain()

        assert TokenChain.objects.get().state == "revoked_here"
        assert "has ended, as you chose" in page_of(people["ann"]).get("/me/notifications/").content.decode()
        assert Notification.objects.filter(kind="social.own").count() == 1

    signed_in(people["ann"], days=1)
    page_of(people["ann"]).post(f"/me/social/{row.pk}/ends", {"days": 0})
    row.refresh_from_db()
    assert (row.ends_at, row.open) == (None, True)


def test_who_leaves_leaves_no_access_behind(people: dict[str, User], sandbox: Control) -> None:
    """SOC-3: the account of somebody who was deactivated is taken back at the network."""
    signed_in(people["ann"])
    User.objects.filter(pk=people["ann"].pk).update(is_active=False)

    own.end_due(clock.now())
    drain()

    assert TokenChain.objects.get().state == "revoked_here"


@pytest.mark.parametrize("first", ["own", "brand"])
def test_one_account_may_serve_a_brand_and_its_owner(people: dict[str, User], sandbox: Control, first: str) -> None:
    """T5, T6: one of each; taking one off leaves the other as it is, taking off both takes the access back."""
    channel = connect_sandbox(people["root"], Brand.objects.create(name="Enishi"))
    signed_in(people["ann"], who="enishi_demo")
    mine = Connection.objects.get(kind="personal")
    ends = [lambda: own.leave(mine), lambda: disconnect(Channel.objects.get(), people["root"])]
    if first == "brand":
        ends.reverse()

    ends[0]()
    drain()
    assert TokenChain.objects.get().state == "active"
    assert Connection.objects.get(pk=mine.pk).open is (first == "brand")

    ends[1]()
    drain()
    channel.refresh_from_db()
    assert (TokenChain.objects.get().state, channel.state) == ("revoked_here", "disconnected")


def test_the_switch_of_the_profile_takes_it_all_away(people: dict[str, User], sandbox: Control) -> None:
    """SOC-17, SOC-20: *Manage social integrations* off: no page, no way there, and nothing goes out any more; on: as before."""
    signed_in(people["ann"])
    ann, row = people["ann"], Connection.objects.get()
    browser = page_of(ann, fresh=True)
    usual = ann.profile
    less = Rights.objects.create(name="Less", rights=usual.rights, features=[one for one in usual.features if one != "social_integrations"])
    User.objects.filter(pk=ann.pk).update(profile=less)
    bump("users")

    for path in ("/me/social/", "/me/social/connect/x/", f"/me/social/{row.pk}/off"):
        assert browser.get(path).status_code == 404, path
    assert "Social profiles" not in browser.get("/me/").content.decode()
    wish(row)
    drain()
    assert (Delivery.objects.get().state, "own accounts" in Delivery.objects.get().why) == ("held", True)

    User.objects.filter(pk=ann.pk).update(profile=usual)
    bump("users")
    assert "Social profiles" in browser.get("/me/").content.decode()


def test_facebook_opens_the_persons_own_account(people: dict[str, User], graph: Control) -> None:
    """SOC-2: name and picture of whoever signed in; no permission of a page is asked for (T4)."""
    browser: Client = page_of(people["ann"], fresh=True)
    address = browser.get("/me/social/connect/facebook/", {"days": 0}).headers["Location"]
    assert dict(parse_qsl(urlsplit(address).query))["scope"] == "public_profile"

    browser.get("/social/connect/facebook/callback", agreed_at_facebook(address))

    row = Connection.objects.select_related("chain").get()
    assert (row.network, row.kind, row.name, row.handle) == ("facebook", "personal", "青木 太郎", "")
    assert "青木 太郎" in page(people["ann"])
    own.leave(row)
    drain()
    assert TokenChain.objects.get().state == "revoked_here"
