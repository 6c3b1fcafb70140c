"""Webhooks of company pages: the challenge, the signature, batches of ten, every five minutes for eight hours."""

import hashlib
import hmac
import ipaddress
import json
import uuid
from urllib.parse import urlencode, urlsplit

from .. import apps, courier, faults
from ..store import Row, Store
from . import levels, members, notices, urns

BATCH = 10
ANSWER_S = 3
CHALLENGE_MS = 2 * 3_600_000
FAILURES = 3
RETRY_S, PATIENCE_S = 300, 8 * 3_600
PREFIX = b"hmacsha256="
# Trouble on order for what goes out; the path is only a name to order it under.
PATH = "/hooks/linkedin"
KINDS = {
    "hook_signature": "Webhook with a wrong signature · 署名の誤り",
    "hook_twice": "Webhook sent twice · 重複して送信",
    "hook_reversed": "Webhook in the wrong order · 順序の入れ替わり",
    "hook_lost": "Webhook never sent · 送信されない",
}


def is_address(url: str) -> bool:
    """An https address; plain http on this machine only."""
    if not url.isascii() or any(sign.isspace() for sign in url):
        return False
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.scheme == "https":
        return bool(host)
    try:
        return parts.scheme == "http" and (host == "localhost" or ipaddress.ip_address(host).is_loopback)
    except ValueError:
        return False


def response_to(secret: str, code: str) -> str:
    """What a challenge must be answered with."""
    return hmac.new(secret.encode(), code.encode(), hashlib.sha256).hexdigest()


def signature(secret: str, body: bytes) -> str:
    """The value of X-LI-Signature, over the raw body with its prefix."""
    return hmac.new(secret.encode(), PREFIX + body, hashlib.sha256).hexdigest()


def challenge(url: str, code: str, secret: str, application: int) -> bool:
    """Ask an address whether it knows the secret; call this outside of any turn."""
    joint = "&" if urlsplit(url).query else "?"
    query = urlencode({"challengeCode": code, "applicationId": application})
    status, told = courier.send("GET", f"{url}{joint}{query}", None, {"Accept": "application/json"}, patience_s=ANSWER_S)
    try:
        answer = json.loads(told)
    except ValueError:
        return False
    return status == 200 and answer == {"challengeCode": code, "challengeResponse": response_to(secret, code)}


def find(store: Store, client_id: str, member: str, number: int) -> Row | None:
    """The subscription of a member for a page."""
    return store.one("SELECT * FROM li_subscriptions WHERE client_id = ? AND member = ? AND organization = ?", client_id, member, number)


def subscribe(store: Store, client_id: str, member: str, number: int, url: str) -> None:
    """Tell this address from now on what happens on the page."""
    last = store.number("SELECT MAX(id) FROM li_notifications")
    store.run("INSERT OR REPLACE INTO li_subscriptions VALUES (?, ?, ?, ?, ?, 0, ?)", client_id, member, number, url, store.now_ms(), last)


def unsubscribe(store: Store, client_id: str, member: str, number: int) -> None:
    """Tell it nothing more."""
    store.run("DELETE FROM li_subscriptions WHERE client_id = ? AND member = ? AND organization = ?", client_id, member, number)


def flush(store: Store) -> int:
    """Hand what happened since the last time to the courier, ten at most in a parcel; how many parcels."""
    if not levels.reaches(levels.current(store), levels.CM_STANDARD):
        return 0
    return sum(_flush(store, row) for row in subscriptions(store) if row["failures"] < FAILURES)


def subscriptions(store: Store) -> list[Row]:
    """All subscriptions, blocked ones too."""
    return store.all("SELECT * FROM li_subscriptions ORDER BY rowid")


def challenge_again(store: Store, *, now: bool = False) -> int:
    """Ask the addresses again whose last answer is two hours old (or all of them); call this outside of any turn."""
    with store.turn():
        before = store.now_ms() - (0 if now else CHALLENGE_MS)
        asked = [(row, apps.find(store, row["client_id"])) for row in subscriptions(store) if row["challenged_ms"] <= before]
    for row, app in asked:
        good = challenge(row["url"], str(uuid.uuid4()), app.secret if app else "", application_id(row["client_id"]))
        with store.turn():
            store.run(
                "UPDATE li_subscriptions SET challenged_ms = ?, failures = ? WHERE client_id = ? AND member = ? AND organization = ?",
                store.now_ms(),
                0 if good else row["failures"] + 1,
                row["client_id"],
                row["member"],
                row["organization"],
            )
    return len(asked)


def application_id(client_id: str) -> int:
    """The number a developer application has beside its client id."""
    return int(hashlib.sha256(client_id.encode()).hexdigest()[:7], 16)


def _flush(store: Store, row: Row) -> int:
    app = apps.find(store, row["client_id"])
    found = store.all("SELECT * FROM li_notifications WHERE organization = ? AND id > ? ORDER BY id", row["organization"], row["last_id"])
    if not found or app is None:
        return 0
    store.run(
        "UPDATE li_subscriptions SET last_id = ? WHERE client_id = ? AND member = ? AND organization = ?",
        found[-1]["id"],
        row["client_id"],
        row["member"],
        row["organization"],
    )
    if not members.holds(store, row["member"], row["organization"], (members.ADMINISTRATOR,)):
        return 0
    batches = [found[start : start + BATCH] for start in range(0, len(found), BATCH)]
    for batch in batches:
        _send(store, row, app.secret, batch)
    return len(batches)


def _send(store: Store, row: Row, secret: str, batch: list[Row]) -> None:
    trouble = faults.take(store, PATH, KINDS)
    kind = trouble.kind if trouble else ""
    told = [{**notices.shape(store, one), "subscriber": urns.person(row["member"])} for one in batch]
    if kind == "hook_reversed":
        told.reverse()
    body = json.dumps({"type": notices.TYPE, "notifications": told}, ensure_ascii=False, separators=(",", ":")).encode()
    value = signature("another secret" if kind == "hook_signature" else secret, body)
    # Whether the header's value carries the prefix too is stated differently; the control chooses.
    if store.setting("li_signature", "bare") == "prefixed":
        value = PREFIX.decode() + value
    headers = {"Content-Type": "application/json", "X-LI-Signature": value}
    parcel = courier.Parcel("linkedin", notices.TYPE, row["url"], body, headers, PATIENCE_S, (RETRY_S,))
    for _ in range({"hook_twice": 2, "hook_lost": 0}.get(kind, 1)):
        courier.post(store, parcel)
