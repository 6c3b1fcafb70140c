"""Private messages: unencrypted ones of the last 30 days; what is encrypted is never shown."""

import re
from typing import Any

from .. import people
from ..store import Row, Store
from . import bodies, hooks, shapes
from .call import Body, Call
from .params import ID, identifier, number, offset_start, offset_token, wanted
from .problems import Problem, forbidden, gone, invalid
from .spelling import POST, in_post_names

EVENT_TYPES = ("MessageCreate", "ParticipantsJoin", "ParticipantsLeave")
EVENT_FIELDS = frozenset(
    ("attachments", "created_at", "dm_conversation_id", "entities", "event_type", "id", "participant_ids", "sender_id", "text")
    + ("referenced_tweets", "referenced_posts")
)
EXPANSIONS = frozenset(("attachments.media_keys", "participant_ids", "referenced_tweets.id", "referenced_posts", "sender_id"))
LIST = ("max_results", "pagination_token", "event_types", "dm_event.fields", "expansions", "user.fields", "tweet.fields", "post.fields")
DAYS_30 = 30 * 86_400_000
EVENT_READ, CREATED = 0.01, 0.015
CONVERSATION = re.compile(r"([0-9]{1,19}-[0-9]{1,19}|[0-9]{15,19})")


def events(call: Call) -> Body:
    """GET /2/dm_events: all conversations of the caller."""
    sql = "conversation IN (SELECT conversation FROM x_takers WHERE person = ?)"
    return _list(call, sql, call.viewer)


def events_with(call: Call) -> Body:
    """GET /2/dm_conversations/with/{participant_id}/dm_events."""
    other = identifier(call.values["participant_id"], "participant_id")
    return _list(call, "conversation = ?", conversation_of(call.viewer, other))


def events_in(call: Call) -> Body:
    """GET /2/dm_conversations/{id}/dm_events."""
    return _list(call, "conversation = ?", _own(call, call.values["id"]))


def send(call: Call) -> Body:
    """POST /2/dm_conversations/with/{participant_id}/messages."""
    text = _text(call)
    other = people.by_id(call.store, identifier(call.values["participant_id"], "participant_id"))
    if other is None or other["suspended"]:
        raise gone("user", "participant_id", call.values["participant_id"])
    if not takes(call.store, other["id"], call.viewer):
        raise not_permitted()
    return _created(call, write(call.store, call.viewer, (other["id"],), text))


def send_in(call: Call) -> Body:
    """POST /2/dm_conversations/{dm_conversation_id}/messages."""
    text, conversation = _text(call), _own(call, call.values["dm_conversation_id"])
    others = tuple(one for one in takers(call.store, conversation) if one != call.viewer)
    if len(others) == 1 and not takes(call.store, others[0], call.viewer):
        raise not_permitted()
    return _created(call, write(call.store, call.viewer, others, text, conversation))


def group(call: Call) -> Body:
    """POST /2/dm_conversations."""
    body = bodies.read(call, ("conversation_type", "participant_ids", "message"), ("conversation_type", "participant_ids", "message"))
    if body["conversation_type"] != "Group":
        raise bodies.wrong("conversation_type", str(body["conversation_type"]), "$.conversation_type: does not have a value in [Group]")
    ids, message = body["participant_ids"], body["message"]
    if not isinstance(ids, list) or not ids or not all(isinstance(one, str) and ID.fullmatch(one) for one in ids):
        raise bodies.wrong("participant_ids", str(ids), "$.participant_ids: array of ids expected")
    if not isinstance(message, dict):
        raise bodies.wrong("message", str(message), "$.message: object expected")
    others = tuple(int(one) for one in ids)
    for one in others:
        if people.by_id(call.store, one) is None:
            raise gone("user", "participant_ids", str(one))
        if not takes(call.store, one, call.viewer):
            raise not_permitted()
    name = str(call.store.new_id(call.store.now_ms()))
    return _created(call, write(call.store, call.viewer, others, bodies.text(message, "text"), name))


def delete(call: Call) -> Body:
    """DELETE /2/dm_events/{event_id}, one's own."""
    row = call.store.one("SELECT * FROM x_messages WHERE id = ?", identifier(call.values["event_id"], "event_id"))
    if row is None or row["deleted_ms"] is not None:
        raise gone("dm_event", "event_id", call.values["event_id"])
    if row["sender"] != call.viewer:
        raise forbidden()
    call.store.run("UPDATE x_messages SET deleted_ms = ? WHERE id = ?", call.store.now_ms(), row["id"])
    return {"data": {"deleted": True}}


def write(store: Store, sender: int, others: tuple[int, ...], text: str, conversation: str = "", *, encrypted: bool = False) -> Row:
    """Put a message into a conversation, and tell who listens."""
    name = conversation or conversation_of(sender, others[0])
    for person in (sender, *others):
        store.run("INSERT OR IGNORE INTO x_takers VALUES (?, ?)", name, person)
    now = store.now_ms()
    key = store.new_id(now)
    store.run("INSERT INTO x_messages VALUES (?, ?, ?, ?, ?, ?, NULL)", key, name, sender, text, now, encrypted)
    row = store.one("SELECT * FROM x_messages WHERE id = ?", key)
    assert row is not None  # noqa: S101
    if not encrypted:
        hooks.written(store, row, others)
    return row


def conversation_of(one: int, other: int) -> str:
    """The conversation of two people: their ids, the smaller first."""
    return f"{min(one, other)}-{max(one, other)}"


def takers(store: Store, conversation: str) -> list[int]:
    """Who takes part in a conversation."""
    return [row["person"] for row in store.all("SELECT person FROM x_takers WHERE conversation = ? ORDER BY person", conversation)]


def takes(store: Store, person: int, sender: int) -> bool:
    """Whether somebody takes messages from a sender: from everybody, or because they wrote to them before."""
    if not store.one("SELECT 1 FROM x_closed WHERE person = ?", person):
        return True
    wrote = "SELECT 1 FROM x_messages WHERE conversation = ? AND sender = ? AND encrypted = 0"
    return store.one(wrote, conversation_of(person, sender), person) is not None


def not_permitted() -> Problem:
    return forbidden("You do not have permission to DM one or more participants.")


def _list(call: Call, where: str, value: object) -> Body:
    params = call.request.params
    size = number(params, "max_results", 1, 100, 100)
    _names(params, "event_types", frozenset(EVENT_TYPES))
    fields = _names(params, "dm_event.fields", EVENT_FIELDS)
    expansions = _names(params, "expansions", EXPANSIONS)
    want = wanted({key: value for key, value in params.items() if key in {"user.fields", "tweet.fields", "post.fields"}}, of_people=True)
    kinds = params.get("event_types", "MessageCreate").split(",")
    begin = offset_start(params, "pagination_token", call.endpoint)
    sql = f"""SELECT * FROM x_messages WHERE {where} AND encrypted = 0 AND deleted_ms IS NULL AND created_ms >= ?
        ORDER BY id DESC LIMIT ? OFFSET ?"""  # noqa: S608 (the conditions stand above)
    floor = call.store.now_ms() - DAYS_30
    found = call.store.all(sql, value, floor, size + 1, begin) if "MessageCreate" in kinds else []
    rows = found[:size]
    if not rows:
        return {"meta": {"result_count": 0}}
    call.cost_usd += EVENT_READ * len(rows)
    meta: Body = {"result_count": len(rows)}
    if len(found) > size:
        meta["next_token"] = offset_token(call.endpoint, begin + size)
    body: Body = {"data": [shape(row, fields | expansions) for row in rows], "meta": meta}
    if "sender_id" in expansions:
        senders = (people.by_id(call.store, one) for one in dict.fromkeys(row["sender"] for row in rows))
        body["includes"] = {"users": [shapes.user(call.store, one, want.user_fields) for one in senders if one]}
    return in_post_names(body) if want.spelling == POST else body


def shape(row: Row, fields: frozenset[str] | set[str]) -> Body:
    """A message: id, text and kind always, the rest when asked for. It carries no participant_ids since June 2025."""
    made: dict[str, Any] = {"id": str(row["id"]), "event_type": "MessageCreate", "text": row["text"]}
    more = {
        "sender_id": str(row["sender"]),
        "dm_conversation_id": row["conversation"],
        "created_at": shapes.iso(row["created_ms"]),
    }
    return made | {name: value for name, value in more.items() if name in fields}


def _own(call: Call, conversation: str) -> str:
    """A conversation that the caller takes part in; the two ids may stand in either order."""
    if not CONVERSATION.fullmatch(conversation):
        raise invalid("id", conversation, f"The `id` query parameter value [{conversation}] is not valid")
    first, _dash, second = conversation.partition("-")
    name = conversation_of(int(first), int(second)) if second else conversation
    if call.viewer not in takers(call.store, name):
        raise forbidden()
    return name


def _text(call: Call) -> str:
    body = bodies.read(call, ("text", "attachments"))
    return bodies.text(body, "text")


def _created(call: Call, row: Row) -> Body:
    call.cost_usd += CREATED
    return {"data": {"dm_conversation_id": row["conversation"], "dm_event_id": str(row["id"])}}


def _names(params: dict[str, str], name: str, allowed: frozenset[str]) -> set[str]:
    names = set(params[name].split(",")) if name in params else set()
    for one in names:
        if one not in allowed:
            raise invalid(name, one, f"The `{name}` query parameter value [{one}] is not one of [{','.join(sorted(allowed))}]")
    return names
