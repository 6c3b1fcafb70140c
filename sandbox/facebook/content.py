"""What is written on pages: posts, comments, reactions, recommendations. Whoever is subscribed hears of it."""

import json
from dataclasses import dataclass

from ..store import Row, Store
from . import events, people, settings, volume
from .times import NEVER

# Where the posts of a person's own profile hang; only those that name a page can be seen at all.
PROFILES = 500_000_000_000_000
REVIEW, TAG = "review", "mention"
REACTIONS = ("LIKE", "LOVE", "WOW", "HAHA", "SAD", "ANGRY", "THANKFUL", "CARE")


@dataclass(frozen=True)
class Author:
    """A page or a person."""

    page: int | None = None
    person: int | None = None


@dataclass(frozen=True)
class Draft:
    """A post before it is out. `owner` is whose wall it hangs on: a page's or, with `tagged`, a person's."""

    owner: int
    author: Author
    message: str
    link: str = ""
    kind: str = "mobile_status_update"
    photos: tuple[int, ...] = ()
    shows_ms: int | None = None
    tagged: int | None = None
    shares: int = 0


@dataclass(frozen=True)
class Remark:
    """A comment before it is out."""

    post: Row
    author: Author
    message: str
    parent: Row | None = None
    attachment: str = ""


def post(store: Store, number: int) -> Row | None:
    """A post, deleted or not."""
    return volume.post(store, number)


def comment(store: Store, number: int | None) -> Row | None:
    """A comment, deleted or not."""
    return store.one("SELECT * FROM fb_comments WHERE id = ?", number)


def post_id(row: Row) -> str:
    """<page>_<post>."""
    return f"{row['owner']}_{row['id']}"


def comment_id(row: Row) -> str:
    """<post part>_<comment part>."""
    return f"{row['post']}_{row['id']}"


def page_of(store: Store, row: Row) -> Row | None:
    """The page that a post concerns: whose wall it is on, or who is named in it."""
    return people.page(store, row["tagged"] or row["owner"])


def publish(store: Store, draft: Draft, at_ms: int | None = None) -> Row:
    """Put a post out, now, later (`shows_ms`) or never."""
    now = store.now_ms() if at_ms is None else at_ms
    created = draft.shows_ms if draft.shows_ms and draft.shows_ms < NEVER else now
    number = settings.number(store, "post")
    store.run(
        "INSERT INTO fb_posts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, 0, NULL)",
        number,
        draft.owner,
        draft.author.page,
        draft.author.person,
        draft.message,
        draft.link,
        draft.kind,
        json.dumps(draft.photos),
        created,
        created,
        draft.shows_ms,
        draft.tagged,
        draft.shares,
    )
    row = post(store, number)
    assert row is not None  # noqa: S101
    if at_ms is None and draft.shows_ms is None:
        events.of_post(store, row, "add")
    return row


def remark(store: Store, draft: Remark, at_ms: int | None = None) -> Row:
    """Write a comment. An answer to an answer hangs on the top comment."""
    now = store.now_ms() if at_ms is None else at_ms
    number = settings.number(store, "comment")
    top = (draft.parent["parent"] or draft.parent["id"]) if draft.parent else None
    store.run(
        "INSERT INTO fb_comments VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 0, NULL)",
        number,
        draft.post["id"],
        top,
        draft.author.page,
        draft.author.person,
        draft.message,
        draft.attachment,
        now,
    )
    store.run("UPDATE fb_posts SET updated_ms = MAX(updated_ms, ?) WHERE id = ?", now, draft.post["id"])
    row = comment(store, number)
    assert row is not None  # noqa: S101
    if at_ms is None:
        events.of_comment(store, row, "add")
    return row


def edit(store: Store, row: Row, message: str) -> None:
    """Change the words of a post or a comment."""
    if "post" in row.keys():  # noqa: SIM118 (a Row has no other way)
        store.run("UPDATE fb_comments SET message = ? WHERE id = ?", message, row["id"])
        events.of_comment(store, comment(store, row["id"]) or row, "edited")
    else:
        store.run("UPDATE fb_posts SET message = ?, updated_ms = ? WHERE id = ?", message, store.now_ms(), row["id"])
        events.of_post(store, post(store, row["id"]) or row, "edited")


def hide(store: Store, row: Row, hidden: bool) -> None:
    """Hide a comment or a visitor's post, or show it again."""
    verb = "hide" if hidden else "unhide"
    if "post" in row.keys():  # noqa: SIM118
        store.run("UPDATE fb_comments SET hidden = ? WHERE id = ?", hidden, row["id"])
        events.of_comment(store, row, verb)
    else:
        store.run("UPDATE fb_posts SET hidden = ? WHERE id = ?", hidden, row["id"])
        events.of_post(store, row, verb)


def delete(store: Store, row: Row) -> None:
    """Take a post or a comment back, with what hangs below it."""
    now = store.now_ms()
    if "post" in row.keys():  # noqa: SIM118
        store.run("UPDATE fb_comments SET deleted_ms = ? WHERE (id = ? OR parent = ?) AND deleted_ms IS NULL", now, row["id"], row["id"])
        store.run("UPDATE fb_posts SET updated_ms = ? WHERE id = ?", now, row["post"])
        events.of_comment(store, row, "remove")
    else:
        store.run("UPDATE fb_posts SET deleted_ms = ? WHERE id = ?", now, row["id"])
        store.run("UPDATE fb_comments SET deleted_ms = ? WHERE post = ? AND deleted_ms IS NULL", now, row["id"])
        events.of_post(store, row, "remove")


def reaction_of(store: Store, row: Row, author: Author) -> Row | None:
    """What somebody felt about a post or a comment."""
    return store.one(
        "SELECT * FROM fb_reactions WHERE object = ? AND of_comment = ? AND page IS ? AND person IS ?",
        row["id"],
        "post" in row.keys(),  # noqa: SIM118
        author.page,
        author.person,
    )


def react(store: Store, row: Row, author: Author, kind: str = "LIKE", at_ms: int | None = None) -> None:
    """One reaction each: another one takes its place, the same again changes nothing."""
    old = reaction_of(store, row, author)
    if old and old["type"] == kind:
        return
    if old:
        store.run("DELETE FROM fb_reactions WHERE id = ?", old["id"])
    of_comment = "post" in row.keys()  # noqa: SIM118
    now = store.now_ms() if at_ms is None else at_ms
    store.run(
        "INSERT INTO fb_reactions (of_comment, object, page, person, type, created_ms) VALUES (?, ?, ?, ?, ?, ?)",
        of_comment,
        row["id"],
        author.page,
        author.person,
        kind,
        now,
    )
    if at_ms is None:
        events.of_reaction(store, row, author.page, author.person, kind, "edit" if old else "add")


def unreact(store: Store, row: Row, author: Author) -> None:
    """Take a reaction back, where there is one."""
    old = reaction_of(store, row, author)
    if old:
        store.run("DELETE FROM fb_reactions WHERE id = ?", old["id"])
        events.of_reaction(store, row, author.page, author.person, old["type"], "remove")


def rate(store: Store, page: Row, person: int, positive: bool, text: str, at_ms: int | None = None) -> Row:
    """Recommend a page or advise against it; the story it makes is what the page comments on."""
    now = store.now_ms() if at_ms is None else at_ms
    story = publish(store, Draft(PROFILES + person, Author(person=person), text, kind=REVIEW, tagged=page["id"]), now)
    number = settings.number(store, "row")
    store.run("INSERT INTO fb_ratings VALUES (?, ?, ?, ?, ?, ?, ?)", number, page["id"], person, positive, text, story["id"], now)
    row = store.one("SELECT * FROM fb_ratings WHERE id = ?", number)
    assert row is not None  # noqa: S101
    if at_ms is None:
        events.of_rating(store, page, row, post_id(story))
    return row
