"""LinkedIn has bad days on order, remembers over a restart, logs no secret, and has a page to play a member on."""

import http.client
import sqlite3
import time

import pytest

from sandbox.running import Refused, running

from .linkedin_client import FACTS, PAGE, SELF, LinkedIn, enc

ERRORS = FACTS["errors"]
ACLS = "/rest/organizationAcls?q=roleAssignee"
LOST = (http.client.RemoteDisconnected, ConnectionError)


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("burst", "burst"),
        ("day_app", "day_limit_app"),
        ("day_member", "day_limit_member"),
        ("invalid_token", "token_invalid"),
        ("revoked_token", "token_revoked"),
        ("expired_token", "token_expired"),
        ("gone", "not_found"),
        ("conflict", "conflict"),
        ("closed", "comments_closed"),
        ("500", "gateway"),
    ],
)
def test_ordered_trouble_has_the_documented_body_and_comes_as_often_as_ordered(linkedin, control, kind, error):
    """SOC-7: fail."""
    control.do("linkedin/fault", kind=kind, path_prefix="/rest/organizationAcls", count=2)

    answers = [linkedin.api("GET", ACLS), linkedin.api("GET", "/v2/me"), linkedin.api("GET", ACLS), linkedin.api("GET", ACLS)]

    expected = ERRORS[error]["http"] if isinstance(ERRORS[error]["http"], int) else 500
    assert [one.status for one in answers] == [expected, 200, expected, 200]
    assert answers[0].json == ERRORS[error]["body"]


@pytest.mark.parametrize(("kind", "status"), [("502", 502), ("503", 503), ("504", 504), ("version", 426), ("denied", 403)])
def test_more_trouble(linkedin, control, kind, status):
    control.do("linkedin/fault", kind=kind)

    assert (linkedin.api("GET", ACLS).status, linkedin.api("GET", ACLS).status) == (status, 200)


def test_html_and_empty_bodies(linkedin, control):
    control.do("linkedin/fault", kind="html")
    control.do("linkedin/fault", kind="empty")

    html, empty = linkedin.api("GET", ACLS), linkedin.api("GET", ACLS)

    assert (html.status, html.headers["content-type"], html.text[:15]) == (503, "text/html; charset=utf-8", "<!DOCTYPE html>")
    assert (empty.status, empty.text) == (200, "")


def test_a_connection_cut_after_the_write_leaves_the_write(linkedin, control):
    """SOC-7: the unknown outcome; reading back finds the post, and sending again names it."""
    control.do("linkedin/fault", kind="cut", path_prefix="POST /rest/posts")

    with pytest.raises(LOST):
        linkedin.publish("did this go out?")

    first = linkedin.by_author(more="&count=1").json["elements"][0]
    again = linkedin.publish("did this go out?")
    assert first["commentary"] == "did this go out?"
    assert (again.status, again.json["message"]) == (422, f"Content is a duplicate of {first['id']}")
    assert [one["fault"] for one in control.get("linkedin/requests", limit=3)["requests"]] == ["", "", "cut"]


def test_a_connection_dropped_before_the_write_leaves_nothing(linkedin, control):
    before = control.get("linkedin/posts", limit=1)
    control.do("linkedin/fault", kind="drop")

    with pytest.raises(LOST):
        linkedin.publish("did this go out?")

    assert control.get("linkedin/posts", limit=1) == before


def test_a_slow_answer_comes_in_the_end(linkedin, control):
    """SOC-7: delay."""
    control.do("linkedin/fault", kind="slow", seconds=0.2)
    began = time.monotonic()

    assert linkedin.api("GET", ACLS).status == 200
    assert time.monotonic() - began >= 0.2


def test_trouble_of_one_network_does_not_touch_the_others(linkedin, stranger, control):
    control.do("linkedin/fault", kind="500", path_prefix="/v2/")
    stranger.sign_in()
    control.fault("503")

    assert (linkedin.api("GET", ACLS).status, stranger.mentions().status, stranger.mentions().status) == (200, 503, 200)
    assert linkedin.api("GET", "/v2/me").status == 500


def test_tokens_posts_and_counters_survive_a_restart(tmp_path):
    """SOC-7: state persists, and so does the key that signs."""
    data = tmp_path / "kept.sqlite3"
    with running(data) as control:
        visitor = LinkedIn(control.url)
        visitor.sign_in()
        urn = visitor.posted("残ります")
        keys = visitor.send("GET", "/oauth/openid/jwks").json
        counted = control.get("linkedin/counters")["counters"]
    with running(data) as control:
        again = LinkedIn(control.url)
        again.token = visitor.token

        assert control.get("linkedin/counters")["counters"] == counted
        assert again.by_author(more="&count=1").json["elements"][0]["id"] == urn
        assert again.send("GET", "/oauth/openid/jwks").json == keys


def test_the_first_day_is_the_same_everywhere(control):
    """SOC-7: stable seeds in both languages."""
    posts = control.get("linkedin/posts")["posts"]

    assert [one["urn"] for one in posts if one["author"] == PAGE] == [
        "urn:li:share:7518098659737600000",
        "urn:li:share:7508691674726400000",
        "urn:li:share:7500704042188800000",
    ]
    names = {one["name"] for one in control.get("linkedin/members")["members"]}
    assert {"佐藤 美和子", "Harriet Whitmore"} <= names


def test_reset_goes_back_to_the_first_day(linkedin, control):
    first_day = control.get("linkedin/posts")
    linkedin.posted("もう消えます")
    control.do("linkedin/level", level="historic")

    control.do("linkedin/reset", keep_tokens=True)
    kept = linkedin.api("GET", "/v2/me").status
    control.reset()

    assert (kept, linkedin.api("GET", "/v2/me").status) == (200, 401)
    assert control.get("linkedin/state")["level"] == "cm_standard"
    assert [one["text"] for one in control.get("linkedin/posts")["posts"]] == [one["text"] for one in first_day["posts"]]


def test_the_control_page_works_without_script(visitor, control):
    """SOC-7: the page on which a person plays the member."""
    page = visitor.send("GET", "/control/linkedin")
    posted = visitor.form(
        "/control/do/linkedin/post", {"member": "nina-x", "name": "<b>", "text": "<script> (笑)", "mention": "enishi-demo"}, basic=""
    )
    wrong = visitor.form("/control/do/linkedin/post", {"member": "no spaces here", "text": "x"}, basic="")
    after = visitor.send("GET", posted.headers["location"])

    assert (page.status, "Post as a member" in page.text, "会員として投稿" in page.text) == (200, True, True)
    assert (posted.status, posted.headers["location"]) == (303, "/control/linkedin?done=post")
    assert ("&lt;script&gt; (笑)" in after.text, "<script" in after.text, "<b></b>" in after.text) == (True, False, False)
    assert (wrong.status, "member: 3 to 100" in wrong.text) == (400, True)


def test_answering_on_the_page_names_what_is_answered(visitor, control):
    urn = control.get("linkedin/posts", limit=1)["posts"][0]["urn"]

    page = visitor.send("GET", f"/control/linkedin?post={enc(urn)}").text

    assert f'name="post" value="{urn}"' in page


@pytest.mark.parametrize(
    ("action", "values"),
    [
        ("fault", {"kind": "meteor"}),
        ("fault", {"kind": "429"}),
        ("fault", {"kind": "burst", "count": 0}),
        ("fault", {"kind": "500", "path_prefix": "/"}),
        ("exhaust", {"bucket": "luck"}),
        ("limit", {"bucket": "invitations", "per_member": 0, "per_app": 1}),
        ("revoke", {"member": "nobody-here"}),
        ("level", {"level": "free"}),
        ("choose", {"scopes": "tabs"}),
        ("choose", {"mood": "good"}),
        ("role", {"member": "maeda-mei", "role": "KING"}),
        ("post", {"member": "sato-hanako"}),
        ("post", {"member": "x", "text": "too short a name"}),
        ("comment", {"member": "sato-hanako", "post": "urn:li:share:1", "text": "x"}),
        ("react", {"member": "sato-hanako", "post": "urn:li:share:1"}),
        ("delete", {"comment": "nonsense"}),
        ("accept", {"invitation": "urn:li:invitation:1"}),
        ("register-app", {"client_id": "a", "client_secret": "b", "redirect_uris": ["nowhere"]}),
    ],
)
def test_the_control_says_what_is_wrong(control, action, values):
    with pytest.raises(Refused):
        control.do(f"linkedin/{action}", **values)


def test_the_log_has_every_request_and_keeps_no_secret(visitor, control, tmp_path):
    """SOC-7: the log of every request, who made it and what became of it."""
    visitor.sign_in(scope=SELF)
    visitor.api("GET", "/v2/userinfo")
    visitor.api("GET", "/rest/nothing")

    log = control.get("linkedin/requests")["requests"]
    lines = sqlite3.connect(tmp_path / "sandbox.sqlite3").execute("SELECT path || query FROM requests").fetchall()

    assert [(one["method"], one["endpoint"], one["username"], one["status"]) for one in log] == [
        ("GET", "linkedin", "", 404),
        ("GET", "linkedin.userinfo", "maeda-mei", 200),
        ("POST", "linkedin.oauth.accessToken", "", 200),
        ("POST", "linkedin.oauth.authorization", "", 302),
    ]
    assert not [line for (line,) in lines if "code=" in line or "secret" in line or visitor.token in line]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/in/sato-miwako/", "総務部長"),
        ("/company/enishi-demo/", "縁デモ株式会社"),
        ("/company/enishi-demo/posts/", "秋の福袋"),
        ("/in/sato-miwako/recent-activity/all/", "新研究棟"),
        ("/search/results/people/?keywords=%E4%BD%90%E8%97%A4%20%E3%81%B2%E3%81%8B%E3%82%8A", "sato-miwako"),
        ("/messaging/compose/?recipient=sato-miwako", "前田 芽衣"),
        ("/feed/update/urn:li:share:7518098659737600000/", "法人での予約もできますか"),
    ],
)
def test_the_links_of_a_client_lead_somewhere(visitor, path, words):
    """SOC-7: the deep links of the network, so that "open on LinkedIn" can be tried."""
    page = visitor.send("GET", path)

    assert (page.status, words in page.text) == (200, True)


def test_a_message_can_be_sent_on_the_site(visitor, control):
    sent = visitor.form(
        "/messaging/compose/", {"recipient": "sato-miwako", "sender": "maeda-mei", "text": "お世話になっております"}, basic=""
    )

    assert sent.status == 303
    assert [(one["from"], one["to"], one["body"]) for one in control.get("linkedin/sent")["messages"]] == [
        ("前田 芽衣", ["佐藤 美和子"], "お世話になっております")
    ]


@pytest.mark.parametrize("path", ["/in/nobody-here/", "/company/nobody-here/", "/feed/update/urn:li:share:1/", "/messaging/compose/"])
def test_and_say_when_there_is_nothing(visitor, path):
    assert visitor.send("GET", path).status == 404
