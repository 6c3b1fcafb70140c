"""Comments, reactions and counts."""

from typing import Any

from ..store import Row
from ..web import Answer, as_json
from . import feed, levels, limits, members, restli, shapes, urns
from .call import Call, string
from .problems import bad_path, bad_request, comments_closed, missing_field, not_found, too_long, wrong_field
from .publishing import created, usable

LONGEST = 1_250
REACTIONS = ("LIKE", "PRAISE", "EMPATHY", "INTEREST", "APPRECIATION", "ENTERTAINMENT")
MEMBER_WRITES, PAGE_WRITES = ("w_member_social_feed",), ("w_organization_social_feed",)
CREATE_FIELDS = frozenset(("actor", "object", "message", "parentComment", "content"))


def comments(call: Call) -> Answer:
    """GET /rest/socialActions/{urn}/comments: of a post, or the answers to a comment."""
    post, row = _target(call, call.urn())
    _need_reading(call, post)
    start, count = call.span()
    rows, total = feed.comments(call.store, post, row["id"] if row else None, start, count)
    return as_json(shapes.page([shapes.comment(call.store, post, one, call.me) for one in rows], start, count, total, call.address))


def comment(call: Call) -> Answer:
    """GET /rest/socialActions/{urn}/comments/{id}."""
    post, row = _comment(call)
    _need_reading(call, post)
    return as_json(shapes.comment(call.store, post, row, call.me))


def create(call: Call) -> Answer:
    """POST /rest/socialActions/{urn}/comments: a comment, or an answer to one."""
    body = call.body()
    for name in body:
        if name not in CREATE_FIELDS:
            raise wrong_field(f"/{name}", "unrecognized field found but not allowed")
    post, row = _target(call, call.urn())
    actor = call.actor(string(body, "actor"), MEMBER_WRITES, PAGE_WRITES)
    meant = _target(call, string(body, "object"))[0]
    if meant["id"] != post["id"]:
        raise wrong_field("/object")
    parent = _parent(call, post, row, body.get("parentComment"))
    text, content = _text(body), _content(call, body.get("content"), actor)
    if post["closed"]:
        raise comments_closed()
    limits.check_burst(call.store, actor)
    made = feed.comment(call.store, post, actor, text, parent["id"] if parent else None)
    if content:
        feed.attach(call.store, made, content)
    return created(str(made["id"]), shapes.comment(call.store, post, made, call.me))


def update(call: Call) -> Answer:
    """POST /rest/socialActions/{urn}/comments/{id}: other words for one's own comment."""
    post, row = _own_comment(call)
    patch = call.body().get("patch")
    message = patch.get("message") if isinstance(patch, dict) else None
    values = message.get("$set") if isinstance(message, dict) else None
    if not isinstance(values, dict):
        raise missing_field("/patch/message/$set")
    text = _limited(string(values, "text", "/patch/message/$set/text"))
    return as_json(shapes.comment(call.store, post, feed.edit_comment(call.store, post, row, text), call.me))


def delete(call: Call) -> Answer:
    """DELETE /rest/socialActions/{urn}/comments/{id}."""
    call.needed("actor")
    post, row = _own_comment(call)
    feed.delete_comment(call.store, post, row)
    return Answer(204)


def react(call: Call) -> Answer:
    """POST /rest/reactions."""
    actor = call.actor(call.needed("actor"), MEMBER_WRITES, PAGE_WRITES)
    body = call.body()
    root, kind = string(body, "root"), string(body, "reactionType")
    if kind not in REACTIONS:
        raise wrong_field("/reactionType")
    post, row = _target(call, root)
    made = feed.react(call.store, post, row, actor, kind)
    stamp = {"actor": actor, "time": made["created_ms"]}
    name = f"urn:li:reaction:({actor},{made['entity']})"
    return created(name, {"id": name, "reactionType": kind, "root": made["entity"], "created": stamp, "lastModified": stamp})


def unreact(call: Call) -> Answer:
    """DELETE /rest/reactions/(actor:…,entity:…)."""
    key = call.key("actor", "entity")
    actor = call.actor(key["actor"], MEMBER_WRITES, PAGE_WRITES)
    post, row = _target(call, key["entity"])
    if not feed.unreact(call.store, feed.entity_of(post, row), actor):
        raise not_found()
    return Answer(204)


def reactions(call: Call) -> Answer:
    """GET /rest/reactions/(entity:…)?q=entity."""
    call.fixed("q", "entity")
    post, row = _target(call, call.key("entity")["entity"])
    _need_reading(call, post)
    sort = (call.record("sort") or {"value": "REVERSE_CHRONOLOGICAL"}).get("value")
    if sort not in {"CHRONOLOGICAL", "REVERSE_CHRONOLOGICAL", "RELEVANCE"}:
        raise bad_request()
    start, count = call.span()
    way = "ASC" if sort == "CHRONOLOGICAL" else "DESC"
    rows = call.store.all(
        f"SELECT * FROM li_reactions WHERE entity = ? ORDER BY created_ms {way}, actor",  # noqa: S608 (two words of ours)
        feed.entity_of(post, row),
    )
    return as_json(shapes.page([shapes.reaction(one) for one in rows[start : start + count]], start, count, len(rows), call.address))


def metadata(call: Call) -> Answer:
    """GET /rest/socialMetadata/{urn}."""
    post, row = _target(call, call.urn())
    _need_reading(call, post)
    return as_json(shapes.metadata(call.store, feed.entity_of(post, row), post, row))


def _target(call: Call, urn: str) -> tuple[Row, Row | None]:
    """The post, or the comment with its post, that a URN names; both must be there for the caller."""
    kind, _ = urns.split(urn)
    if kind == "comment":
        found = feed.comment_by_urn(call.store, urn)
        post, row = found if found else (None, None)
    elif kind in urns.POSTS:
        post, row = feed.by_urn(call.store, urn), None
    else:
        raise bad_request()
    if post is None or not feed.visible(call.store, post, call.member):
        raise not_found()
    return post, row


def _comment(call: Call) -> tuple[Row, Row]:
    """The comment of a path, below its post or below the comment it answers."""
    post, above = _target(call, call.urn())
    try:
        number = restli.scalar(call.path["id"])
    except restli.Malformed:
        raise bad_path() from None
    if not urns.NUMBER.fullmatch(number):
        raise bad_path()
    row = feed.comment_by_id(call.store, int(number))
    if row is None or row["deleted_ms"] is not None or row["post"] != post["id"] or (above and row["parent"] != above["id"]):
        raise not_found()
    return post, row


def _own_comment(call: Call) -> tuple[Row, Row]:
    """A comment of the actor that the query names; without one, of the member."""
    actor = call.actor(call.text("actor") or call.me, MEMBER_WRITES, PAGE_WRITES)
    post, row = _comment(call)
    if row["actor"] != actor:
        raise call.refuse()
    return post, row


def _parent(call: Call, post: Row, row: Row | None, name: Any) -> Row | None:
    """The comment that is answered; answers have one level only."""
    if name is not None:
        found = feed.comment_by_urn(call.store, name) if isinstance(name, str) else None
        if found is None or found[0]["id"] != post["id"] or (row is not None and row["id"] != found[1]["id"]):
            raise wrong_field("/parentComment")
        row = found[1]
    if row is not None and row["parent"] is not None:
        raise wrong_field("/parentComment", "is an answer itself")
    return row


def _content(call: Call, content: Any, actor: str) -> list[dict[str, Any]]:
    """Pictures under a comment: [{"entity": {"image": urn}}], uploaded by who comments."""
    if content is None:
        return []
    if not isinstance(content, list):
        raise wrong_field("/content")
    for one in content:
        entity = one.get("entity") if isinstance(one, dict) else None
        usable(call, entity.get("image") if isinstance(entity, dict) else None, actor, "/content/entity/image")
    return content


def _text(body: dict[str, Any]) -> str:
    message = body.get("message")
    if message is None:
        raise missing_field("/message")
    if not isinstance(message, dict):
        raise wrong_field("/message")
    return _limited(string(message, "text", "/message/text"))


def _limited(text: str) -> str:
    if not text.strip():
        raise missing_field("/message/text")
    if len(text) > LONGEST:
        raise too_long("/message/text")
    return text


def _need_reading(call: Call, post: Row) -> None:
    """Content of our own page's posts only; of members by contract."""
    number = urns.organization_id(post["author"])
    if number is not None and members.holds(call.store, call.member, number):
        call.need("r_organization_social_feed")
    elif levels.reaches(call.level, levels.PARTNER):
        call.need("r_member_social_feed")
    else:
        raise call.refuse()
