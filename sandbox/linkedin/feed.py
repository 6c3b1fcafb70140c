"""Posts, comments and reactions: how they come about, change and go, and whom each of it is told to."""

import json
from dataclasses import dataclass
from typing import Any

from ..store import Row, Store
from . import little, members, notices, urns

SAME_MS = 86_400_000


@dataclass(frozen=True)
class Draft:
    """A post before it is out; the commentary is little text."""

    author: str
    commentary: str
    kind: str = "share"
    visibility: str = "PUBLIC"
    content: dict[str, Any] | None = None
    parent: int | None = None
    reshare_off: bool = False


def publish(store: Store, draft: Draft, at_ms: int | None = None) -> Row:
    """Put a post out and tell the pages that it mentions or shares."""
    moment = store.now_ms() if at_ms is None else at_ms
    number, activity = new_id(store, moment), new_id(store, moment)
    store.run(
        "INSERT INTO li_posts (id, activity, kind, author, commentary, visibility, content, parent, reshare_off, created_ms, changed_ms)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        number,
        activity,
        draft.kind,
        draft.author,
        little.kept(draft.commentary),
        draft.visibility,
        json.dumps(draft.content or {}, ensure_ascii=False),
        draft.parent,
        draft.reshare_off,
        moment,
        moment,
    )
    post = by_id(store, number)
    assert post is not None  # noqa: S101
    notices.of_post(store, post)
    return post


def edit(store: Store, post: Row, commentary: str) -> None:
    """Change the text of a post."""
    store.run(
        "UPDATE li_posts SET commentary = ?, edited = 1, changed_ms = ? WHERE id = ?", little.kept(commentary), store.now_ms(), post["id"]
    )


def delete(store: Store, post: Row) -> None:
    """Take a post back; what hangs on it is not reached any more."""
    store.run("UPDATE li_posts SET deleted_ms = ? WHERE id = ? AND deleted_ms IS NULL", store.now_ms(), post["id"])


def by_id(store: Store, number: int) -> Row | None:
    """A post, deleted or not."""
    return store.one("SELECT * FROM li_posts WHERE id = ?", number)


def by_urn(store: Store, urn: str) -> Row | None:
    """The post that a share, ugcPost or activity URN names, deleted or not."""
    kind, rest = urns.split(urn)
    if kind not in urns.POSTS or not urns.NUMBER.fullmatch(rest) or int(rest) >= 2**63:
        return None
    column = "activity" if kind == "activity" else "id"
    row = store.one(f"SELECT * FROM li_posts WHERE {column} = ?", int(rest))  # noqa: S608 (two names of ours)
    return row if row and kind in ("activity", row["kind"]) else None


def visible(store: Store, post: Row | None, member: str) -> bool:
    """Whether the member may see a post; what is deleted nobody sees."""
    if post is None or post["deleted_ms"] is not None or not author_there(store, post["author"]):
        return False
    author = urns.member_id(post["author"])
    return post["visibility"] != "CONNECTIONS" or author is None or author == member or members.connected(store, member, author)


def author_there(store: Store, author: str) -> bool:
    """Whether who wrote it still has an account."""
    member = members.by_id(store, urns.member_id(author) or "")
    return member is None or not member["gone"]


def repeated(store: Store, author: str, commentary: str) -> Row | None:
    """The author's post of the last day with the same words."""
    return store.one(
        "SELECT * FROM li_posts WHERE author = ? AND commentary = ? AND parent IS NULL AND deleted_ms IS NULL AND created_ms > ?",
        author,
        little.kept(commentary),
        store.now_ms() - SAME_MS,
    )


def comment(store: Store, post: Row, actor: str, text: str, parent: int | None = None, at_ms: int | None = None) -> Row:
    """Write a comment, or an answer to one; the text is little text."""
    moment = store.now_ms() if at_ms is None else at_ms
    number = new_id(store, moment)
    store.run(
        "INSERT INTO li_comments VALUES (?, ?, ?, ?, ?, ?, ?, NULL)", number, post["id"], parent, actor, little.kept(text), moment, moment
    )
    found = comment_by_id(store, number)
    assert found is not None  # noqa: S101
    notices.of_comment(store, post, found)
    return found


def edit_comment(store: Store, post: Row, row: Row, text: str) -> Row:
    """Change a comment."""
    store.run("UPDATE li_comments SET text = ?, changed_ms = ? WHERE id = ?", little.kept(text), store.now_ms(), row["id"])
    found = comment_by_id(store, row["id"])
    assert found is not None  # noqa: S101
    notices.of_comment(store, post, found, "COMMENT_EDIT")
    return found


def delete_comment(store: Store, post: Row, row: Row) -> None:
    """Take a comment back, with the answers to it."""
    store.run(
        "UPDATE li_comments SET deleted_ms = ? WHERE (id = ? OR parent = ?) AND deleted_ms IS NULL", store.now_ms(), row["id"], row["id"]
    )
    notices.of_comment(store, post, row, "COMMENT_DELETE")


def attach(store: Store, row: Row, content: list[dict[str, Any]]) -> None:
    """Put pictures under a comment."""
    store.run("INSERT INTO li_attachments VALUES (?, ?)", row["id"], json.dumps(content))


def attached(store: Store, row: Row) -> list[dict[str, Any]]:
    """The pictures under a comment."""
    found = store.one("SELECT content FROM li_attachments WHERE comment = ?", row["id"])
    return list(json.loads(found["content"])) if found else []


def comment_by_id(store: Store, number: int) -> Row | None:
    """A comment, deleted or not."""
    return store.one("SELECT * FROM li_comments WHERE id = ?", number) if number < 2**63 else None


def comment_by_urn(store: Store, name: str) -> tuple[Row, Row] | None:
    """A comment that is there, with its post."""
    match = urns.COMMENT.fullmatch(name)
    row = comment_by_id(store, int(match.group(2))) if match else None
    post = by_urn(store, match.group(1)) if match else None
    if row is None or post is None or row["deleted_ms"] is not None or row["post"] != post["id"]:
        return None
    return post, row


def comments(store: Store, post: Row, parent: int | None, start: int, count: int) -> tuple[list[Row], int]:
    """A page of comments, the oldest first, and how many there are."""
    condition = "FROM li_comments WHERE post = ? AND parent IS ? AND deleted_ms IS NULL"
    total = store.number(f"SELECT COUNT(*) {condition}", post["id"], parent)  # noqa: S608 (a constant)
    rows = store.all(f"SELECT * {condition} ORDER BY id LIMIT ? OFFSET ?", post["id"], parent, count, start)  # noqa: S608
    return rows, total


def react(store: Store, post: Row, row: Row | None, actor: str, kind: str, at_ms: int | None = None) -> Row:
    """React to a post, or to a comment of it; a second reaction takes the place of the first."""
    entity = entity_of(post, row)
    before, moment = reaction(store, entity, actor), store.now_ms() if at_ms is None else at_ms
    store.run("INSERT OR REPLACE INTO li_reactions VALUES (?, ?, ?, ?)", entity, actor, kind, moment)
    found = reaction(store, entity, actor)
    assert found is not None  # noqa: S101
    if before is None and row is None:
        notices.of_reaction(store, post, actor, moment)
    return found


def entity_of(post: Row, row: Row | None) -> str:
    """The name under which reactions are kept."""
    return urns.comment(post, row) if row else urns.activity(post)


def reaction(store: Store, entity: str, actor: str) -> Row | None:
    """The reaction of one actor."""
    return store.one("SELECT * FROM li_reactions WHERE entity = ? AND actor = ?", entity, actor)


def unreact(store: Store, entity: str, actor: str) -> bool:
    """Take a reaction back; false when there is none."""
    return store.run("DELETE FROM li_reactions WHERE entity = ? AND actor = ?", entity, actor) > 0


def new_id(store: Store, at_ms: int) -> int:
    """An id of 19 digits, larger than every one before: milliseconds above 22 bits, as LinkedIn's are."""
    fresh = max(at_ms << 22, int(store.setting("li_last_id", "0")) + 1)
    store.set_setting("li_last_id", fresh)
    return fresh
