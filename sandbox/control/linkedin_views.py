"""What the control tells of LinkedIn: the state, the members, the posts, the counters, what was sent."""

import json
from collections.abc import Callable
from typing import Any

from .. import faults
from ..linkedin import feed, levels, limits, little, members, seeds, shapes, urns, webhooks
from ..store import Row, Store
from ..x.shapes import iso

MOST = 1_000
Told = dict[str, Any]


def state(store: Store, params: dict[str, str]) -> Told:
    """Level, time, ordered faults, the app (without its secret)."""
    return {
        "level": levels.current(store),
        "now": iso(store.now_ms()),
        "refresh": store.setting("li_refresh", "0"),
        "scopes": store.setting("li_scopes", "comma"),
        "locale": store.setting("li_locale", "object"),
        "signature": store.setting("li_signature", "bare"),
        "duplicate": store.setting("li_duplicate", "422"),
        "faults": [dict(row) for row in faults.waiting(store)],
        "client_id": seeds.app_name(),
        "application_id": webhooks.application_id(seeds.app_name()),
    }


def everybody(store: Store, params: dict[str, str]) -> Told:
    """All members, with the number of tokens that are alive."""
    alive = "SELECT COUNT(*) FROM li_tokens WHERE member = ? AND state = 'live'"
    return {
        "members": [
            {
                "id": row["id"],
                "vanity": row["vanity"],
                "name": members.full_name(row),
                "headline": row["headline"],
                "live_tokens": store.number(alive, row["id"]),
            }
            for row in members.everybody(store)
        ]
    }


def posts(store: Store, params: dict[str, str]) -> Told:
    """?limit= : posts with their comments, newest first, deleted ones too."""
    rows = store.all("SELECT * FROM li_posts ORDER BY id DESC LIMIT ?", max(1, min(MOST, int(params.get("limit", "50")))))
    return {"posts": [post_shape(store, row) for row in rows]}


def counters(store: Store, params: dict[str, str]) -> Told:
    """Today's counters, as LinkedIn keeps them to itself."""
    rows = store.all("SELECT * FROM li_counts WHERE day = ? ORDER BY bucket, subject", limits.day(store))
    found = []
    for row in rows:
        size = limits.size(store, row["bucket"])[row["subject"].startswith("app:")]
        found.append({"bucket": row["bucket"], "subject": row["subject"], "used": row["used"], "limit": size})
    return {"counters": found, "ends": iso((limits.day(store) + 1) * limits.DAY_MS)}


def sent(store: Store, params: dict[str, str]) -> Told:
    """Private messages and invitations."""
    messages = [
        {
            "id": f"urn:li:message:{row['id']}",
            "from": members.name_of(store, row["sender"]),
            "to": [members.name_of(store, one) for one in json.loads(row["recipients"])],
            "thread": row["thread"],
            "subject": row["subject"],
            "body": row["body"],
            "at": iso(row["at_ms"]),
        }
        for row in store.all("SELECT * FROM li_messages ORDER BY id DESC LIMIT ?", MOST)
    ]
    invitations = [
        {
            "id": f"urn:li:invitation:{row['id']}",
            "from": members.name_of(store, row["inviter"]),
            "to": members.name_of(store, row["invitee"]),
            "text": row["text"],
            "state": row["state"],
        }
        for row in store.all("SELECT * FROM li_invitations ORDER BY id DESC LIMIT ?", MOST)
    ]
    return {"messages": messages, "invitations": invitations}


def hooks(store: Store, params: dict[str, str]) -> Told:
    """Who is subscribed, and what became of each delivery."""
    deliveries = store.all("SELECT * FROM deliveries WHERE network = 'linkedin' ORDER BY id DESC LIMIT ?", MOST)
    return {
        "subscriptions": [
            {
                "member": members.name_of(store, urns.person(row["member"])),
                "organization": members.name_of(store, urns.organization(row["organization"])),
                "url": row["url"],
                "failures": row["failures"],
                "blocked": row["failures"] >= webhooks.FAILURES,
            }
            for row in webhooks.subscriptions(store)
        ],
        "deliveries": [
            {
                "id": row["id"],
                "url": row["url"],
                "state": row["state"],
                "attempts": row["attempts"],
                "status": row["status"],
                "due": iso(row["due_ms"]),
                "body": bytes(row["body"]).decode(),
            }
            for row in deliveries
        ],
    }


def requests(store: Store, params: dict[str, str]) -> Told:
    """?limit= &after= : LinkedIn's part of the log, newest first."""
    rows = store.all(
        "SELECT * FROM requests WHERE id > ? AND endpoint LIKE 'linkedin%' ORDER BY id DESC LIMIT ?",
        int(params.get("after", "0")),
        max(1, min(MOST, int(params.get("limit", "100")))),
    )
    keys = ("id", "method", "path", "query", "endpoint", "username", "status", "fault", "cost_usd")
    return {"requests": [{"at": iso(row["at_ms"]), **{key: row[key] for key in keys}} for row in rows]}


def post_shape(store: Store, row: Row) -> Told:
    """A post as the control shows it."""
    said = store.all("SELECT * FROM li_comments WHERE post = ? ORDER BY COALESCE(parent, id), id", row["id"])
    shape = shapes.post(store, row)
    return {
        "urn": urns.post(row),
        "activity": urns.activity(row),
        "author": row["author"],
        "name": members.name_of(store, row["author"]),
        "text": little.plain(row["commentary"]),
        "commentary": row["commentary"],
        "visibility": row["visibility"],
        "shares": shape.get("reshareContext", {}).get("parent"),
        "at": iso(row["created_ms"]),
        "closed": bool(row["closed"]),
        "deleted": row["deleted_ms"] is not None,
        "reactions": store.number("SELECT COUNT(*) FROM li_reactions WHERE entity = ?", urns.activity(row)),
        "comments": [comment_shape(store, row, one) for one in said],
    }


def comment_shape(store: Store, of: Row, row: Row) -> Told:
    """A comment as the control shows it."""
    parent = feed.comment_by_id(store, row["parent"]) if row["parent"] else None
    return {
        "urn": urns.comment(of, row),
        "id": str(row["id"]),
        "actor": row["actor"],
        "name": members.name_of(store, row["actor"]),
        "text": little.plain(row["text"]),
        "answers": urns.comment(of, parent) if parent else None,
        "at": iso(row["created_ms"]),
        "deleted": row["deleted_ms"] is not None,
    }


VIEWS: dict[str, Callable[[Store, dict[str, str]], Told]] = {
    "state": state,
    "members": everybody,
    "posts": posts,
    "counters": counters,
    "sent": sent,
    "hooks": hooks,
    "requests": requests,
}
