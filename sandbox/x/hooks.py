"""X's webhooks: registered with a challenge, told what happened through the X Activity API, signed over the raw body."""

import base64
import contextlib
import hashlib
import hmac
import ipaddress
import json
import secrets
from urllib.parse import quote, urlsplit

from .. import apps, courier, people
from ..courier import Parcel
from ..store import Row, Store
from . import bodies, shapes
from .call import Body, Call
from .params import identifier, number, offset_start, offset_token
from .problems import Problem, forbidden, gone, invalid

SIGNATURE = "x-twitter-webhooks-signature"
# Events that only the person they are about may subscribe an app to, with the permission each needs.
PRIVATE = {
    "post.mention.create": "tweet.read",
    "post.reply.create": "tweet.read",
    "post.quote.create": "tweet.read",
    "post.repost.create": "tweet.read",
    "like.create": "like.read",
    "dm.received": "dm.read",
    "dm.sent": "dm.read",
    "dm.read": "dm.read",
    "chat.received": "dm.read",
    "chat.sent": "dm.read",
    "mute.mute": "mute.read",
    "block.block": "block.read",
}
PUBLIC = ("post.create", "post.delete", "follow.follow", "follow.unfollow", "oauth.revoke")
PROFILE = "profile.update."
MOST_WEBHOOKS, MOST_SUBSCRIPTIONS = 1, 1_500
PATIENCE_S = 10
LIST = ("max_results", "pagination_token")

# After a day without a challenge that was answered it is asked again every half hour, and given up after 28 hours.
DAY_MS, HALF_HOUR_MS, TOLERATED_MS = 86_400_000, 1_800_000, 28 * 3_600_000


def signature(secret: str, message: bytes) -> str:
    """sha256= and the base64 of the HMAC with the app's secret: of a body, or of a challenge."""
    return "sha256=" + base64.b64encode(hmac.new(secret.encode(), message, hashlib.sha256).digest()).decode()


# Registering ----------------------------------------------------------------------------------------------------------


def create(call: Call) -> Body:
    """POST /2/webhooks: the address is challenged at once."""
    body = bodies.read(call, ("url",), ("url",))
    url = bodies.text(body, "url", 200)
    _check_address(url)
    own = "SELECT COUNT(*) FROM x_webhooks WHERE client_id = ?"
    if call.store.one("SELECT 1 FROM x_webhooks WHERE client_id = ? AND url = ?", call.client_id, url):
        raise _failed("DuplicateUrlFailed: this url is registered already")
    level = call.store.setting("level", "pay_per_use")
    if level != "enterprise" and call.store.number(own, call.client_id) >= MOST_WEBHOOKS:
        raise _failed("WebhookLimitExceeded: 1 webhook")
    if _challenge(_secret(call.store, call.client_id), url) != GOOD:
        raise _failed("CrcValidationFailed: CRC GET request did not return the expected response_token")
    now = call.store.now_ms()
    key = call.store.new_id(now)
    call.store.run("INSERT INTO x_webhooks VALUES (?, ?, ?, 1, ?, ?, ?)", key, call.client_id, url, now, now, now)
    return {"data": _webhook(_own(call, str(key)))}


def listed(call: Call) -> Body:
    """GET /2/webhooks."""
    rows = call.store.all("SELECT * FROM x_webhooks WHERE client_id = ? ORDER BY id", call.client_id)
    found = {"data": [_webhook(row) for row in rows]} if rows else {}
    return {**found, "meta": {"result_count": len(rows)}}


def validate(call: Call) -> Body:
    """PUT /2/webhooks/{webhook_id}: challenge it now; one that failed is good again if it answers."""
    row = _own(call, call.values["webhook_id"])
    found = _challenge(_secret(call.store, call.client_id), row["url"])
    _note(call.store, row, found)
    if found != GOOD:
        raise _failed("CrcValidationFailed: CRC GET request did not return the expected response_token")
    return {"data": {"valid": True}}


def remove(call: Call) -> Body:
    """DELETE /2/webhooks/{webhook_id}."""
    row = _own(call, call.values["webhook_id"])
    call.store.run("DELETE FROM x_webhooks WHERE id = ?", row["id"])
    call.store.run("DELETE FROM x_subscriptions WHERE webhook = ?", row["id"])
    return {"data": {"deleted": True}}


# Subscribing ----------------------------------------------------------------------------------------------------------


def subscribe(call: Call) -> Body:
    """POST /2/activity/subscriptions."""
    body = bodies.read(call, ("event_type", "filter", "tag", "webhook_id"), ("event_type", "filter"))
    kind, wanted, tag = body["event_type"], body["filter"], body.get("tag", "")
    if not isinstance(kind, str) or not (kind in PRIVATE or kind in PUBLIC or kind.startswith(PROFILE)):
        raise bodies.wrong("event_type", str(kind), "$.event_type: does not have a value in the enumeration")
    if not isinstance(wanted, dict) or set(wanted) - {"user_id", "keyword", "direction"}:
        raise bodies.wrong("filter", str(wanted), "$.filter: object with user_id, keyword or direction expected")
    if not isinstance(tag, str) or len(tag) > 200:
        raise bodies.wrong("tag", str(tag), "$.tag: may only be 200 characters long")
    user = bodies.number(wanted, "user_id") if "user_id" in wanted else None
    if kind in PRIVATE and (call.person is None or user != call.person or PRIVATE[kind] not in call.scopes):
        raise forbidden()
    if user is None and not wanted.get("keyword") and kind != "oauth.revoke":
        raise bodies.wrong("filter", str(wanted), "$.filter: user_id or keyword is required")
    own = "SELECT COUNT(*) FROM x_subscriptions WHERE client_id = ?"
    if call.store.number(own, call.client_id) >= MOST_SUBSCRIPTIONS:
        raise forbidden("SubscriptionLimitExceeded")
    hook = _own(call, str(body["webhook_id"])) if "webhook_id" in body else _first(call)
    now = call.store.now_ms()
    key = call.store.new_id(now)
    row = (key, call.client_id, kind, user, str(wanted.get("keyword", "")), str(wanted.get("direction", "")), tag, hook["id"], now)
    call.store.run("INSERT INTO x_subscriptions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", *row)
    made = call.store.one("SELECT * FROM x_subscriptions WHERE id = ?", key)
    assert made is not None  # noqa: S101
    return {"data": {"subscription": _subscription(made)}, "meta": {"total_subscriptions": call.store.number(own, call.client_id)}}


def subscriptions(call: Call) -> Body:
    """GET /2/activity/subscriptions."""
    size = number(call.request.params, "max_results", 1, 1000, 1000)
    begin = offset_start(call.request.params, "pagination_token", call.endpoint)
    rows = call.store.all("SELECT * FROM x_subscriptions WHERE client_id = ? ORDER BY id", call.client_id)
    page = rows[begin : begin + size]
    meta: Body = {"result_count": len(page)}
    if begin + size < len(rows):
        meta["next_token"] = offset_token(call.endpoint, begin + size)
    return {**({"data": [_subscription(row) for row in page]} if page else {}), "meta": meta}


def unsubscribe(call: Call) -> Body:
    """DELETE /2/activity/subscriptions/{subscription_id}."""
    value = call.values["subscription_id"]
    sql = "DELETE FROM x_subscriptions WHERE id = ? AND client_id = ?"
    if not call.store.run(sql, identifier(value, "subscription_id"), call.client_id):
        raise gone("subscription", "subscription_id", value)
    left = call.store.number("SELECT COUNT(*) FROM x_subscriptions WHERE client_id = ?", call.client_id)
    return {"data": {"deleted": True}, "meta": {"total_subscriptions": left}}


# What happened --------------------------------------------------------------------------------------------------------


def posted(store: Store, post: Row) -> None:
    """A post is out: its author's followers of the app, those it names, answers, quotes and repeats hear of it."""
    author = people.by_id(store, post["author"])
    if author is None or author["protected"] or author["suspended"]:
        return
    payload, includes = _post(store, post), {"users": [shapes.whole(store, author)]}
    _tell(store, "post.create", author["id"], payload, includes)
    named = store.all("SELECT person FROM mentions WHERE post = ?", post["id"])
    answered = post["reply_person"]
    for row in named:
        # A direct answer comes as such; only who is named in the text is mentioned.
        if row["person"] != answered or _is_named(store, post, row["person"]):
            _tell(store, "post.mention.create", row["person"], payload, includes)
    if answered and answered != author["id"]:
        _tell(store, "post.reply.create", answered, payload, includes)
    for column, kind in (("quote_of", "post.quote.create"), ("retweet_of", "post.repost.create")):
        other = store.one("SELECT author FROM posts WHERE id = ?", post[column]) if post[column] else None
        if other:
            _tell(store, kind, other["author"], payload, includes)


def deleted(store: Store, post: Row) -> None:
    """A post was taken back."""
    _tell(store, "post.delete", post["author"], {"id": str(post["id"]), "author_id": str(post["author"])})


def liked(store: Store, person: int, post: Row) -> None:
    """Somebody liked a post."""
    who, now = people.by_id(store, person), store.now_ms()
    payload = {
        "id": secrets.token_hex(16),
        "created_at": shapes.iso(now),
        "timestamp_ms": str(now),
        "liked_tweet_author_id": str(post["author"]),
        "liked_tweet_id": str(post["id"]),
    }
    _tell(store, "like.create", post["author"], payload, {"users": [shapes.whole(store, who)]} if who else None)


def written(store: Store, message: Row, others: tuple[int, ...]) -> None:
    """A private message was written: the old shape, to those who get it and to who sent it."""
    sender = people.by_id(store, message["sender"])
    for person in others:
        event = {
            "type": "message_create",
            "id": str(message["id"]),
            "created_timestamp": str(message["created_ms"]),
            "message_create": {
                "target": {"recipient_id": str(person)},
                "sender_id": str(message["sender"]),
                "message_data": {
                    "text": message["text"],
                    "entities": {"hashtags": [], "symbols": [], "user_mentions": [], "urls": []},
                },
            },
        }
        users = {str(message["sender"]): {"data": shapes.whole(store, sender)}} if sender else {}
        payload = {"direct_message_events": [event], "users": users}
        _tell(store, "dm.received", person, payload)
        _tell(store, "dm.sent", message["sender"], payload)


def revoked(store: Store, person: int) -> None:
    """Somebody took an app's access back."""
    for row in store.all("SELECT DISTINCT client_id FROM x_subscriptions WHERE event_type = 'oauth.revoke'"):
        moment = shapes.iso(store.now_ms())[:19] + "+00:00"
        payload = {"date_time": moment, "user_id": str(person), "app_id": row["client_id"]}
        _tell(store, "oauth.revoke", None, payload, client_id=row["client_id"])


def _tell(store: Store, kind: str, user: int | None, payload: Body, includes: Body | None = None, *, client_id: str | None = None) -> None:
    sql = """SELECT x_subscriptions.*, url, x_webhooks.client_id AS app FROM x_subscriptions JOIN x_webhooks ON x_webhooks.id = webhook
        WHERE event_type = ? AND valid = 1 AND (user_id IS ? OR user_id IS NULL) AND (? IS NULL OR x_subscriptions.client_id = ?)"""
    for row in store.all(sql, kind, user, client_id, client_id):
        if row["keyword"] and row["keyword"].lower() not in str(payload.get("text", "")).lower():
            continue
        number = int.from_bytes(secrets.token_bytes(8), "big", signed=True)
        data: Body = {"event_uuid": str(number), "filter": _filter(row), "event_type": kind}
        if row["tag"]:
            data["tag"] = row["tag"]
        data["payload"] = payload
        if includes:
            data["includes"] = includes
        body = json.dumps({"data": data}, ensure_ascii=False, separators=(",", ":")).encode()
        secret = "somebody-else" if store.take("x_hooks_wrong") else _secret(store, row["app"])
        headers = {"Content-Type": "application/json", SIGNATURE: signature(secret, body)}
        for _ in range(2 if store.take("x_hooks_twice") else 1):
            courier.post(store, Parcel("x", kind, row["url"], body, headers), held=store.setting("x_hooks_held", "0") == "1")


def _post(store: Store, post: Row) -> Body:
    """A post as events carry it: everything, with the metrics twice, as numbers and as text."""
    shape = shapes.whole_post(store, post)
    metrics = shape["public_metrics"]
    metrics.update({f"{name}_str": str(value) for name, value in list(metrics.items())})
    return shape


def _is_named(store: Store, post: Row, person: int) -> bool:
    row = people.by_id(store, person)
    return row is not None and f"@{row['username']}".lower() in post["text"].lower()


# Helpers ------------------------------------------------------------------------------------------------------------------


def _check_address(url: str) -> None:
    """https without a port, as X wants it; of this machine, any: the sandbox is where one tries it out."""
    parts = urlsplit(url)
    name = parts.hostname or ""
    here = name == "localhost"
    with contextlib.suppress(ValueError):
        here = here or ipaddress.ip_address(name).is_loopback
    if not here and (parts.scheme != "https" or ":" in parts.netloc or not name):
        raise _failed("UrlValidationFailed: https without a port is required")
    if here and parts.scheme not in {"http", "https"}:
        raise _failed("UrlValidationFailed")


GOOD, WRONG, AWAY = "good", "wrong", "away"


def rounds(store: Store) -> None:
    """Challenge the addresses whose last good answer is a day old."""
    with store.turn():
        now = store.now_ms()
        due = "SELECT * FROM x_webhooks WHERE valid = 1 AND good_ms <= ? AND asked_ms <= ?"
        rows = [(row, _secret(store, row["client_id"])) for row in store.all(due, now - DAY_MS, now - HALF_HOUR_MS)]
    for row, secret in rows:
        # Outside of any turn: whoever is challenged may ask the sandbox something first.
        found = _challenge(secret, row["url"])
        with store.turn():
            _note(store, row, found)


def _note(store: Store, row: Row, found: str) -> None:
    """A wrong answer ends it at once; one that did not come is tolerated for a while."""
    now = store.now_ms()
    good = now if found == GOOD else row["good_ms"]
    valid = found == GOOD or (found == AWAY and now - good < TOLERATED_MS)
    store.run("UPDATE x_webhooks SET asked_ms = ?, good_ms = ?, valid = ? WHERE id = ?", now, good, valid, row["id"])


def _challenge(secret: str, url: str) -> str:
    """Ask an address to sign a token: whether it did, did it wrongly, or did not answer."""
    token = secrets.token_urlsafe(24)
    joint = "&" if urlsplit(url).query else "?"
    status, told = courier.send("GET", f"{url}{joint}crc_token={quote(token)}&nonce={secrets.token_hex(8)}", None, {}, PATIENCE_S)
    if status == 0 or status >= 400:
        return AWAY
    try:
        said = json.loads(told)
    except ValueError:
        return WRONG
    answered = str(said.get("response_token", "")) if isinstance(said, dict) and status == 200 else ""
    return GOOD if hmac.compare_digest(answered, signature(secret, token.encode())) else WRONG


def _secret(store: Store, client_id: str) -> str:
    app = apps.find(store, client_id)
    return app.secret if app else ""


def _failed(message: str) -> Problem:
    body = invalid("url", "", message).body
    return Problem(400, {"errors": [{"message": message}], "title": body["title"], "type": body["type"]})


def _own(call: Call, value: str) -> Row:
    row = call.store.one("SELECT * FROM x_webhooks WHERE id = ? AND client_id = ?", identifier(value, "webhook_id"), call.client_id)
    if row is None:
        raise gone("webhook", "webhook_id", value)
    return row


def _first(call: Call) -> Row:
    row = call.store.one("SELECT * FROM x_webhooks WHERE client_id = ? ORDER BY id LIMIT 1", call.client_id)
    if row is None:
        raise bodies.wrong("webhook_id", "", "$.webhook_id: there is no webhook yet")
    return row


def _webhook(row: Row) -> Body:
    return {"id": str(row["id"]), "url": row["url"], "valid": bool(row["valid"]), "created_at": shapes.iso(row["created_ms"])}


def _filter(row: Row) -> Body:
    made = {"user_id": str(row["user_id"]) if row["user_id"] else "", "keyword": row["keyword"], "direction": row["direction"]}
    return {name: value for name, value in made.items() if value}


def _subscription(row: Row) -> Body:
    moment = shapes.iso(row["created_ms"])
    return {
        "subscription_id": str(row["id"]),
        "event_type": row["event_type"],
        "filter": _filter(row),
        "tag": row["tag"],
        "webhook_id": str(row["webhook"]),
        "created_at": moment,
        "updated_at": moment,
    }
