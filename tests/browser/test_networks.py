"""An admin at the page of a network: keys, limits, spending and budgets, by mouse and without script."""

from __future__ import annotations

import pytest

from .conftest import PASSWORD, Open, shot

pytestmark = pytest.mark.browser

ADMIN = "mei@aoba.example"
WAYS = [(True, 1280, "en"), (False, 390, "ja")]


@pytest.mark.parametrize(("script", "width", "language"), WAYS)
def test_an_admin_sets_a_budget_and_reads_what_is_left(open_as: Open, script: bool, width: int, language: str) -> None:
    """SOC-4, SOC-9, SOC-2: from the channels to the page; a budget is kept, a secret is not shown, nothing runs out of the page."""
    page = open_as(ADMIN, language=language, script=script, width=width)
    page.goto("/social/settings/channels/")
    page.click("a[href='/social/settings/networks/x/']")
    page.wait_for_url("**/social/settings/networks/x/")
    words = page.inner_text("main")
    assert ("Reading mentions" if language == "en" else "メンションの読み込み") in words
    assert ("only for enterprise customers" if language == "en" else "大企業向け契約のみ") in words
    page.fill("#id_day_limit", "25")
    page.fill("#id_client_secret", "")
    if page.locator("#id_current_password").count():
        page.fill("#id_current_password", PASSWORD)
    page.click("main form button.primary")
    page.wait_for_url("**/social/settings/networks/x/")
    assert page.locator("#id_day_limit").input_value() == "25.00"
    assert "/ US$ 25.000" in page.inner_text("main")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    shot(page, f"network-{language}{width}")
    assert page.errors == []
