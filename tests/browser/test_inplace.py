"""Changing a value where it is read: by keyboard alone, by a click, on a phone and without script."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from .conftest import REP, Open, focused, settled, shot
from .test_pages import _axe

pytestmark = pytest.mark.browser


def _own_lead(page: Any) -> str:
    """A fresh lead of one's own; its address."""
    page.goto("/crm/leads/new")
    page.fill("#id_family_name", f"Hatanaka {time.time_ns() % 10**9}")  # a name of its own, or the page would ask whether it is a twin
    page.fill("#id_company", "Old Company")
    page.click(".savebar button.primary")
    page.wait_for_url(re.compile(r"/crm/leads/\d+/$"))
    return str(page.url)


def test_a_value_is_changed_with_the_keyboard_alone(open_as: Open) -> None:
    """PLT-10: `e` on the pencil opens the input, Escape leaves it, Enter saves; the keyboard never gets lost."""
    page = open_as(REP)
    where = _own_lead(page)
    pencil = page.get_by_role("link", name="Edit company", exact=False)

    pencil.focus()
    page.keyboard.press("e")
    focused(page, "#id_company")
    assert page.url == where
    page.keyboard.type("never saved")
    page.keyboard.press("Escape")
    focused(page, "#f-company .edit[aria-label='Edit Company']")
    assert page.inner_text("#f-company").strip() == "Old Company"

    page.keyboard.press("Enter")
    focused(page, "#id_company")
    page.locator("#id_company").fill("New Company")
    page.keyboard.press("Enter")
    focused(page, "#f-company .edit[aria-label='Edit Company']")
    assert page.inner_text("#f-company").strip() == "New Company"
    assert "New Company" in page.inner_text("header.who") and "New Company" in page.inner_text("#told")
    assert "Saved: Company" in page.locator("#toasts[role=status]").inner_text()

    page.keyboard.press("Enter")
    focused(page, "#id_company")
    assert page.locator("#f-company .notice").count() == 0 and page.input_value("#id_company") == "New Company"
    assert page.url == where and page.errors == []


def test_a_click_on_a_value_opens_it_and_an_error_stays_beside_it(open_as: Open) -> None:
    """PLT-10, PLT-11: on a phone's width, too; nothing axe-core complains of, no sideways scrolling."""
    page = open_as(REP, width=390, theme="dark")
    where = _own_lead(page)

    page.click("#f-email", position={"x": 5, "y": 8})
    focused(page, "#id_email")
    page.fill("#id_email", "not an address")
    page.keyboard.press("Enter")
    page.locator("#f-email .error").wait_for()
    focused(page, "#id_email")
    page.click("#f-name", position={"x": 5, "y": 8})
    page.locator("#id_given_name").wait_for()
    page.locator("#f-name input:focus").wait_for()
    shot(page, "inplace-390-dark")

    assert page.input_value("#id_email") == "not an address"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    size = page.locator("#f-company .edit").bounding_box()
    assert size["width"] >= 24 and size["height"] >= 24
    assert _axe(page) == []
    page.fill("#id_email", "a@example.com")
    page.click("#f-email button.primary")
    page.locator("#f-email .edit").wait_for()
    assert "a@example.com" in page.inner_text("#f-email") and page.locator("#id_given_name").count() == 1
    assert page.url == where and [one for one in page.errors if "422" not in one] == []


def test_two_people_change_one_value(open_as: Open) -> None:
    """PLT-11: both values are shown in its place; what is chosen stays."""
    page = open_as(REP)
    where = _own_lead(page)
    other = page.context.new_page()
    for each in (page, other):
        each.goto(where)
        each.click("#f-company", position={"x": 5, "y": 8})
        each.locator("#id_company").wait_for()
        settled(each)
    other.fill("#id_company", "Theirs Ltd")
    other.keyboard.press("Enter")
    other.locator("#f-company .edit").wait_for()

    page.fill("#id_company", "Mine Ltd")
    page.keyboard.press("Enter")
    page.locator("#f-company input[type=radio]").first.wait_for()
    shot(page, "inplace-conflict")
    said = page.inner_text("#f-company")
    assert "Theirs Ltd" in said and "Mine Ltd" in said and _axe(page) == []
    page.check("#f-company input[value=theirs]")
    page.click("#f-company button.primary")
    page.locator("#f-company .edit").wait_for()

    assert page.inner_text("#f-company").strip() == "Theirs Ltd"


def test_what_was_typed_is_offered_once_and_not_beside_what_holds_it(open_as: Open) -> None:
    """PLT-11: the page of a conflict holds it already; whoever leaves that page and comes back is asked once."""
    page, other = open_as(REP), open_as("bob@aoba.example")
    where = f"{_own_lead(page)}edit"
    page.goto(where)
    other.goto(where)
    other.fill("#id_department", "Theirs")
    other.click(".savebar button.primary")
    other.wait_for_url(re.compile(r"/crm/leads/\d+/$"))

    page.fill("#id_department", "Mine")
    while not page.evaluate("Object.keys(sessionStorage).some((key) => key.startsWith('form:'))"):
        page.wait_for_timeout(50)
    page.click(".savebar button.primary")
    page.locator("table.compare").wait_for()
    assert page.locator("form [data-kept]").count() == 0

    page.goto(where)
    page.locator("form [data-kept]").first.wait_for()
    assert page.locator("form [data-kept]").count() == 1


def test_a_session_that_ended_keeps_what_was_typed(open_as: Open) -> None:
    """PLT-11: the page that asks to sign in holds it."""
    page = open_as(REP)
    _own_lead(page)
    page.click("#f-company", position={"x": 5, "y": 8})
    focused(page, "#id_company")
    page.fill("#id_company", "Typed for an hour")
    page.context.clear_cookies(name="enishi_session")

    page.keyboard.press("Enter")

    page.wait_for_url(re.compile(r"/field/company$"))
    assert "Typed for an hour" in page.content()


def test_a_value_that_follows_does_not_take_an_input_away(open_as: Open) -> None:
    """PLT-11: saving the stage changes the probability, but not while somebody types one."""
    page = open_as(REP)
    page.goto("/crm/deals/?view=open")
    page.locator("tbody th a").first.click()
    page.locator("#f-probability .edit").focus()
    page.keyboard.press("Enter")
    focused(page, "#id_probability")
    page.fill("#id_probability", "37")
    page.locator("#f-stage .edit").focus()
    page.keyboard.press("Enter")
    focused(page, "#id_stage")
    held = page.input_value("#id_stage")
    page.select_option("#id_stage", "proposal" if held != "proposal" else "negotiation")
    page.click("#f-stage button.primary")
    page.locator("#f-stage .edit").wait_for()

    assert page.input_value("#id_probability") == "37"


def test_without_script_the_pencil_is_a_link_to_a_small_page(open_as: Open) -> None:
    """PLT-10: everything works with JavaScript off."""
    page = open_as(REP, script=False, width=390, language="ja")
    where = _own_lead(page)

    page.locator("#f-company .edit").click()
    page.wait_for_url(re.compile(r"/field/company$"))
    page.fill("#id_company", "別の会社")
    shot(page, "inplace-page-390-ja")
    page.click("main form button.primary")

    page.wait_for_url(f"{where}#f-company")
    assert "別の会社" in page.inner_text("#f-company")


def test_a_cell_of_a_list_is_changed_with_the_keyboard_alone(open_as: Open) -> None:
    """PLT-8, PLT-5: j goes to a row, arrows walk over its cells, Enter opens, saves and stands where it was; `?` tells so."""
    page = open_as(REP)
    where = _own_lead(page)
    name = page.inner_text("h1").split("\n")[0].strip()
    page.goto(f"/crm/leads/?view=all&columns=name+company+status&q={name.split()[-1]}")
    page.keyboard.press("?")
    page.wait_for_selector("dialog#keys[open] kbd:text-is('F2')")
    page.keyboard.press("Escape")

    page.keyboard.press("j")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.locator("tbody #id_company").fill("By The Cell")
    page.keyboard.press("Enter")
    page.wait_for_selector("tbody td:has-text('By The Cell')")
    assert page.evaluate("document.activeElement.cellIndex") == 2
    page.keyboard.press("F2")
    page.locator("tbody #id_company").wait_for()
    page.keyboard.press("Escape")
    page.wait_for_selector("tbody #id_company", state="detached")
    page.goto(where)
    assert page.inner_text("#f-company").strip() == "By The Cell" and page.errors == []


def test_what_was_sent_is_not_offered_again(open_as: Open) -> None:
    """PLT-11: typed text that was lost is offered; once a call is logged, there is nothing left to put back."""
    page = open_as(REP)
    call = f"{_own_lead(page)}do/crm.log_call"
    page.goto(call)
    page.evaluate(
        "() => sessionStorage.setItem(`form:${document.querySelector('form[data-guard]').dataset.guard}`, '[[\"subject\",\"Lost\"]]')"
    )
    page.goto(call)
    page.locator("[data-kept] [data-restore]").click()
    assert page.input_value("#id_subject") == "Lost"
    page.click(".savebar button.primary")
    page.wait_for_url(re.compile(r"/crm/leads/\d+/$"))

    page.goto(call)

    assert page.locator("[data-kept]").count() == 0
    assert page.evaluate("() => Object.keys(sessionStorage).filter((one) => one.startsWith('form:'))") == []
    assert page.errors == []
