"""LinkedIn's sign-in: consent, who it was, the pages they run, whether it still holds, and its end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from core import clock
from core.access.models import User
from core.record.write import Refused
from core.remote import budget, http, oauth
from core.remote.abilities import Can
from core.remote.errors import Revoked
from core.remote.models import TokenChain
from core.remote.oauth import SignInRefused
from core.remote.wires import Wire
from core.work.jobs import drain
from sandbox.running import Control
from social import connecting, probing
from social.models import Brand, Channel, Stream
from social.networks.linkedin import shapes, signin
from tests.cast import page_of
from tests.flows.conftest import poll

from .linkedin_cast import APP, MEI, PAGE, SECRET, agreed, at_level, connected, net, own_account

CM = {
    "openid",
    "profile",
    "r_basicprofile",
    "rw_organization_admin",
    "r_organization_social",
    "w_organization_social",
    "r_organization_social_feed",
    "w_organization_social_feed",
    "w_member_social",
    "w_member_social_feed",
}


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, dict[str, Any]]]:
    """What went out: method, path, what else."""
    made, real = [], http.fetch

    def fetch(method: str, url: str, **more: Any) -> http.Answer:
        made.append((method, urlsplit(url).path, more))
        return real(method, url, **more)

    monkeypatch.setattr(http, "fetch", fetch)
    return made


def test_the_consent_is_asked_as_the_facts_say(people: dict[str, User], linked: Control) -> None:
    """SOC-2: address, app, exact way back, a state, permissions with blanks, and no PKCE, for LinkedIn has none."""
    address = urlsplit(connecting.begin({}, people["root"], net(), Brand.objects.create(name="Enishi")))
    asked = dict(parse_qsl(address.query))

    assert address.path == "/oauth/v2/authorization"
    assert set(asked) == {"response_type", "client_id", "redirect_uri", "state", "scope"}
    assert (asked["client_id"], asked["response_type"]) == (APP, "code")
    assert asked["redirect_uri"] == "http://localhost:8000/social/connect/linkedin/callback"
    assert set(asked["scope"].split(" ")) == CM


def test_one_set_of_permissions_for_pages_and_people(people: dict[str, User], linked: Control) -> None:
    """SOC-2: another set would end every older token of the member; so the same is asked for both, in the same order."""
    brand = oauth.start({}, people["root"], net(), "brand:1")
    own = oauth.start({}, people["ann"], net(), "personal")
    page = connected(people["root"], Brand.objects.create(name="Enishi"))[0]
    mine = own_account(people["ann"])

    assert dict(parse_qsl(brand))["scope"] == dict(parse_qsl(own))["scope"]
    net().probe(Wire(page.connection))
    net().probe(Wire(mine))


def test_a_company_page_is_connected_in_the_browser(people: dict[str, User], linked: Control, calls: list[Any]) -> None:
    """SOC-1, SOC-2, SOC-30: LinkedIn stands beside the others; the secret goes in the body; who signed in is kept beside the page."""
    root = page_of(people["root"], fresh=True)
    brand = Brand.objects.create(name="Enishi")
    offered = root.get("/social/settings/channels/").content.decode()
    address = str(root.get("/social/connect/linkedin/", {"brand": brand.pk}).headers["Location"])

    back = agreed(address)
    calls.clear()
    page = root.get("/social/connect/linkedin/callback", back, follow=True).content.decode()
    channel = Channel.objects.get()
    chain = channel.connection.chain

    assert "Connect an account of LinkedIn" in offered
    assert "Connected: @enishi-demo" in page
    assert (channel.network, channel.outside_id, channel.name, channel.state) == ("linkedin", PAGE, "縁デモ株式会社", "active")
    assert (chain.outside_id, chain.granted_by, set(chain.scopes)) == (PAGE, MEI, CM)
    assert [path for _method, path, _more in calls] == [
        "/oauth/v2/accessToken",
        "/v2/userinfo",
        "/v2/me",
        "/rest/organizationAcls",
        "/rest/organizations/5515715",
    ]
    form = calls[0][2]["form"]
    assert (form["client_secret"], form["grant_type"], "code_verifier" in form, calls[0][2]["basic"]) == (
        SECRET,
        "authorization_code",
        False,
        None,
    )
    assert calls[3][2]["headers"]["X-Restli-Protocol-Version"] == "2.0.0"
    token = chain.access.reveal()
    assert len(token) > 1_000
    assert token not in page
    assert token not in str(TokenChain.objects.filter(pk=chain.pk).values("access"))
    assert {one.kind for one in Stream.objects.filter(channel=channel)} == {"notifications"}


@pytest.mark.parametrize(("scopes", "locale"), [("comma", "object"), ("blank", "string")])
def test_both_ways_of_telling(people: dict[str, User], linked: Control, scopes: str, locale: str) -> None:
    """Scopes with commas or blanks; a locale that is an object or a string."""
    linked.do("linkedin/choose", scopes=scopes, locale=locale)
    account = own_account(people["ann"])
    assert set(account.chain.scopes) == CM
    assert (account.name, account.handle, account.chain.outside_id, account.chain.granted_by) == ("前田 芽衣", "maeda-mei", MEI, "")
    assert shapes.locale("ja_JP") == shapes.locale({"country": "JP", "language": "ja"}) == ("JP", "ja")


def test_a_token_of_seconds_is_asked_again(people: dict[str, User], linked: Control, monkeypatch: pytest.MonkeyPatch) -> None:
    """SOC-3, SOC-19: 65601 on a token that is younger than a minute is no withdrawal."""
    waited: list[float] = []
    monkeypatch.setattr(signin.time, "sleep", waited.append)
    linked.do("linkedin/fault", kind="revoked_token", count=2, path_prefix="/v2/userinfo")
    account = own_account(people["ann"])
    assert (account.chain.state, waited) == ("active", [1.0, 3.0])


def test_a_page_of_seconds_is_read_within_the_minute(people: dict[str, User], linked: Control, settings: Any) -> None:
    """SOC-3, SOC-19: 65601 right after the sign-in is no withdrawal, and nobody waits five minutes for it; later it is one."""
    settings.LINKEDIN_POLL_FLOOR = 300
    linked.do("linkedin/fault", kind="revoked_token", count=1, path_prefix="/rest/organizationalEntityNotifications")
    page = connected(people["root"], Brand.objects.create(name="Enishi"))[0]
    poll()
    page.refresh_from_db()
    stream = Stream.objects.get(kind="notifications")
    assert (page.state, page.connection.chain.state, stream.last_error, stream.last_ok) == ("active", "active", "transient", None)
    assert stream.next_due < clock.now() + timedelta(minutes=1)

    poll()
    stream.refresh_from_db()
    assert stream.last_ok is not None

    TokenChain.objects.update(refreshed_at=clock.now() - timedelta(minutes=2))
    linked.do("linkedin/fault", kind="revoked_token", count=1, path_prefix="/rest/organizationalEntityNotifications")
    poll()
    page.refresh_from_db()
    assert page.state == "needs_signin"


def test_refresh_tokens_where_the_app_has_them(people: dict[str, User], linked: Control) -> None:
    """SOC-2: the token's end is near: a new one, and the refresh token stays what it was."""
    linked.do("linkedin/choose", refresh="1")
    account = own_account(people["ann"])
    chain = account.chain
    first, kept = chain.access.reveal(), chain.refresh.reveal()
    TokenChain.objects.filter(pk=chain.pk).update(expires_at=clock.now())

    net().probe(Wire(account))
    chain.refresh_from_db()

    assert chain.access.reveal() != first
    assert (chain.refresh.reveal(), chain.state) == (kept, "active")


def test_without_refresh_tokens_the_end_is_the_end(people: dict[str, User], linked: Control) -> None:
    """SOC-3: it says so once, and nothing is asked of LinkedIn with a dead token."""
    account = own_account(people["ann"])
    TokenChain.objects.filter(pk=account.chain.pk).update(expires_at=clock.now())
    with pytest.raises(Revoked):
        net().probe(Wire(account))
    account.chain.refresh_from_db()
    assert account.chain.state == "needs_signin"


def test_cancelled_and_not_granted_are_told_apart(people: dict[str, User], linked: Control) -> None:
    """T2, SOC-19: what LinkedIn brings back is not repeated; a product the app does not have is an administrator's matter."""
    root = page_of(people["root"], fresh=True)
    brand = Brand.objects.create(name="Enishi")
    for decision in ("user_cancelled_login", "user_cancelled_authorize"):
        address = str(root.get("/social/connect/linkedin/", {"brand": brand.pk}).headers["Location"])
        back = agreed(address, decision=decision)
        assert "cancelled at the network" in root.get("/social/connect/linkedin/callback", back, follow=True).content.decode()
    linked.do("linkedin/level", level="self_serve")
    address = str(root.get("/social/connect/linkedin/", {"brand": brand.pk}).headers["Location"])
    told = root.get("/social/connect/linkedin/callback", agreed(address), follow=True).content.decode()
    assert "LinkedIn has not granted this app" in told
    assert not Channel.objects.exists()


def test_at_the_open_level_one_has_an_account_and_no_page(people: dict[str, User], linked: Control, settings: Any) -> None:
    """SOC-1: the reason is said before anybody is sent to LinkedIn; one's own account works."""
    at_level(settings, linked, "self_serve")
    with pytest.raises(Refused, match="Community Management API"):
        connecting.begin({}, people["root"], net(), Brand.objects.create(name="Enishi"))
    account = own_account(people["ann"])
    assert set(account.chain.scopes) == {"openid", "profile", "w_member_social"}
    assert net().why_not(Can.POST, alone=True, scopes=account.chain.scopes) == ""
    assert net().why_not(Can.POST) != ""


def test_a_code_is_good_once(people: dict[str, User], linked: Control) -> None:
    """SOC-2: a used one begins anew."""
    session: dict[str, Any] = {}
    brand = Brand.objects.create(name="Enishi")
    back = agreed(connecting.begin(session, people["root"], net(), brand))
    connecting.finish(session, people["root"], net(), back)
    other = dict(parse_qsl(urlsplit(connecting.begin(session, people["root"], net(), brand)).query))
    with pytest.raises(SignInRefused, match="begin again"):
        connecting.finish(session, people["root"], net(), {"code": back["code"], "state": other["state"]})


def test_access_taken_back_is_found_by_introspection(people: dict[str, User], linked: Control, calls: list[Any]) -> None:
    """SOC-3, SOC-23: within the half hour, without a call of the API; every account of the member needs a new sign-in, and says so."""
    page = connected(people["root"], Brand.objects.create(name="Enishi"))[0]
    mine = own_account(people["ann"])
    drain()
    linked.do("linkedin/revoke", member="maeda-mei")
    TokenChain.objects.update(last_ok_at=None)
    calls.clear()
    assert probing.enqueue_quiet(clock.now()) == 2
    drain()
    for one in (page.connection.chain, mine.chain):
        one.refresh_from_db()
    page.refresh_from_db()
    assert {path for _method, path, _more in calls} == {"/oauth/v2/introspectToken"}
    assert (page.connection.chain.state, mine.chain.state, page.state) == ("needs_signin", "needs_signin", "needs_signin")


def test_trouble_of_the_introspection_ends_nothing(people: dict[str, User], linked: Control) -> None:
    """SOC-19: a passing error, or wrong keys of ours, is not a withdrawal."""
    page = connected(people["root"], Brand.objects.create(name="Enishi"))[0]
    drain()
    linked.do("linkedin/fault", kind="html", count=1, path_prefix="/oauth/v2/introspectToken")
    TokenChain.objects.update(last_ok_at=None)
    probing.enqueue_quiet(clock.now())
    drain()
    page.refresh_from_db()
    assert page.state == "active"


def test_disconnecting_takes_it_back_there(people: dict[str, User], linked: Control) -> None:
    """SOC-3, T6: the tokens are dead at LinkedIn and gone here."""
    page = connected(people["root"], Brand.objects.create(name="Enishi"))[0]
    token = page.connection.chain.access.reveal()
    drain()
    connecting.disconnect(page, people["root"])
    drain()
    page.connection.chain.refresh_from_db()
    assert not page.connection.chain.access
    assert net().inspected(token)["status"] == "revoked"


def test_a_page_that_is_left_keeps_its_sign_in(people: dict[str, User], linked: Control) -> None:
    """SOC-3: two pages of one sign-in: LinkedIn ends all that was agreed to at once, so the first to go only forgets."""
    linked.do("linkedin/role", member="maeda-mei", organization="hikari-denshi", role="ADMINISTRATOR", state="APPROVED")
    one, other = sorted(connected(people["root"], Brand.objects.create(name="Enishi")), key=lambda row: row.outside_id)
    token = other.connection.chain.access.reveal()
    drain()
    connecting.disconnect(one, people["root"])
    drain()
    assert net().inspected(token)["active"] is True
    connecting.disconnect(other, people["root"])
    drain()
    assert net().inspected(token)["status"] == "revoked"


def test_the_page_of_the_network_shows_the_five_days(people: dict[str, User], linked: Control) -> None:
    """SOC-4, SOC-23: used and left of the five, by name, before anything of them is used; what the level allows, and why not."""
    connected(people["root"], Brand.objects.create(name="Enishi"))
    drain()
    page = page_of(people["root"], fresh=True).get("/social/settings/networks/linkedin/").content.decode()
    for name in ("Profile search", "Private messages", "Invitations", "Network updates", "Profile details"):
        assert name in page
    assert "0 / 100" in page
    used = budget.states(net().buckets("people", MEI))[0].used
    assert used > 0
    assert f"{used} / 100" in page
    assert "24 hours" in page
    assert "LinkedIn has no people search for software." in page
    assert "LinkedIn tells no limits." in page
    assert SECRET not in page


def test_an_old_version_is_warned_of(people: dict[str, User], linked: Control, settings: Any) -> None:
    """SOC-1: sixty days before LinkedIn stops to answer it."""
    settings.LINKEDIN_VERSION = "202512"
    page = page_of(people["root"], fresh=True).get("/social/settings/networks/linkedin/").content.decode()
    assert "LinkedIn answers version 202512 until about" in page
