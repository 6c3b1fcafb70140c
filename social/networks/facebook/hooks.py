"""Facebook's webhooks: signed with the app's secret over the raw body, many events in one (Webhooks for Pages)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from core import clock
from core.exchange.hooks import News
from core.remote.http import parsed
from core.remote.network import Network
from core.remote.wires import AppWire, Wire

from .shapes import as_dict

HEADER = "X-Hub-Signature-256"
# What somebody takes back is told within seconds; a clock may be wrong by minutes.
OLDEST, AHEAD = timedelta(hours=1), timedelta(minutes=5)
# What we want to hear of a page; of its private messages, and of what it writes elsewhere, where that was granted.
FIELDS, TALK, TALK_SCOPE = "feed,mention,ratings", "messages,message_echoes", "pages_messaging"


def signature(secret: str, body: bytes) -> str:
    """What stands in the header of a body. Facebook writes signs beyond ASCII as escapes before it signs: the raw body counts."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def news(body: bytes) -> list[News]:
    """The events of a body, up to a thousand; none in what is none. They have no ids: the same words of Facebook are the same."""
    try:
        told = as_dict(parsed(body))
    except ValueError:
        return []
    return list(_changes(told)) if told.get("object") == "page" else []


def _changes(told: dict[str, Any]) -> Iterator[News]:
    for entry in map(as_dict, _listed(told.get("entry"))):
        page = str(entry.get("id") or "")
        for change in map(as_dict, _listed(entry.get("changes"))):
            value = as_dict(change.get("value"))
            kind = f"{change.get('field')}.{value.get('item')}.{value.get('verb')}"
            plain = json.dumps(value, sort_keys=True).encode()
            yield News(f"{page}:{kind[:60]}:{hashlib.sha256(plain).hexdigest()[:40]}", kind, page, value)
        for value in map(as_dict, _listed(entry.get("messaging"))):
            message = as_dict(value.get("message"))
            if mid := str(message.get("mid") or ""):
                verb = "gone" if message.get("is_deleted") is True else "said"
                yield News(f"{page}:{verb}:{mid}", f"messages.{verb}", page, value)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def signed_by(secret: str, request: str) -> str:
    """Whose a signed request is: signature and payload with a dot between, both in base64url, and the encoded payload is what is
    signed. Empty for one that is not Facebook's, or is older than an hour."""
    given, _dot, payload = request.partition(".")
    right = base64.urlsafe_b64encode(hmac.new(secret.encode(), payload.encode(), hashlib.sha256).digest()).rstrip(b"=")
    if not secret or not payload or not hmac.compare_digest(given.rstrip("=").encode(), right):
        return ""
    try:
        told = as_dict(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))))
    except ValueError:
        return ""
    person, at = told.get("user_id"), told.get("issued_at")
    if str(told.get("algorithm")).upper() != "HMAC-SHA256" or not isinstance(at, int) or not isinstance(person, str):
        return ""
    age = clock.now().timestamp() - at
    return person if person.isdigit() and -AHEAD.total_seconds() <= age <= OLDEST.total_seconds() else ""


class Listening(Network):
    """What of Facebook is about its webhooks."""

    def challenged(self, query: Mapping[str, str]) -> tuple[str, str] | None:
        right = query.get("hub.mode") == "subscribe" and hmac.compare_digest(
            query.get("hub.verify_token", "").encode(), self._word().encode()
        )
        return (query.get("hub.challenge", ""), "text/plain") if right and self.client_secret else None

    def signed(self, headers: Mapping[str, str], body: bytes) -> bool:
        secret = self.client_secret
        return bool(secret) and hmac.compare_digest(headers.get(HEADER, "").encode(), signature(secret, body).encode())

    def news(self, body: bytes) -> list[News]:
        return news(body)

    def withdrawn(self, form: Mapping[str, str]) -> str:
        return signed_by(self.client_secret, form.get("signed_request", ""))

    def _word(self) -> str:
        """What Facebook has to say back when it asks whether the address is ours: nobody without the app's secret knows it."""
        return hmac.new(self.client_secret.encode(), b"enishi: hub.verify_token", hashlib.sha256).hexdigest()

    def listen(self, url: str) -> str:
        """Set the app's address; Facebook challenges it at once. Raises a RemoteError."""
        form = {"object": "page", "callback_url": url, "fields": f"{FIELDS},{TALK}", "verify_token": self._word()}
        AppWire(self, feature="webhooks").call("POST", "app.subscription", f"/{self.client_id}/subscriptions", form=form)
        return ""

    def subscribe(self, wire: Wire, webhook: str) -> int:
        """Let Facebook tell what happens at a page. Doing it again changes nothing."""
        chain = wire.connection.chain
        fields = f"{FIELDS},{TALK}" if not chain.scopes or TALK_SCOPE in chain.scopes else FIELDS
        wire.post("subscribe", f"/{chain.outside_id}/subscribed_apps", form={"subscribed_fields": fields})
        return 1
