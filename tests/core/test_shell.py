"""The shell around every page: apps, quick create, and the panel behind the avatar (PLT-4)."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core.access.models import Profile, User
from tests import factories

pytestmark = pytest.mark.django_db


class Menus(HTMLParser):
    """The links and buttons of each menu at the top, by what its summary is called."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, list[str]] = {}
        self.texts: dict[str, str] = {}
        self._menu, self._in_summary = "", False

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        at = dict(attrs)
        if tag == "details" and at.get("name") == "top":
            self._menu = "?"
        elif tag == "summary" and self._menu == "?":
            self._menu = at.get("aria-label") or "apps"
            self.found[self._menu], self.texts[self._menu] = [], ""
        elif self._menu and tag in {"a", "form"}:
            self.found[self._menu].append(at.get("href") or at.get("action") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "details":
            self._menu = ""

    def handle_data(self, data: str) -> None:
        if self._menu in self.texts:
            self.texts[self._menu] += data


def menus(client: Any, where: str = "/me/") -> Menus:
    read = Menus()
    answer = client.get(where, follow=True)
    assert answer.status_code == 200
    read.feed(answer.content.decode())
    return read


USERS = "/admin_console/users/"
APPS = {"crm": "/crm/", "social": "/social/", "campaigns": "/campaigns/", "helpdesk": "/helpdesk/", "admin_console": USERS}


@pytest.mark.parametrize("apps", [("crm",), ("crm", "helpdesk"), ("social", "helpdesk"), ()])
def test_the_app_switcher_names_the_apps_one_has_and_no_other(apps: tuple[str, ...], roles: Any, client_of: Any) -> None:
    """PLT-4, ADM-4: an app one has not is in no menu."""
    user = factories.make_user("faye", role=roles["seller"], apps=apps)

    listed = menus(client_of(user)).found["apps"]

    assert [link for link in listed if link in APPS.values()] == [APPS[key] for key in ("crm", "social", "helpdesk") if key in apps]


def test_every_app_in_the_switcher_opens(admin: User, client_of: Any) -> None:
    """PLT-4: no link of the switcher leads nowhere, for somebody who has all apps."""
    client = client_of(admin)
    listed = menus(client).found["apps"]

    assert {"/crm/", "/social/", "/helpdesk/", "/admin_console/users/"} <= set(listed)
    assert [link for link in listed if client.get(link, follow=True).status_code != 200] == []


def test_the_plus_menu_makes_what_one_may_make(ann: User, roles: Any, client_of: Any) -> None:
    """PLT-4, PLT-25: a page to make one behind each entry; nothing one may not make."""
    looker = Profile.objects.create(name="Looks", rights={"crm.lead": ["view", "create"], "crm.account": ["view"]})
    narrow = factories.make_user("gus", profile=looker, role=roles["seller"], apps=("crm",))
    client = client_of(ann)

    offered = menus(client).found["Create"]

    assert {"/crm/leads/new", "/crm/accounts/new", "/crm/contacts/new", "/crm/deals/new", "/crm/activities/new"} <= set(offered)
    assert [link for link in offered if client.get(link).status_code != 200] == []
    assert menus(client_of(narrow)).found["Create"] == ["/crm/leads/new"]


def test_who_may_make_nothing_has_no_plus_menu(eve: User, client_of: Any) -> None:
    """PLT-4"""
    assert "Create" not in menus(client_of(eve)).found


@pytest.mark.parametrize("name", ["ann", "dave", "eve", "admin"])
def test_the_avatar_panel_says_who_one_is_and_leads_to_what_is_one_s_own(name: str, request: Any, client_of: Any) -> None:
    """PLT-4: name, e-mail, language, personal settings, sign out; the console for admins only."""
    user = request.getfixturevalue(name)

    read = menus(client_of(user))
    label = f"{user}, your account"
    panel, text = read.found[label], re.sub(r"\s+", " ", read.texts[label])

    assert str(user) in text and user.email in text and "日本語" in text
    assert {reverse("me"), reverse("language"), reverse("account_logout")} <= set(panel)
    assert ("/admin_console/users/" in panel, "Admin console" in text) == ((True, True) if name == "admin" else (False, False))


def test_an_admin_of_one_app_finds_the_console_too(roles: Any, client_of: Any) -> None:
    """PLT-4, ADM-1: the three levels open it, nobody else."""
    desk = factories.make_user("desk", role=roles["other"], apps=("helpdesk",), admin_of=("helpdesk",))

    read = menus(client_of(desk))

    assert "/admin_console/users/" in read.found["Desk, your account"]
    assert client_of(desk).get("/admin_console/").status_code == 200


def test_the_language_is_one_click_away_and_stays(ann: User, client_of: Any) -> None:
    """PLT-4, PLT-6: switched in the panel, the same page comes back in the other language, and at the next sign-in too."""
    client = client_of(ann)

    answer = client.post(reverse("language"), {"language": "ja", "back": "/crm/leads/"}, follow=True)

    assert (answer.request["PATH_INFO"], 'lang="ja"' in answer.content.decode()) == ("/crm/leads/", True)
    assert "見込み客" in client_of(User.objects.get(pk=ann.pk)).get("/crm/leads/").content.decode()


def test_signing_out_ends_the_session(ann: User, client_of: Any) -> None:
    """PLT-4"""
    client = client_of(ann)
    where = next(link for link in menus(client).found["Ann, your account"] if "logout" in link)

    client.post(where)

    assert client.get("/crm/leads/").status_code == 302


@pytest.mark.parametrize("path", ["/me/security/", "/crm/day/", "/crm/calendar/", "/crm/"])
def test_every_page_names_the_app(client_of: Any, ann: Any, path: str) -> None:
    """PLT-4: a page that had a thing called `here` took the app's name away, and not from itself alone: the bar is remembered."""
    body = client_of(ann).get(path).content.decode()

    assert "Enishi <small>CRM</small>" in body
    assert 'class="side" aria-label="CRM"' in body
    assert 'aria-current="true"' in body.partition("</header>")[0]


def test_a_session_that_ended_shows_what_was_written_and_no_token(db: None) -> None:
    """PLT-11: all of the form is kept, but only what somebody wrote out is shown."""
    sent = {
        "once": "YiGuReNh1a524Lih1IzqMmUk",
        "email": "somebody.long@example.co.jp",
        "description": "先日はありがとうございました。来週またご連絡いたします。",
    }

    answer = Client().post("/crm/leads/new", sent, HTTP_ORIGIN="http://testserver")

    page = answer.content.decode()
    assert answer.status_code == 401 and all(f'value="{value}"' in page for value in sent.values())
    assert re.findall(r'<blockquote class="said">(.*?)</blockquote>', page) == [sent["description"]]


def test_a_page_that_is_not_there_leads_on(ann: User, client_of: Any) -> None:
    """PLT-4: a box to search in, the bin and home stand where the words point to them."""
    answer = client_of(ann).get("/crm/leads/999999999/")

    page = answer.content.decode()
    assert answer.status_code == 404 and all(one in page for one in ('action="/search"', 'href="/bin/"', 'href="/"'))
