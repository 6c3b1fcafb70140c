"""X's webhooks: signed with the app's secret, events in the envelope of the X Activity API (x-api/activity/event-payloads)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping

from core.exchange.hooks import News
from core.remote.http import parsed
from core.remote.network import Network
from core.remote.wires import AppWire, Wire

from .shapes import as_dict

HEADER = "x-twitter-webhooks-signature"
# What we want to hear of an account of ours; that access was taken back is told of all accounts.
EVENTS = ("post.mention.create", "post.reply.create", "post.delete")
# The same of its private messages, where it granted to read them.
TALK, TALK_SCOPE = ("dm.received", "dm.sent"), "dm.read"
# A challenge is signed with the secret that signs events, so nothing that could be an event's body is taken for one.
_TOKEN = re.compile(r"[A-Za-z0-9_.+/=-]{1,256}")


def signature(secret: str, message: bytes) -> str:
    """sha256= and the base64 of the HMAC: of a raw body, or of a challenge."""
    return "sha256=" + base64.b64encode(hmac.new(secret.encode(), message, hashlib.sha256).digest()).decode()


def news(body: bytes) -> list[News]:
    """The event of a body; none in what is no envelope. Its uuid is text, and may be negative."""
    try:
        data = as_dict(as_dict(parsed(body)).get("data"))
    except ValueError:
        return []
    kind, payload = str(data.get("event_type") or ""), as_dict(data.get("payload"))
    subject = str(as_dict(data.get("filter")).get("user_id") or payload.get("user_id") or "")
    kept = {"payload": payload, "includes": as_dict(data.get("includes"))}
    return [News(str(data.get("event_uuid") or ""), kind, subject, kept)] if kind else []


class Listening(Network):
    """What of X is about its webhooks (x-api/webhooks, x-api/activity)."""

    def challenged(self, query: Mapping[str, str]) -> tuple[str, str] | None:
        token = query.get("crc_token", "")
        if not _TOKEN.fullmatch(token):
            return None
        return json.dumps({"response_token": signature(self.app_pair()[1], token.encode())}), "application/json"

    def signed(self, headers: Mapping[str, str], body: bytes) -> bool:
        secret = self.app_pair()[1]
        told = headers.get(HEADER, "")
        return bool(secret) and hmac.compare_digest(told.encode(), signature(secret, body).encode())

    def news(self, body: bytes) -> list[News]:
        return news(body)

    def listen(self, url: str) -> str:
        """Register our address, unless it is; the webhook's id. X challenges the address at once. Raises a RemoteError."""
        wire = AppWire(self, feature="webhooks")
        known = as_dict(wire.get("webhooks.list", "/2/webhooks")).get("data") or []
        found = next((one for one in map(as_dict, known) if one.get("url") == url), None)
        if found is None:
            said = as_dict(wire.post("webhooks.create", "/2/webhooks", {"url": url}))
            found = as_dict(said.get("data")) or said
        return str(found.get("id") or "")

    def subscribe(self, wire: Wire, webhook: str) -> int:
        """Let X tell what happens to an account, where it does not yet. Gives how many subscriptions are new."""
        us, app = wire.connection.chain.outside_id, AppWire(self, feature="webhooks")
        listed = as_dict(app.get("activity.list", "/2/activity/subscriptions", {"max_results": 1000})).get("data") or []
        known = {(one.get("event_type"), as_dict(one.get("filter")).get("user_id")) for one in map(as_dict, listed)}
        scopes = wire.connection.chain.scopes
        kinds = (*EVENTS, *TALK) if not scopes or TALK_SCOPE in scopes else EVENTS
        wanted = [kind for kind in kinds if (kind, us) not in known]
        for kind in wanted:
            wire.post(
                "activity.subscribe",
                "/2/activity/subscriptions",
                {"event_type": kind, "filter": {"user_id": us}, "tag": "enishi", "webhook_id": webhook},
            )
        if ("oauth.revoke", None) not in known:
            app.post("activity.subscribe", "/2/activity/subscriptions", {"event_type": "oauth.revoke", "filter": {}, "webhook_id": webhook})
        return len(wanted)
