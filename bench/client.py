"""A browser that only counts: one kept-alive connection, a session, and the time of each answer."""

from __future__ import annotations

import http.client
import re
import time
from dataclasses import dataclass, field
from statistics import median
from urllib.parse import urlencode

CSRF = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


@dataclass
class Answer:
    """One answer, what it took as seen from outside, and what the server's meter said."""

    status: int
    body: bytes
    location: str
    took: float
    inside: float = 0.0
    worked: float = 0.0
    queries: int = 0
    in_database: float = 0.0

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class Samples:
    """The answers to one kind of request."""

    answers: list[Answer] = field(default_factory=list)

    def add(self, answer: Answer) -> None:
        answer.body = answer.body[:0] if len(self.answers) else answer.body
        self.answers.append(answer)

    @property
    def p50(self) -> float:
        return median(one.took for one in self.answers)

    @property
    def p95(self) -> float:
        return percentile([one.took for one in self.answers], 95)

    @property
    def inside(self) -> float:
        return median(one.inside for one in self.answers)

    @property
    def worked(self) -> float:
        """Processor time of the thread that answered: what stays the same when the machine is busy with other things."""
        return median(one.worked for one in self.answers)

    @property
    def in_database(self) -> float:
        return median(one.in_database for one in self.answers)

    @property
    def queries(self) -> int:
        """The largest number: it must not depend on what is on the page."""
        return max(one.queries for one in self.answers)


def percentile(values: list[float], part: int) -> float:
    """The smallest value that `part` percent of `values` do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * part // 100) - 1)]


class Browser:
    """Signed in as one person."""

    def __init__(self, port: int, session: str = "") -> None:
        self.port, self.cookies = port, {"enishi_session": session} if session else {}
        self.line = http.client.HTTPConnection("127.0.0.1", port, timeout=300)

    def get(self, path: str, part: bool = False) -> Answer:
        return self._ask("GET", path, None, {"HX-Request": "true"} if part else {})

    def post(self, path: str, values: dict[str, str]) -> Answer:
        return self._ask("POST", path, urlencode(values), {"Content-Type": "application/x-www-form-urlencoded"})

    def _ask(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> Answer:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if self.line.sock is None:
            self.line.connect()
        began = time.perf_counter()
        try:
            self.line.request(method, path, body, {"Cookie": cookies, **headers})
            got = self.line.getresponse()
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            # The server closed the idle line meanwhile; that is not what is measured.
            self.line.close()
            return self._ask(method, path, body, headers)
        content = got.read()
        took = (time.perf_counter() - began) * 1000
        for name, value in got.headers.items():
            if name.lower() == "set-cookie":
                cookie, _, given = value.partition(";")[0].partition("=")
                self.cookies[cookie] = given
        meter = [float(part) for part in (got.headers.get("X-Meter") or "0 0 0 0").split()]
        return Answer(got.status, content, got.headers.get("Location") or "", took, meter[0], meter[1], int(meter[2]), meter[3])


def token(page: str) -> str:
    """The CSRF token of the first form of a page."""
    found = CSRF.search(page)
    return found[1] if found else ""
