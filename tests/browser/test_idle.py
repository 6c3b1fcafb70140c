"""A page that only stands open says so with each look for news (L9)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import django_htmx
import pytest

from .conftest import ROOT

pytestmark = pytest.mark.browser
HTMX = Path(django_htmx.__file__).parent / "static/django_htmx/htmx-2.min.js"
PAGE = """<!DOCTYPE html><html lang="en"><title>Open</title><script src="/htmx.js" defer></script><script src="/app.js" defer></script>
<a id="bell" href="/" hx-get="/news" hx-trigger="every 50ms" hx-swap="none">Bell</a>
<button id="asked" hx-get="/asked" hx-swap="none">Ask</button>"""


def test_a_look_for_news_says_that_nobody_asked(chromium: Any) -> None:
    """L9: a poll is marked, what somebody clicks is not."""
    page = chromium.new_page()
    answers = {"/htmx.js": HTMX.read_text(), "/app.js": (ROOT / "static/js/app.js").read_text(), "/": PAGE}

    def answer(route: Any) -> None:
        path = route.request.url.removeprefix("http://enishi.test")
        kind = "text/javascript" if path.endswith(".js") else "text/html"
        route.fulfill(body=answers.get(path, ""), content_type=kind)

    page.route("**/*", answer)
    try:
        with page.expect_request("**/news") as news:
            page.goto("http://enishi.test/")
        with page.expect_request("**/asked") as asked:
            page.click("#asked")
    finally:
        page.close()

    assert news.value.headers.get("x-by-itself") == "1"
    assert "x-by-itself" not in asked.value.headers
