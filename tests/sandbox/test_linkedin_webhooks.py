"""LinkedIn's webhooks: the challenge, the signature over the raw body, batches, retries, and trouble on order."""

import hashlib
import hmac
import http.server
import json
import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from sandbox.linkedin import webhooks

from .linkedin_client import APP, FACTS, MEI, PAGE, enc

VECTOR = FACTS["vector"]
TYPE = "ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS"


class Receiver:
    """A client's web server: answers challenges, keeps what comes, says what it is told to say."""

    def __init__(self) -> None:
        self.got: queue.Queue[tuple[bytes, str]] = queue.Queue()
        self.asked: queue.Queue[str] = queue.Queue()
        self.secret, self.statuses = APP["client_secret"], [200]
        receiver = self

        class Answers(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                code = parse_qs(urlsplit(self.path).query)["challengeCode"][0]
                told = hmac.new(receiver.secret.encode(), code.encode(), hashlib.sha256).hexdigest()
                self._say(200, json.dumps({"challengeCode": code, "challengeResponse": told}).encode())
                receiver.asked.put(self.path)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.put((body, self.headers["X-LI-Signature"]))  # once it is answered the next one may overtake this
                self._say(receiver.statuses.pop(0) if len(receiver.statuses) > 1 else receiver.statuses[0], b"")

            def _say(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: Any) -> None:
                return

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/hooks/linkedin"

    def next(self) -> tuple[bytes, str]:
        return self.got.get(timeout=10)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


def _key(control: Any, page: str = PAGE) -> str:
    app = f"urn:li:developerApplication:{control.get('linkedin/state')['application_id']}"
    return f"/rest/eventSubscriptions/(developerApplication:{enc(app)},user:{enc(MEI)},entity:{enc(page)},eventType:{TYPE})"


@pytest.fixture
def subscribed(linkedin, control, receiver):
    """A subscription of the page, and a post to talk about."""
    assert linkedin.api("PUT", _key(control), {"webhook": receiver.url}).status == 204
    receiver.asked.get(timeout=10)
    return control.do("linkedin/post", organization="enishi-demo", text="新サービスを始めました")["post"]["urn"]


def _until(look: Callable[[], dict[str, Any]], name: str, least: int) -> dict[str, Any]:
    """What there is to see, once the sandbox's own thread has noted it."""
    for _ in range(5_000):
        if (one := look())[name] >= least:
            return one
    raise AssertionError(f"{name} stays {one[name]}")


def _noted(control: Any, attempts: int) -> str:
    """The state of the first delivery after so many attempts."""
    return str(_until(lambda: control.get("linkedin/hooks")["deliveries"][-1], "attempts", attempts)["state"])


def test_the_sandbox_reproduces_the_vectors():
    """SOC-7: signature and challenge exactly as documented."""
    assert webhooks.response_to(VECTOR["key"], VECTOR["challengeCode"]) == VECTOR["challengeResponse"]
    assert webhooks.signature(VECTOR["key"], VECTOR["raw_body"].encode()) == VECTOR["x_li_signature"]


def test_an_address_is_challenged_before_it_is_taken(linkedin, control, receiver):
    """SOC-7: challengeCode HMAC at registration."""
    made = linkedin.api("PUT", _key(control), {"webhook": receiver.url})
    query = parse_qs(urlsplit(receiver.asked.get(timeout=10)).query)
    shown = linkedin.api("GET", _key(control))
    deleted = linkedin.api("DELETE", _key(control))

    assert (made.status, made.text) == (204, "")
    assert len(query["challengeCode"][0]) == 36
    assert query["applicationId"] == [str(control.get("linkedin/state")["application_id"])]
    assert shown.json["webhook"] == receiver.url
    assert (deleted.status, linkedin.api("GET", _key(control)).status) == (204, 404)


def test_an_address_that_does_not_know_the_secret_is_refused(linkedin, control, receiver):
    receiver.secret = "another"

    answer = linkedin.api("PUT", _key(control), {"webhook": receiver.url})

    assert answer.status == 400
    assert control.get("linkedin/hooks")["subscriptions"] == []


@pytest.mark.parametrize(
    "address",
    [
        "http://crm.example/hooks",
        "ftp://crm.example",
        "nothing",
        "http://[::1",
        "http://169.254.169.254/",
        "https://crm.example:99999/",
        "https://crm.example/フック",
    ],
)
def test_addresses_are_https_or_this_machine(linkedin, control, address):
    assert linkedin.api("PUT", _key(control), {"webhook": address}).status == 422


def test_webhooks_are_for_the_standard_tier(linkedin, control, receiver):
    """SOC-7: cm_standard."""
    control.do("linkedin/level", level="cm_development")

    assert linkedin.api("PUT", _key(control), {"webhook": receiver.url}).status == 403


def test_a_subscription_is_for_oneself_and_a_page_one_administers(linkedin, control, receiver):
    other_page = linkedin.api("PUT", _key(control, "urn:li:organization:5515801"), {"webhook": receiver.url})
    other_app = linkedin.api("PUT", _key(control).replace("developerApplication%3A", "developerApplication%3A9"), {"webhook": receiver.url})

    assert (other_page.status, other_app.status) == (403, 403)


def test_what_happens_is_delivered_and_signed(subscribed, control, receiver):
    """SOC-7: X-LI-Signature over the raw body; the shape of the documents."""
    comment = control.do("linkedin/comment", member="sato-hanako", post=subscribed, text="導入事例を教えてください")["comment"]["urn"]

    body, signature = receiver.next()

    told = json.loads(body)
    one, example = told["notifications"][0], FACTS["webhook"]["notifications"][0]
    assert signature == hmac.new(APP["client_secret"].encode(), b"hmacsha256=" + body, hashlib.sha256).hexdigest()
    assert (told["type"], len(told["notifications"])) == (TYPE, 1)
    assert set(example) <= set(one)
    assert (one["action"], one["generatedActivity"], one["subscriber"], one["organizationalEntity"]) == ("COMMENT", comment, MEI, PAGE)
    assert one["decoratedGeneratedActivity"]["comment"]["text"] == "導入事例を教えてください"


def test_the_prefix_in_the_header_is_a_choice(subscribed, control, receiver):
    """SOC-7: stated differently in two places."""
    control.do("linkedin/choose", signature="prefixed")
    control.do("linkedin/react", member="sato-hanako", post=subscribed)

    body, signature = receiver.next()

    assert signature == "hmacsha256=" + hmac.new(APP["client_secret"].encode(), b"hmacsha256=" + body, hashlib.sha256).hexdigest()


def test_ten_at_most_in_a_post(subscribed, control, receiver):
    """SOC-7: batches."""
    control.do("linkedin/comment", member="sato-hanako", post=subscribed, text="no", count=23)

    batches = [json.loads(receiver.next()[0])["notifications"] for _ in range(3)]

    assert [len(batch) for batch in batches] == [10, 10, 3]
    assert len({one["notificationId"] for batch in batches for one in batch}) == 23


def test_what_is_not_taken_comes_again_every_five_minutes(subscribed, control, receiver):
    """SOC-7: retries, with the same body."""
    receiver.statuses = [500, 200]
    control.do("linkedin/react", member="sato-hanako", post=subscribed)
    first = receiver.next()
    waiting = _noted(control, 1)
    control.advance(290)
    early = receiver.got.empty()
    control.do("linkedin/clock", advance_seconds=20)

    assert (waiting, early, receiver.next() == first) == ("waiting", True, True)


def test_after_eight_hours_nobody_tries_any_more(subscribed, control, receiver):
    receiver.statuses = [500]
    control.do("linkedin/react", member="sato-hanako", post=subscribed)
    receiver.next()
    _noted(control, 1)
    control.advance(8 * 3_600 - 60)
    receiver.next()
    ended = _noted(control, 2)

    control.do("linkedin/react", member="sato-miwako", post=subscribed)
    last = json.loads(receiver.next()[0])

    assert last["notifications"][0]["generatedActivity"].startswith("urn:li:reaction:(urn:li:person:Hk3nW9sa,")
    assert ended == "dead"


def test_addresses_are_challenged_again_and_blocked_after_three_failures(subscribed, control, receiver):
    """SOC-7: every two hours; three failures block."""
    receiver.secret = "another"
    for failures in range(1, 4):
        control.advance(7_200)
        _until(lambda: control.get("linkedin/hooks")["subscriptions"][0], "failures", failures)
    control.do("linkedin/react", member="sato-hanako", post=subscribed)

    told = control.get("linkedin/hooks")

    assert told["subscriptions"][0]["blocked"] is True
    assert told["deliveries"] == []


@pytest.mark.parametrize("kind", ["hook_signature", "hook_twice", "hook_reversed", "hook_lost"])
def test_trouble_with_webhooks_on_order(subscribed, control, receiver, kind):
    """SOC-7: wrong signature, duplicates, disorder, losses."""
    control.do("linkedin/fault", kind=kind)
    control.do("linkedin/comment", member="sato-hanako", post=subscribed, text="no", count=2)
    control.do("linkedin/react", member="sato-miwako", post=subscribed)

    body, signature = receiver.next()
    told = [one["action"] for one in json.loads(body)["notifications"]]
    good = signature == hmac.new(APP["client_secret"].encode(), b"hmacsha256=" + body, hashlib.sha256).hexdigest()

    if kind == "hook_lost":
        assert told == ["LIKE"]
    else:
        assert told == ["COMMENT", "COMMENT"]
        again = receiver.next()[0]
        assert (again == body) == (kind == "hook_twice")
        texts = [one["decoratedGeneratedActivity"]["comment"]["text"] for one in json.loads(body)["notifications"]]
        assert texts == (["no 2", "no 1"] if kind == "hook_reversed" else ["no 1", "no 2"])
    assert good == (kind != "hook_signature")


def test_who_lost_the_role_hears_nothing_more(subscribed, control, receiver):
    control.do("linkedin/role", member="maeda-mei", state="REVOKED")

    control.do("linkedin/react", member="sato-hanako", post=subscribed)

    assert control.get("linkedin/hooks")["deliveries"] == []
