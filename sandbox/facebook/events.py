"""Webhooks of Facebook: who hears of what, in which shape, signed how. `courier` carries them."""

import json
from typing import Any

from .. import courier
from ..courier import Parcel
from ..store import Row, Store
from . import apps, people, settings, volume
from .times import written

FIELDS = (
    "feed",
    "mention",
    "ratings",
    "messages",
    "message_echoes",
    "message_deliveries",
    "message_reads",
    "message_edits",
    "message_reactions",
    "messaging_postbacks",
    "messaging_referrals",
    "messaging_handovers",
)
Value = dict[str, Any]


def of_post(store: Store, row: Row, verb: str) -> None:
    """A post on the page's wall, or one elsewhere that names the page."""
    page = people.page(store, row["tagged"] or row["owner"])
    if page is None or row["kind"] == "review":
        return
    at_s = (row["created_ms"] if verb == "add" else store.now_ms()) // 1000
    if row["tagged"]:
        sender = _from(store, page, row)
        value = {"item": "post", "verb": verb, "post_id": _post_id(row), "sender_id": sender["id"], "sender_name": sender["name"]}
        _change(store, page, "mention", value | {"created_time": at_s, "message": row["message"]}, row["person"])
        return
    value = {"from": _from(store, page, row), "post_id": _post_id(row), "created_time": at_s, "item": "status", "verb": verb}
    if verb in {"add", "edited"}:
        value |= {"message": row["message"], "published": 1}
    _change(store, page, "feed", value, row["person"])


def of_comment(store: Store, row: Row, verb: str) -> None:
    """A comment on something of the page."""
    post = volume.post(store, row["post"])
    page = people.page(store, post["tagged"] or post["owner"]) if post else None
    if post is None or page is None:
        return
    at_s = (row["created_ms"] if verb == "add" else store.now_ms()) // 1000
    value: Value = {"from": _from(store, page, row)}
    if verb in {"add", "edited"}:
        about = {
            "status_type": post["kind"],
            "is_published": True,
            "updated_time": written(post["updated_ms"]),
            "permalink_url": permalink(store, post),
            "promotion_status": "inactive",
            "id": _post_id(post),
        }
        value |= {"post": about, "message": row["message"]}
    value |= {"post_id": _post_id(post), "comment_id": f"{row['post']}_{row['id']}", "created_time": at_s, "item": "comment"}
    value |= {"parent_id": f"{row['post']}_{row['parent']}" if row["parent"] else _post_id(post), "verb": verb}
    _change(store, page, "feed", value, row["person"])


def of_reaction(store: Store, row: Row, author_page: int | None, author_person: int | None, kind: str, verb: str) -> None:
    """A feeling about a post or a comment."""
    on_comment = "post" in row.keys()  # noqa: SIM118 (a Row has no other way)
    post = volume.post(store, row["post"]) if on_comment else row
    page = people.page(store, post["tagged"] or post["owner"]) if post else None
    if post is None or page is None:
        return
    value: Value = {"from": _who(store, page, author_page, author_person), "post_id": _post_id(post)}
    if on_comment:
        value["comment_id"] = f"{row['post']}_{row['id']}"
    value |= {"created_time": store.now_ms() // 1000, "item": "reaction", "parent_id": value.get("comment_id", value["post_id"])}
    _change(store, page, "feed", value | {"reaction_type": kind.lower(), "verb": verb}, author_person)


def of_rating(store: Store, page: Row, row: Row, story_id: str) -> None:
    """A recommendation."""
    who = _who(store, page, None, row["person"])
    value = {
        "item": "rating",
        "verb": "add",
        "reviewer_id": who["id"],
        "reviewer_name": who["name"],
        "recommendation_type": "positive" if row["positive"] else "negative",
        "review_text": row["text"],
        "open_graph_story_id": story_id,
        "created_time": row["created_ms"] // 1000,
    }
    _change(store, page, "ratings", value, row["person"])


def of_messaging(store: Store, page: Row, field: str, person: int, event: Value, *, by_page: bool = False) -> None:
    """A message, its echo, that it arrived or was read."""
    psid, own = people.psid(page, person), str(page["id"])
    entry = {
        "sender": {"id": own if by_page else psid},
        "recipient": {"id": psid if by_page else own},
        "timestamp": store.now_ms(),
        **event,
    }
    _tell(store, page, field, {"id": own, "time": store.now_ms(), "messaging": [entry]}, person)


def permalink(store: Store, post: Row, comment: int | None = None) -> str:
    """Where a person sees a post; the sandbox shows it itself."""
    address = f"{settings.get(store, 'base', 'https://www.facebook.com')}/facebook/{post['owner']}/posts/{post['id']}"
    return f"{address}?comment_id={comment}" if comment else address


def raw(body: Value) -> bytes:
    """The bytes that are signed and sent: signs beyond ASCII as lower-case \\u escapes, slashes escaped too."""
    return json.dumps(body, separators=(",", ":")).replace("/", "\\/").encode("ascii")


def release(store: Store, order: str) -> int:
    """Let go what was held back: in its order, reversed, or all in one POST for each address."""
    if order != "batch":
        return courier.release(store, "facebook", backwards=order == "reversed")
    held = store.all("SELECT * FROM deliveries WHERE network = 'facebook' AND state = 'held' ORDER BY id")
    for url in dict.fromkeys(row["url"] for row in held):
        _batch(store, [row for row in held if row["url"] == url])
    return len(held)


def _batch(store: Store, rows: list[Row]) -> None:
    bodies = [json.loads(row["body"]) for row in rows]
    body = raw({"object": "page", "entry": [entry for one in bodies for entry in one["entry"]]})
    headers = json.loads(rows[0]["headers"])
    app = apps.find(store, rows[0]["kind"].partition(":")[2])
    if app is not None:
        headers |= _signed(app.secret, body)
    for row in rows:
        store.run("DELETE FROM deliveries WHERE id = ?", row["id"])
    courier.post(store, Parcel("facebook", rows[0]["kind"], rows[0]["url"], body, headers))


def _change(store: Store, page: Row, field: str, value: Value, person: int | None) -> None:
    entry = {"id": str(page["id"]), "time": store.now_ms() // 1000, "changes": [{"field": field, "value": value}]}
    _tell(store, page, field, entry, person)


def _tell(store: Store, page: Row, field: str, entry: Value, person: int | None) -> None:
    """Write a delivery for every app that listens; the standard level hears only of people with a role in the app."""
    if person is not None and settings.level(store) == "standard":
        row = people.person(store, person)
        if row is None or not row["app_role"]:
            return
    for row in store.all("SELECT * FROM fb_subscribed WHERE page = ?", page["id"]):
        app, hook = apps.find(store, row["app"]), _hook(store, row["app"])
        if app is None or hook is None or field not in row["fields"].split(",") or field not in hook["fields"].split(","):
            continue
        body = raw({"object": "page", "entry": [entry]})
        secret = "somebody-else" if settings.take(store, "hooks_wrong") else app.secret
        headers = {"Content-Type": "application/json", "User-Agent": "facebookexternalua", **_signed(secret, body)}
        parcel = Parcel("facebook", f"webhook:{app.id}", hook["url"], body, headers)
        held = settings.get(store, "hooks_held", "0") == "1"
        for _ in range(2 if settings.take(store, "hooks_twice") else 1):
            courier.post(store, parcel, held=held)


def _signed(secret: str, body: bytes) -> dict[str, str]:
    return {"X-Hub-Signature": apps.old_signature(secret, body), "X-Hub-Signature-256": apps.signature(secret, body)}


def _hook(store: Store, app: str) -> Row | None:
    """The address of an app, unless it failed for so long that it was switched off; registering it again helps."""
    hook = store.one("SELECT * FROM fb_hooks WHERE app = ? AND object = 'page'", app)
    if hook is None:
        return None
    given_up = store.one("SELECT 1 FROM deliveries WHERE url = ? AND state = 'dead' AND created_ms >= ?", hook["url"], hook["since_ms"])
    return None if given_up else hook


def _from(store: Store, page: Row, row: Row) -> Value:
    return _who(store, page, row["page"], row["person"])


def _who(store: Store, page: Row, author_page: int | None, author_person: int | None) -> Value:
    if author_page is not None:
        author = people.page(store, author_page)
        return {"id": str(author_page), "name": author["name"] if author else ""}
    person = people.person(store, author_person)
    assert person is not None and author_person is not None  # noqa: S101
    return {"id": people.in_feed(store, page, author_person), "name": person["name"]}


def _post_id(row: Row) -> str:
    return f"{row['owner']}_{row['id']}"
