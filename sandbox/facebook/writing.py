"""Writing on a page through Graph: posts, pictures, comments, likes, hiding, deleting."""

import json
from typing import Any

from .. import pictures
from ..store import Row
from . import content, settings, times
from .call import Body, Call
from .content import Author, Draft, Remark
from .problems import Problem, invalid

POST_LENGTH, COMMENT_LENGTH = 63_206, 8_000
SOON_MS, LATE_MS = 10 * 60_000, 75 * 86_400_000
# "The same content again quickly": no page says how quickly.
REPEAT_MS = 300_000
DONE: Body = {"success": True}


def publish(call: Call, page: Row) -> Body:
    """POST /{page}/feed."""
    message, link = call.text("message").strip(), call.text("link")
    if len(message) > POST_LENGTH:
        raise invalid(f"Param message must be at most {POST_LENGTH} characters long")
    if link and not link.startswith(("http://", "https://")):
        raise invalid("Param link must be a valid URL")
    photos = _attached(call, page)
    if not (message or link or photos):
        raise invalid("A message, a link or attached media is required")
    now = call.store.now_ms()
    if not photos and _repeated(call, page, message, link, now):
        raise Problem("duplicate")
    kind = "added_photos" if photos else "shared_story" if link else "mobile_status_update"
    draft = Draft(page["id"], Author(page=page["id"]), message, link, kind, photos, _shows(call, now))
    return {"id": content.post_id(content.publish(call.store, draft))}


def photo(call: Call, page: Row) -> Body:
    """POST /{page}/photos: by address or as a file; unpublished it waits for a post."""
    url, source = call.text("url"), call.values.get("source")
    size = len(source) if isinstance(source, bytes) else 0
    if not url and not size:
        raise invalid("(#324) Requires upload file")
    if url and not url.startswith(("http://", "https://")):
        raise invalid("Param url must be a valid URL")
    published = call.flag("published", True)
    number = settings.number(call.store, "photo")
    call.store.run("INSERT INTO fb_photos VALUES (?, ?, ?, ?)", number, page["id"], url, size)
    if not published:
        return {"id": str(number)}
    message = call.text("message") or call.text("caption")
    draft = Draft(page["id"], Author(page=page["id"]), message, kind="added_photos", photos=(number,))
    return {"id": str(number), "post_id": content.post_id(content.publish(call.store, draft))}


def comment(call: Call, kind: str, row: Row) -> Body:
    """POST /{post or comment}/comments."""
    page = _page(call)
    message, attachment = call.text("message").strip(), call.text("attachment_url") or call.text("attachment_id")
    if not (message or attachment):
        raise invalid("Param message must be non-empty")
    if len(message) > COMMENT_LENGTH:
        raise invalid(f"Param message must be at most {COMMENT_LENGTH} characters long")
    post = content.post(call.store, row["post"]) if kind == "comment" else row
    assert post is not None  # noqa: S101
    told = _attachment(call) if attachment else ""
    draft = Remark(post, Author(page=page["id"]), message, row if kind == "comment" else None, told)
    return {"id": content.comment_id(content.remark(call.store, draft))}


def update(call: Call, kind: str, row: Row) -> Body:
    """POST /{post or comment}: with is_hidden it hides, with message it EDITS what is ours; it never answers."""
    page = _page(call)
    ours = row["page"] == page["id"]
    wanted, message, hidden = {"message", "is_hidden"} & set(call.values), call.text("message").strip(), call.flag("is_hidden", False)
    if not wanted:
        raise invalid("Nothing to change: is_hidden or message is needed")
    if ("message" in wanted and not ours) or ("is_hidden" in wanted and ours and kind == "comment"):
        raise Problem("permission_object")
    if "message" in wanted:
        if not message or len(message) > (COMMENT_LENGTH if kind == "comment" else POST_LENGTH):
            raise invalid("Param message must be non-empty and not too long")
        content.edit(call.store, row, message)
    if "is_hidden" in wanted:
        content.hide(call.store, row, hidden)
    return DONE


def delete(call: Call, kind: str, row: Row) -> Body:
    """DELETE /{post or comment}: our own posts, and any comment on what is ours."""
    page = _page(call)
    if kind == "post" and row["owner"] != page["id"]:
        raise Problem("permission_object")
    content.delete(call.store, row)
    return DONE


def like(call: Call, kind: str, row: Row) -> Body:
    """POST /{post or comment}/likes, as the page; not on what somebody wrote on their own profile."""
    page = _page(call)
    if kind == "post" and row["owner"] != page["id"]:
        raise Problem("permission_object")
    content.react(call.store, row, Author(page=page["id"]))
    return DONE


def unlike(call: Call, kind: str, row: Row) -> Body:
    """DELETE /{post or comment}/likes."""
    content.unreact(call.store, row, Author(page=_page(call)["id"]))
    return DONE


def _page(call: Call) -> Row:
    assert call.page is not None  # noqa: S101 (the table of endpoints lets only page tokens through)
    return call.page


def _repeated(call: Call, page: Row, message: str, link: str, now: int) -> bool:
    same = """SELECT 1 FROM fb_posts WHERE owner = ? AND page = owner AND message = ? AND link = ? AND photos = '[]'
        AND deleted_ms IS NULL AND created_ms > ?"""
    return call.store.one(same, page["id"], message, link, now - REPEAT_MS) is not None


def _attached(call: Call, page: Row) -> tuple[int, ...]:
    value: Any = call.thing("attached_media") if "attached_media" in call.values else []
    if not isinstance(value, list):
        raise invalid("Param attached_media must be an array")
    numbers: list[int] = []
    for one in value:
        number = str(one.get("media_fbid", "")) if isinstance(one, dict) else ""
        known = call.store.one("SELECT id FROM fb_photos WHERE id = ? AND page = ?", int(number) if number.isdigit() else 0, page["id"])
        if known is None:
            raise invalid("Param attached_media[0] must name a photo of this page")
        numbers.append(known["id"])
    return tuple(numbers)


def _shows(call: Call, now: int) -> int | None:
    """When the post appears: now, at a moment from ten minutes to 75 days ahead, or not at all."""
    if call.flag("published", True):
        if "scheduled_publish_time" in call.values:
            raise invalid("You cannot specify a scheduled publish time on a published post")
        return None
    if "scheduled_publish_time" not in call.values:
        return times.NEVER
    moment = times.read(call.text("scheduled_publish_time"), "scheduled_publish_time")
    if not now + SOON_MS <= moment <= now + LATE_MS:
        raise invalid("The specified scheduled publish time is invalid")
    return moment


def _attachment(call: Call) -> str:
    url = call.text("attachment_url")
    ends = call.store.now_ms() // 1000 + 30 * 86_400
    src = url or pictures.address(call.base, "facebook", f"photo{call.text('attachment_id')}", pictures.LARGEST, ends)
    return json.dumps({"type": "photo", "media": {"image": {"src": src}}, "url": src})
