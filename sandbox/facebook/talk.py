"""Messenger: threads between a page and a person, who wrote when, and whether the page may answer now."""

import base64
import hashlib
import json
from typing import Any

from ..store import Row, Store
from . import events, settings

WINDOW_MS, AGENT_WINDOW_MS, PRIVATE_REPLY_MS = 24 * 3_600_000, 7 * 86_400_000, 7 * 86_400_000
# "Conversations API": only of so many the details can be read, older ones answer as if they were deleted.
READABLE = 20


def thread(store: Store, page: int, person: int) -> Row | None:
    """The thread of a page and a person."""
    return store.one("SELECT * FROM fb_threads WHERE page = ? AND person = ?", page, person)


def by_id(store: Store, number: int) -> Row | None:
    """A thread by its number."""
    return store.one("SELECT * FROM fb_threads WHERE id = ?", number)


def message(store: Store, mid: str) -> Row | None:
    """A message by its mid."""
    return store.one("SELECT * FROM fb_messages WHERE mid = ?", mid)


def readable(store: Store, row: Row) -> bool:
    """Whether a message is among the newest of its thread."""
    newer = store.number(
        "SELECT COUNT(*) FROM fb_messages WHERE thread = ? AND (created_ms, id) > (?, ?)", row["thread"], row["created_ms"], row["id"]
    )
    return newer < READABLE


def write(store: Store, page: Row, person: int, text: str, attachments: list[Any] | None = None, at_ms: int | None = None) -> Row:
    """A person writes to the page: this opens the window."""
    now = store.now_ms() if at_ms is None else at_ms
    row = _add(store, page, person, text, attachments or [], False, "", now)
    store.run("UPDATE fb_threads SET unread = unread + 1, wrote_ms = ? WHERE id = ?", now, row["thread"])
    if at_ms is None:
        events.of_messaging(store, page, "messages", person, {"message": _told(row)})
    return row


def answer(store: Store, page: Row, person: int, text: str, attachments: list[Any], app: str, at_ms: int | None = None) -> Row:
    """The page writes to a person; its own apps hear the echo."""
    now = store.now_ms() if at_ms is None else at_ms
    row = _add(store, page, person, text, attachments, True, app, now)
    store.run("UPDATE fb_threads SET unread = 0 WHERE id = ?", row["thread"])
    if at_ms is None:
        echo = _told(row) | {"is_echo": True} | ({"app_id": int(app)} if app.isdigit() else {})
        events.of_messaging(store, page, "message_echoes", person, {"message": echo}, by_page=True)
        events.of_messaging(store, page, "message_deliveries", person, {"delivery": {"mids": [row["mid"]], "watermark": now}})
    return row


def read(store: Store, page: Row, person: int) -> int:
    """A person reads what the page wrote; the moment up to which they did."""
    row = thread(store, page["id"], person)
    watermark = store.number("SELECT MAX(created_ms) FROM fb_messages WHERE thread = ? AND by_page = 1", row["id"]) if row else 0
    if watermark:
        events.of_messaging(store, page, "message_reads", person, {"read": {"watermark": watermark}})
    return watermark


def _add(store: Store, page: Row, person: int, text: str, attachments: list[Any], by_page: bool, app: str, now: int) -> Row:
    row = thread(store, page["id"], person)
    if row is None:
        number = settings.number(store, "thread")
        store.run("INSERT INTO fb_threads VALUES (?, ?, ?, ?, 0, NULL)", number, page["id"], person, now)
    else:
        number = row["id"]
        store.run("UPDATE fb_threads SET updated_ms = ? WHERE id = ?", now, number)
    place = settings.number(store, "row")
    mid = "m_" + base64.urlsafe_b64encode(hashlib.sha256(f"{number}/{place}".encode()).digest()).decode().rstrip("=")
    store.run(
        "INSERT INTO fb_messages VALUES (?, ?, ?, ?, ?, ?, ?, ?)", place, mid, number, by_page, text, json.dumps(attachments), app, now
    )
    made = message(store, mid)
    assert made is not None  # noqa: S101
    return made


def _told(row: Row) -> dict[str, Any]:
    told: dict[str, Any] = {"mid": row["mid"]}
    if row["text"]:
        told["text"] = row["text"]
    attachments = json.loads(row["attachments"])
    return told | ({"attachments": attachments} if attachments else {})
