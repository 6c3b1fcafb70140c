"""X's webhooks: challenged when they are registered, told what happens, signed over the raw body."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from sandbox.x.hooks import SIGNATURE, signature

from .conftest import BRAND_ID, Client
from .test_x_more import app, facts, remove, write

SECRET = "sandbox-secret"


class Desk:
    """A web server that answers the challenge and keeps what it is sent."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.secret = SECRET
        desk = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                token = parse_qs(urlsplit(self.path).query)["crc_token"][0]
                digest = hmac.new(desk.secret.encode(), token.encode(), hashlib.sha256).digest()
                self._say(json.dumps({"response_token": "sha256=" + base64.b64encode(digest).decode()}).encode())

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                desk.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self._say(b"{}")

            def _say(self, body: bytes) -> None:
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks/x"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def wait(self, count: int) -> list[dict]:
        ends = time.monotonic() + 10
        while len(self.got) < count and time.monotonic() < ends:
            time.sleep(0.02)
        return [json.loads(body)["data"] for _headers, body in self.got]


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.server.shutdown()
    desk.server.server_close()


@pytest.fixture
def hooked(stranger: Client, control, desk: Desk) -> Client:
    """A client that speaks for the brand and has subscribed to everything of it."""
    hook = write(app(stranger), "/2/webhooks", url=desk.url)
    assert (hook.status, hook.json["data"]["valid"]) == (200, True)
    assert write(stranger, "/2/activity/subscriptions", event_type="oauth.revoke", filter={}).status == 200
    assert write(stranger, "/2/activity/subscriptions", event_type="post.delete", filter={"user_id": BRAND_ID}, tag="own").status == 200
    stranger.sign_in(scope="tweet.read users.read tweet.write like.read dm.read dm.write offline.access")
    for kind in ("post.mention.create", "post.reply.create", "like.create", "dm.received"):
        made = write(stranger, "/2/activity/subscriptions", event_type=kind, filter={"user_id": BRAND_ID}, tag="ours")
        assert made.status == 200, made.text
    return stranger


def test_signatures_reproduce_the_vector_of_the_facts():
    """SOC-8."""
    vector = facts()["webhooks"]["vector"]
    assert signature(vector["key"], vector["crc_token"].encode()) == vector["response_token"]
    assert signature(vector["key"], vector["raw_body"].encode()) == vector["signature"]
    assert facts()["webhooks"]["signature"]["header"] == SIGNATURE


def test_an_address_that_does_not_answer_the_challenge_is_not_registered(stranger, desk):
    """SOC-8: a wrong secret, an address without TLS elsewhere, the same one twice, more than the level has."""
    app(stranger)
    desk.secret = "another"
    refused = write(stranger, "/2/webhooks", url=desk.url)
    assert (refused.status, refused.json["errors"][0]["message"].split(":")[0]) == (400, "CrcValidationFailed")
    desk.secret = SECRET
    assert "UrlValidationFailed" in write(stranger, "/2/webhooks", url="http://crm.example/hooks").text
    assert "UrlValidationFailed" in write(stranger, "/2/webhooks", url="https://crm.example:8443/hooks").text
    made = write(stranger, "/2/webhooks", url=desk.url).json["data"]
    assert "DuplicateUrlFailed" in write(stranger, "/2/webhooks", url=desk.url).text
    assert "WebhookLimitExceeded" in write(stranger, "/2/webhooks", url=desk.url + "/2").text
    assert stranger.get("/2/webhooks").json["data"] == [made]
    assert remove(stranger, f"/2/webhooks/{made['id']}").json == {"data": {"deleted": True}}
    assert stranger.get("/2/webhooks").json == {"meta": {"result_count": 0}}


def test_private_events_need_the_permission_of_whom_they_are_about(stranger, desk):
    write(app(stranger), "/2/webhooks", url=desk.url)
    wish = {"event_type": "post.mention.create", "filter": {"user_id": BRAND_ID}}
    assert write(stranger, "/2/activity/subscriptions", **wish).status == 403
    stranger.sign_in(username="emma_w_2026")
    assert write(stranger, "/2/activity/subscriptions", **wish).status == 403
    stranger.sign_in()
    assert write(stranger, "/2/activity/subscriptions", **wish).status == 200
    assert write(stranger, "/2/activity/subscriptions", event_type="dm.received", filter={"user_id": BRAND_ID}).status == 403
    assert write(stranger, "/2/activity/subscriptions", event_type="post.loud", filter={"user_id": BRAND_ID}).status == 400


def test_what_happens_is_told_signed_and_in_the_shapes_of_the_facts(hooked, control, desk):
    """SOC-8: mention, answer, like, message, deletion, and access taken back."""
    mention = control.say("nina_x", "@enishi_demo 返金してください", name="ニーナ")
    ours = hooked.post(text="@nina_x すぐ確認します。", reply={"in_reply_to_tweet_id": mention["id"]}).json["data"]["id"]
    control.say("nina_x", "thanks!", reply_to=ours)
    control.do("like-as-customer", username="nina_x", id=ours)
    control.do("message-as-customer", username="nina_x", text="内緒の話")
    control.delete_post(ours)
    control.revoke()

    told = desk.wait(6 + 1)
    kinds = [one["event_type"] for one in told]
    assert sorted(kinds) == sorted(
        ["post.mention.create", "post.mention.create", "post.reply.create", "like.create", "dm.received", "post.delete", "oauth.revoke"]
    )
    for headers, body in desk.got:
        assert headers[SIGNATURE] == signature(SECRET, body)
    examples = facts()["webhooks"]["examples"]
    for one in told:
        shape = examples.get(one["event_type"], {}).get("data")
        if shape:
            assert set(shape) - {"tag"} <= set(one), one["event_type"]
            assert set(shape["payload"]) - {"entities"} <= set(one["payload"]), one["event_type"]
    first = next(one for one in told if one["event_type"] == "post.mention.create")
    assert first["payload"]["text"] == "@enishi_demo 返金してください"
    assert first["includes"]["users"][0]["username"] == "nina_x"
    assert first["payload"]["public_metrics"]["like_count_str"] == "0"
    assert isinstance(first["event_uuid"], str)


def test_protected_accounts_are_not_delivered(hooked, control, desk):
    control.do("account", username="priya_n", protected=True)
    control.say("priya_n", "@enishi_demo only for friends")
    control.say("emma_w_2026", "@enishi_demo for all")
    assert [one["payload"]["text"] for one in desk.wait(1)] == ["@enishi_demo for all"]


def test_an_address_that_answers_wrongly_later_is_not_told_any_more(hooked, control, desk):
    """SOC-8: challenged again after a day; a wrong answer ends it, and a good one brings it back."""
    desk.secret = "another"
    control.advance(86_401)
    app(hooked)
    ends = time.monotonic() + 10
    while hooked.get("/2/webhooks").json["data"][0]["valid"] and time.monotonic() < ends:
        time.sleep(0.1)
    hook = hooked.get("/2/webhooks").json["data"][0]
    control.say("emma_w_2026", "@enishi_demo nobody hears this")
    assert hook["valid"] is False
    desk.secret = SECRET
    bearer = {"Authorization": f"Bearer {hooked.token}"}
    assert hooked.send("PUT", f"/2/webhooks/{hook['id']}", None, bearer).json == {"data": {"valid": True}}
    control.say("emma_w_2026", "@enishi_demo this again")
    assert [one["payload"]["text"] for one in desk.wait(1)] == ["@enishi_demo this again"]


def test_duplicates_wrong_signatures_and_another_order_come_on_order(hooked, control, desk):
    """SOC-7, SOC-8: as on bad days of X; an order is used up."""
    control.do("webhooks", twice=1)
    control.say("emma_w_2026", "@enishi_demo twice")
    assert [one["event_uuid"] for one in desk.wait(2)][0] == desk.wait(2)[1]["event_uuid"]
    control.do("webhooks", wrong=1, hold=True)
    for text in ("a", "b", "c"):
        control.say("emma_w_2026", f"@enishi_demo {text}")
    assert control.do("webhooks", release="reversed")["released"] == 3

    assert [one["payload"]["text"][-1] for one in desk.wait(5)[2:]] == ["c", "b", "a"]
    signed = [headers[SIGNATURE] == signature(SECRET, body) for headers, body in desk.got]
    assert signed == [True, True, True, True, False]
