"""Whose profile it is, and one's own account, before a running installation: by mouse with script, and without script."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest

from .conftest import PASSWORD, Open, settled, shot

pytestmark = pytest.mark.browser

REP = "aoki@aoba.example"
WAYS = [(True, 1280, "en", "light"), (False, 390, "ja", "dark")]


def _lead(page: Any, mark: str) -> None:
    page.goto("/crm/leads/new")
    page.fill("#id_family_name", f"Nair {mark} {uuid4().hex[:6]}")  # nobody's twin, however often this runs
    page.fill("#id_company", f"Tea {uuid4().hex[:6]}")
    page.click(".savebar button.primary")
    page.wait_for_url(re.compile(r"/crm/leads/\d+/"))


@pytest.mark.parametrize(("script", "width", "language", "theme"), WAYS)
def test_a_profile_is_found_linked_and_taken_off(open_as: Open, script: bool, width: int, language: str, theme: str) -> None:
    """SOC-11, SOC-10, SOC-18: from the record to the search, one press links, and the same place takes it off; nothing runs out of
    the page, and all pictures come from us."""
    page = open_as(REP, language=language, script=script, width=width, theme=theme)
    _lead(page, f"{language}{width}")
    settled(page)
    shot(page, f"social-none-{language}{width}")
    page.click("#social-profiles nav a:has-text('X')")
    page.locator("#associate-q").wait_for()
    page.fill("#associate-q", "Priya")
    page.click("form[role=search]:has(#associate-q) button")
    page.locator(".items.found form").first.wait_for()
    assert "Product person. Tea over coffee." in page.inner_text(".items.found")
    shot(page, f"social-hits-{language}{width}")
    page.click(".items.found li:has-text('@priya_n') button")
    page.wait_for_url(re.compile(r"/crm/leads/\d+/"))
    page.locator("#profile-x").wait_for()
    settled(page)
    assert "2,210" in page.inner_text("#profile-x") and "@priya_n" in page.inner_text("#profile-x")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.locator("#profile-x").scroll_into_view_if_needed()
    shot(page, f"social-linked-{language}{width}")

    page.click("#social-profiles nav a:has-text('Facebook')")
    page.locator("#associate-address").wait_for()
    shot(page, f"social-facebook-{language}{width}")
    page.fill("#associate-address", "https://www.facebook.com/priya.nair")
    page.click("form:has(#associate-address) button")
    page.locator("#profile-facebook").wait_for()
    page.click("#profile-facebook form[action$='unlink'] button")
    page.wait_for_url(re.compile(r"/crm/leads/\d+/"))
    assert page.locator("#profile-facebook").count() == 0 and page.locator("#profile-x").count() == 1
    assert page.errors == []


@pytest.mark.parametrize(("script", "width", "language", "theme"), WAYS)
def test_somebody_signs_in_with_their_own_account_and_takes_it_off(
    open_as: Open, script: bool, width: int, language: str, theme: str
) -> None:
    """SOC-2, SOC-20, SOC-3: password, choice, the network's own page, back; the bin says what it does before it does it."""
    page = open_as(REP, language=language, script=script, width=width, theme=theme)
    page.goto("/me/social/")
    page.click("a[href^='/me/social/connect/x/']")
    page.fill("#id_current_password", PASSWORD)
    page.click("main form button.primary")
    page.wait_for_url("**/me/social/connect/x/**")
    shot(page, f"own-connect-{language}{width}")
    page.click("main a.primary")
    page.wait_for_url("**/i/oauth2/authorize**")
    page.select_option("select[name=username]", "marcus_lee")
    page.click("button[name=decision][value=agree]")
    page.wait_for_url("**/me/social/")
    assert "@marcus_lee" in page.inner_text("main")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    shot(page, f"own-accounts-{language}{width}")

    page.click("main a[href$='/off']")
    shot(page, f"own-off-{language}{width}")
    page.click("main form button.danger")
    page.wait_for_url("**/me/social/")
    assert "@marcus_lee" not in page.inner_text("main .measure")
    assert [one for one in page.errors if "404" not in one] == []  # the network's own page has no icon
