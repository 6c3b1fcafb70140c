"""Posts: publishing, deleting, and the timelines that are read from them."""

from dataclasses import dataclass
from typing import Any

from . import people, volume
from .store import Row, Store
from .text import language, mentioned

NO_END = 2**63 - 1


@dataclass(frozen=True)
class Draft:
    """A post before it is out."""

    author: int
    text: str
    reply_to: int | None = None
    quote_of: int | None = None
    retweet_of: int | None = None
    reply_settings: str = "everyone"
    likes: int = 0


@dataclass(frozen=True)
class Range:
    """The part of a timeline that is asked for; ids and times, the ends exclusive except `start_ms`."""

    after_id: int = 0
    before_id: int = NO_END
    start_ms: int = 0
    end_ms: int = NO_END
    limit: int = 10


def by_id(store: Store, number: int) -> Row | None:
    """A post, deleted or not; one that is only generated is stored when somebody asks for it."""
    row = store.one("SELECT * FROM posts WHERE id = ?", number)
    if row is None and volume.made(store, number):
        row = store.one("SELECT * FROM posts WHERE id = ?", number)
    return row


def publish(store: Store, draft: Draft, at_ms: int | None = None) -> Row:
    """Put a post out and note whom it reaches."""
    moment = store.now_ms() if at_ms is None else at_ms
    number = store.new_id(moment)
    parent = by_id(store, draft.reply_to) if draft.reply_to else None
    store.run(
        "INSERT INTO posts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)",
        number,
        draft.author,
        draft.text,
        moment,
        language(draft.text),
        parent["conversation"] if parent else number,
        draft.reply_to,
        parent["author"] if parent else None,
        draft.quote_of,
        draft.retweet_of,
        draft.reply_settings,
        draft.likes,
    )
    # A retweet begins with "RT @name" but never shows up among the mentions.
    reached = set() if draft.retweet_of else {person["id"] for person in _named(store, draft.text)}
    if parent:
        reached.add(parent["author"])
    for person in reached - {draft.author}:
        store.run("INSERT INTO mentions VALUES (?, ?)", person, number)
    post = by_id(store, number)
    assert post is not None  # noqa: S101
    return post


def delete(store: Store, number: int) -> bool:
    """Take a post back; false when there is none."""
    return store.run("UPDATE posts SET deleted_ms = ? WHERE id = ? AND deleted_ms IS NULL", store.now_ms(), number) > 0


def summons(store: Store, post: Row, person: int) -> bool:
    """Whether a post's author mentioned the person or quoted one of their posts in it."""
    if store.one("SELECT 1 FROM mentions WHERE person = ? AND post = ?", person, post["id"]):
        return True
    quoted = by_id(store, post["quote_of"]) if post["quote_of"] else None
    return quoted is not None and quoted["author"] == person


def mentions(store: Store, person: int, viewer: int, part: Range) -> list[Row]:
    """Who mentions the person, newest first; X reaches back 800."""
    floor = store.number("SELECT post FROM mentions WHERE person = ? ORDER BY post DESC LIMIT 1 OFFSET 799", person)
    stored = store.all(
        """SELECT posts.* FROM mentions JOIN posts ON posts.id = mentions.post JOIN people ON people.id = posts.author
        WHERE mentions.person = ? AND posts.deleted_ms IS NULL AND people.suspended = 0
          AND (people.protected = 0 OR people.id = ?)
          AND posts.id > ? AND posts.id < ? AND posts.created_ms >= ? AND posts.created_ms < ?
        ORDER BY posts.id DESC LIMIT ?""",
        person,
        viewer,
        max(part.after_id, floor - 1),
        part.before_id,
        part.start_ms,
        part.end_ms,
        part.limit,
    )
    generated = volume.mentions(store, person, part.after_id, part.before_id, part.start_ms, part.end_ms, part.limit)
    if not generated:
        return stored
    by_id: dict[int, Any] = {row["id"]: row for row in [*generated, *stored]}
    return [by_id[number] for number in sorted(by_id, reverse=True)][: part.limit]


def written(store: Store, person: int, part: Range, without: frozenset[str] = frozenset()) -> list[Row]:
    """What the person posted, newest first; X reaches back 3,200."""
    floor = store.number("SELECT id FROM posts WHERE author = ? ORDER BY id DESC LIMIT 1 OFFSET 3199", person)
    return store.all(
        """SELECT * FROM posts WHERE author = ? AND deleted_ms IS NULL
          AND id > ? AND id < ? AND created_ms >= ? AND created_ms < ?
          AND (? OR reply_to IS NULL) AND (? OR retweet_of IS NULL)
        ORDER BY id DESC LIMIT ?""",
        person,
        max(part.after_id, floor - 1),
        part.before_id,
        part.start_ms,
        part.end_ms,
        "replies" not in without,
        "retweets" not in without,
        part.limit,
    )


def is_repeated(store: Store, author: int, text: str) -> bool:
    """Whether the author has a post out with the same words."""
    same = store.one("SELECT 1 FROM posts WHERE author = ? AND text = ? AND deleted_ms IS NULL AND retweet_of IS NULL", author, text)
    return same is not None


def _named(store: Store, text: str) -> list[Row]:
    found = (people.by_username(store, name) for name in mentioned(text))
    return [person for person in found if person is not None]
