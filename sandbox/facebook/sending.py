"""The Send API: who may be written to, and until when."""

from typing import Any

from ..store import Row
from . import content, people, settings, talk
from .call import Body, Call
from .problems import Problem, invalid

LENGTH = 2_000
TYPES, TAG = ("RESPONSE", "UPDATE", "MESSAGE_TAG", "UTILITY"), "HUMAN_AGENT"
ACTIONS = ("typing_on", "typing_off", "mark_seen")
PER_SECOND, MEDIA_PER_SECOND = 300, 10


def send(call: Call, page: Row) -> Body:
    """POST /{page}/messages."""
    recipient = call.thing("recipient")
    if not isinstance(recipient, dict) or not set(recipient) & {"id", "comment_id", "post_id"}:
        raise invalid("The parameter recipient is required")
    if "sender_action" in call.values:
        return _act(call, page, recipient)
    text, attachments = _message(call)
    kind = call.text("messaging_type", "RESPONSE")
    if kind not in TYPES:
        raise invalid(f"Param messaging_type must be one of {{{', '.join(TYPES)}}}")
    _refuse_above(call, page, MEDIA_PER_SECOND if attachments else PER_SECOND)
    if "id" in recipient:
        person = _reader(call, page, str(recipient["id"]))
        _check_window(call, page, person, kind)
    else:
        person = _privately(call, page, recipient)
    row = talk.answer(call.store, page, person["id"], text, attachments, call.app.id)
    return {"recipient_id": people.psid(page, person["id"]), "message_id": row["mid"]}


def _message(call: Call) -> tuple[str, list[Any]]:
    message = call.thing("message")
    if not isinstance(message, dict):
        raise invalid("The parameter message is required")
    text, attachment = message.get("text", ""), message.get("attachment")
    if not isinstance(text, str) or (attachment is not None and not isinstance(attachment, dict)):
        raise invalid("Param message must be an object with text or attachment")
    if len(text) > LENGTH:
        raise invalid(f"Length of param message[text] must be less than or equal to {LENGTH}")
    if not text.strip() and not attachment:
        raise invalid("Param message[text] must be a non-empty UTF8-encoded string")
    return text, [attachment] if attachment else []


def _reader(call: Call, page: Row, psid: str) -> Row:
    """Somebody who was in touch with this page; nobody else can be written to."""
    person = people.of_psid(call.store, page, psid)
    if person is None or talk.thread(call.store, page["id"], person["id"]) is None:
        raise Problem("no_matching_user")
    if not call.sees(person["id"]):
        raise Problem("not_a_tester")
    if person["unavailable"]:
        raise Problem("person_unavailable")
    return person


def _check_window(call: Call, page: Row, person: Row, kind: str) -> None:
    """24 hours from their last message; a human agent has seven days, with the tag and the permission for it."""
    thread = talk.thread(call.store, page["id"], person["id"])
    wrote = thread["wrote_ms"] if thread else None
    since = call.store.now_ms() - wrote if wrote is not None else talk.AGENT_WINDOW_MS
    if kind == "MESSAGE_TAG":
        if call.text("tag") != TAG:
            raise invalid(f"Param tag must be one of {{{TAG}}}")
        if not settings.at_least(call.store, "human_agent"):
            raise Problem("human_agent")
        if since < talk.AGENT_WINDOW_MS:
            return
    elif kind != "UTILITY" and since < talk.WINDOW_MS:
        return
    raise Problem("window_closed")


def _privately(call: Call, page: Row, recipient: dict[str, Any]) -> Row:
    """A private reply to a comment or a visitor's post: once, within seven days."""
    by_comment = "comment_id" in recipient
    value = str(recipient["comment_id"] if by_comment else recipient["post_id"])
    number = value.rpartition("_")[2]
    number = number if number.isdigit() and len(number) <= 18 else "0"
    row = content.comment(call.store, int(number)) if by_comment else content.post(call.store, int(number))
    post = content.post(call.store, row["post"]) if row and by_comment else row
    if row is None or post is None or row["deleted_ms"] or post["deleted_ms"] or (post["tagged"] or post["owner"]) != page["id"]:
        raise Problem("object_missing", id=value, method="post")
    person = people.person(call.store, row["person"])
    if person is None or call.store.now_ms() - row["created_ms"] >= talk.PRIVATE_REPLY_MS:
        raise Problem("answer_too_late")
    if not call.sees(person["id"]):
        raise Problem("not_a_tester")
    if person["unavailable"]:
        raise Problem("person_unavailable")
    if row["answered_privately"]:
        raise Problem("answered_already")
    table = "fb_comments" if by_comment else "fb_posts"
    call.store.run(f"UPDATE {table} SET answered_privately = 1 WHERE id = ?", row["id"])  # noqa: S608 (one of two names)
    return person


def _act(call: Call, page: Row, recipient: dict[str, Any]) -> Body:
    action = call.text("sender_action")
    if action not in ACTIONS or "id" not in recipient:
        raise invalid(f"Param sender_action must be one of {{{', '.join(ACTIONS)}}}")
    person = _reader(call, page, str(recipient["id"]))
    if action == "mark_seen":
        call.store.run("UPDATE fb_threads SET unread = 0 WHERE page = ? AND person = ?", page["id"], person["id"])
    return {"recipient_id": people.psid(page, person["id"])}


def _refuse_above(call: Call, page: Row, most: int) -> None:
    """300 texts or 10 media a second for a page."""
    media = most == MEDIA_PER_SECOND
    sent = call.store.number(
        """SELECT COUNT(*) FROM fb_messages JOIN fb_threads ON fb_threads.id = thread
        WHERE fb_threads.page = ? AND by_page = 1 AND fb_messages.id > (SELECT MAX(id) FROM fb_messages) - 400
          AND fb_messages.created_ms > ? AND (attachments <> '[]') = ?""",
        page["id"],
        call.store.now_ms() - 1000,
        media,
    )
    if sent >= most:
        raise Problem("limit_custom")
