"""Rows as LinkedIn shows them."""

import json
from typing import Any

from ..store import Row, Store
from . import feed, urns

Shape = dict[str, Any]
DISTRIBUTION = {"feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": []}


def page(elements: list[Shape], start: int, count: int, total: int | None, address: str) -> Shape:
    """A list: paging and elements; a link to the next page while there is one."""
    following = total is not None and start + len(elements) < total and bool(elements)
    links = [{"type": "application/json", "rel": "next", "href": _next(address, start + count, count)}] if following else []
    paging: Shape = {"start": start, "count": count, "links": links}
    if total is not None:
        paging["total"] = total
    return {"paging": paging, "elements": elements}


def _next(address: str, start: int, count: int) -> str:
    path, _, query = address.partition("?")
    kept = [part for part in query.split("&") if part and part.partition("=")[0] not in {"start", "count"}]
    return f"{path}?{'&'.join([*kept, f'start={start}', f'count={count}'])}"


def post(store: Store, row: Row) -> Shape:
    """A post."""
    shape: Shape = {
        "id": urns.post(row),
        "author": row["author"],
        "commentary": row["commentary"],
        "visibility": row["visibility"],
        "lifecycleState": "PUBLISHED",
        "distribution": DISTRIBUTION,
        "isReshareDisabledByAuthor": bool(row["reshare_off"]),
        "createdAt": row["created_ms"],
        "publishedAt": row["created_ms"],
        "lastModifiedAt": row["changed_ms"],
        "lifecycleStateInfo": {"isEditedByAuthor": bool(row["edited"])},
    }
    content = json.loads(row["content"])
    if content:
        shape["content"] = content
    parent = feed.by_id(store, row["parent"]) if row["parent"] else None
    if parent:
        root = parent
        while root["parent"] and (above := feed.by_id(store, root["parent"])):
            root = above
        shape["reshareContext"] = {"parent": urns.post(parent), "root": urns.post(root)}
    return shape


def comment(store: Store, of: Row, row: Row, viewer: str) -> Shape:
    """A comment."""
    name = urns.comment(of, row)
    likes = store.number("SELECT COUNT(*) FROM li_reactions WHERE entity = ?", name)
    shape: Shape = {
        "id": str(row["id"]),
        "commentUrn": name,
        "actor": row["actor"],
        "created": {"actor": row["actor"], "time": row["created_ms"]},
        "lastModified": {"actor": row["actor"], "time": row["changed_ms"]},
        "message": {"attributes": [], "text": row["text"]},
        "object": urns.activity(of),
        "likesSummary": {
            "aggregatedTotalLikes": likes,
            "likedByCurrentUser": feed.reaction(store, name, viewer) is not None,
            "selectedLikes": [],
            "totalLikes": likes,
        },
    }
    content = feed.attached(store, row)
    if content:
        shape["content"] = content
    parent = feed.comment_by_id(store, row["parent"]) if row["parent"] else None
    if parent:
        shape["parentComment"] = urns.comment(of, parent)
    return shape


def reaction(row: Row) -> Shape:
    """A reaction, as a list shows it."""
    return {"reactionType": row["kind"], "root": row["entity"], "created": {"actor": row["actor"], "time": row["created_ms"]}}


def metadata(store: Store, entity: str, of: Row, row: Row | None) -> Shape:
    """The counts of a post or a comment."""
    kinds = store.all("SELECT kind, COUNT(*) AS number FROM li_reactions WHERE entity = ? GROUP BY kind ORDER BY kind", entity)
    alive = "SELECT COUNT(*) FROM li_comments WHERE post = ? AND deleted_ms IS NULL"
    if row:
        count = top = store.number(alive + " AND parent = ?", of["id"], row["id"])
    else:
        count, top = store.number(alive, of["id"]), store.number(alive + " AND parent IS NULL", of["id"])
    return {
        "entity": entity,
        "reactionSummaries": {one["kind"]: {"reactionType": one["kind"], "count": one["number"]} for one in kinds},
        "commentsState": "CLOSED" if of["closed"] else "OPEN",
        "commentSummary": {"count": count, "topLevelCount": top},
    }
