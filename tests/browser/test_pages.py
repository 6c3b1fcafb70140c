"""Every kind of page, as a person sees it: nothing broken, nothing untranslated, nothing axe-core complains of."""

from __future__ import annotations

import re
from typing import Any

import pytest

from .conftest import Open, settled, shot

pytestmark = pytest.mark.browser

PAGES = {
    "home": "/crm/",
    "list": "/crm/leads/",
    "filter": "/crm/leads/?panel=filter",
    "columns": "/crm/leads/?panel=columns",
    "new": "/crm/leads/new",
    "import": "/crm/leads/import",
    "board": "/crm/deals/board",
    "reports": "/crm/reports/",
    "search": "/search?q=田中",
    "bin": "/bin/",
    "jobs": "/jobs/",
    "me": "/me/",
    "notifications": "/me/notifications/",
    "notification-settings": "/me/notifications/settings",
    "posts": "/social/posts/",
    "channels": "/social/settings/channels/",
    "tickets": "/helpdesk/tickets/",
    "day": "/crm/day/",
    "calendar": "/crm/calendar/",
    "week": "/crm/calendar/?view=week",
    "duplicates": "/crm/leads/duplicates",
    "scores": "/crm/scores/",
    "templates": "/me/templates/",
    "template": "/me/templates/new",
    "tray": "/mail/tray/",
    "console": "/admin_console/",
    "organisation": "/admin_console/organisation/",
    "currencies": "/admin_console/currencies/",
    "ui": "/ui/",
}
# Each in one combination of language, width and theme: their parts stand on the pages above, too.
MORE = {
    "cells": "/crm/leads/?cells=1",
    "chart": "/crm/deals/chart",
    "list-calendar": "/crm/deals/calendar",
    "users": "/admin_console/users/",
    "user": "/admin_console/users/2/",
    "user-new": "/admin_console/users/new",
    "users-import": "/admin_console/users/import",
    "apps": "/admin_console/apps/",
    "app": "/admin_console/apps/crm/",
    "profiles": "/admin_console/profiles/",
    "profile": "/admin_console/profiles/2/",
    "compare": "/admin_console/profiles/compare",
    "roles": "/admin_console/roles/",
    "sharing": "/admin_console/sharing/",
    "rule": "/admin_console/sharing/crm.lead/new",
    "security": "/admin_console/security/",
    "subscription": "/admin_console/subscription/",
    "account-admins": "/admin_console/account/",
    "why": "/admin_console/access/",
    "signins": "/admin_console/signins/",
    "audit": "/admin_console/audit/",
    "customers": "/admin_console/customers/",
    "pipelines": "/admin_console/pipelines/",
    "my-security": "/me/security/",
}
RECORDS = {
    "lead": "/crm/leads/",
    "account": "/crm/accounts/",
    "contact": "/crm/contacts/",
    "deal": "/crm/deals/",
    "ticket": "/helpdesk/tickets/",
}
ADMIN = "mei@aoba.example"


def _first(page: Any, listing: str) -> str:
    page.goto(listing)
    return str(page.locator("tbody th a").first.get_attribute("href"))


def _axe(page: Any) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(
        page,
        options={
            "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]},
            "resultTypes": ["violations"],  # or each answer names every element that is as it should be
        },
    )
    return [f"{v['id']}: {v['nodes'][0]['html'][:160]}" for v in found.response["violations"]]


@pytest.mark.parametrize(
    ("language", "width", "theme"), [("en", 1280, "light"), ("ja", 1280, "dark"), ("ja", 390, "light"), ("en", 390, "dark")]
)
def test_every_page_is_sound(open_as: Open, language: str, width: int, theme: str) -> None:
    """PLT-5, PLT-6: zero axe-core violations, no script error, no sideways scrolling, in both languages and themes."""
    page = open_as(ADMIN, language=language, width=width, theme=theme)
    addresses = PAGES | {name: _first(page, listing) for name, listing in RECORDS.items()}
    addresses |= {name: f"{addresses['lead']}{name}" for name in ("edit", "mail", "files", "score", "sharing")}
    turn = [("en", 1280), ("ja", 1280), ("ja", 390), ("en", 390)].index((language, width))
    addresses |= {name: address for number, (name, address) in enumerate(MORE.items()) if number % 4 == turn}
    addresses["missing"] = "/crm/leads/999999999/"

    wrong = []
    for name, address in addresses.items():
        answer = page.goto(address)
        settled(page)
        shot(page, f"{name}-{width}-{language}-{theme}")
        if answer.status not in ({404} if name == "missing" else {200}):
            wrong.append(f"{name}: {answer.status}")
        wrong += [f"{name}: {violation}" for violation in _axe(page)]
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"):
            wrong.append(f"{name}: scrolls sideways")
    wrong += [f"script: {error}" for error in page.errors if "404" not in error]

    assert wrong == []


def test_what_is_printed_has_no_navigation(open_as: Open) -> None:
    """PLT-5: paper has what the page says, and neither bars nor buttons, nor does it lose what lies right of it."""
    page = open_as(ADMIN)
    for address in ("/crm/deals/?view=all", _first(page, "/crm/accounts/?view=all"), "/crm/reports/pipeline/"):
        page.goto(address)
        settled(page)
        page.emulate_media(media="print")

        assert page.locator("main h1").first.is_visible()
        for shell in (".side", ".top", ".toolbar .btn", ".bulk", "header.who .actions", "form.note"):
            assert not [one for one in page.locator(shell).all() if one.is_visible()], (address, shell)
        page.emulate_media(media="screen")


@pytest.mark.parametrize("script", [True, False])
def test_menus_open_within_the_window_of_a_phone(open_as: Open, script: bool) -> None:
    """PLT-5: wherever their button stands, also at the left edge, and with JavaScript off."""
    page = open_as(ADMIN, width=390, script=script)

    outside = []
    for address in (
        "/crm/deals/board",
        "/crm/leads/",
        "/crm/calendar/",
        _first(page, "/crm/accounts/"),
        _first(page, "/helpdesk/tickets/"),
    ):
        page.goto(address)
        menus = page.locator("main details.menu:visible")
        for number in range(min(menus.count(), 4)):
            menus.nth(number).locator("summary").click()
            box = menus.nth(number).locator(".menu-list").bounding_box()
            if box["x"] < 0 or box["x"] + box["width"] > 390 or box["y"] < 0 or box["y"] + box["height"] > 900:
                outside.append((address, number, box))
            menus.nth(number).locator("summary").click()

    assert outside == []


def test_japanese_pages_hold_no_english(open_as: Open) -> None:
    """PLT-6: a Japanese reader finds no English sentence left in what the product says by itself."""
    page = open_as(ADMIN, language="ja")

    left = {}
    for name in (
        "home",
        "list",
        "filter",
        "columns",
        "new",
        "import",
        "board",
        "reports",
        "bin",
        "jobs",
        "me",
        "tickets",
        "posts",
        "channels",
        "console",
    ):
        page.goto(PAGES[name])
        words = page.evaluate(
            """() => [...document.querySelectorAll(
                   'h1, h2, button, summary, label, legend, .side ul:not(.pins) a, th[scope=col], .btn, .help, .empty p')]
                 .map((node) => node.innerText.trim()).filter((text) => /[a-z]{3,}/.test(text))"""
        )
        known = re.compile(
            r"Enishi|English|CSV|XLSX|UTF|Ctrl|JavaScript|LinkedIn|Facebook|Twitter|Web|Enter|Excel|Shift_JIS|@|example|Redis|SQLite|PostgreSQL|Python|Django|Celery|sandbox"
        )
        if strange := [w for w in words if not known.search(w)]:
            left[name] = strange

    assert left == {}
