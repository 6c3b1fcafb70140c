"""Messages, invitations and the posts of one's network: for contract partners, or in the days before 2015."""

import json
import re
from typing import Any

from ..store import Row
from ..web import Answer, as_json
from . import feed, members, shapes, urns
from .call import Call, string
from .problems import missing_field, not_found, refused, too_long, wrong_field
from .publishing import created

INVITATION = "com.linkedin.invitations.InvitationMessage"
LONGEST_INVITATION = 300
HTML = re.compile(r"</?[a-zA-Z][^>]*>")
EMAIL = re.compile(r"urn:li:email:[^@\s]+@[^@\s]+")


def message(call: Call) -> Answer:
    """POST /v2/messages: to first-degree connections, or into a conversation."""
    body = call.body()
    text = string(body, "body")
    if not text.strip():
        raise missing_field("/body")
    if HTML.search(text):
        raise wrong_field("/body", "must not contain HTML")
    thread, recipients = body.get("thread"), body.get("recipients")
    if (thread is None) == (recipients is None):
        raise wrong_field("/recipients", "is needed without thread and forbidden with it")
    if thread is not None:
        thread, recipients = _conversation(call, thread)
    else:
        recipients = _recipients(call, recipients)
        thread = f"urn:li:messagingThread:{feed.new_id(call.store, call.store.now_ms())}"
    number = feed.new_id(call.store, call.store.now_ms())
    call.store.run(
        "INSERT INTO li_messages VALUES (?, ?, ?, ?, ?, ?, ?)",
        number,
        call.me,
        json.dumps(recipients),
        thread,
        str(body.get("subject") or ""),
        text,
        call.store.now_ms(),
    )
    return created(f"urn:li:message:{number}", None)


def invite(call: Call) -> Answer:
    """POST /v2/invitations."""
    body = call.body()
    invitee, text = string(body, "invitee"), _invitation(body.get("message"))
    member = urns.member_id(invitee)
    if member is None and not EMAIL.fullmatch(invitee):
        raise wrong_field("/invitee")
    if member is not None:
        row = members.by_id(call.store, member)
        if row is None or row["gone"]:
            raise not_found()
        if member == call.member or members.connected(call.store, call.member, member):
            raise refused("Inviter and invitee are connected already")
    if call.store.one("SELECT 1 FROM li_invitations WHERE inviter = ? AND invitee = ? AND state = 'PENDING'", call.me, invitee):
        raise refused("An invitation is pending already")
    number = feed.new_id(call.store, call.store.now_ms())
    call.store.run("INSERT INTO li_invitations VALUES (?, ?, ?, ?, ?, 'PENDING')", number, call.me, invitee, text, call.store.now_ms())
    return created(f"urn:li:invitation:{number}", None)


def network(call: Call) -> Answer:
    """GET /v2/activityFeeds?q=networkShares: no public page shows its elements; here they are posts."""
    call.fixed("q", "networkShares")
    start, count = call.span()
    rows = call.store.all(
        """SELECT li_posts.* FROM li_posts JOIN li_connections ON author = 'urn:li:person:' || other
        WHERE li_connections.member = ? AND deleted_ms IS NULL ORDER BY created_ms DESC, id DESC""",
        call.member,
    )
    seen = [row for row in rows if feed.visible(call.store, row, call.member)]
    part = [shapes.post(call.store, row) for row in seen[start : start + count]]
    return as_json(shapes.page(part, start, count, len(seen), call.address))


def _recipients(call: Call, given: Any) -> list[str]:
    if not isinstance(given, list) or not given or not all(isinstance(one, str) for one in given):
        raise wrong_field("/recipients")
    for one in given:
        row: Row | None = members.by_id(call.store, urns.member_id(one) or "")
        if row is None or row["gone"]:
            raise not_found()
        if not members.connected(call.store, call.member, row["id"]):
            raise refused("Recipients must be first-degree connections of the sender")
    return [str(one) for one in given]


def _conversation(call: Call, thread: Any) -> tuple[str, list[str]]:
    """The others of a conversation that the caller takes part in."""
    rows = call.store.all("SELECT sender, recipients FROM li_messages WHERE thread = ?", str(thread))
    everybody = {name for row in rows for name in (row["sender"], *json.loads(row["recipients"]))}
    if call.me not in everybody:
        raise not_found()
    return str(thread), sorted(everybody - {call.me})


def _invitation(message: Any) -> str:
    if message is None:
        return ""
    inside = message.get(INVITATION) if isinstance(message, dict) else None
    if not isinstance(inside, dict):
        raise wrong_field(f"/message/{INVITATION}")
    text = string(inside, "body", f"/message/{INVITATION}/body")
    if len(text) > LONGEST_INVITATION:
        raise too_long(f"/message/{INVITATION}/body")
    return text
