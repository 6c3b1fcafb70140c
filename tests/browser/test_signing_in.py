"""Passkeys in a browser that has one: made, used as the second step, and used alone (L3)."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import PASSWORD

pytestmark = pytest.mark.browser
KEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def test_a_passkey_is_made_and_signs_in_alone(house: Any, open_as: Any) -> None:
    """L3: after it was added the password alone is not enough, and the passkey alone is."""
    page = open_as("ken@aoba.example")
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
    page.goto(f"{house.url}/me/security/passkey")
    page.fill("#id_name", "Laptop")
    page.fill("#id_current_password", PASSWORD)
    page.click("main button.primary")
    page.wait_for_url("**/me/security/codes")
    assert page.locator(".codes code").count() == 10
    page.click("main button.primary")
    page.wait_for_url("**/me/security/")
    try:
        page.goto(f"{house.url}/accounts/logout/")
        page.click("main button.primary")
        page.goto(f"{house.url}/accounts/login/")
        page.fill("#id_login", "ken@aoba.example")
        page.fill("#id_password", PASSWORD)
        page.click("main form:not([data-passkey]) button")
        page.wait_for_url("**/accounts/code/")
        page.goto(f"{house.url}/accounts/login/")
        page.click("form[data-passkey] button")
        page.wait_for_url(lambda url: "/accounts/" not in url)
    finally:
        page.goto(f"{house.url}/me/security/")
        page.locator("li", has_text="Laptop").get_by_role("link").click()
        if page.locator("#id_current_password").count():
            page.fill("#id_current_password", PASSWORD)
        page.click("main button.danger")
        page.wait_for_url("**/me/security/")
