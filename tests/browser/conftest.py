"""A whole installation as `bin/up` starts it — web, worker, scheduler, broker, sandbox, demo — and a browser before it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SHOTS = Path(__file__).parent / "shots"
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
PASSWORD = "enishi-demo"


def _chromium() -> str | None:
    named = os.environ.get("CHROMIUM")
    return named or next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class House:
    """A running installation: where it is, where its sandbox is."""

    url: str
    sandbox: str
    var: Path

    def control(self, call: str, **body: Any) -> dict[str, Any]:
        """Ask the sandbox's control: `post-as-customer`, `posts`, …"""
        request = urllib.request.Request(
            f"{self.sandbox}/control/api/{call}", json.dumps(body).encode() if body else None, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """`ENISHI_AT=http://localhost:8000 ENISHI_SANDBOX_AT=…` looks at one that runs already, while writing tests. ENISHI_DEMO_VAR
    names a folder that a first start has filled and left (`.ci/run`): each process begins with a copy instead of loading the demo."""
    if os.environ.get("ENISHI_AT"):
        yield House(os.environ["ENISHI_AT"], os.environ.get("ENISHI_SANDBOX_AT", ""), Path())
        return
    var = tmp_path_factory.mktemp("var")
    if (ready := Path(os.environ.get("ENISHI_DEMO_VAR", "/nowhere"))).is_dir():
        shutil.copytree(ready, var, dirs_exist_ok=True)
    with running(var) as found:
        yield found


@contextmanager
def running(var: Path, *flags: str) -> Iterator[House]:
    """An installation of its own, until the block ends."""
    port = _free_port()
    known = {
        k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "REDIS_URL", "ENISHI_ENV", "DJANGO_SETTINGS_MODULE", "BASE_URL"}
    }
    log = (var / "up.log").open("w")
    up = subprocess.Popen(
        [sys.executable, "bin/up", "--port", str(port), *flags],
        cwd=ROOT,
        env=known | {"ENISHI_VAR": str(var)},
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    try:
        yield House(f"http://localhost:{port}", _ready(up, var), var)
    finally:
        os.killpg(up.pid, signal.SIGINT)
        try:
            up.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(up.pid, signal.SIGKILL)


def _ready(up: subprocess.Popen[bytes], var: Path) -> str:
    """Wait until `bin/up` says that the first page can be served; gives the sandbox's address."""
    until = time.monotonic() + 400
    while time.monotonic() < until:
        text = (var / "up.log").read_text()
        if "Enishi is ready" in text:
            found = re.search(r"http://127\.0\.0\.1:\d+", _sandbox_env(up.pid))
            assert found, text
            return found.group()
        if up.poll() is not None:
            pytest.fail(f"bin/up ended:\n{text}")
        time.sleep(0.3)
    pytest.fail(f"bin/up was not ready in time:\n{(var / 'up.log').read_text()}")


def _sandbox_env(pid: int) -> str:
    """The X_API that bin/up gave to its children (Linux only, as these tests are)."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for child in children:
        for line in Path(f"/proc/{child}/environ").read_bytes().split(b"\0"):
            if line.startswith(b"X_API="):
                return line.decode()
    return ""


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    path = _chromium()
    if path is None:
        pytest.skip("No Chromium on this machine.")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=ARGS)
        yield browser
        browser.close()


Open = Callable[..., Any]


@pytest.fixture
def open_as(house: House, chromium: Any) -> Iterator[Open]:
    """`open_as("ann@…", language="ja", width=390, script=False, theme="dark")`: a page of a signed-in person."""
    contexts = []

    def start(email: str, *, language: str = "en", width: int = 1280, script: bool = True, theme: str = "light") -> Any:
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=theme,
            reduced_motion="reduce",  # nothing is measured or pressed while it still moves
            java_script_enabled=script,
            base_url=house.url,
            locale=language,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.errors = []
        page.on("console", lambda message: page.errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        sign_in(page, email)
        if page.locator("html").get_attribute("lang") != language:
            page.locator("details.menu", has=page.locator(".avatar")).last.locator("summary").click()
            with page.expect_navigation():
                page.click(f"button[name=language][value={language}]")
        return page

    yield start
    for context in contexts:
        context.close()


def settled(page: Any) -> None:
    """Wait until the page is whole: what htmx asked for while it loaded has come. It marks what asks with a class."""
    page.wait_for_load_state()
    page.locator(".htmx-request").first.wait_for(state="detached")


def focused(page: Any, selector: str) -> None:
    """Wait until the keyboard stands there. htmx swaps a part first and moves the focus into it a moment later."""
    page.locator(f"{selector}:focus").wait_for()


def search(page: Any, words: str) -> None:
    """Type into the search box of the page by keyboard, and wait for what is found for all of the words: what was found for the
    first of them may be shown before, and goes with whatever was marked in it."""
    page.keyboard.press("/")
    page.keyboard.type(words)
    page.locator(f"#hits #hit-all[href$='={quote(words)}']").wait_for()


REP = "aoki@aoba.example"
FIVE_HUNDRED = "五百商事"


@pytest.fixture(scope="session")
def five_hundred(house: House, chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a list of 500 leads of the rep's own, which came with an import."""
    where = "/crm/leads/?" + urlencode(
        {"view": "all", "filter": json.dumps({"all": [{"field": "company", "op": "is", "value": FIVE_HUNDRED}]}, ensure_ascii=False)}
    )
    file = tmp_path_factory.mktemp("leads") / "500.csv"
    rows = [f"候補{n:03},{FIVE_HUNDRED},p{n:03}@gohyaku.example" for n in range(500)]
    file.write_text("\n".join(["姓,会社名,メール", *rows]))
    context = chromium.new_context(base_url=house.url, locale="en")
    page = context.new_page()
    sign_in(page, REP)
    page.goto(where)
    if not page.locator("tbody tr").count():
        page.goto("/crm/leads/import")
        page.set_input_files("input[type=file]", file)
        page.click("main form button.primary")
        page.click("button[name=start]")
        until = time.monotonic() + 60
        while "500" not in page.inner_text("main"):
            assert time.monotonic() < until, "500 leads are not imported in a minute"
            page.wait_for_timeout(500)
            page.goto(where)
    context.close()
    return where


def sign_in(page: Any, email: str) -> None:
    page.goto("/accounts/login/")
    page.fill("#id_login", email)
    page.fill("#id_password", PASSWORD)
    page.click("button.primary")
    page.wait_for_url(re.compile(r"/(crm|social|helpdesk|me)/"))


def shot(page: Any, name: str) -> None:
    """Keep a picture for people to look at; the folder is not committed. A busy machine may fail to take one: no fault of ours.
    Where nobody looks (`.ci/run`), ENISHI_SHOTS=none saves the time."""
    from playwright.sync_api import Error

    if os.environ.get("ENISHI_SHOTS") == "none":
        return
    SHOTS.mkdir(exist_ok=True)
    with suppress(Error):
        page.screenshot(path=SHOTS / f"{name}.png")
