"""The sandbox's Facebook on bad days: allowances in per cent, the table of errors, versions, answers that are none."""

import http.client
import json
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest

from sandbox.running import Refused, running

from .graph import CONTRACT, ERRORS, PAGE, Graph

# These name what was asked for, so they come by their own cause and are tested with it.
OWN_CAUSE = {"object_missing", "invalid_parameter", "alias_missing", "permission_10", "version_too_old"}


def _app(answer):
    return json.loads(answer.headers["x-app-usage"])


def _page(answer):
    return json.loads(answer.headers["x-business-use-case-usage"])[PAGE][0]


def test_the_header_of_a_page_rises_with_each_call_and_falls_with_the_day(page, control):
    """SOC-7: X-Business-Use-Case-Usage of the page's own allowance."""
    control.do("facebook/budget", what="pages", calls=20)
    first, second = _page(page.get(f"/{PAGE}")), _page(page.get(f"/{PAGE}"))
    control.advance(24 * 3600)
    later = _page(page.get(f"/{PAGE}"))

    assert set(first) == {"type", "call_count", "total_cputime", "total_time", "estimated_time_to_regain_access"}
    assert (first["type"], first["call_count"], second["call_count"], later["call_count"]) == ("pages", 5, 10, 5)
    assert second["estimated_time_to_regain_access"] == 0


def test_messenger_has_an_allowance_of_its_own(page, control):
    control.do("facebook/exhaust", what="messenger")
    refused = page.get(f"/{PAGE}/conversations")

    assert (refused.status, refused.code, _page(refused)["type"]) == (400, (80006, None), "messenger")
    assert page.get(f"/{PAGE}/feed").status == 200


def test_a_page_at_one_hundred_is_closed_and_tells_when_it_opens(page, control):
    """SOC-7: 80001, regain minutes, no Retry-After."""
    control.do("facebook/exhaust", what="pages", minutes=12)
    refused = page.get(f"/{PAGE}/feed")
    minutes = _page(refused)["estimated_time_to_regain_access"]
    control.advance(minutes * 60)
    open_again = page.get(f"/{PAGE}/feed")

    assert (refused.status, refused.code, "retry-after" in refused.headers) == (400, (80001, 2446079), False)
    assert (10 <= minutes <= 12, open_again.status) == (True, 200)


def test_calling_meanwhile_prolongs_it(page, control):
    """SOC-7: what is refused counts too."""
    control.do("facebook/budget", what="pages", calls=10)
    control.do("facebook/exhaust", what="pages", minutes=5)
    for _ in range(10):
        page.get(f"/{PAGE}/feed")
    minutes = _page(page.get(f"/{PAGE}/feed"))["estimated_time_to_regain_access"]

    assert minutes > 1000


def test_what_a_call_looks_at_costs_time(page, control):
    control.do("facebook/budget", what="pages", calls=20)
    before = _page(page.get(f"/{PAGE}", fields="id"))
    after = _page(page.get(f"/{PAGE}", fields="feed.limit(100){comments.limit(100){id}}"))

    assert after["total_time"] - before["total_time"] > after["call_count"] - before["call_count"] - 5
    assert after["total_time"] > before["total_time"]


def test_people_and_apps_share_the_allowance_of_the_app(graph, control):
    """SOC-7: X-App-Usage, code 4, a rolling hour."""
    graph.sign_in()
    control.do("facebook/budget", what="app", calls=10)
    first, second = _app(graph.get("/me")), _app(graph.get("/me"))
    control.do("facebook/exhaust", what="app", minutes=60)
    refused = graph.get("/me")
    control.advance(3600)

    assert set(first) == {"call_count", "total_time", "total_cputime"}
    assert second["call_count"] > first["call_count"]
    assert (refused.status, refused.code, refused.json["error"]["is_transient"]) == (403, (4, None), True)
    assert graph.get("/me").status == 200


@pytest.mark.parametrize("name", [name for name in ERRORS if name not in OWN_CAUSE])
def test_each_error_of_the_documents_can_be_ordered(page, control, name):
    """SOC-7: the table of errors, by code and subcode."""
    control.do("facebook/fault", kind=name, path_prefix=f"/v25.0/{PAGE}")

    answer, after = page.get(f"/{PAGE}"), page.get(f"/{PAGE}")

    wanted = ERRORS[name]
    error = {key: value for key, value in answer.json["error"].items() if key not in {"fbtrace_id", "message", "type"}}
    assert answer.status == wanted["http"]
    assert error == {key: value for key, value in wanted["body"]["error"].items() if key not in {"fbtrace_id", "message", "type"}}
    assert answer.json["error"]["fbtrace_id"]
    assert after.status == 200


def test_a_190_may_say_anything(page, control):
    """SOC-7: decide by the code, never by the words."""
    control.do("facebook/fault", kind="190_random", count=2)

    first, second = page.get(f"/{PAGE}"), page.get(f"/{PAGE}")

    assert first.code == second.code == (190, None)
    assert first.json["error"]["message"] != second.json["error"]["message"]


def test_answers_that_are_none(page, control):
    """SOC-7: HTML, empty body."""
    control.do("facebook/fault-plan", plan=[{"kind": "html"}, {"kind": "empty"}, {"kind": "503"}])

    html, empty, gone, fine = (page.get(f"/{PAGE}") for _ in range(4))

    assert (html.status, html.headers["content-type"], html.text[:15]) == (500, "text/html; charset=utf-8", "<!DOCTYPE html>")
    assert (empty.status, empty.text, gone.status, fine.status) == (200, "", 503, 200)


def test_a_connection_cut_after_the_write_leaves_the_write(page, control):
    """SOC-7: the unknown outcome; reading back finds the post, and trying again is a duplicate."""
    control.do("facebook/fault", kind="cut", path_prefix=f"POST /v25.0/{PAGE}/feed")
    untouched = page.get(f"/{PAGE}/feed", limit=1).status

    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        page.post(f"/{PAGE}/feed", message="did this go out?")

    newest = page.get(f"/{PAGE}/published_posts", limit=1, fields="message").json["data"][0]
    assert (untouched, newest["message"]) == (200, "did this go out?")
    assert page.post(f"/{PAGE}/feed", message="did this go out?").code == (506, None)


def test_a_connection_dropped_before_the_write_leaves_nothing(page, control):
    before = control.get("facebook/posts", limit=1)
    control.do("facebook/fault", kind="drop", path_prefix="/v25.0/")

    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        page.post(f"/{PAGE}/feed", message="did this go out?")

    assert control.get("facebook/posts", limit=1) == before


@pytest.mark.parametrize(("kind", "name"), [("no_from", "from"), ("no_message", "message"), ("no_paging", "paging")])
def test_what_clients_count_on_may_be_missing(page, control, kind, name):
    """SOC-7: items without from, message, paging."""
    control.do("facebook/fault", kind=kind)

    spoiled, whole = page.get(f"/{PAGE}/feed", fields="id,from,message"), page.get(f"/{PAGE}/feed", fields="id,from,message")

    assert f'"{name}":' not in spoiled.text
    assert f'"{name}":' in whole.text


def test_the_answering_version_is_told(page):
    """SOC-7: facebook-api-version."""
    answers = {
        version: page.send("GET", f"/{version}/me").headers.get("facebook-api-version") for version in CONTRACT["versioning"]["live"]
    }

    assert answers == {version: version for version in CONTRACT["versioning"]["live"]}


def test_a_dead_version_is_answered_by_the_oldest_that_lives_or_refused(page, control):
    """SOC-7: compare the header; the control can have it refused instead."""
    page.version = "v19.0"
    served = page.get(f"/{PAGE}")
    control.do("facebook/option", dead_versions="refused")
    refused = page.get(f"/{PAGE}")
    page.version = "v99.0"

    assert (served.status, served.headers["facebook-api-version"]) == (200, "v21.0")
    assert (refused.status, refused.code) == (400, (2635, None))
    assert page.get(f"/{PAGE}").code == (2500, None)


def test_versions_die_by_the_sandboxs_clock(page, control):
    now = datetime.fromisoformat(control.get("state")["now"].replace("Z", "+00:00"))
    control.advance((datetime(2028, 7, 29, 1, tzinfo=UTC) - now).total_seconds())

    assert page.send("GET", "/v25.0/me").headers["facebook-api-version"] == "v26.0"


def test_an_unknown_path_is_named(page):
    answer = page.get(f"/{PAGE}/weather")

    assert (answer.code, answer.json["error"]["message"]) == ((2500, None), "Unknown path components: /weather")


def test_every_request_is_logged_with_who_asked(page, control):
    """SOC-7: the log."""
    page.get(f"/{PAGE}/feed")
    page.message("x")

    log = control.requests(limit=2)
    assert [(row["endpoint"], row["username"], row["status"]) for row in log] == [
        ("facebook.messages.send", "enishi.demo", 403),
        ("facebook.page.feed", "enishi.demo", 200),
    ]


def test_tokens_posts_and_allowances_survive_a_restart(tmp_path):
    """SOC-7: state persists."""
    data = tmp_path / "kept.sqlite3"
    with running(data) as control:
        page = Graph(control.url).sign_in().as_page()
        control.do("facebook/budget", what="pages", calls=20)
        page.get(f"/{PAGE}")
    with running(data) as control:
        again = Graph(control.url)
        again.token = page.token

        assert _page(again.get(f"/{PAGE}"))["call_count"] == 10


def test_reset_goes_back_to_the_first_day(page, control):
    first = control.get("facebook/posts")
    control.do("facebook/post", person="Nina", text="hi")
    control.do("facebook/level", level="ppca")

    control.do("facebook/reset", keep_tokens=True)
    kept = page.get(f"/{PAGE}").status
    control.reset()

    assert (kept, page.get(f"/{PAGE}").code) == (200, (190, None))
    assert control.get("facebook/posts") == first
    assert control.get("facebook/state")["level"] == "advanced"


def test_the_control_page_works_without_script(control, page):
    """SOC-7: the page on which a person plays the customer."""
    shown = page.send("GET", "/control/facebook")
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    posted = page.send("POST", "/control/do/facebook/message", urlencode({"person": "<b>Nina", "text": "<script>"}).encode(), headers)
    wrong = page.send("POST", "/control/do/facebook/comment", urlencode({"person": "Nina", "on": "1", "text": "x"}).encode(), headers)
    after = page.send("GET", posted.headers["location"])

    assert (shown.status, "Message the page" in shown.text, "ページにメッセージを送る" in shown.text) == (200, True, True)
    assert (posted.status, posted.headers["location"]) == (303, "/control/facebook?done=message")
    assert ("&lt;script&gt;" in after.text, "<script" in after.text, "<b>Nina" in after.text) == (True, False, False)
    assert (wrong.status, "there is no post or comment 1" in wrong.text) == (400, True)


@pytest.mark.parametrize(
    ("action", "values"),
    [
        ("fault", {"kind": "meteor"}),
        ("fault-plan", {"plan": []}),
        ("exhaust", {"what": "moon"}),
        ("budget", {"calls": -1}),
        ("kill", {"person": "901", "why": "boredom"}),
        ("level", {"level": "enterprise"}),
        ("option", {}),
        ("option", {"feed_ids": "none"}),
        ("post", {"person": "Nina"}),
        ("post", {"person": "", "text": "x"}),
        ("post", {"person": "Nina", "text": "x", "page": "1"}),
        ("comment", {"on": "nothing", "person": "Nina", "text": "x"}),
        ("react", {"on": "300000000000001", "person": "Nina", "type": "MEH"}),
        ("role", {"person": "901", "tasks": "DANCE"}),
        ("permission", {"person": "901", "permission": "all"}),
        ("webhooks", {}),
        ("webhooks", {"release": "sideways"}),
        ("crowd", {"pages": 0}),
        ("crowd", {"pages": 1, "posts": 2_000_000}),
        ("register-app", {"id": "a", "secret": "s", "redirect_uris": ["http://a.example/"]}),
        ("register-app", {"id": "5", "secret": "s", "redirect_uris": ["nowhere"]}),
        ("register-app", {"id": "5", "redirect_uris": ["http://a.example/"]}),
    ],
)
def test_the_control_says_what_is_wrong(control, action, values):
    with pytest.raises(Refused):
        control.do(f"facebook/{action}", **values)


def test_a_post_can_be_looked_at_where_its_address_leads(page):
    address = page.get(f"/{PAGE}_300000000000003", fields="permalink_url").json["permalink_url"]

    shown, nothing = page.send("GET", address), page.send("GET", f"/facebook/{PAGE}/posts/1")

    assert (shown.status, "何色がありますか?" in shown.text, nothing.status) == (200, True, 404)
