"""A sandbox on a free port and a client that speaks to it as an app would, over a real socket."""

import base64
import hashlib
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from sandbox.running import Control, running

from .graph import Ear, Graph, listening

CALLBACK = "http://localhost:8000/social/connect/x/callback"
VERIFIER = "a-verifier-of-more-than-forty-three-characters-0123456789"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
SCOPES = "tweet.read users.read tweet.write offline.access"
BASIC = "Basic " + base64.b64encode(b"sandbox-client:sandbox-secret").decode()
BRAND_ID = "1500000000000000900"


@dataclass
class Reply:
    """An answer as the client sees it."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: object) -> None:
        return None


class Client:
    """The least of an app: HTTP, the dance, and a bearer token."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.token = ""
        self._open = urllib.request.build_opener(_Stay).open

    def send(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Reply:
        request = urllib.request.Request(self.url + path, data=body, headers=headers or {}, method=method)
        try:
            answer = self._open(request, timeout=10)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            return Reply(answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.read().decode())

    def form(self, path: str, values: dict[str, str], basic: str = BASIC) -> Reply:
        headers = {"Content-Type": "application/x-www-form-urlencoded"} | ({"Authorization": basic} if basic else {})
        return self.send("POST", path, urlencode(values).encode(), headers)

    def get(self, path: str, **params: object) -> Reply:
        query = "?" + urlencode({name.replace("__", "."): value for name, value in params.items()}) if params else ""
        return self.send("GET", path + query, None, {"Authorization": f"Bearer {self.token}"})

    def post(self, **body: object) -> Reply:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        return self.send("POST", "/2/tweets", json.dumps(body).encode(), headers)

    def delete(self, number: str) -> Reply:
        return self.send("DELETE", f"/2/tweets/{number}", None, {"Authorization": f"Bearer {self.token}"})

    def wish(self, **changes: str) -> dict[str, str]:
        wish = {
            "response_type": "code",
            "client_id": "sandbox-client",
            "redirect_uri": CALLBACK,
            "scope": SCOPES,
            "state": "s 1/ü",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        return wish | changes

    def decide(self, decision: str = "agree", username: str = "enishi_demo", **changes: str) -> Reply:
        return self.form("/i/oauth2/authorize", self.wish(**changes) | {"decision": decision, "username": username}, basic="")

    def code(self, **changes: str) -> str:
        return parse_qs(urlsplit(self.decide(**changes).headers["location"]).query)["code"][0]

    def exchange(self, code: str, verifier: str = VERIFIER, redirect_uri: str = CALLBACK, basic: str = BASIC) -> Reply:
        values = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri, "code_verifier": verifier}
        return self.form("/2/oauth2/token", values, basic)

    def refresh(self, token: str) -> Reply:
        return self.form("/2/oauth2/token", {"grant_type": "refresh_token", "refresh_token": token})

    def sign_in(self, **changes: str) -> dict[str, Any]:
        pair = self.exchange(self.code(**changes)).json
        self.token = pair["access_token"]
        return pair

    def mentions(self, **params: object) -> Reply:
        return self.get(f"/2/users/{BRAND_ID}/mentions", **params)


@pytest.fixture
def control(tmp_path: Path) -> Iterator[Control]:
    with running(tmp_path / "sandbox.sqlite3") as control:
        yield control


@pytest.fixture
def stranger(control: Control) -> Client:
    """A client without a token."""
    return Client(control.url)


@pytest.fixture
def client(stranger: Client) -> Client:
    """A client that speaks for the brand."""
    stranger.sign_in()
    return stranger


@pytest.fixture
def graph(control: Control) -> Graph:
    """A client of Facebook without a token."""
    return Graph(control.url)


@pytest.fixture
def page(graph: Graph) -> Graph:
    """A client that speaks as the page, with every permission."""
    return graph.sign_in().as_page()


@pytest.fixture
def ear() -> Iterator[Ear]:
    """An address that webhooks may be sent to."""
    with listening() as ear:
        yield ear


@pytest.fixture
def visitor(control: Control) -> Any:
    """A LinkedIn client without a token."""
    from .linkedin_client import LinkedIn  # It builds on the client above.

    return LinkedIn(control.url)


@pytest.fixture
def linkedin(visitor: Any) -> Any:
    """A LinkedIn client that speaks for an administrator of the page, with every scope of the Community Management API."""
    visitor.sign_in()
    return visitor
