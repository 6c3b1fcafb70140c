"""X's private messages: those of the last 30 days that are not encrypted (x-api/direct-messages)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.remote.network import Network
from core.remote.wires import Wire

from ..items import Messages, Page, later
from . import shapes

# A page of all messages, of those that are looked through again and again, and of the history with one person.
PAGE, AT_A_TIME, HISTORY = 100, 20, 50


class Talking(Network):
    """What of X is about private messages. Conversations of several people are left out: they have no one to be shown with."""

    def messages(self, wire: Wire, *, token: str = "") -> Messages:
        """One page of all messages of the last 30 days, newest first; there is no cursor. Encrypted chats are not among them."""
        params = shapes.filled({**shapes.MESSAGE_FIELDS, "max_results": PAGE, "pagination_token": token})
        return shapes.messages_page(wire.get("dm.events", "/2/dm_events", params))

    def new_messages(self, wire: Wire, *, since: str = "", token: str = "") -> Page:
        """One page of all messages, newest first, for a round that goes back to the id `since`. Small pages: each message is
        charged once a day, and there is no asking for the newer ones alone."""
        params = shapes.filled({**shapes.MESSAGE_FIELDS, "max_results": AT_A_TIME, "pagination_token": token})
        body = wire.get("dm.events", "/2/dm_events", params)
        ids = [one for one in shapes.ids(shapes.as_dict(body).get("data") or []) if one]
        found = shapes.messages_page(body)
        reached = bool(since) and any(later(one, since) == since for one in ids)
        newest = max(ids, key=lambda one: (len(one), one), default="")
        return Page((), "" if reached else found.next_token, newest, messages=found.messages, gapless=True)

    def conversation(self, wire: Wire, person: str, *, token: str = "") -> Messages:
        """One page of the messages with one person, newest first."""
        params = shapes.filled({**shapes.MESSAGE_FIELDS, "max_results": HISTORY, "pagination_token": token})
        return shapes.messages_page(wire.get("dm.events_with", f"/2/dm_conversations/with/{person}/dm_events", params))

    def message(self, wire: Wire, target: Mapping[str, Any], text: str) -> str:
        """Write into a conversation there is, or to a person; the id of the message."""
        if target.get("conversation"):
            return self.write_in(wire, str(target["conversation"]), text)
        return self.write(wire, str(target["person"]), text)

    def write(self, wire: Wire, person: str, text: str) -> str:
        """Write to a person; the id of the message."""
        body = wire.post("dm.send", f"/2/dm_conversations/with/{person}/messages", {"text": text})
        return shapes.named(body, "dm_event_id")

    def write_in(self, wire: Wire, conversation: str, text: str) -> str:
        """Write into a conversation there is; the id of the message."""
        body = wire.post("dm.send_in", f"/2/dm_conversations/{conversation}/messages", {"text": text})
        return shapes.named(body, "dm_event_id")
