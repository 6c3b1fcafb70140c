"""The little of HTTP that the sandbox needs: a request read from WSGI, an answer written to it."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

LARGEST_BODY = 1_000_000
JSON = "application/json; charset=utf-8"
HTML = "text/html; charset=utf-8"

Environ = dict[str, Any]
StartResponse = Callable[..., Any]


@dataclass
class Request:
    """One HTTP request, decoded once."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    remote: str
    socket: Any = None
    params: dict[str, str] = field(default_factory=dict)
    # The path as it was sent, for networks that care how it is encoded; empty where the server does not tell.
    raw_path: str = ""

    def form(self) -> dict[str, str]:
        """The body read as a form; the last value of a repeated name wins."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").split(";")[0].strip().lower()


@dataclass
class Answer:
    """One HTTP answer; `cut` closes the connection instead of sending it."""

    status: int
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)
    cut: bool = False


def read(environ: Environ) -> Request:
    """Build a request from a WSGI environ."""
    length = environ.get("CONTENT_LENGTH") or "0"
    size = min(int(length), LARGEST_BODY) if length.isdigit() else 0
    headers = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")}
    headers["content-type"] = environ.get("CONTENT_TYPE") or ""
    query = environ.get("QUERY_STRING") or ""
    return Request(
        method=environ["REQUEST_METHOD"],
        path=environ.get("PATH_INFO", "/").encode("latin-1").decode("utf-8", "replace"),
        query=query,
        headers=headers,
        body=environ["wsgi.input"].read(size) if size else b"",
        remote=environ.get("REMOTE_ADDR", ""),
        # gunicorn offers its socket, our own server puts one in; without either a cut cannot be played.
        socket=environ.get("sandbox.socket") or environ.get("gunicorn.socket"),
        params=dict(parse_qsl(query, keep_blank_values=True)),
        raw_path=str(environ.get("RAW_URI") or "").partition("?")[0],
    )


def write(answer: Answer, start_response: StartResponse) -> Iterable[bytes]:
    """Send an answer through WSGI."""
    try:
        phrase = HTTPStatus(answer.status).phrase
    except ValueError:
        phrase = "Unknown"
    start_response(f"{answer.status} {phrase}", [*answer.headers, ("Content-Length", str(len(answer.body)))])
    return [answer.body]


def as_json(body: Any, status: int = 200, headers: Iterable[tuple[str, str]] = ()) -> Answer:
    """An answer whose body is JSON in UTF-8."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Answer(status, text.encode(), [("Content-Type", JSON), *headers])


def as_page(html: str, status: int = 200) -> Answer:
    """An answer whose body is a page for people."""
    return Answer(status, html.encode(), [("Content-Type", HTML), ("Cache-Control", "no-store")])


def moved(address: str, status: int = 302) -> Answer:
    """Send the browser somewhere else."""
    return Answer(status, b"", [("Location", address), ("Cache-Control", "no-store")])
