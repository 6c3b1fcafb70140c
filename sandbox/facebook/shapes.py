"""Things as Graph shows them: the fields that were asked for, each made on demand."""

import json
from collections.abc import Callable
from typing import Any

from .. import pictures
from ..store import Row
from . import content, events, people, talk, tokens
from .call import Call
from .content import Author
from .fields import Field
from .times import NEVER, written

Value = Any
Maker = Callable[[Call, Row, Field], Value]
# What a maker gives when the field is not there at all (Graph leaves it out rather than telling null).
ABSENT = object()
PICTURE_LIFE_S = 30 * 86_400
SIZES = {"small": 50, "normal": 100, "square": 50, "large": 200}


def picture(call: Call, kind: str, number: object, args: dict[str, str], *, hidden: bool = False) -> dict[str, Any]:
    """The picture of somebody, at an address that ends; without the right to see it, a silhouette."""
    wanted = args.get("width") or args.get("height") or ""
    size = int(wanted) if wanted.isdigit() else SIZES.get(args.get("type", "square"), 50)
    size = min(max(size, 1), pictures.LARGEST)
    ends = call.store.now_ms() // 1000 + PICTURE_LIFE_S
    seed = "silhouette" if hidden else f"{kind}{number}"
    url = pictures.address(call.base, "facebook", seed, size, ends)
    return {"url": url, "is_silhouette": hidden, "width": size, "height": size}


def author(call: Call, row: Row) -> Value:
    """`from`: missing where this caller may not know who it was."""
    if row["page"] is not None:
        page = people.page(call.store, row["page"])
        return {"name": page["name"] if page else "", "id": str(row["page"])}
    person = people.person(call.store, row["person"])
    if person is None or call.from_outside or call.page is None:
        return ABSENT
    return {"name": person["name"], "id": people.in_feed(call.store, call.page, row["person"])}


def _post_of(call: Call, row: Row) -> Row:
    post = content.post(call.store, row["post"])
    assert post is not None  # noqa: S101
    return post


def _photo(call: Call, number: int) -> str:
    row = call.store.one("SELECT url FROM fb_photos WHERE id = ?", number)
    ends = call.store.now_ms() // 1000 + PICTURE_LIFE_S
    own = pictures.address(call.base, "facebook", f"photo{number}", pictures.LARGEST, ends)
    return str(row["url"]) if row and row["url"] else own


def _attachments(call: Call, row: Row) -> Value:
    photos = json.loads(row["photos"])
    found: list[Value] = [{"type": "photo", "media": {"image": {"src": _photo(call, one)}}, "target": {"id": str(one)}} for one in photos]
    if len(found) > 1:
        # Several stand in one album, whose cover is the first.
        found = [{"type": "album", "media": found[0]["media"], "subattachments": {"data": found}}]
    if row["link"]:
        found.append({"type": "share", "url": row["link"], "title": row["link"]})
    return {"data": found} if found else ABSENT


def _first_photo(call: Call, row: Row) -> Value:
    photos = json.loads(row["photos"])
    return _photo(call, photos[0]) if photos else ABSENT


def _likes(call: Call, row: Row) -> int:
    return call.store.number("SELECT COUNT(*) FROM fb_reactions WHERE object = ? AND of_comment = 1", row["id"])


def _answers(call: Call, row: Row) -> int:
    return call.store.number("SELECT COUNT(*) FROM fb_comments WHERE parent = ? AND deleted_ms IS NULL", row["id"])


def _liked(call: Call, row: Row) -> bool:
    page = call.page["id"] if call.page else 0
    return content.reaction_of(call.store, row, Author(page=page)) is not None


def _by_others(call: Call, row: Row) -> bool:
    return call.page is not None and row["page"] != call.page["id"]


def _privately(call: Call, row: Row) -> bool:
    fresh = call.store.now_ms() - row["created_ms"] < talk.PRIVATE_REPLY_MS
    return row["person"] is not None and fresh and not row["answered_privately"] and not call.from_outside


def _parent(call: Call, row: Row) -> Value:
    parent = content.comment(call.store, row["parent"])
    if parent is None:
        return ABSENT
    told = {"id": content.comment_id(parent), "message": parent["message"], "created_time": written(parent["created_ms"])}
    by = author(call, parent)
    return told if by is ABSENT else told | {"from": by}


def _participant(call: Call, row: Row, by_page: bool) -> dict[str, str]:
    assert call.page is not None  # noqa: S101
    if by_page:
        number, name = str(call.page["id"]), call.page["name"]
    else:
        person = people.person(call.store, row["person"])
        number, name = people.psid(call.page, row["person"]), person["name"] if person else ""
    return {"name": name, "email": f"{number}@facebook.com", "id": number}


def _thread_of(call: Call, row: Row) -> Row:
    thread = talk.by_id(call.store, row["thread"])
    assert thread is not None  # noqa: S101
    return thread


def _newest(call: Call, row: Row) -> Value:
    last = call.store.one("SELECT text FROM fb_messages WHERE thread = ? ORDER BY created_ms DESC, id DESC LIMIT 1", row["id"])
    return last["text"][:100] if last and last["text"] else ABSENT


def _can_answer(call: Call, row: Row) -> bool:
    person = people.person(call.store, row["person"])
    open_until = (row["wrote_ms"] or 0) + talk.AGENT_WINDOW_MS
    return person is not None and not person["unavailable"] and call.store.now_ms() < open_until


def _message_attachments(call: Call, row: Row) -> Value:
    found = json.loads(row["attachments"])
    return {"data": [{"id": f"{row['id']}{place}", **one} for place, one in enumerate(found)]} if found else ABSENT


POST: dict[str, Maker] = {
    "id": lambda call, row, wish: content.post_id(row),
    "message": lambda call, row, wish: row["message"] or ABSENT,
    "story": lambda call, row, wish: ABSENT,
    "from": lambda call, row, wish: author(call, row),
    "created_time": lambda call, row, wish: written(row["created_ms"]),
    "updated_time": lambda call, row, wish: written(row["updated_ms"]),
    "tagged_time": lambda call, row, wish: written(row["created_ms"]) if row["tagged"] else ABSENT,
    "permalink_url": lambda call, row, wish: events.permalink(call.store, row),
    "is_hidden": lambda call, row, wish: bool(row["hidden"]),
    "is_published": lambda call, row, wish: row["shows_ms"] is None or row["shows_ms"] <= call.store.now_ms(),
    "scheduled_publish_time": lambda call, row, wish: row["shows_ms"] // 1000 if row["shows_ms"] and row["shows_ms"] < NEVER else ABSENT,
    "status_type": lambda call, row, wish: row["kind"] if row["kind"] not in {content.REVIEW, content.TAG} else ABSENT,
    "full_picture": lambda call, row, wish: _first_photo(call, row),
    "attachments": lambda call, row, wish: _attachments(call, row),
    "shares": lambda call, row, wish: {"count": row["shares"]} if row["shares"] else ABSENT,
    "can_reply_privately": lambda call, row, wish: _privately(call, row),
}
COMMENT: dict[str, Maker] = {
    "id": lambda call, row, wish: content.comment_id(row),
    "message": lambda call, row, wish: row["message"],
    "from": lambda call, row, wish: author(call, row),
    "created_time": lambda call, row, wish: written(row["created_ms"]),
    "like_count": lambda call, row, wish: _likes(call, row),
    "comment_count": lambda call, row, wish: _answers(call, row),
    "user_likes": lambda call, row, wish: _liked(call, row),
    "can_comment": lambda call, row, wish: not call.from_outside,
    "can_like": lambda call, row, wish: not call.from_outside,
    "can_hide": lambda call, row, wish: _by_others(call, row),
    "can_remove": lambda call, row, wish: call.page is not None,
    "can_reply_privately": lambda call, row, wish: _privately(call, row),
    "is_hidden": lambda call, row, wish: bool(row["hidden"]),
    "is_private": lambda call, row, wish: False,
    "permalink_url": lambda call, row, wish: events.permalink(call.store, _post_of(call, row), row["id"]),
    "object": lambda call, row, wish: {"id": content.post_id(_post_of(call, row))},
    "parent": lambda call, row, wish: _parent(call, row),
    "attachment": lambda call, row, wish: json.loads(row["attachment"]) if row["attachment"] else ABSENT,
}
PAGE: dict[str, Maker] = {
    "id": lambda call, row, wish: str(row["id"]),
    "name": lambda call, row, wish: row["name"],
    "username": lambda call, row, wish: row["username"],
    "category": lambda call, row, wish: row["category"],
    "category_list": lambda call, row, wish: [{"id": "2500", "name": row["category"]}],
    "about": lambda call, row, wish: row["about"] or ABSENT,
    "link": lambda call, row, wish: f"{call.base}/facebook/{row['username']}",
    "fan_count": lambda call, row, wish: row["fans"],
    "followers_count": lambda call, row, wish: row["followers"],
    "picture": lambda call, row, wish: {"data": picture(call, "page", row["id"], wish.args)},
    "verification_status": lambda call, row, wish: "not_verified",
    "location": lambda call, row, wish: {"city": row["city"], "country": "Japan"},
    "access_token": lambda call, row, wish: _page_token(call, row),
    "tasks": lambda call, row, wish: list(people.tasks(call.store, row["id"], call.person)) or ABSENT,
}
USER: dict[str, Maker] = {
    "id": lambda call, row, wish: people.app_scoped(call.store, call.app.id, row["id"]),
    "name": lambda call, row, wish: row["name"],
    "first_name": lambda call, row, wish: row["first_name"],
    "last_name": lambda call, row, wish: row["last_name"],
    "email": lambda call, row, wish: row["email"] if "email" in call.granted else ABSENT,
    "picture": lambda call, row, wish: {"data": picture(call, "person", row["id"], wish.args)},
}
PSID: dict[str, Maker] = {
    "id": lambda call, row, wish: people.psid(call.page, row["id"]) if call.page else ABSENT,
    "name": lambda call, row, wish: row["name"],
    "first_name": lambda call, row, wish: row["first_name"],
    "last_name": lambda call, row, wish: row["last_name"],
    "profile_pic": lambda call, row, wish: picture(call, "person", row["id"], {"width": "200"})["url"],
}
REACTION: dict[str, Maker] = {
    "id": lambda call, row, wish: author(call, row)["id"] if author(call, row) is not ABSENT else ABSENT,
    "name": lambda call, row, wish: author(call, row)["name"] if author(call, row) is not ABSENT else ABSENT,
    "type": lambda call, row, wish: row["type"],
}
RATING: dict[str, Maker] = {
    "created_time": lambda call, row, wish: written(row["created_ms"]),
    "reviewer": lambda call, row, wish: _reviewer(call, row),
    "recommendation_type": lambda call, row, wish: "positive" if row["positive"] else "negative",
    "review_text": lambda call, row, wish: row["text"] or ABSENT,
    "has_rating": lambda call, row, wish: False,
    "has_review": lambda call, row, wish: bool(row["text"]),
    "open_graph_story": lambda call, row, wish: _story(call, row),
}
THREAD: dict[str, Maker] = {
    "id": lambda call, row, wish: f"t_{row['id']}",
    "link": lambda call, row, wish: f"/{row['page']}/inbox/{row['id']}/",
    "updated_time": lambda call, row, wish: written(row["updated_ms"]),
    "message_count": lambda call, row, wish: call.store.number("SELECT COUNT(*) FROM fb_messages WHERE thread = ?", row["id"]),
    "unread_count": lambda call, row, wish: row["unread"],
    "can_reply": lambda call, row, wish: _can_answer(call, row),
    "snippet": lambda call, row, wish: _newest(call, row),
    "participants": lambda call, row, wish: {"data": [_participant(call, row, False), _participant(call, row, True)]},
    "senders": lambda call, row, wish: {"data": [_participant(call, row, False), _participant(call, row, True)]},
}
MESSAGE: dict[str, Maker] = {
    "id": lambda call, row, wish: row["mid"],
    "created_time": lambda call, row, wish: written(row["created_ms"]),
    "from": lambda call, row, wish: _participant(call, _thread_of(call, row), bool(row["by_page"])),
    "to": lambda call, row, wish: {"data": [_participant(call, _thread_of(call, row), not row["by_page"])]},
    "message": lambda call, row, wish: row["text"],
    "attachments": lambda call, row, wish: _message_attachments(call, row),
    "sticker": lambda call, row, wish: ABSENT,
    "reply_to": lambda call, row, wish: ABSENT,
    "tags": lambda call, row, wish: {"data": [{"name": "inbox"}]},
}
NODES = {
    "post": POST,
    "comment": COMMENT,
    "page": PAGE,
    "user": USER,
    "psid": PSID,
    "reaction": REACTION,
    "rating": RATING,
    "thread": THREAD,
    "message": MESSAGE,
}
# Fields that Graph knows and that hold nothing here: asking for them is no mistake.
EMPTY = {
    "post": "to parent_id message_tags story_tags actions place privacy properties icon picture is_popular is_expired event target",
    "comment": "message_tags private_reply_conversation live_broadcast_timestamp",
    "page": "emails phone website cover instagram_business_account connected_instagram_account business hours description "
    "overall_star_rating rating_count talking_about_count unread_message_count unread_notif_count new_like_count were_here_count",
    "user": "middle_name short_name name_format link gender locale timezone verified updated_time age_range birthday hometown location",
    "psid": "locale timezone gender",
    "rating": "rating",
    "thread": "subject former_participants is_subscribed scoped_thread_key name wallpaper",
    "message": "shares reactions is_unsupported story thread_id",
}
for _kind, _names in EMPTY.items():
    for _name in _names.split():
        NODES[_kind].setdefault(_name, lambda call, row, wish: ABSENT)
# What comes when nothing is asked for.
DEFAULTS = {
    "post": ("created_time", "message", "id"),
    "comment": ("created_time", "from", "message", "id"),
    "page": ("name", "id"),
    "user": ("name", "id"),
    "psid": ("first_name", "last_name", "profile_pic", "id"),
    "reaction": ("id", "name", "type"),
    "rating": ("created_time", "reviewer", "recommendation_type", "review_text"),
    "thread": ("id", "link", "updated_time"),
    "message": ("id", "created_time"),
}
NAMES = {
    "post": "Post",
    "comment": "Comment",
    "page": "Page",
    "user": "User",
    "psid": "User",
    "thread": "UnifiedThread",
    "message": "Message",
}


def _page_token(call: Call, row: Row) -> Value:
    """The page's token, told to a person with a role on it who let the app have it."""
    if call.token["kind"] == "page":
        return call.token["token"]
    allowed = call.person is not None and any(one["id"] == row["id"] for one in tokens.granted_pages(call.store, call.app.id, call.person))
    return tokens.page_token(call.store, call.token, row["id"])["token"] if allowed else ABSENT


def _reviewer(call: Call, row: Row) -> Value:
    person = people.person(call.store, row["person"])
    if person is None or call.page is None:
        return ABSENT
    return {"name": person["name"], "id": people.in_feed(call.store, call.page, row["person"])}


def _story(call: Call, row: Row) -> Value:
    story = content.post(call.store, row["story"])
    if story is None or story["deleted_ms"]:
        return ABSENT
    return {"id": content.post_id(story), "start_time": written(row["created_ms"]), "type": "og.recommends"}
