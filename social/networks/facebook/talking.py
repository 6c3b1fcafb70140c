"""Messenger: what people write to a page, and what the page may answer (Conversations API, Send API)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.dateparse import parse_datetime

from core import clock
from core.remote.errors import Gone, Limited, Outside, OverBudget
from core.remote.wires import Wire

from ..items import Message, Messages, Page, Person
from . import shapes
from .asking import named
from .reading import Reading, filled

# Threads and messages of a page. The details are given of the twenty newest messages of a thread only.
THREADS, PAGE = 100, 20
# So many threads one turn of reading looks into.
LOOKED_INTO = 10
WINDOW, AGENTS_WINDOW = timedelta(hours=24), timedelta(days=7)


class Talking(Reading):
    """What of Facebook is about private messages."""

    def read(self, wire: Wire, kind: str, subject: str, argument: str, *, since: str, token: str) -> Page:
        if kind == "messages":
            return self.new_messages(wire, since=since, token=token)
        return super().read(wire, kind, subject, argument, since=since, token=token)

    @property
    def window(self) -> timedelta:
        """How long after the person's last message a page may write."""
        return AGENTS_WINDOW if "human_agent" in self.held else WINDOW

    def person(self, wire: Wire, psid: str) -> Person:
        """Name and picture of somebody who wrote to the page. Raises Gone for everybody else."""
        return shapes.writer(wire.get("psid", f"/{psid}", {"fields": "id,name,profile_pic"}))

    def new_messages(self, wire: Wire, *, since: str = "", token: str = "") -> Page:
        """What was written since: first which threads changed, then those alone, the longest unread first. What stood in them before
        is not given again.

        A turn asks for one list of threads and looks into some of it; a round goes from the newest list down to `since`, and only then
        the cursor moves. It is the newest change of the first list; where a round goes on is the change it came to, and the list it
        stands in. Of the time before us (no `since`) only the threads that changed last are read. Where the allowance ends on the
        way, what was read until then is a page.
        """
        us = wire.connection.chain.outside_id
        reached, below = _place(token)
        params = {"platform": "MESSENGER", "fields": shapes.THREAD_FIELDS, "limit": THREADS, "after": below}
        body = wire.get("conversations", f"/{us}/conversations", filled(params))
        rows = shapes.rows(body)
        newest = shapes.newest(rows, "updated_time")
        after = shapes.moment(int(since)) if since else None
        listed = sorted(((_change(one), one) for one in rows), key=lambda one: one[0])
        further = shapes.after(body) if since and all(one[0][0] >= int(since) for one in listed) else ""
        changed = [one for one in listed if one[0][0] >= int(since or 0)][0 if since else -LOOKED_INTO :]
        changed = [one for one in changed if one[0] > reached]
        found: list[Message] = []
        done = ""
        for change, thread in changed[:LOOKED_INTO]:
            try:
                found += [one for one in self._thread(wire, thread, us).messages if after is None or one.at >= after]
            except Gone:
                pass  # deleted since we asked which changed
            except (Limited, OverBudget):
                if not done:
                    raise
                return Page((), done, newest, messages=tuple(found))
            done = "{}:{}:{}".format(*change, below)
        if len(changed) <= LOOKED_INTO:
            done = f"0::{further}" if further else ""
        return Page((), done, newest, messages=tuple(found))

    def _thread(self, wire: Wire, thread: dict[str, Any], us: str, token: str = "") -> Messages:
        person = shapes.other_of(thread, us)
        if person is None:
            return Messages()
        number = str(thread["id"])
        params = filled({"fields": shapes.MESSAGE_FIELDS, "limit": PAGE, "after": token})
        return shapes.messages(wire.get("messages", f"/{number}/messages", params), number, person, us)

    def conversation(self, wire: Wire, person: str, *, token: str = "") -> Messages:
        """One page of the messages with one person, newest first; none where they never wrote."""
        us = wire.connection.chain.outside_id
        params = {"platform": "MESSENGER", "user_id": person, "fields": shapes.THREAD_FIELDS}
        threads = shapes.rows(wire.get("conversations", f"/{us}/conversations", params))
        return self._thread(wire, threads[0], us, token) if threads else Messages()

    def message(self, wire: Wire, target: Mapping[str, Any], text: str) -> str:
        """Write to somebody; `heard_at` in the target is when they last wrote: whether it may go out is known before it is tried."""
        return self.write(wire, str(target["person"]), text, heard_at=parse_datetime(str(target.get("heard_at") or "")))

    def private_reply(self, wire: Wire, target: Mapping[str, Any], text: str) -> str:
        """A private answer to a comment, or to a post of a visitor: once for each, within seven days."""
        comment = str(target.get("comment") or "")
        recipient = {"comment_id": comment} if comment else {"post_id": str(target.get("post") or "")}
        return self._sent(wire, {"recipient": recipient, "messaging_type": "RESPONSE", "message": {"text": text}})

    def write(self, wire: Wire, person: str, text: str, *, heard_at: datetime | None = None) -> str:
        """Write to somebody who wrote to us; the id of the message. `heard_at`: when they last did. Raises Outside."""
        late = heard_at is not None and clock.now() >= heard_at + WINDOW
        if late and heard_at is not None and clock.now() >= heard_at + self.window:
            raise Outside(detail="before asking")
        kind = {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"} if late else {"messaging_type": "RESPONSE"}
        return self._sent(wire, {"recipient": {"id": person}, **kind, "message": {"text": text}})

    @staticmethod
    def _sent(wire: Wire, body: dict[str, Any]) -> str:
        return named(wire.post("messages.send", f"/{wire.connection.chain.outside_id}/messages", body), "message_id")


def _change(thread: dict[str, Any]) -> tuple[int, str]:
    return int(shapes.moment(thread.get("updated_time")).timestamp()), str(thread["id"])


def _place(token: str) -> tuple[tuple[int, str], str]:
    """The change a round came to, and the list it stands in."""
    when, thread, below = (*token.split(":", 2), "", "", "")[:3]
    return (int(when or 0), thread), below
