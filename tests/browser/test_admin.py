"""An admin's story in a browser, from an empty installation on: told in English, then by the next admin in Japanese."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from .conftest import House, running, shot
from .test_story import _until

pytestmark = pytest.mark.browser
WORD = "a sentence only they know"


@pytest.fixture(scope="module")
def empty_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """An installation nobody has set up yet. `ENISHI_EMPTY_AT` and `ENISHI_EMPTY_VAR` name one that runs already."""
    if at := os.environ.get("ENISHI_EMPTY_AT"):
        yield House(at, "", Path(os.environ["ENISHI_EMPTY_VAR"]))
        return
    with running(tmp_path_factory.mktemp("empty"), "--empty") as found:
        yield found


class Desk:
    """Somebody's browser."""

    def __init__(self, chromium: Any, house: House, language: str) -> None:
        self.context = chromium.new_context(viewport={"width": 1280, "height": 900}, base_url=house.url, locale=language)
        self.page = self.context.new_page()
        self.page.set_default_timeout(15_000)
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def sends(self, button: str) -> None:
        """Press a button whose answer is another page."""
        with self.page.expect_navigation():
            self.page.click(button)

    def goto(self, path: str) -> int:
        return int(self.page.goto(path).status)


def test_admin_s_story_from_an_empty_house(empty_house: House, chromium: Any) -> None:
    """L10, ADM-1 to ADM-4, ADM-10, ADM-12, ADM-13: set up, invite three, give apps, clone a profile, switch something off and see
    it vanish for the other person at once, explain, hand over the account; in English, and again in Japanese by who took over."""
    first = Desk(chromium, empty_house, "en")
    _set_up(first, (empty_house.var / "setup-link.txt").read_text().strip())

    second = _chapter(chromium, empty_house, first, "en", "ja")
    third = _chapter(chromium, empty_house, second, "ja", "en")

    assert first.goto("/admin_console/users/") == 200
    assert first.page.locator("tbody tr").count() == 7
    assert [one.errors for one in (first, second, third)] == [[], [], []]
    for one in (first, second, third):
        with suppress(Exception):
            one.context.close()


def _set_up(desk: Desk, link: str) -> None:
    """The page needs the token, and is dead once somebody is there."""
    page = desk.page
    assert desk.goto("/setup/") == 403
    assert desk.goto(link[link.index("/setup/") :]) == 200
    for name, value in {"organisation": "Aoba Trading", "family_name": "Mori", "given_name": "Ada", "email": "ada@aoba.test"}.items():
        page.fill(f"#id_{name}", value)
    page.fill("#id_password", WORD)
    page.select_option("#id_language", "en")
    shot(page, "admin-setup")
    desk.sends("main button.primary")
    assert desk.goto(link[link.index("/setup/") :]) == 404


def _chapter(chromium: Any, house: House, admin: Desk, language: str, heir_speaks: str) -> Desk:
    """One admin's work; gives the browser of who looks after the account afterwards."""
    page = admin.page
    rep, heir, third = (f"{who}-{language}@aoba.test" for who in ("rep", "heir", "third"))
    admin.goto("/admin_console/users/")
    assert page.locator("html").get_attribute("lang") == language
    _invite(admin, rep, heir, third, language, heir_speaks)
    _gives_an_app(admin, rep)
    hers, theirs = (_joins(chromium, house, admin, email, speaks) for email, speaks in ((rep, language), (heir, heir_speaks)))
    lead = _makes_a_lead(hers)
    _changes_her_profile(admin, rep, f"Sales {language}")
    assert hers.goto(f"{lead}convert") == 200
    _switches_off(admin, language)
    hers.goto(lead)
    assert hers.page.locator(f"main a[href^='{lead}convert']").count() == 0
    assert hers.goto(f"{lead}convert") in {403, 404}
    _explains(admin, rep, lead, f"Sales {language}", language)
    _hands_over(admin, theirs, heir)
    hers.context.close()
    return theirs


def _invite(admin: Desk, rep: str, heir: str, third: str, language: str, heir_speaks: str) -> None:
    """One by the form, two by a file in which one address is broken and one stands twice."""
    page = admin.page
    admin.goto("/admin_console/users/new")
    for name, value in {"email": rep, "family_name": "Sato", "given_name": "Rin"}.items():
        page.fill(f"#id_{name}", value)
    page.select_option("#id_language", language)
    page.check("input[name=apps][value=crm]")
    admin.sends(".savebar button.primary")
    rows = [f"{heir},Heir,Hana,{heir_speaks},Administrator", f"{third},Third,Tomo,{language},"]
    rows += ["no address,Broken,B,en,", f"{heir},Twice,T,en,"]
    file = "\r\n".join(["E-mail,Family name,Given name,Language,Profile", *rows]).encode()
    admin.goto("/admin_console/users/import")
    page.set_input_files("#id_file", {"name": "people.csv", "mimeType": "text/csv", "buffer": file})
    admin.sends("main button.primary")
    shot(page, f"admin-import-{language}")
    admin.sends("button[name=do][value=add]")
    page.wait_for_url(re.compile(r"/users/$"))
    assert page.locator("tbody tr", has_text="@aoba.test").count() >= 4


def _gives_an_app(admin: Desk, rep: str) -> None:
    """A switch of the grid, which saves by itself: who was invited and is not here yet gains and loses nothing, so nothing is asked."""
    page = admin.page
    admin.goto(f"/admin_console/apps/?q={rep}")
    switch = page.locator("tbody button.switch[value*=':helpdesk:']")
    assert switch.get_attribute("aria-checked") == "false"
    switch.click()
    page.wait_for_selector("tbody button.switch[value*=':helpdesk:'][aria-checked=true]")


def _joins(chromium: Any, house: House, admin: Desk, email: str, language: str) -> Desk:
    """Whoever was invited opens the link of the mail in a browser of their own, and is in."""
    admin.goto(f"/mail/tray/?q={email}")
    _until(admin.page, r"/invitation/[\w-]+", 120)
    link = re.findall(r"/invitation/[\w-]+/?", admin.page.content())[0]
    desk = Desk(chromium, house, language)
    desk.goto(link)
    for field in desk.page.locator("input[type=password]").all():
        field.fill(WORD)
    desk.sends("main button.primary")
    desk.goto("/me/")
    assert desk.page.locator("html").get_attribute("lang") == language
    return desk


def _makes_a_lead(desk: Desk) -> str:
    desk.goto("/crm/leads/new")
    desk.page.fill("#id_family_name", "田中")
    desk.page.fill("#id_company", "たちつてと商事")
    desk.sends(".savebar button.primary")
    desk.page.wait_for_url(re.compile(r"/crm/leads/\d+/"))
    return "/" + desk.page.url.split("/", 3)[3].partition("?")[0]


def _changes_her_profile(admin: Desk, rep: str, name: str) -> None:
    """Standard is cloned, and she gets the copy: as it opens and closes nothing, nobody is asked."""
    page = admin.page
    admin.goto("/admin_console/profiles/")
    admin.sends("tbody tr:nth-child(2) a[href$='/clone']")
    page.fill("#id_name", name)
    admin.sends(".savebar button.primary")
    admin.goto(f"/admin_console/users/?q={rep}")
    admin.sends("tbody th a")
    page.select_option("#id_profile", label=name)
    admin.sends("button[name=save][value=rights]")
    assert page.locator("#id_profile option:checked").inner_text() == name
    admin.goto("/admin_console/profiles/")
    admin.sends(f"tbody a:text-is('{name}')")


def _switches_off(admin: Desk, language: str) -> None:
    """It says first whom it touches, in its place; left as it is, nothing changes; said yes to, it is off."""
    page, switch = admin.page, "#set-feature-convert-"
    page.click(switch)
    page.wait_for_selector("#ask [role=alertdialog]")
    shot(page, f"admin-ask-{language}")
    said = "1 person may not do this any more." if language == "en" else "1人がこれをできなくなります。"
    assert said in page.inner_text("#ask")
    page.click("#ask [data-dismiss]")
    assert page.get_attribute(switch, "aria-checked") == "true"
    page.click(switch)
    page.click("#ask button.primary")
    page.wait_for_selector(f"{switch}[aria-checked=false]")
    assert page.inner_text("#ask").strip() == ""
    page.wait_for_selector(f"{switch}:focus")  # who works by keyboard is back where they were


def _explains(admin: Desk, rep: str, lead: str, profile: str, language: str) -> None:
    """Why can she not delete it: the rule that decided, by name."""
    page = admin.page
    admin.goto(f"/admin_console/users/?q={rep}")
    pk = re.search(r"/users/(\d+)/", page.locator("tbody th a").get_attribute("href"))
    assert pk
    admin.goto("/admin_console/access/")
    page.select_option("#person", pk[1])
    page.select_option("#module", "crm.lead")
    page.select_option("#right", "delete")
    page.fill("#record", lead)
    admin.sends("main button.primary")
    shot(page, f"admin-why-{language}")
    assert ("No" if language == "en" else "いいえ") in page.inner_text("main section h2")
    assert profile in page.inner_text("main section")


def _hands_over(admin: Desk, theirs: Desk, heir: str) -> None:
    """Offered with the password, confirmed by the other one with theirs; the old one is a suite admin from the next click on."""
    page = admin.page
    admin.goto("/admin_console/account/")
    label = page.locator("#id_to option", has_text="Heir").last
    page.select_option("#id_to", label.get_attribute("value"))
    page.fill("#id_password", "wrong")
    admin.sends("aside form button")
    assert page.locator("aside .error").count()
    page.fill("#id_password", WORD)
    admin.sends("aside form button")
    theirs.goto("/me/notifications/")
    theirs.page.locator("main button.linkish", has_text=re.compile("look after the account|アカウントの管理")).first.click()
    theirs.page.wait_for_url(re.compile(r"/account/offer/\d+"))
    theirs.page.fill("#id_password", WORD)
    theirs.sends("button[name=do][value=yes]")
    theirs.page.wait_for_url(re.compile(r"/admin_console/account/$"))
    admin.goto("/admin_console/account/")
    assert page.locator("#id_to").count() == 0
