"""A rep talks with a customer on the page of a lead: reads, answers, reposts, posts, runs into a limit and reads when it ends."""

from __future__ import annotations

import time
from typing import Any

import pytest

from .conftest import House, Open, settled, shot

pytestmark = pytest.mark.browser

REP, ME = "aoki@aoba.example", "enishi_demo"
# Each with a customer of their own: what one has read of a person that day, the other would not read again.
WAYS = [(True, 1280, "en", "light", "emma_w_2026"), (False, 390, "ja", "dark", "liam_obrien")]


def _until(page: Any, words: str, seconds: float = 60) -> None:
    """Reload until the page says it: how a person without script waits."""
    until = time.monotonic() + seconds
    while words not in page.inner_text("main"):
        assert time.monotonic() < until, f"{words!r} never showed at {page.url}"
        page.wait_for_timeout(500)
        page.reload()


def _lead(page: Any, mark: str, who: str) -> str:
    page.goto("/crm/leads/new")
    page.fill("#id_name__family", f"Wright{mark}") if page.locator("#id_name__family").count() else page.fill(
        "#id_family_name", f"Wright{mark}"
    )
    page.fill("#id_x_handle", who)
    page.click(".savebar button.primary")
    page.wait_for_url("**/crm/leads/*/")
    return str(page.url)


def _said(house: House) -> list[str]:
    return [one["text"] for one in house.control(f"posts?username={ME}")["posts"]]


@pytest.mark.parametrize(("script", "width", "language", "theme", "who"), WAYS)
def test_a_rep_talks_with_a_lead(house: House, open_as: Open, script: bool, width: int, language: str, theme: str, who: str) -> None:
    """SOC-13, SOC-14, SOC-15, SOC-4, SOC-19."""
    ja, mark = language == "ja", "S" if script else "N"
    house.control("post-as-customer", username=who, text=f"@{ME} Where is my radio? {mark}")
    house.control("post-as-customer", username=who, text=f"My garden this morning. {mark}")
    page = open_as(REP, language=language, script=script, width=width, theme=theme)
    record = _lead(page, mark, who)
    _until(page, f"Where is my radio? {mark}")
    talk = page.locator("#social-talk")
    line = talk.locator("li.entry", has_text=f"Where is my radio? {mark}")
    talk.scroll_into_view_if_needed()
    shot(page, f"talk-{language}{width}-said")

    # An answer, in its place; without script on a page of its own, and back.
    line.locator("a[id^='reply-']").click()
    form = page.locator("form.compose")
    form.locator("textarea").fill(f"It leaves today. {mark}")
    if script:
        form.locator(".room", has_text="280").wait_for()
    shot(page, f"talk-{language}{width}-answer")
    form.locator("button.primary").click()
    if script:
        line.locator(".delivery[data-tone=ok]").wait_for(timeout=30_000)
    else:
        _until(page, "送信済み" if ja else "Sent")
    assert f"@{who} It leaves today. {mark}" in _said(house)

    # What the level does not allow says why and opens the page of the network.
    assert "/intent/like?tweet_id=" in str(line.locator("a[href*='intent/like']").get_attribute("href"))
    assert ("大企業向け" if ja else "only for enterprise customers") in talk.inner_text()
    line.locator("form[action$='/repost'] button").click()
    line.locator("form[action$='/unrepost'] button").wait_for()
    shot(page, f"talk-{language}{width}-done")

    # A post that mentions her, from below her profile.
    page.goto(record)
    settled(page)
    page.locator("#social-profiles a[href*='/mention/']").click()
    form = page.locator("form.compose")
    form.locator("textarea").fill(f"Thank you, @{who}! {mark}")
    shot(page, f"talk-{language}{width}-post")
    form.locator("button.primary").click()
    page.locator("#mentioned", has_text=f"Thank you, @{who}! {mark}").wait_for()
    if not script:
        _until(page, "送信済み" if ja else "Sent")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

    # Her own posts, at the limit first; when it ends they are there.
    house.control("exhaust", endpoint="users.tweets", user=ME, period="15m")
    page.locator("#tab-posts").click()
    button = page.locator(".reading form button")
    if not script:
        button.first.click()
    limit = "リクエストの上限" if ja else "its request limit is used up"
    if script:
        page.locator(".reading .notice").wait_for()
    else:
        _until(page, limit)
    assert limit in page.inner_text("#social-talk")
    shot(page, f"talk-{language}{width}-limit")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.errors == []
