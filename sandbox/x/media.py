"""Uploading pictures, in one go or in parts, and what the app used."""

import re
from collections.abc import Iterable
from email import policy
from email.parser import BytesParser

from .. import pictures
from ..store import Row, Store
from ..web import Request
from . import bodies
from .call import Body, Call
from .params import identifier, number
from .problems import forbidden, gone

CATEGORIES = ("tweet_image", "tweet_gif", "tweet_video", "dm_image", "dm_gif", "dm_video", "amplify_video", "subtitles")
LIFE_S = 86_400
LARGEST = 5_242_880
SIDE, FOR_EVER = 400, 4_102_444_800  # the addresses of X do not end


def start(call: Call) -> Body:
    """POST /2/media/upload/initialize."""
    body = bodies.read(call, ("media_type", "total_bytes", "media_category", "shared", "additional_owners"))
    size, category = body.get("total_bytes"), body.get("media_category", "tweet_image")
    if not isinstance(size, int) or isinstance(size, bool) or not 0 < size <= LARGEST:
        raise bodies.wrong("total_bytes", str(size), f"$.total_bytes: must be from 1 to {LARGEST}")
    if category not in CATEGORIES:
        raise bodies.wrong("media_category", str(category), f"$.media_category: does not have a value in {list(CATEGORIES)}")
    row = _made(call, category, size, 0, ready=False)
    return {"data": {"id": str(row["id"]), "media_key": f"13_{row['id']}", "expires_after_secs": LIFE_S}}


def append(call: Call) -> Body:
    """POST /2/media/upload/{id}/append."""
    row = _mine(call)
    form = _form(call.request)
    if not form.get("segment_index", b"").isdigit() or "media" not in form:
        raise bodies.wrong("media", "", "segment_index and media are required")
    call.store.run("UPDATE x_media SET got = got + ? WHERE id = ?", len(form["media"]), row["id"])
    return {"data": {"expires_at": row["expires_ms"] // 1000}}


def finish(call: Call) -> Body:
    """POST /2/media/upload/{id}/finalize."""
    row = _mine(call)
    if row["got"] != row["size"]:
        raise bodies.wrong("media_id", str(row["id"]), "Segments do not add up to the number of bytes that were announced.")
    call.store.run("UPDATE x_media SET ready = 1 WHERE id = ?", row["id"])
    return {"data": {"id": str(row["id"]), "media_key": f"13_{row['id']}", "size": row["size"], "expires_after_secs": LIFE_S}}


def whole(call: Call) -> Body:
    """POST /2/media/upload."""
    form = _form(call.request)
    category = form.get("media_category", b"tweet_image").decode("utf-8", "replace")
    if not form.get("media") or category not in CATEGORIES:
        raise bodies.wrong("media", "", "media: is missing but it is required")
    row = _made(call, category, len(form["media"]), len(form["media"]), ready=True)
    return {"data": {"id": str(row["id"]), "media_key": f"3_{row['id']}", "size": row["size"], "expires_after_secs": LIFE_S}}


def usage(call: Call) -> Body:
    """GET /2/usage/tweets: numbers come as text."""
    number(call.request.params, "days", 1, 90, 7)
    used = call.store.number("SELECT COUNT(*) FROM requests WHERE cost_usd > 0")
    return {"data": {"project_id": "1", "cap_reset_day": 3, "project_cap": "3000000", "project_usage": str(used)}}


def usable(call: Call, values: object) -> bool:
    """Whether these are pictures of the caller that are ready."""
    if not isinstance(values, list) or not 1 <= len(values) <= 4:
        return False
    return all(_found(call, int(value)) is not None for value in values if isinstance(value, str) and value.isdigit()) and all(
        isinstance(value, str) and value.isdigit() for value in values
    )


def attach(store: Store, post: int, pictures: Iterable[tuple[int, str]]) -> None:
    """Pictures, each with its words for who does not see it, belong to a post from now on."""
    for place, (key, alt) in enumerate(pictures):
        store.run("INSERT INTO x_attached VALUES (?, ?, ?, ?)", post, place, key, alt)


def keys(store: Store, post: int) -> list[str]:
    """The pictures of a post as X names them."""
    return [f"3_{row['media']}" for row in store.all("SELECT media FROM x_attached WHERE post = ? ORDER BY place", post)]


def shown(store: Store, posts: Iterable[int], fields: frozenset[str]) -> list[Body]:
    """The pictures of some posts: key and type always, the rest when asked for."""
    made = []
    for post in posts:
        for row in store.all("SELECT * FROM x_attached WHERE post = ? ORDER BY place", post):
            more = {"url": pictures.address(store.base, "x", f"media{row['media']}", SIDE, FOR_EVER), "width": SIDE, "height": SIDE}
            more |= {"alt_text": row["alt"]} if row["alt"] else {}
            made.append({"media_key": f"3_{row['media']}", "type": "photo", **{name: more[name] for name in more if name in fields}})
    return made


def _found(call: Call, key: int) -> Row | None:
    sql = "SELECT * FROM x_media WHERE id = ? AND person = ? AND ready = 1 AND expires_ms > ?"
    return call.store.one(sql, key, call.viewer, call.store.now_ms())


def _made(call: Call, category: str, size: int, got: int, *, ready: bool) -> Row:
    now = call.store.now_ms()
    key = call.store.new_id(now)
    sql = "INSERT INTO x_media VALUES (?, ?, ?, ?, ?, ?, ?)"
    call.store.run(sql, key, call.viewer, category, size, got, ready, now + LIFE_S * 1000)
    row = call.store.one("SELECT * FROM x_media WHERE id = ?", key)
    assert row is not None  # noqa: S101
    return row


def _mine(call: Call) -> Row:
    row = call.store.one("SELECT * FROM x_media WHERE id = ?", identifier(call.values["id"], "id"))
    if row is None or row["expires_ms"] <= call.store.now_ms():
        raise gone("media", "id", call.values["id"])
    if row["person"] != call.viewer:
        raise forbidden()
    return row


def _form(request: Request) -> dict[str, bytes]:
    """The parts of a multipart form by name."""
    kind = request.headers.get("content-type", "")
    if not re.match(r"multipart/form-data\s*;", kind, re.IGNORECASE):
        raise bodies.wrong("content-type", kind, "The request's content type must be multipart/form-data")
    message = BytesParser(policy=policy.HTTP).parsebytes(b"Content-Type: " + kind.encode("latin-1") + b"\r\n\r\n" + request.body)
    parts = message.iter_parts() if message.is_multipart() else ()
    return {str(part.get_param("name", header="content-disposition")): part.get_payload(decode=True) or b"" for part in parts}
