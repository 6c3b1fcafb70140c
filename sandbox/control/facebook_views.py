"""What the control tells about Facebook: the state, the people, the pages, what was written, what was sent out."""

from collections.abc import Callable
from typing import Any

from ..facebook import apps, content, people, settings, tokens, trouble, usage
from ..facebook.times import written
from ..store import Row, Store

MOST = 1000
Told = dict[str, Any]


def state(store: Store, params: dict[str, str]) -> Told:
    """Level, options, apps without their secrets, and how much of each allowance is used."""
    return {
        "level": settings.level(store),
        "feed_ids": settings.get(store, "feed_ids", "same"),
        "dead_versions": settings.get(store, "dead_versions", "served"),
        "hold": settings.get(store, "hooks_held", "0") == "1",
        "apps": [_app(store, row["id"]) for row in store.all("SELECT id FROM fb_apps ORDER BY place")],
        "fault_kinds": list(trouble.KINDS),
    }


def everybody(store: Store, params: dict[str, str]) -> Told:
    """All people with their ids on the first page and the tokens that are alive."""
    page = store.one("SELECT * FROM fb_pages ORDER BY place LIMIT 1")
    first = apps.first(store)
    return {
        "people": [
            {
                "number": row["id"],
                "name": row["name"],
                "psid": people.psid(page, row["id"]) if page else "",
                "app_scoped": people.app_scoped(store, first.id, row["id"]) if first else "",
                "app_role": bool(row["app_role"]),
                "unavailable": bool(row["unavailable"]),
                "permissions": tokens.decisions(store, first.id, row["id"]) if first else {},
                "live_tokens": store.number("SELECT COUNT(*) FROM fb_tokens WHERE person = ? AND dead = ''", row["id"]),
            }
            for row in store.all("SELECT * FROM fb_people ORDER BY id")
        ]
    }


def pages(store: Store, params: dict[str, str]) -> Told:
    """All pages, who may do what on them, and their allowances."""
    return {"pages": [_page(store, row) for row in store.all("SELECT * FROM fb_pages ORDER BY place")]}


def posts(store: Store, params: dict[str, str]) -> Told:
    """?limit= &page=: posts, newest first, deleted ones too."""
    page = int(params.get("page", "0"))
    rows = store.all(
        "SELECT * FROM fb_posts WHERE ? = 0 OR owner = ? OR tagged = ? ORDER BY created_ms DESC, id DESC LIMIT ?",
        page,
        page,
        page,
        _limit(params),
    )
    return {"posts": [post_shape(store, row) for row in rows]}


def comments(store: Store, params: dict[str, str]) -> Told:
    """?limit= &post=: comments, newest first, deleted ones too."""
    number = int(params.get("post", "0").rpartition("_")[2])
    rows = store.all(
        "SELECT * FROM fb_comments WHERE ? = 0 OR post = ? ORDER BY created_ms DESC, id DESC LIMIT ?", number, number, _limit(params)
    )
    return {"comments": [comment_shape(store, row) for row in rows]}


def messages(store: Store, params: dict[str, str]) -> Told:
    """?limit=: messages, newest first."""
    rows = store.all("SELECT * FROM fb_messages ORDER BY created_ms DESC, id DESC LIMIT ?", _limit(params))
    return {"messages": [message_shape(store, row) for row in rows]}


def deliveries(store: Store, params: dict[str, str]) -> Told:
    """?limit=: what was sent to webhooks and callbacks, newest first, with what was answered."""
    rows = store.all("SELECT * FROM deliveries WHERE network = 'facebook' ORDER BY id DESC LIMIT ?", _limit(params))
    keys = ("id", "kind", "url", "attempts", "state", "status", "told")
    return {"deliveries": [{**{key: row[key] for key in keys}, "body": bytes(row["body"]).decode("utf-8", "replace")} for row in rows]}


def post_shape(store: Store, row: Row) -> Told:
    """A post as the control shows it."""
    return {
        "id": content.post_id(row),
        "name": author(store, row),
        "by_page": row["page"] is not None,
        "text": row["message"],
        "created_time": written(row["created_ms"]),
        "kind": row["kind"],
        "hidden": bool(row["hidden"]),
        "deleted": row["deleted_ms"] is not None,
    }


def comment_shape(store: Store, row: Row) -> Told:
    """A comment as the control shows it."""
    return {
        "id": content.comment_id(row),
        "parent": f"{row['post']}_{row['parent']}" if row["parent"] else None,
        "name": author(store, row),
        "by_page": row["page"] is not None,
        "text": row["message"],
        "created_time": written(row["created_ms"]),
        "hidden": bool(row["hidden"]),
        "deleted": row["deleted_ms"] is not None,
    }


def message_shape(store: Store, row: Row) -> Told:
    """A message as the control shows it."""
    thread = store.one("SELECT * FROM fb_threads WHERE id = ?", row["thread"])
    assert thread is not None  # noqa: S101
    person, page = people.person(store, thread["person"]), people.page(store, thread["page"])
    assert person is not None and page is not None  # noqa: S101
    return {
        "mid": row["mid"],
        "thread": f"t_{row['thread']}",
        "page": page["name"],
        "name": person["name"],
        "psid": people.psid(page, person["id"]),
        "by_page": bool(row["by_page"]),
        "text": row["text"],
        "created_time": written(row["created_ms"]),
    }


def author(store: Store, row: Row) -> str:
    """The name of who wrote a post or a comment."""
    known = people.page(store, row["page"]) if row["page"] is not None else people.person(store, row["person"])
    return str(known["name"]) if known else ""


def _app(store: Store, number: str) -> Told:
    app = apps.find(store, number)
    assert app is not None  # noqa: S101
    hooks = store.all("SELECT * FROM fb_hooks WHERE app = ?", number)
    return {
        "id": number,
        "name": app.name,
        "redirect_uris": list(app.redirect_uris),
        "needs_proof": app.needs_proof,
        "deauthorize_url": app.deauthorize_url,
        "deletion_url": app.deletion_url,
        "webhooks": {row["object"]: row["url"] for row in hooks},
        "used": _used(store, usage.of_app(store, number)),
    }


def _page(store: Store, row: Row) -> Told:
    roles = store.all("SELECT name, tasks FROM fb_roles JOIN fb_people ON fb_people.id = person WHERE page = ? ORDER BY person", row["id"])
    return {
        "id": str(row["id"]),
        "name": row["name"],
        "username": row["username"],
        "roles": {one["name"]: one["tasks"].split() for one in roles},
        "pages": _used(store, usage.of_page(store, row)),
        "messenger": _used(store, usage.of_messenger(store, row)),
    }


def _used(store: Store, budget: usage.Budget) -> Told:
    now = usage.state(store, budget)
    return {
        "calls": budget.size,
        "call_count": now.calls,
        "total_time": now.time,
        "total_cputime": now.cputime,
        "regain_minutes": now.regain,
    }


def _limit(params: dict[str, str]) -> int:
    return max(1, min(MOST, int(params.get("limit", "50"))))


VIEWS: dict[str, Callable[[Store, dict[str, str]], Told]] = {
    "state": state,
    "people": everybody,
    "pages": pages,
    "posts": posts,
    "comments": comments,
    "messages": messages,
    "deliveries": deliveries,
}
