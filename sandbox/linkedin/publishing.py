"""Posts and pictures: publishing as a member or as a page, reading back, editing, deleting."""

import secrets
from typing import Any

from ..store import Row
from ..web import Answer, as_json
from . import feed, levels, little, members, openid, shapes, urns
from .call import Call, string
from .feed import Draft
from .problems import bad_request, duplicate, missing_field, not_found, refused, too_long, wrong_field

LONGEST = 3_000
VISIBILITIES = ("PUBLIC", "CONNECTIONS", "LOGGED_IN")
FIELDS = frozenset(
    (
        "author",
        "commentary",
        "visibility",
        "distribution",
        "lifecycleState",
        "isReshareDisabledByAuthor",
        "content",
        "reshareContext",
        "contentCallToActionLabel",
        "contentLandingPage",
        "adContext",
    )
)
UPLOAD = "/dms-uploads/"
UPLOAD_LIFE_MS = 3_600_000
SIGNATURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF87a": "image/gif", b"GIF89a": "image/gif"}


def created(urn: str, body: Any = None) -> Answer:
    """201 with the new id in the headers; the body is empty for the newer resources."""
    headers = [("x-restli-id", urn), ("x-linkedin-id", urn)]
    return Answer(201, b"", headers) if body is None else as_json(body, 201, headers)


def create(call: Call) -> Answer:
    """POST /rest/posts."""
    body = call.body()
    for name in body:
        if name not in FIELDS:
            raise wrong_field(f"/{name}", "unrecognized field found but not allowed")
    author = call.actor(string(body, "author"), ("w_member_social",), ("w_organization_social",))
    parent = _shared(call, body.get("reshareContext"))
    commentary = body.get("commentary", "") if parent is not None else string(body, "commentary")
    draft = Draft(
        author,
        _commentary(commentary, "/commentary"),
        visibility=_visibility(body),
        content=_content(call, body.get("content"), author),
        parent=parent["id"] if parent is not None else None,
        reshare_off=body.get("isReshareDisabledByAuthor") is True,
    )
    if not draft.commentary.strip() and parent is None and not draft.content:
        raise missing_field("/commentary")
    return created(urns.post(_published(call, draft)))


def create_legacy(call: Call) -> Answer:
    """POST /v2/ugcPosts, which the Share on LinkedIn page still shows."""
    body = call.body()
    author = call.actor(string(body, "author"), ("w_member_social",), ("w_organization_social",))
    share = _inside(_inside(body, "specificContent", ""), "com.linkedin.ugc.ShareContent", "/specificContent")
    text = _inside(share, "shareCommentary", "/specificContent/ShareContent").get("text")
    shown = _inside(body, "visibility", "").get("com.linkedin.ugc.MemberNetworkVisibility")
    if body.get("lifecycleState") != "PUBLISHED":
        raise wrong_field("/lifecycleState")
    if shown not in VISIBILITIES:
        raise wrong_field("/visibility")
    # The older form takes plain text; it is kept as little text like every other.
    commentary = little.escape(_commentary(text, "/specificContent/ShareContent/shareCommentary"))
    urn = urns.post(_published(call, Draft(author, commentary, kind="ugcPost", visibility=shown)))
    return created(urn, {"id": urn})


def by_author(call: Call) -> Answer:
    """GET /rest/posts?q=author."""
    call.fixed("q", "author")
    author = call.needed("author")
    _need_reading(call, author)
    start, count = call.span()
    order = "created_ms" if call.text("sortBy") and call.fixed("sortBy", "LAST_MODIFIED", "CREATED") == "CREATED" else "changed_ms"
    way = "ASC" if call.text("isDsc") and call.fixed("isDsc", "true", "false") == "false" else "DESC"
    rows = call.store.all(
        f"SELECT * FROM li_posts WHERE author = ? AND deleted_ms IS NULL ORDER BY {order} {way}, id {way}",  # noqa: S608 (four words of ours)
        author,
    )
    seen = [row for row in rows if feed.visible(call.store, row, call.member)]
    part = [shapes.post(call.store, row) for row in seen[start : start + count]]
    return as_json(shapes.page(part, start, count, len(seen), call.address))


def get(call: Call) -> Answer:
    """GET /rest/posts/{urn}."""
    if call.text("viewContext"):
        call.fixed("viewContext", "READER", "AUTHOR")
    return as_json(shapes.post(call.store, _readable(call, call.urn())))


def batch(call: Call) -> Answer:
    """GET /rest/posts?ids=List(…), not at the development tier."""
    wanted = call.listing("ids")
    results: dict[str, Any] = {}
    for urn in wanted:
        row = feed.by_urn(call.store, urn)
        if row is not None and feed.visible(call.store, row, call.member):
            _need_reading(call, row["author"])
            results[urn] = shapes.post(call.store, row)
    lost = {urn: {"status": 404, "message": "Could not find entity"} for urn in wanted if urn not in results}
    return as_json({"results": results, "statuses": dict.fromkeys(results, 200), "errors": lost})


def update(call: Call) -> Answer:
    """POST /rest/posts/{urn} as a PARTIAL_UPDATE."""
    row = _own(call, call.urn())
    if row is None or row["deleted_ms"] is not None:
        raise not_found()
    patch = call.body().get("patch")
    values = patch.get("$set") if isinstance(patch, dict) else None
    if not isinstance(values, dict) or not values:
        raise missing_field("/patch/$set")
    for name in values:
        if name != "commentary":
            raise wrong_field(f"/patch/$set/{name}", "cannot be changed")
    feed.edit(call.store, row, _commentary(string(values, "commentary", "/commentary"), "/commentary"))
    return Answer(204)


def delete(call: Call) -> Answer:
    """DELETE /rest/posts/{urn}; again is 204 again."""
    row = _own(call, call.urn())
    if row is None:
        raise not_found()
    feed.delete(call.store, row)
    return Answer(204)


def start_upload(call: Call) -> Answer:
    """POST /rest/images?action=initializeUpload."""
    call.fixed("action", "initializeUpload")
    wish = _inside(call.body(), "initializeUploadRequest", "")
    owner = call.actor(string(wish, "owner", "/initializeUploadRequest/owner"), ("w_member_social",), ("w_organization_social",))
    name, now = "C4E" + secrets.token_hex(8), call.store.now_ms()
    call.store.run("INSERT INTO li_images VALUES (?, ?, 'WAITING_UPLOAD', '', NULL, ?)", name, owner, now)
    address = f"{openid.base(call.request)}{UPLOAD}{name}"
    return as_json({"value": {"uploadUrlExpiresAt": now + UPLOAD_LIFE_MS, "uploadUrl": address, "image": f"urn:li:image:{name}"}})


def upload(call: Call) -> Answer:
    """PUT of the bytes to the address of an upload."""
    row = _image(call, call.path["name"])
    if call.store.now_ms() > row["made_ms"] + UPLOAD_LIFE_MS:
        raise bad_request("The upload address has ended")
    data = call.request.body
    mime = next((kind for mark, kind in SIGNATURES.items() if data.startswith(mark)), "")
    status = "AVAILABLE" if mime else "PROCESSING_FAILED"
    call.store.run("UPDATE li_images SET status = ?, mime = ?, data = ? WHERE id = ?", status, mime, data, row["id"])
    return Answer(201)


def image(call: Call) -> Answer:
    """GET /rest/images/{urn}."""
    kind, name = urns.split(call.urn())
    if kind != "image":
        raise not_found()
    row = _image(call, name)
    return as_json({"id": f"urn:li:image:{name}", "owner": row["owner"], "status": row["status"]})


def _published(call: Call, draft: Draft) -> Row:
    first = feed.repeated(call.store, draft.author, draft.commentary) if draft.parent is None else None
    if first is not None:
        raise duplicate(urns.post(first), int(call.store.setting("li_duplicate", "422")))
    return feed.publish(call.store, draft)


def _commentary(text: Any, path: str) -> str:
    if not isinstance(text, str):
        raise missing_field(path) if text is None else wrong_field(path)
    if len(text) > LONGEST:
        raise too_long(path)
    return text


def _visibility(body: dict[str, Any]) -> str:
    """The fields around the text that must be there, and who may see it."""
    distribution = body.get("distribution")
    if distribution is None:
        raise missing_field("/distribution")
    if not isinstance(distribution, dict) or distribution.get("feedDistribution") not in {"MAIN_FEED", "NONE"}:
        raise wrong_field("/distribution/feedDistribution")
    if string(body, "lifecycleState") != "PUBLISHED":
        raise wrong_field("/lifecycleState")
    if not isinstance(body.get("isReshareDisabledByAuthor", False), bool):
        raise wrong_field("/isReshareDisabledByAuthor")
    visibility = string(body, "visibility")
    if visibility not in VISIBILITIES:
        raise wrong_field("/visibility")
    return visibility


def _shared(call: Call, context: Any) -> Row | None:
    """The post that is shared on."""
    if context is None:
        return None
    parent = context.get("parent") if isinstance(context, dict) else None
    row = feed.by_urn(call.store, parent) if isinstance(parent, str) else None
    if row is None or not feed.visible(call.store, row, call.member):
        raise wrong_field("/reshareContext/parent")
    if row["reshare_off"]:
        raise refused("Reshare is disabled by the author of the original post")
    return row


def _content(call: Call, content: Any, author: str) -> dict[str, Any] | None:
    """A picture, several, or a link."""
    if content is None:
        return None
    if not isinstance(content, dict) or len(content) != 1 or not set(content) <= {"media", "article", "multiImage"}:
        raise wrong_field("/content")
    kind, value = next(iter(content.items()))
    if not isinstance(value, dict):
        raise wrong_field(f"/content/{kind}")
    if kind == "article":
        for name in ("source", "title"):
            string(value, name, f"/content/article/{name}")
    else:
        found = value.get("images", []) if kind == "multiImage" else [value]
        if not isinstance(found, list) or (kind == "multiImage" and len(found) < 2):
            raise wrong_field("/content/multiImage/images")
        for one in found:
            usable(call, one.get("id") if isinstance(one, dict) else None, author, f"/content/{kind}/id")
    return content


def usable(call: Call, urn: Any, author: str, path: str) -> None:
    """Go on only with a picture that came up whole and belongs to the author."""
    kind, name = urns.split(urn) if isinstance(urn, str) else ("", "")
    row = call.store.one("SELECT * FROM li_images WHERE id = ?", name) if kind == "image" else None
    if row is None or row["owner"] != author or row["status"] != "AVAILABLE":
        raise wrong_field(path)


def _image(call: Call, name: str) -> Row:
    row = call.store.one("SELECT * FROM li_images WHERE id = ?", name)
    if row is None:
        raise not_found()
    call.actor(row["owner"], ("w_member_social",), ("w_organization_social",))
    return row


def _own(call: Call, urn: str) -> Row | None:
    """A post that the caller may change, deleted or not."""
    row = feed.by_urn(call.store, urn)
    if row is not None:
        call.actor(row["author"], ("w_member_social",), ("w_organization_social",))
    return row


def _readable(call: Call, urn: str) -> Row:
    row = feed.by_urn(call.store, urn)
    if row is None or not feed.visible(call.store, row, call.member):
        raise not_found()
    _need_reading(call, row["author"])
    return row


def _need_reading(call: Call, author: str) -> None:
    """Posts of pages one manages; posts of members are closed below partner."""
    number = urns.organization_id(author)
    if number is not None:
        call.need("r_organization_social")
        call.need_role(number, members.ROLES)
    elif urns.member_id(author) is not None and levels.reaches(call.level, levels.PARTNER):
        call.need("r_member_social")
    else:
        raise call.refuse() if urns.member_id(author) else bad_request()


def _inside(body: dict[str, Any], name: str, path: str) -> dict[str, Any]:
    value = body.get(name)
    if value is None:
        raise missing_field(f"{path}/{name}")
    if not isinstance(value, dict):
        raise wrong_field(f"{path}/{name}")
    return value
