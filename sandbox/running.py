"""A sandbox for tests and benchmarks: `with running() as sandbox:` serves on a free port and offers the control as methods."""

import contextlib
import json
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from .local import local_server
from .server import Sandbox


class Refused(Exception):  # noqa: N818 (it names what happened)
    """The control said no; the message says why."""


class Control:
    """A running sandbox, seen from outside: everything goes over HTTP."""

    def __init__(self, url: str) -> None:
        self.url = url

    def get(self, name: str, /, **params: object) -> dict[str, Any]:
        """GET /control/api/<name>."""
        query = "&".join(f"{key}={value}" for key, value in params.items())
        return self._send(Request(f"{self.url}/control/api/{name}?{query}"))  # noqa: S310 (our own address)

    def do(self, name: str, /, **values: Any) -> dict[str, Any]:
        """POST /control/api/<name>; values that are None stay out."""
        body = json.dumps({key: value for key, value in values.items() if value is not None}).encode()
        return self._send(Request(f"{self.url}/control/api/{name}", data=body, headers={"Content-Type": "application/json"}))  # noqa: S310

    def say(
        self, username: str, text: str, *, name: str = "", reply_to: str | None = None, quote_of: str | None = None, **more: Any
    ) -> dict[str, Any]:
        """Post as a customer; the post."""
        values = {"username": username, "text": text, "name": name, "reply_to": reply_to, "quote_of": quote_of, **more}
        post: dict[str, Any] = self.do("post-as-customer", **values)["post"]
        return post

    def posts(self, **params: object) -> list[dict[str, Any]]:
        """Posts, newest first."""
        found: list[dict[str, Any]] = self.get("posts", **params)["posts"]
        return found

    def requests(self, **params: object) -> list[dict[str, Any]]:
        """The log, newest first."""
        found: list[dict[str, Any]] = self.get("requests", **params)["requests"]
        return found

    def fault(self, kind: str, count: int = 1, **more: object) -> None:
        """Order trouble."""
        self.do("fault", kind=kind, count=count, **more)

    def exhaust(self, endpoint: str, user: str | None = "enishi_demo", period: str = "15m") -> None:
        """Use a limit up."""
        self.do("exhaust", endpoint=endpoint, user=user, period=period)

    def revoke(self, username: str = "enishi_demo") -> None:
        """Kill all tokens of an account."""
        self.do("revoke", username=username)

    def level(self, name: str) -> None:
        """Switch the access level."""
        self.do("level", level=name)

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.do("clock", advance_seconds=seconds)

    def repeat(self, count: int = 1) -> None:
        """Let the next mentions pages repeat what was delivered."""
        self.do("repeat", count=count)

    def delete_post(self, post_id: str) -> None:
        """Take a post back."""
        self.do("delete-post", id=post_id)

    def reset(self, *, keep_tokens: bool = False) -> None:
        """Back to the first day."""
        self.do("reset", keep_tokens=keep_tokens)

    def register_app(self, client_id: str, client_secret: str, *redirect_uris: str) -> None:
        """Make an app known."""
        self.do("register-app", client_id=client_id, client_secret=client_secret, redirect_uris=list(redirect_uris))

    def _send(self, request: Request) -> dict[str, Any]:
        try:
            with urlopen(request, timeout=10) as answer:  # noqa: S310 (our own address)
                told: dict[str, Any] = json.load(answer)
                return told
        except HTTPError as error:
            raise Refused(error.read().decode()) from None


@contextlib.contextmanager
def running(data: Path | None = None, port: int = 0) -> Iterator[Control]:
    """Serve a sandbox on 127.0.0.1 in a thread; without `data` the file is thrown away at the end."""
    with contextlib.ExitStack() as stack:
        if data is None:
            data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sandbox-"))) / "sandbox.sqlite3"
        sandbox = Sandbox(data)
        stack.callback(sandbox.close)
        server = local_server(sandbox, "127.0.0.1", port)
        stack.callback(server.server_close)
        # The default poll of half a second would be the price of every shutdown.
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        stack.callback(thread.join)
        stack.callback(server.shutdown)
        yield Control(f"http://127.0.0.1:{server.server_port}")
