"""The story of the first release in a browser, before a running installation with worker, scheduler and sandbox."""

from __future__ import annotations

import re
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from .conftest import House, Open, search, shot

pytestmark = pytest.mark.browser

REP, AGENT = "aoki@aoba.example", "yui@aoba.example"
CLOSES = date.today() + timedelta(days=40)  # noqa: DTZ011 - a date typed by a person
LEAD = re.compile(r"/crm/leads/\d+/($|[?#])")
HEADERS = "姓,名,セイ,メイ,会社名,メール,電話番号,備考"


def _file(place: Path, mark: str) -> Path:
    """A messy Shift_JIS file: a row without a name, an address that is none, full-width digits, a formula."""
    lines = [
        f"田中,{mark}子,タナカ,テスト,株式会社{mark}商事,t-{mark}@example.co.jp,０９０－１２３４－５６７８,",
        f",,,,有限会社{mark},n-{mark}@example.co.jp,03-1111-2222,",
        f"鈴木,{mark}郎,スズキ,テスト,{mark}物流,これはメールではない,03-1111-3333,",
        f"佐藤,{mark}美,サトウ,テスト,{mark}印刷,s-{mark}@example.co.jp,03-1111-4444,=SUM(A1:A9)",
    ]
    file = place / f"見込み客{mark}.csv"
    file.write_bytes("\r\n".join([HEADERS, *lines]).encode("cp932"))
    return file


def _until(page: Any, test: str, seconds: float = 60) -> None:
    """Reload until the page holds a text: how a person without script waits."""
    until = time.monotonic() + seconds
    page.wait_for_load_state()
    while not re.search(test, page.content()):
        assert time.monotonic() < until, f"{test!r} never showed at {page.url}"
        page.wait_for_timeout(700)
        page.reload()


@pytest.mark.parametrize(("script", "width", "language"), [(True, 1280, "ja"), (False, 390, "ja"), (False, 390, "en")])
def test_rep_imports_finds_edits_and_converts(open_as: Open, tmp_path: Path, script: bool, width: int, language: str) -> None:
    """PLT-13, PLT-12, PLT-11, CRM-6, CRM-10, CRM-12: the rep's half of the story, down to the deal in a view and a report."""
    mark = {"ja": "有" if script else "無", "en": "英"}[language]
    page = open_as(REP, language=language, script=script, width=width)

    _import(page, _file(tmp_path, mark), f"{language}-{width}")
    page.goto(f"/search?q=田中 {mark}子")
    page.click(f"main a.first:has-text('田中 {mark}子')")
    page.wait_for_url(LEAD)
    assert "090" in page.inner_text("main")

    page.click("header.who a.btn[href$='/edit']")
    page.fill("#id_job_title", "購買部長")
    page.click(".savebar button.primary")
    page.wait_for_url(LEAD)
    assert "購買部長" in page.inner_text("main")

    page.click("header.who a.btn.primary")
    page.check("input[name=deal][value=new]")
    page.fill("[name=deal-name]", f"{mark}の商談")
    page.fill("[name=deal-amount]", "120000")
    page.fill("[name=deal-closing_on]", CLOSES.isoformat())
    shot(page, f"story-convert-{language}-{width}")
    page.click(".savebar button.primary")
    page.wait_for_url(re.compile(r"/crm/contacts/\d+/"))
    shot(page, f"story-converted-{language}-{width}")

    page.goto(f"/crm/leads/?q=田中 {mark}子")
    assert f"田中 {mark}子" not in page.inner_text("#list-body")
    _sees_the_deal(page, mark, f"{language}-{width}")


def _import(page: Any, file: Path, name: str) -> None:
    page.goto("/crm/leads/import")
    page.set_input_files("input[type=file]", file)
    page.click("main form button.primary")
    page.locator("button[name=start]").wait_for()
    shot(page, f"story-mapping-{name}")
    page.click("button[name=start]")
    _until(page, r"/rows/\w+")
    shot(page, f"story-result-{name}")
    assert "3" in page.inner_text("main")


def _sees_the_deal(page: Any, mark: str, name: str) -> None:
    """On the account's page, in the view of open deals, in the shipped report."""
    deal = f"{mark}の商談"
    page.goto(f"/search?q={mark}商事")
    page.click(f"main a.first[href^='/crm/accounts/']:has-text('{mark}商事')")
    page.wait_for_url(re.compile(r"/crm/accounts/\d+/"))
    assert deal in page.inner_text("main")
    shot(page, f"story-account-{name}")
    page.goto(f"/crm/deals/?view=open&q={deal}")
    assert deal in page.inner_text("#list-body")
    page.goto("/crm/reports/open/")
    shot(page, f"story-report-{name}")
    before = (CLOSES.replace(day=1) - timedelta(days=1)).isoformat()
    page.click(f"main tbody a[href*='{before}'][href*='qualification']")
    page.wait_for_url(re.compile(r"/crm/deals/\?"))
    assert deal in page.inner_text("#list-body")


def test_customer_is_answered_on_the_network(house: House, open_as: Open) -> None:
    """SOC-38, SOC-6, HD-11: a post with 返金 is a ticket within a minute; the answer stands on the network, once."""
    said = f"豆の袋{time.time_ns() % 10**6}が破れていました"
    post = house.control("post-as-customer", username="nina_story", name="西野 ニナ", text=f"@enishi_demo {said}。返金してください。")[
        "post"
    ]
    page = open_as(AGENT, language="ja")

    page.goto("/helpdesk/tickets/?view=all")
    _until(page, said)
    page.click(f"tbody th a:has-text('{said}')")
    page.fill("form.reply textarea", "ご不便をおかけして申し訳ありません。すぐに返金いたします。")
    page.click("form.reply button.primary")
    _until(page, "送信済み")
    shot(page, "story-answered")

    answers = [one for one in house.control("posts")["posts"] if one["reply_to"] == post["id"]]
    assert len(answers) == 1
    assert "すぐに返金いたします" in answers[0]["text"]


def test_keyboard_alone_reaches_a_lead(open_as: Open) -> None:
    """PLT-5: / searches, j and Enter open, e edits, Ctrl+Enter saves."""
    page = open_as(REP)

    page.goto("/crm/leads/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/crm/leads/\d+/"))
    page.keyboard.press("e")
    page.wait_for_url(re.compile(r"/edit"))
    page.focus("#id_department")
    page.keyboard.type("Keyboard")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(r"/crm/leads/\d+/$"))
    assert "Keyboard" in page.inner_text("main")

    search(page, "田中")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/\w+/\w+/\d+/"))
    assert page.errors == []


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_rep_s_half_of_the_story_without_the_mouse(open_as: Open, tmp_path: Path, language: str) -> None:
    """PLT-5, CRM-10: import, search, edit and conversion with a new deal, by keys alone."""
    mark = f"鍵{language}"
    page = open_as(REP, language=language)

    page.goto("/crm/leads/import")
    page.set_input_files("input[type=file]", _file(tmp_path, mark))  # the file dialog belongs to the system
    page.focus("main form button.primary")
    page.keyboard.press("Enter")
    page.wait_for_selector("button[name=start]")
    page.focus("button[name=start]")
    page.keyboard.press("Enter")
    page.wait_for_selector("a[href*='/rows/']", timeout=60_000)

    search(page, f"田中 {mark}子")
    page.wait_for_selector(f"#hits [role=option]:has-text('{mark}子')")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/crm/leads/\d+/"))
    page.keyboard.press("v")
    page.wait_for_url(re.compile(r"/convert"))
    page.focus("input[name=deal][value=none]")
    for _press in range(5):
        if page.is_checked("input[name=deal][value=new]"):
            break
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "deal-name"
    page.keyboard.press("Control+A")
    page.keyboard.type(f"{mark}の商談")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(r"/crm/contacts/\d+/"))
    assert f"{mark}の商談" in page.inner_text("main")
    assert page.errors == []
