"""What the control tells: the state, the people, the posts, the log."""

from collections.abc import Callable
from typing import Any

from .. import faults, people
from ..posts import by_id
from ..store import Row, Store
from ..x.shapes import iso

MOST = 1000


def state(store: Store, params: dict[str, str]) -> dict[str, Any]:
    """Level, time, ordered faults, registered apps (without their secrets)."""
    return {
        "level": store.setting("level", "pay_per_use"),
        "now": iso(store.now_ms()),
        "clock_offset_seconds": int(store.setting("clock_offset_ms", "0")) / 1000,
        "repeat": int(store.setting("repeat_mentions", "0")),
        "faults": [dict(row) for row in faults.waiting(store)],
        "apps": [row["client_id"] for row in store.all("SELECT client_id FROM apps ORDER BY rowid")],
    }


def everybody(store: Store, params: dict[str, str]) -> dict[str, Any]:
    """All people, with the number of tokens that are alive."""
    alive = "SELECT COUNT(*) FROM tokens WHERE person = ? AND state = 'live'"
    return {
        "people": [
            {
                "id": str(row["id"]),
                "username": row["username"],
                "name": row["name"],
                "brand": bool(row["brand"]),
                "protected": bool(row["protected"]),
                "suspended": bool(row["suspended"]),
                "live_tokens": store.number(alive, row["id"]),
            }
            for row in people.everybody(store)
        ]
    }


def recent_posts(store: Store, params: dict[str, str]) -> dict[str, Any]:
    """?limit= &since_id= &username= &reply_to=: posts, newest first, deleted ones too."""
    rows = store.all(
        """SELECT posts.* FROM posts JOIN people ON people.id = posts.author
        WHERE posts.id > ? AND (? = '' OR people.username = ?) AND (? = 0 OR posts.reply_to = ?) ORDER BY posts.id DESC LIMIT ?""",
        int(params.get("since_id", "0")),
        params.get("username", ""),
        params.get("username", ""),
        int(params.get("reply_to", "0")),
        int(params.get("reply_to", "0")),
        _limit(params, 50),
    )
    return {"posts": [post_shape(store, row) for row in rows]}


def requests(store: Store, params: dict[str, str]) -> dict[str, Any]:
    """?limit= &after= &endpoint=: the log, newest first; `after` is the number of a request."""
    rows = store.all(
        "SELECT * FROM requests WHERE id > ? AND (? = '' OR endpoint = ?) ORDER BY id DESC LIMIT ?",
        int(params.get("after", "0")),
        params.get("endpoint", ""),
        params.get("endpoint", ""),
        _limit(params, 100),
    )
    keys = ("id", "method", "path", "query", "endpoint", "username", "status", "fault", "cost_usd")
    return {"requests": [{"at": iso(row["at_ms"]), **{key: row[key] for key in keys}} for row in rows]}


def deliveries(store: Store, params: dict[str, str]) -> dict[str, Any]:
    """?limit=: what was sent to webhooks, newest first, with what was answered."""
    rows = store.all("SELECT * FROM deliveries WHERE network = 'x' ORDER BY id DESC LIMIT ?", _limit(params, 100))
    return {"deliveries": [{key: row[key] for key in ("id", "kind", "url", "state", "attempts", "status")} for row in rows]}


def post_shape(store: Store, row: Row) -> dict[str, Any]:
    """A post as the control shows it."""
    author = people.by_id(store, row["author"])
    assert author is not None  # noqa: S101
    named = store.all("SELECT username FROM mentions JOIN people ON people.id = person WHERE post = ? ORDER BY person", row["id"])
    replies = store.all("SELECT id FROM posts WHERE reply_to = ? ORDER BY id", row["id"])
    return {
        "id": str(row["id"]),
        "username": author["username"],
        "name": author["name"],
        "brand": bool(author["brand"]),
        "text": row["text"],
        "created_at": iso(row["created_ms"]),
        "conversation_id": str(row["conversation"]),
        "reply_to": str(row["reply_to"]) if row["reply_to"] else None,
        "quote_of": str(row["quote_of"]) if row["quote_of"] else None,
        "mentions": [one["username"] for one in named],
        "replies": [str(one["id"]) for one in replies],
        "deleted": row["deleted_ms"] is not None,
    }


def threads(store: Store, limit: int) -> list[list[Row]]:
    """The conversations with the latest news, each from its first post on."""
    latest = store.all("SELECT conversation, MAX(id) AS last FROM posts GROUP BY conversation ORDER BY last DESC LIMIT ?", limit)
    found: list[list[Row]] = []
    for row in latest:
        found.append(store.all("SELECT * FROM posts WHERE conversation = ? ORDER BY id", row["conversation"]))
    return found


def known_post(store: Store, value: str) -> Row | None:
    """The post a link on the page points to."""
    return by_id(store, int(value)) if value.isdigit() and len(value) <= 19 else None


VIEWS: dict[str, Callable[[Store, dict[str, str]], dict[str, Any]]] = {
    "state": state,
    "people": everybody,
    "posts": recent_posts,
    "requests": requests,
    "deliveries": deliveries,
}


def _limit(params: dict[str, str], default: int) -> int:
    return max(1, min(MOST, int(params.get("limit", str(default)))))
