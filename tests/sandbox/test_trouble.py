"""The sandbox has bad days on order, closes its windows in time, and forgets nothing over a restart."""

import http.client
import sqlite3
import time
import urllib.request
from email.utils import parsedate_to_datetime

import pytest

from sandbox.running import Refused, running

from .conftest import Client

TOO_MANY = {"title": "Too Many Requests", "detail": "Too Many Requests", "type": "about:blank", "status": 429}


def test_headers_count_down_and_open_again_when_the_window_closes(client, control):
    """SOC-7: true rate-limit headers per user and endpoint."""
    first, second = client.mentions().headers, client.mentions().headers
    other = client.get("/2/users/me").headers
    control.advance(900)
    later = client.mentions().headers

    assert (first["x-rate-limit-limit"], first["x-rate-limit-remaining"], second["x-rate-limit-remaining"]) == ("300", "299", "298")
    assert second["x-rate-limit-reset"] == first["x-rate-limit-reset"]
    assert 890 <= int(first["x-rate-limit-reset"]) - time.time() <= 901
    assert (other["x-rate-limit-limit"], other["x-rate-limit-remaining"]) == ("75", "74")
    assert later["x-rate-limit-remaining"] == "299"


def test_a_moved_clock_is_told_with_every_answer(client, control):
    """SOC-7: whoever reads when a window ends compares it with the Date header (reliability rule 3), also after time was let pass."""
    control.advance(3_600)
    headers = client.mentions().headers
    told = parsedate_to_datetime(headers["date"])
    assert 3_590 <= told.timestamp() - time.time() <= 3_601
    assert 890 <= int(headers["x-rate-limit-reset"]) - told.timestamp() <= 901


def test_an_exhausted_limit_answers_429_until_its_reset(client, control):
    """SOC-7: exhaust a limit."""
    control.exhaust("users.mentions", "enishi_demo")

    refused = client.mentions()
    control.advance(900)

    assert (refused.status, refused.json) == (429, TOO_MANY)
    assert (refused.headers["x-rate-limit-limit"], refused.headers["x-rate-limit-remaining"]) == ("300", "0")
    assert int(refused.headers["x-rate-limit-reset"]) > time.time()
    assert client.mentions().status == 200


def test_a_24_hour_limit_shows_only_in_its_own_headers(client, control):
    """SOC-7: the trap of a 429 with remaining above 0."""
    control.exhaust("tweets.create", "enishi_demo", period="24h")

    refused = client.post(text="one too many")

    assert refused.status == 429
    assert refused.headers["x-rate-limit-remaining"] == "100"
    assert refused.headers["x-app-limit-24hour-remaining"] == "0"


@pytest.mark.parametrize(
    ("kind", "status", "title"),
    [
        ("429", 429, "Too Many Requests"),
        ("500", 500, "Internal Server Error"),
        ("503", 503, "Service Unavailable"),
        ("401", 401, "Unauthorized"),
        ("402", 402, "CreditsDepleted"),
        ("capped", 429, "UsageCapExceeded"),
    ],
)
def test_ordered_trouble_comes_as_often_as_ordered(client, control, kind, status, title):
    """SOC-7: fail."""
    control.fault(kind, count=2, path_prefix="/2/users/")

    statuses = [client.mentions().status, client.post(text="not touched").status, client.mentions().status, client.mentions().status]
    control.fault(kind)

    assert statuses == [status, 201, status, 200]
    assert client.mentions().json["title"] == title


def test_html_and_empty_bodies(client, control):
    control.fault("html")
    control.fault("empty")

    html, empty = client.mentions(), client.mentions()

    assert (html.status, html.headers["content-type"], html.text[:15]) == (503, "text/html; charset=utf-8", "<!DOCTYPE html>")
    assert (empty.status, empty.text) == (200, "")


def test_a_connection_cut_after_the_write_leaves_the_write(client, control):
    """SOC-7: the unknown outcome; reading back finds the post."""
    since = control.posts(limit=1)[0]["id"]
    control.fault("cut", path_prefix="/2/tweets")

    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        client.post(text="did this go out?")

    mine = client.get("/2/users/1500000000000000900/tweets", since_id=since).json
    assert [row["text"] for row in mine["data"]] == ["did this go out?"]
    assert control.requests(endpoint="tweets.create")[0]["fault"] == "cut"


def test_a_connection_dropped_before_the_write_leaves_nothing(client, control):
    before = control.posts(limit=1)
    control.fault("drop")

    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        client.post(text="did this go out?")

    assert control.posts(limit=1) == before


def test_a_slow_answer_comes_in_the_end(client, control):
    """SOC-7: delay."""
    control.fault("slow", seconds=0.2)
    began = time.monotonic()

    assert client.mentions().status == 200
    assert time.monotonic() - began >= 0.2


def test_tokens_posts_and_limits_survive_a_restart(tmp_path):
    """SOC-7: state persists."""
    data = tmp_path / "kept.sqlite3"
    with running(data) as control:
        client = Client(control.url)
        pair = client.sign_in()
        said = control.say("nina_x", "@enishi_demo still here?")
        client.mentions()
    with running(data) as control:
        again = Client(control.url)
        again.token = pair["access_token"]

        answer = again.mentions()

        assert answer.json["data"][0]["id"] == said["id"]
        assert answer.headers["x-rate-limit-remaining"] == "298"
        assert again.refresh(pair["refresh_token"]).status == 200


def test_reset_goes_back_to_the_first_day(client, control):
    first_day = [post["id"] for post in control.posts() if post["username"] != "nina_x"]
    control.say("nina_x", "@enishi_demo hi")
    control.level("enterprise")

    control.reset(keep_tokens=True)
    kept = client.get("/2/users/me").status
    control.reset()

    assert (kept, client.get("/2/users/me").status) == (200, 401)
    assert [post["id"] for post in control.posts()] == first_day
    assert control.get("state")["level"] == "pay_per_use"


def test_the_control_page_works_without_script(control):
    """SOC-7: the page on which a person plays the customer."""
    client = Client(control.url)
    page = client.send("GET", "/control")

    posted = client.form("/control/do/post-as-customer", {"username": "nina_x", "name": "<b>", "text": "@enishi_demo <script>"}, basic="")
    wrong = client.form("/control/do/post-as-customer", {"username": "no dash-es", "text": "x"}, basic="")
    after = client.send("GET", posted.headers["location"])

    assert (page.status, "Post as a customer" in page.text, "お客様として投稿" in page.text) == (200, True, True)
    assert (posted.status, posted.headers["location"]) == (303, "/control?done=post-as-customer")
    assert ("&lt;script&gt;" in after.text, "<script" in after.text, "<b></b>" in after.text) == (True, False, False)
    assert (wrong.status, "username: 1 to 15" in wrong.text) == (400, True)


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"X-Forwarded-For": "10.0.0.9"}, {"Host": "rebound.example"}])
def test_the_control_is_closed_to_everybody_else(control, headers):
    request = urllib.request.Request(f"{control.url}/control/api/reset", data=b"{}", headers=headers)

    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)

    assert refused.value.code == 403


@pytest.mark.parametrize(
    ("action", "values"),
    [
        ("fault", {"kind": "meteor"}),
        ("fault", {"kind": "429", "count": 0}),
        ("exhaust", {"endpoint": "nothing"}),
        ("exhaust", {"endpoint": "users.me", "user": "enishi_demo", "period": "24h"}),
        ("revoke", {"username": "nobody_here"}),
        ("level", {"level": "free"}),
        ("clock", {}),
        ("post-as-customer", {"username": "nina_x"}),
        ("delete-post", {"id": "1"}),
        ("register-app", {"client_id": "a", "redirect_uris": ["nowhere"]}),
    ],
)
def test_the_control_says_what_is_wrong(control, action, values):
    with pytest.raises(Refused):
        control.do(action, **values)


def test_health_needs_nothing(stranger):
    assert stranger.send("GET", "/healthz").json == {"ok": True, "networks": ["x", "facebook", "linkedin"]}


def test_the_log_keeps_no_secret(client, control, tmp_path):
    pair = client.sign_in()
    client.refresh(pair["refresh_token"])

    lines = sqlite3.connect(tmp_path / "sandbox.sqlite3").execute("SELECT path || query FROM requests").fetchall()

    assert {line for (line,) in lines} == {"/i/oauth2/authorize", "/2/oauth2/token"}


def test_answering_on_the_page_suggests_the_customer_of_the_conversation(client, control):
    post = control.say("nina_x", "@enishi_demo hello?")
    ours = client.post(text="@nina_x Here we are.", reply={"in_reply_to_tweet_id": post["id"]}).json["data"]["id"]

    page = client.send("GET", f"/control?reply_to={ours}").text

    assert 'value="nina_x"' in page.split("<datalist")[0]
    assert f'name="reply_to" inputmode="numeric" value="{ours}"' in page
