"""Rows as X shows them: only what was asked for, in tweet names (see `spelling`)."""

from datetime import UTC, datetime
from typing import Any

from .. import people, pictures, posts
from ..store import Row, Store
from ..text import cut, entities, mentioned
from . import media
from .params import Wanted
from .problems import hidden, missing

Shape = dict[str, Any]
EDIT_WINDOW_MS = 3_600_000
WHOLE_USER = frozenset(
    ("created_at", "description", "location", "profile_image_url", "protected", "public_metrics", "verified", "verified_type")
)
WHOLE_POST = frozenset(
    ("author_id", "conversation_id", "created_at", "entities", "in_reply_to_user_id", "lang", "note_tweet", "public_metrics")
    + ("referenced_tweets",)
)


def iso(at_ms: int) -> str:
    """A time as X writes it: UTC with milliseconds."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at_ms % 1000:03d}Z"


def user(store: Store, row: Row, fields: frozenset[str], *, viewer: int = 0) -> Shape:
    """A person: id, name and username always, the rest when asked for."""
    shape: Shape = {"id": str(row["id"]), "name": row["name"], "username": row["username"]}
    extra: dict[str, Any] = {
        "description": row["description"],
        "location": row["location"],
        "protected": bool(row["protected"]),
        "verified": False,
        "verified_type": "none",
        "created_at": iso(row["created_ms"]),
        "profile_image_url": pictures.address(store.base, "x", row["id"], media.SIDE, media.FOR_EVER),
    }
    shape.update({name: value for name, value in extra.items() if name in fields and value != ""})
    if "public_metrics" in fields:
        shape["public_metrics"] = {
            "followers_count": row["followers"],
            "following_count": row["following"],
            "tweet_count": store.number("SELECT COUNT(*) FROM posts WHERE author = ? AND deleted_ms IS NULL", row["id"]),
            "listed_count": 0,
            "like_count": store.number("SELECT COUNT(*) FROM x_likes WHERE person = ?", row["id"]),
            "media_count": 0,
        }
    if "receives_your_dm" in fields and viewer:
        shape["receives_your_dm"] = _takes(store, row["id"], viewer)
    if "connection_status" in fields and viewer:
        shape["connection_status"] = _connection(store, row["id"], viewer)
    return shape


def whole(store: Store, row: Row) -> Shape:
    """A person with everything events carry."""
    return user(store, row, WHOLE_USER)


def _takes(store: Store, person: int, viewer: int) -> bool:
    closed = store.one("SELECT 1 FROM x_closed WHERE person = ?", person)
    name = f"{min(person, viewer)}-{max(person, viewer)}"
    wrote = "SELECT 1 FROM x_messages WHERE conversation = ? AND sender = ? AND encrypted = 0"
    return closed is None or store.one(wrote, name, person) is not None


def _connection(store: Store, person: int, viewer: int) -> list[str]:
    follows = "SELECT 1 FROM x_follows WHERE person = ? AND followed = ?"
    pairs = (("followed_by", person, viewer), ("following", viewer, person))
    return [word for word, one, other in pairs if store.one(follows, one, other)] or ["none"]


def post(store: Store, row: Row, want: Wanted) -> Shape:
    """A post: id, text and edit history always, the rest when asked for."""
    number, fields = str(row["id"]), want.post_fields
    text = row["text"]
    shape: Shape = {"id": number, "text": cut(text), "edit_history_tweet_ids": [number]}
    plain: dict[str, Any] = {
        "conversation_id": str(row["conversation"]),
        "created_at": iso(row["created_ms"]),
        "lang": row["lang"],
        "possibly_sensitive": False,
        "reply_settings": row["reply_settings"],
        "edit_controls": {"edits_remaining": 5, "is_edit_eligible": False, "editable_until": iso(row["created_ms"] + EDIT_WINDOW_MS)},
    }
    shape.update({name: value for name, value in plain.items() if name in fields})
    # X puts the id into the post when its expansion is asked for, even where the field is not.
    if "author_id" in fields or {"author_id", "referenced_tweets.id.author_id"} & want.expansions:
        shape["author_id"] = str(row["author"])
    if row["reply_person"] and "in_reply_to_user_id" in fields | want.expansions:
        shape["in_reply_to_user_id"] = str(row["reply_person"])
    references = _references(row)
    if references and ("referenced_tweets" in fields or "referenced_tweets.id" in want.expansions):
        shape["referenced_tweets"] = references
    if "attachments" in fields and (keys := media.keys(store, row["id"])):
        shape["attachments"] = {"media_keys": keys}
    if "public_metrics" in fields:
        shape["public_metrics"] = _metrics(store, row)
    found = _entities(store, text) if fields & {"entities", "note_tweet"} else {}
    if found and "entities" in fields:
        shape["entities"] = found
    if "note_tweet" in fields and shape["text"] != text:
        shape["note_tweet"] = {"text": text, **({"entities": found} if found else {})}
    return shape


def whole_post(store: Store, row: Row) -> Shape:
    """A post with everything events carry."""
    return post(store, row, Wanted("tweet", WHOLE_POST, frozenset(), frozenset()))


def visible(store: Store, row: Row | None, viewer: int) -> bool | None:
    """True, False for what a protected account hides, None for what is not there (any more)."""
    if row is None or row["deleted_ms"] is not None:
        return None
    author = people.by_id(store, row["author"])
    if author is None or author["suspended"]:
        return None
    return not author["protected"] or author["id"] == viewer


def included(store: Store, rows: list[Row], want: Wanted, viewer: int) -> tuple[Shape, list[Shape]]:
    """What the expansions add to some posts, and the errors about what they could not add."""
    errors: list[Shape] = []
    referenced: dict[int, Row] = {}
    for row in rows if "referenced_tweets.id" in want.expansions else ():
        for reference in _references(row):
            other = posts.by_id(store, int(reference["id"]))
            seen = visible(store, other, viewer)
            if seen and other is not None:
                referenced[other["id"]] = other
            else:
                say = missing if seen is None else hidden
                errors.append(say("tweet", "referenced_tweets.id", reference["id"]))
    persons = _persons(store, rows, list(referenced.values()), want)
    body: Shape = {}
    if persons:
        body["users"] = [user(store, person, want.user_fields) for person in persons]
    attached = media.shown(store, [row["id"] for row in rows], want.media_fields) if "attachments.media_keys" in want.expansions else []
    if attached:
        body["media"] = attached
    if referenced:
        body["tweets"] = [post(store, row, want) for row in referenced.values()]
    return body, errors


def _persons(store: Store, rows: list[Row], referenced: list[Row], want: Wanted) -> list[Row]:
    numbers: list[int | None] = []
    for row in rows:
        if "author_id" in want.expansions:
            numbers.append(row["author"])
        if "in_reply_to_user_id" in want.expansions:
            numbers.append(row["reply_person"])
        if "entities.mentions.username" in want.expansions:
            named = (people.by_username(store, name) for name in mentioned(row["text"]))
            numbers += [person["id"] for person in named if person]
    if "referenced_tweets.id.author_id" in want.expansions:
        numbers += [row["author"] for row in referenced]
    found = (people.by_id(store, number) for number in dict.fromkeys(numbers) if number is not None)
    return [person for person in found if person is not None and not person["suspended"]]


def _references(row: Row) -> list[dict[str, str]]:
    kinds = (("retweeted", row["retweet_of"]), ("quoted", row["quote_of"]), ("replied_to", row["reply_to"]))
    return [{"type": kind, "id": str(number)} for kind, number in kinds if number]


def _metrics(store: Store, row: Row) -> dict[str, int]:
    counted = "SELECT COUNT(*) FROM posts WHERE deleted_ms IS NULL AND "
    return {
        "retweet_count": store.number(counted + "retweet_of = ?", row["id"]),
        "reply_count": store.number(counted + "reply_to = ?", row["id"]),
        "like_count": row["likes"],
        "quote_count": store.number(counted + "quote_of = ?", row["id"]),
        "bookmark_count": 0,
        "impression_count": row["likes"] * 40,
    }


def _entities(store: Store, text: str) -> dict[str, list[dict[str, Any]]]:
    named = (people.by_username(store, name) for name in mentioned(text))
    return entities(text, {person["username"].lower(): str(person["id"]) for person in named if person})
