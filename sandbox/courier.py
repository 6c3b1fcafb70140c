"""Webhooks on their way out: written down with their cause, carried by a thread of their own, tried again when nobody answers.

A delivery is due by the sandbox's clock, so a test that advances it sees the next attempt at once.
"""

import contextlib
import http.client
import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from .store import Row, Store

SCHEMA = """
CREATE TABLE IF NOT EXISTS deliveries (
  id INTEGER PRIMARY KEY, network TEXT NOT NULL, kind TEXT NOT NULL, url TEXT NOT NULL, headers TEXT NOT NULL, body BLOB NOT NULL,
  created_ms INTEGER NOT NULL, due_ms INTEGER NOT NULL, gives_up_ms INTEGER NOT NULL, pauses TEXT NOT NULL, attempts INTEGER NOT NULL,
  state TEXT NOT NULL,
  status INTEGER, told TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (state, due_ms, id);
"""
# Seconds between the attempts; the last of them is repeated until the sender gives up.
PAUSES_S = (10, 60, 300, 900, 3_600, 7_200, 14_400)
PATIENCE_S = 20
KEPT_ANSWER = 2_000
IDLE_S = 0.5


@dataclass(frozen=True)
class Parcel:
    """What goes where, and for how long it is tried."""

    network: str
    kind: str
    url: str
    body: bytes
    headers: dict[str, str]
    patience_s: int = 36 * 3_600
    pauses_s: tuple[int, ...] = PAUSES_S


def post(store: Store, parcel: Parcel, *, held: bool = False) -> int:
    """Write a delivery down; it leaves after the turn that caused it, or when it is released."""
    now = store.now_ms()
    store.run(
        "INSERT INTO deliveries (network, kind, url, headers, body, created_ms, due_ms, gives_up_ms, pauses, attempts, state, told)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, '')",
        parcel.network,
        parcel.kind,
        parcel.url,
        json.dumps(parcel.headers),
        parcel.body,
        now,
        now,
        now + parcel.patience_s * 1000,
        json.dumps(parcel.pauses_s),
        "held" if held else "waiting",
    )
    return store.number("SELECT MAX(id) FROM deliveries")


def release(store: Store, network: str, *, backwards: bool = False) -> int:
    """Let go what a network held back, in its order or reversed; how many."""
    held = store.all("SELECT id FROM deliveries WHERE network = ? AND state = 'held' ORDER BY id", network)
    now = store.now_ms()
    for place, row in enumerate(reversed(held) if backwards else held):
        # Due a millisecond apart: what is due first goes first.
        store.run("UPDATE deliveries SET state = 'waiting', due_ms = ? WHERE id = ?", now - len(held) + place, row["id"])
    return len(held)


def send(method: str, url: str, body: bytes | None, headers: dict[str, str], patience_s: float = PATIENCE_S) -> tuple[int, str]:
    """One HTTP request to the outside; status 0 when nobody answered. A redirect is an answer, not a way."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return 0, "not an address"
    connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = connect(parts.hostname, parts.port, timeout=patience_s)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        with contextlib.closing(connection):
            connection.request(method, target, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read(KEPT_ANSWER).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        return 0, type(error).__name__


class Courier:
    """The thread that carries what is due, one after the other."""

    def __init__(self, store: Store, rounds: Iterable[Callable[[Store], object]] = ()) -> None:
        """`rounds` is what a network has to see to from time to time, outside of any turn."""
        self._store, self._rounds = store, tuple(rounds)
        self._wake, self._ended = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._walk, name="sandbox-courier", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Look at once whether something is due."""
        self._wake.set()

    def close(self) -> None:
        """Carry nothing more."""
        self._ended.set()
        self._wake.set()
        self._thread.join(PATIENCE_S + 1)

    def _walk(self) -> None:
        while not self._ended.is_set():
            self._wake.wait(IDLE_S)
            self._wake.clear()
            for one in self._rounds:
                one(self._store)
            while not self._ended.is_set() and self._carry_one():
                pass

    def _carry_one(self) -> bool:
        store = self._store
        with store.turn():
            row = store.one("SELECT * FROM deliveries WHERE state = 'waiting' AND due_ms <= ? ORDER BY due_ms, id LIMIT 1", store.now_ms())
        if row is None:
            return False
        # Outside of any turn: who receives may ask the sandbox something before answering.
        status, told = send("POST", row["url"], row["body"], json.loads(row["headers"]))
        with store.turn():
            _note(store, row, status, told)
        return True


def _note(store: Store, row: Row, status: int, told: str) -> None:
    now, attempts = store.now_ms(), row["attempts"] + 1
    pauses = json.loads(row["pauses"])
    due = now + pauses[min(attempts, len(pauses)) - 1] * 1000
    state = "done" if 200 <= status < 300 else "dead" if due > row["gives_up_ms"] else "waiting"
    # Somebody may have cleared the world while the request was on its way; then this touches nothing.
    store.run(
        "UPDATE deliveries SET attempts = ?, state = ?, status = ?, told = ?, due_ms = ? WHERE id = ?",
        attempts,
        state,
        status,
        told,
        due,
        row["id"],
    )
