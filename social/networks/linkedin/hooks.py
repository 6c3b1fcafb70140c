"""LinkedIn's webhooks: an address that is challenged every two hours, bodies signed over their raw bytes, up to ten events each."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.exchange.hooks import News
from core.remote.errors import Rejected
from core.remote.http import parsed
from core.remote.network import Network
from core.remote.wires import Wire

from .restli import record, versioned
from .shapes import as_dict

HEADER, PREFIX = "X-LI-Signature", "hmacsha256="
TYPE = "ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS"
# What is signed in a challenge is a UUID, so nothing that could be an event's body is taken for one.
_CODE = re.compile(r"[0-9a-fA-F-]{36}")

NUMBER = _("Enter the number of the app at LinkedIn as app key first; it stands in the address of the app's page there.")


def signature(secret: str, message: bytes) -> str:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def news(body: bytes) -> list[News]:
    """The events of a body; none in what is none."""
    try:
        told = as_dict(parsed(body))
    except ValueError:
        return []
    found = told.get("notifications")
    if told.get("type") != TYPE or not isinstance(found, list):
        return []
    return [_event(as_dict(one)) for one in found if as_dict(one).get("notificationId")]


def _event(one: dict[str, Any]) -> News:
    return News(str(one["notificationId"]), str(one.get("action") or ""), str(one.get("organizationalEntity") or ""), one)


class Listening(Network):
    """What of LinkedIn is about its webhooks."""

    def challenged(self, query: Mapping[str, str]) -> tuple[str, str] | None:
        code = query.get("challengeCode", "")
        if not _CODE.fullmatch(code) or not self.client_secret:
            return None
        told = {"challengeCode": code, "challengeResponse": signature(self.client_secret, code.encode())}
        return json.dumps(told), "application/json"

    def signed(self, headers: Mapping[str, str], body: bytes) -> bool:
        """With the prefix in the header's value and without: public pages tell both."""
        secret, told = self.client_secret, headers.get(HEADER, "").removeprefix(PREFIX)
        return bool(secret) and hmac.compare_digest(told.encode(), signature(secret, PREFIX.encode() + body).encode())

    def news(self, body: bytes) -> list[News]:
        return news(body)

    def listen(self, url: str) -> str:
        """There is one subscription for each page; each names the address."""
        if not self.app_pair()[0].isdigit():
            raise Rejected(NUMBER, "no application number")
        return url

    def subscribe(self, wire: Wire, webhook: str) -> int:
        """Let LinkedIn tell what happens on a page. It challenges the address first; doing it again changes nothing."""
        chain = wire.connection.chain
        key = record(
            {
                "developerApplication": f"urn:li:developerApplication:{self.app_pair()[0]}",
                "user": chain.granted_by,
                "entity": chain.outside_id,
                "eventType": TYPE,
            }
        )
        wire.put("subscribe", f"/rest/eventSubscriptions/{key}", {"webhook": webhook}, headers=versioned())
        return 1
