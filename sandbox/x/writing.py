"""Writing on X: posting, replying, quoting, deleting, with the rules of the access level."""

import json
from typing import Any

from .. import posts
from ..posts import Draft
from ..store import Row
from ..text import CASHTAG, LARGEST_WEIGHT, URL, mentioned, weight
from . import hooks, media, shapes
from .call import Body, Call
from .params import ID, identifier
from .problems import Problem, duplicate, forbidden, gone, invalid, not_summoned

ENTERPRISE = "enterprise"
LEVELS = ("legacy_basic", "pay_per_use", ENTERPRISE)
BODY = frozenset(("text", "reply", "quote_tweet_id", "media", "reply_settings", "made_with_ai", "paid_partnership"))
REPLY = frozenset(("in_reply_to_tweet_id", "exclude_reply_user_ids", "auto_populate_reply_metadata"))
REPLY_SETTINGS = ("following", "mentionedUsers", "subscribers", "verified")
POST_CREATE, POST_WITH_URL, SUMMONED_REPLY, POST_DELETE = 0.015, 0.2, 0.01, 0.01


def create(call: Call) -> Body:
    """POST /2/tweets."""
    body = _body(call)
    text = _text(body)
    parent, quoted = _parent(call, body.get("reply")), _quoted(call, body.get("quote_tweet_id"))
    if parent is not None and body["reply"].get("auto_populate_reply_metadata"):
        text = _with_names(call, text, parent)
    if posts.is_repeated(call.store, call.viewer, text):
        raise duplicate()
    draft = Draft(
        call.viewer,
        text,
        reply_to=parent["id"] if parent else None,
        quote_of=quoted["id"] if quoted else None,
        reply_settings=_reply_settings(body),
    )
    post = posts.publish(call.store, draft)
    number = str(post["id"])
    media.attach(call.store, post["id"], [(int(one), "") for one in body.get("media", {}).get("media_ids", ())])
    hooks.posted(call.store, post)
    call.cost_usd += POST_WITH_URL if URL.search(text) else SUMMONED_REPLY if parent else POST_CREATE
    return {"data": {"id": number, "text": text, "edit_history_tweet_ids": [number]}}


def delete(call: Call) -> Body:
    """DELETE /2/tweets/{id}, own posts only."""
    value = call.values["id"]
    row = posts.by_id(call.store, identifier(value, "id"))
    if row is None or row["deleted_ms"] is not None:
        raise gone("tweet", "id", value)
    if row["author"] != call.viewer:
        raise forbidden("You are not authorized to delete this Tweet.")
    posts.delete(call.store, row["id"])
    hooks.deleted(call.store, row)
    call.cost_usd += POST_DELETE
    return {"data": {"deleted": True}}


def _body(call: Call) -> dict[str, Any]:
    if call.request.content_type != "application/json":
        raise _wrong("content-type", call.request.content_type, "The request's content type must be application/json")
    try:
        body = json.loads(call.request.body)
    except ValueError:
        raise _wrong("body", "", "The request body is not valid JSON") from None
    if not isinstance(body, dict):
        raise _wrong("body", "", "The request body must be an object")
    for name in body:
        if name not in BODY:
            raise _wrong(
                name, str(body[name]), f"$.{name}: is not defined in the schema and the schema does not allow additional properties"
            )
    for name in ("made_with_ai", "paid_partnership"):
        if not isinstance(body.get(name, False), bool):
            raise _wrong(name, str(body[name]), f"$.{name}: boolean expected")
    pictures = body.get("media")
    if "media" in body and not (isinstance(pictures, dict) and media.usable(call, pictures.get("media_ids"))):
        raise _wrong("media.media_ids", str(pictures), "Your media IDs are invalid.")
    return body


def _text(body: dict[str, Any]) -> str:
    text = body.get("text", "")
    if not isinstance(text, str) or not text.strip():
        raise _wrong("text", str(text), "text: one of text or media is required")
    # No public page shows the answer to a text that is too long; X counts it as a wrong request.
    if weight(text) > LARGEST_WEIGHT:
        raise _wrong("text", text, f"text: weighted length {weight(text)} is more than {LARGEST_WEIGHT}")
    if len(CASHTAG.findall(text)) > 1:
        raise _wrong("text", text, "text: at most one cashtag")
    return text


def _parent(call: Call, reply: Any) -> Row | None:
    """The post that is answered, if this level may answer it."""
    if reply is None:
        return None
    if not isinstance(reply, dict) or set(reply) - REPLY or "in_reply_to_tweet_id" not in reply:
        raise _wrong("reply", str(reply), "$.reply: in_reply_to_tweet_id is required, other names are not allowed")
    parent = _existing(call, reply["in_reply_to_tweet_id"], "reply.in_reply_to_tweet_id")
    own = parent["author"] == call.viewer
    if not own and _level(call) != ENTERPRISE and not posts.summons(call.store, parent, call.viewer):
        raise not_summoned()
    return parent


def _quoted(call: Call, value: Any) -> Row | None:
    """The post that is quoted; removed from self-serve levels on Apr 20 2026."""
    if value is None:
        return None
    if _level(call) != ENTERPRISE:
        raise forbidden()
    return _existing(call, value, "quote_tweet_id")


def _existing(call: Call, value: Any, name: str) -> Row:
    if not isinstance(value, str) or not ID.fullmatch(value):
        raise _wrong(name, str(value), f"$.{name}: does not match the regex pattern ^[0-9]{{1,19}}$")
    row = posts.by_id(call.store, identifier(value, name))
    if row is None or not shapes.visible(call.store, row, call.viewer):
        raise gone("tweet", name, value)
    return row


def _with_names(call: Call, text: str, parent: Row) -> str:
    """What X does when it is asked to fill in whom a reply addresses."""
    author = call.store.one("SELECT username FROM people WHERE id = ?", parent["author"])
    if author is None or author["username"].lower() in mentioned(text):
        return text
    return f"@{author['username']} {text}"


def _reply_settings(body: dict[str, Any]) -> str:
    value = body.get("reply_settings", "everyone")
    if value != "everyone" and value not in REPLY_SETTINGS:
        raise _wrong("reply_settings", str(value), f"$.reply_settings: does not have a value in the enumeration {list(REPLY_SETTINGS)}")
    return str(value)


def _level(call: Call) -> str:
    return call.store.setting("level", "pay_per_use")


def _wrong(name: str, value: str, message: str) -> Problem:
    return invalid(name, value, message)
