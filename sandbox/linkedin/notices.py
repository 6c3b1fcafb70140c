"""What a page is told: who commented, reacted, shared or mentioned it. Kept 60 days, about public posts only."""

import json
from typing import Any

from ..store import Row, Store
from . import little, urns

ACTIONS = ("LIKE", "COMMENT", "SHARE", "SHARE_MENTION", "ADMIN_COMMENT", "COMMENT_EDIT", "COMMENT_DELETE")
KEPT_MS = 60 * 86_400_000
TYPE = "ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS"


def of_post(store: Store, post: Row) -> None:
    """Tell the pages that a new post mentions, and the one whose post it shares."""
    decorated = {"share": _decorated(urns.post(post), post["author"], post["commentary"])}
    for name in little.mentions(post["commentary"]):
        number = urns.organization_id(name)
        if number is not None and name != post["author"]:
            _note(store, number, "SHARE_MENTION", post, urns.post(post), decorated, post["created_ms"])
    parent = store.one("SELECT * FROM li_posts WHERE id = ?", post["parent"])
    owner = urns.organization_id(parent["author"]) if parent else None
    if parent and owner is not None and post["author"] != parent["author"]:
        _note(store, owner, "SHARE", parent, urns.post(post), decorated, post["created_ms"])


def of_comment(store: Store, post: Row, row: Row, action: str = "COMMENT") -> None:
    """Tell the page on whose post somebody wrote, changed or deleted a comment; its own words are ADMIN_COMMENT."""
    owner = urns.organization_id(post["author"])
    if owner is None:
        return
    own = row["actor"] == post["author"]
    name = urns.comment(post, row)
    decorated = {"comment": _decorated(name, row["actor"], row["text"])}
    moment = store.now_ms() if action == "COMMENT_DELETE" else row["changed_ms"]
    _note(store, owner, "ADMIN_COMMENT" if own and action == "COMMENT" else action, post, name, decorated, moment)


def of_reaction(store: Store, post: Row, actor: str, at_ms: int) -> None:
    """Tell the page whose post somebody liked."""
    owner = urns.organization_id(post["author"])
    if owner is not None and actor != post["author"]:
        name = f"urn:li:reaction:({actor},{urns.activity(post)})"
        _note(store, owner, "LIKE", post, name, {"like": {"entity": name, "owner": actor}}, at_ms)


def of_page(store: Store, number: int, wanted: list[str], since_ms: int, until_ms: int) -> list[Row]:
    """What happened on a page, newest first; never older than 60 days."""
    marks = ",".join("?" * len(wanted))
    return store.all(
        f"SELECT * FROM li_notifications WHERE organization = ? AND at_ms >= ? AND at_ms < ? AND action IN ({marks})"  # noqa: S608 (marks)
        " ORDER BY at_ms DESC, id DESC",
        number,
        max(since_ms, store.now_ms() - KEPT_MS),
        until_ms,
        *wanted,
    )


def shape(store: Store, row: Row) -> dict[str, Any]:
    """A notification as the API and the webhook tell it."""
    post = store.one("SELECT * FROM li_posts WHERE id = ?", row["post"])
    assert post is not None  # noqa: S101
    return {
        "notificationId": row["id"],
        "organizationalEntity": urns.organization(row["organization"]),
        "action": row["action"],
        "sourcePost": urns.post(post),
        "decoratedSourcePost": _decorated(urns.post(post), post["author"], post["commentary"]),
        "generatedActivity": row["generated"],
        "decoratedGeneratedActivity": json.loads(row["decorated"]),
        "lastModifiedAt": row["at_ms"],
    }


def _decorated(entity: str, owner: str, text: str) -> dict[str, str]:
    return {"entity": entity, "owner": owner, "text": little.plain(text)}


def _note(store: Store, number: int, action: str, post: Row, name: str, decorated: dict[str, Any], at_ms: int) -> None:
    # The number grows with time, so that it is new even after a reset; it stays below 2^53, for JSON has it as a number.
    fresh = max(at_ms, store.number("SELECT MAX(id) FROM li_notifications") + 1)
    if post["visibility"] == "PUBLIC":
        store.run(
            "INSERT INTO li_notifications VALUES (?, ?, ?, ?, ?, ?, ?)",
            fresh,
            number,
            action,
            post["id"],
            name,
            json.dumps(decorated, ensure_ascii=False),
            at_ms,
        )
