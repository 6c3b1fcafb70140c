"""The least of an app that speaks to Facebook, over a real socket, and an address that webhooks are sent to."""

import hashlib
import hmac
import json
import queue
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

CONTRACT = json.loads((Path(__file__).parent.parent / "contracts_data" / "facebook-graph.json").read_text())
ERRORS = {error["id"]: error for error in CONTRACT["errors"]}
ENDPOINTS = {endpoint["id"]: endpoint for endpoint in CONTRACT["endpoints"]}
APP, SECRET = "900000000000001", "sandbox-facebook-secret"
CALLBACK = "http://localhost:8000/social/connect/facebook/callback"
PAGE, CAFE, ROASTERY, OTHER = "101010101010101", "101010101010102", "101010101010103", "202020202020202"
OWNER, MODERATOR, STRANGER = "901", "902", "904"
HANAKO = "2400000000000001"
ALL = (
    "email",
    "pages_show_list",
    "pages_read_engagement",
    "pages_read_user_content",
    "pages_manage_posts",
    "pages_manage_engagement",
    "pages_manage_metadata",
    "pages_messaging",
    "business_management",
)


@dataclass
class Reply:
    """An answer as the client sees it."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def code(self) -> tuple[int, int | None]:
        """Code and subcode of a refusal: what a client decides by."""
        error = self.json["error"]
        return error["code"], error.get("error_subcode")


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: object) -> None:
        return None


def proof(token: str, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()


class Graph:
    """Speaks with one token, as the page once `as_page` was called."""

    def __init__(self, url: str) -> None:
        self.url, self.version, self.token, self.user = url, "v25.0", "", ""
        self._open = urllib.request.build_opener(_Stay).open

    def send(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Reply:
        address = path if path.startswith("http") else self.url + path
        request = urllib.request.Request(address, data=body, headers=headers or {}, method=method)
        try:
            answer = self._open(request, timeout=10)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            return Reply(answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.read().decode())

    def get(self, path: str, token: str | None = None, **params: object) -> Reply:
        return self._call("GET", path, token, params)

    def post(self, path: str, token: str | None = None, **params: object) -> Reply:
        return self._call("POST", path, token, params)

    def delete(self, path: str, token: str | None = None, **params: object) -> Reply:
        return self._call("DELETE", path, token, params)

    def message(self, text: str = "hello", recipient: dict[str, str] | None = None, **more: object) -> Reply:
        body = {
            "recipient": {"id": HANAKO} if recipient is None else recipient,
            "messaging_type": "RESPONSE",
            "message": {"text": text},
        } | more
        query = urlencode({"access_token": self.token, "appsecret_proof": proof(self.token)})
        headers = {"Content-Type": "application/json"}
        return self.send("POST", f"/{self.version}/{PAGE}/messages?{query}", json.dumps(body).encode(), headers)

    def wish(self, **changes: str) -> dict[str, str]:
        wish = {"client_id": APP, "redirect_uri": CALLBACK, "scope": ",".join(ALL), "state": "s 1/ü", "response_type": "code"}
        return wish | changes

    def decide(
        self, person: str = OWNER, permissions: tuple[str, ...] = ALL, pages: tuple[str, ...] = (PAGE, CAFE, ROASTERY), **more: str
    ) -> Reply:
        decision = more.pop("decision", "agree")
        pairs = [*self.wish(**more).items(), ("decision", decision), ("person", person)]
        pairs += [("permission", name) for name in permissions] + [("page", number) for number in pages]
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.send("POST", f"/{self.version}/dialog/oauth", urlencode(pairs).encode(), headers)

    def code(self, *args: Any, **more: Any) -> str:
        return parse_qs(urlsplit(self.decide(*args, **more).headers["location"]).query)["code"][0]

    def exchange(self, code: str, **changes: str) -> Reply:
        values = {"client_id": APP, "client_secret": SECRET, "redirect_uri": CALLBACK, "code": code} | changes
        return self.send("GET", f"/{self.version}/oauth/access_token?{urlencode(values)}")

    def lengthen(self, token: str) -> Reply:
        values = {"grant_type": "fb_exchange_token", "client_id": APP, "client_secret": SECRET, "fb_exchange_token": token}
        return self.send("GET", f"/{self.version}/oauth/access_token?{urlencode(values)}")

    def sign_in(self, *args: Any, **more: Any) -> "Graph":
        """The whole way to a long-lived user token."""
        short = self.exchange(self.code(*args, **more)).json["access_token"]
        self.token = self.user = self.lengthen(short).json["access_token"]
        return self

    def as_page(self, page: str = PAGE) -> "Graph":
        """Go on with the page's token."""
        accounts = self.get("/me/accounts", self.user).json["data"]
        self.token = next(one["access_token"] for one in accounts if one["id"] == page)
        return self

    def debug(self, token: str) -> dict[str, Any]:
        return self.get("/debug_token", f"{APP}|{SECRET}", input_token=token).json["data"]

    def _call(self, method: str, path: str, token: str | None, params: dict[str, object]) -> Reply:
        used = self.token if token is None else token
        values = {name: value for name, value in params.items() if value is not None}
        if used:
            values = {"access_token": used, "appsecret_proof": proof(used)} | values
        if params.get("appsecret_proof", "") is None:
            values.pop("appsecret_proof", None)
        if method == "POST":
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            return self.send(method, f"/{self.version}{path}", urlencode(values).encode(), headers)
        return self.send(method, f"/{self.version}{path}?{urlencode(values)}")


@dataclass
class Heard:
    """One request to our address."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode()))

    @property
    def signed(self) -> bool:
        new = "sha256=" + hmac.new(SECRET.encode(), self.body, hashlib.sha256).hexdigest()
        old = "sha1=" + hmac.new(SECRET.encode(), self.body, hashlib.sha1).hexdigest()
        return (self.headers.get("X-Hub-Signature-256"), self.headers.get("X-Hub-Signature")) == (new, old)


@dataclass
class Ear:
    """An address of ours. It answers what it is told to, challenges right unless told otherwise."""

    url: str = ""
    answers: list[tuple[int, str]] = field(default_factory=list)
    verify_token: str = "ours"
    heard: "queue.Queue[Heard]" = field(default_factory=queue.Queue)

    def next(self) -> Heard:
        return self.heard.get(timeout=10)

    def answer(self, query: dict[str, str]) -> tuple[int, str]:
        if "hub.challenge" in query:
            right = query["hub.verify_token"] == self.verify_token
            return (200, query["hub.challenge"]) if right else (403, "")
        return self.answers.pop(0) if self.answers else (200, "")


@contextmanager
def listening() -> Iterator[Ear]:
    """An address on a free port."""
    ear = Ear()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._hear("GET")

        def do_POST(self) -> None:
            self._hear("POST")

        def _hear(self, method: str) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, text = ear.answer(dict(parse_qsl(urlsplit(self.path).query)))
            if method == "POST":  # before it is answered: once it is, the next one may come and overtake this
                ear.heard.put(Heard(method, self.path, dict(self.headers.items()), body))
            self.send_response(status)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    ear.url = f"http://127.0.0.1:{server.server_port}/hooks/facebook"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield ear
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
