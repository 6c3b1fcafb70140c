"""The addresses that a client opens for people lead to a page: posts, accounts, and where a text is carried to."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import urlopen

import pytest

from sandbox.running import Control, running


def seen(control: Control, path: str) -> tuple[int, str]:
    try:
        with urlopen(control.url + path, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


def test_a_post_of_x_stands_where_its_address_leads(control: Control) -> None:
    """SOC-7: with what answers it; one that is gone says so."""
    first = control.say("emma_w_2026", "@enishi_demo <b>hello</b>")
    control.say("marcus_lee", "@emma_w_2026 hi", reply_to=first["id"])
    status, page = seen(control, f"/emma_w_2026/status/{first['id']}")
    assert status == 200
    assert "&lt;b&gt;hello&lt;/b&gt;" in page
    assert "@emma_w_2026 hi" in page
    control.delete_post(first["id"])
    assert seen(control, f"/emma_w_2026/status/{first['id']}")[0] == 404
    assert "Shy Fox" in seen(control, "/shy_fox")[1]
    assert "not shown" in seen(control, "/shy_fox")[1]


def test_what_is_carried_to_x_is_shown(control: Control) -> None:
    """SOC-1: the network's own page with the text ready."""
    post = control.say("emma_w_2026", "@enishi_demo which size?")
    page = seen(control, f"/intent/post?in_reply_to={post['id']}&text={quote('大きい方です')}")[1]
    assert "大きい方です" in page
    assert "which size?" in page
    assert "@emma_w_2026" in seen(control, "/search?q=emma&f=user")[1]


def test_a_number_of_facebook_leads_to_its_post(control: Control) -> None:
    """SOC-7: of a post and of a comment."""
    post = control.do("facebook/post", person="佐藤 花子", text="営業時間は?")["post"]["id"]
    comment = control.do("facebook/comment", on=post, person="Emma Wright", text="9 to 5")["comment"]["id"]
    for number in (post, comment):
        assert "営業時間は?" in seen(control, f"/{number}")[1]
    assert seen(control, "/1_2")[0] == 404


@pytest.mark.parametrize("path", ["/nobody_here", "/favicon.ico", "/a/b/c"])
def test_nothing_is_nowhere(control: Control, path: str) -> None:
    assert seen(control, path)[0] == 404


def test_seed_begins_with_the_first_day(tmp_path: Path) -> None:
    """SOC-7: `python -m sandbox --port 0 --seed`."""
    data = tmp_path / "s.sqlite3"
    with running(data) as control:
        control.say("emma_w_2026", "of yesterday")
    child = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--port", "0", "--data", str(data), "--seed"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        assert child.stdout
        url = child.stdout.readline().decode().split()[-1].removesuffix("/control")
        assert "of yesterday" not in str(Control(url).posts(username="emma_w_2026"))
        assert Control(url).posts(username="emma_w_2026")
    finally:
        child.terminate()
        child.wait(10)
