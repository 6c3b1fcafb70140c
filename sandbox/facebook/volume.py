"""A crowd on order: hundreds of pages with thousands of visitors' posts each, worked out when they are read and stored nowhere.

Post n of a page stands at a fixed moment, so a list of any length is arithmetic; further ones appear as the sandbox's clock goes on.
What is written on such a page or about such a post is stored as always.
"""

import json
from dataclasses import dataclass
from typing import Any

from ..store import Row, Store
from . import people, settings
from .people import Page

FIRST_PAGE, FIRST_POST, MOST_POSTS = 900_000_000_000_001, 800_000_000_000_000, 1_000_000
MOST_PAGES = 1_000
SAYINGS = (
    "営業時間を教えてください。",
    "Do you ship to the UK?",
    "注文番号{n}の状況を知りたいです。",
    "Order {n} arrived broken 😢",
    "とても良い品でした🌸",
    "Thank you for the quick help!",
    "在庫はありますか? 品番{n}",
    "How do I return item {n}?",
)


@dataclass(frozen=True)
class Plan:
    """How many posts there were at the start, and how many milliseconds lie between two."""

    posts: int
    gap_ms: int
    start_ms: int


def order(store: Store, pages: int, posts: int, gap_s: float, person: int) -> None:
    """Make the pages and give them to a person; the posts are there by themselves."""
    if not (1 <= pages <= MOST_PAGES and 0 <= posts <= MOST_POSTS and gap_s >= 0.001):
        raise ValueError(f"pages: 1 to {MOST_PAGES}; posts: 0 to {MOST_POSTS}; gap_s: 0.001 or more")
    for place in range(pages):
        number = FIRST_PAGE + place
        if people.page(store, number) is None:
            name = f"縁チャンネル {place + 1:03d} Channel"
            people.add_page(store, Page(number, name, f"channel.{place + 1:03d}", "Local business", "", "東京", 100, 100, 100))
            store.run("INSERT INTO fb_roles VALUES (?, ?, ?)", number, person, " ".join(people.TASKS))
    settings.put(store, "volume", json.dumps([posts, int(gap_s * 1000), store.now_ms()]))


def plan(store: Store) -> Plan | None:
    """What was ordered."""
    value = settings.get(store, "volume", "")
    return Plan(*json.loads(value)) if value else None


def is_page(row: Row) -> bool:
    """Whether a page's visitors are worked out."""
    return bool(row["id"] >= FIRST_PAGE)


def count(store: Store, wanted: Plan) -> int:
    """How many posts a page has by now."""
    return min(MOST_POSTS, wanted.posts + max(0, (store.now_ms() - wanted.start_ms) // wanted.gap_ms))


def post(store: Store, number: int) -> Row | None:
    """A post by its id, stored or worked out."""
    if number < FIRST_POST:
        return store.one("SELECT * FROM fb_posts WHERE id = ?", number)
    wanted, (place, index) = plan(store), divmod(number - FIRST_POST, MOST_POSTS)
    if wanted is None or index >= count(store, wanted) or people.page(store, FIRST_PAGE + place) is None:
        return None
    row: Row = _made(wanted, place, index)
    return row


def part(
    store: Store, page: Row, *, after: int | None, backwards: bool, since_ms: int | None, until_ms: int | None, limit: int
) -> list[Row]:
    """A page of the list, newest first, or oldest first when it is walked backwards; `after` is the id that was last."""
    wanted = plan(store)
    if wanted is None or limit <= 0:
        return []
    place = page["id"] - FIRST_PAGE
    low, high = 0, count(store, wanted)
    first = _moment(wanted, place, 0)
    if since_ms is not None:
        low = max(low, -((first - since_ms) // wanted.gap_ms))
    if until_ms is not None:
        high = min(high, (until_ms - first) // wanted.gap_ms + 1)
    if after is not None:
        index = after - FIRST_POST - place * MOST_POSTS
        low, high = (max(low, index + 1), high) if backwards else (low, min(high, index))
    indexes = range(low, min(high, low + limit)) if backwards else range(high - 1, max(low - 1, high - 1 - limit), -1)
    return [_made(wanted, place, index) for index in indexes]


def _moment(wanted: Plan, place: int, index: int) -> int:
    # Pages stand a few milliseconds apart, so that not all of them speak at once.
    return wanted.start_ms + (index - wanted.posts + 1) * wanted.gap_ms + place % max(1, wanted.gap_ms)


def _made(wanted: Plan, place: int, index: int) -> Any:
    """A row like a stored one."""
    moment = _moment(wanted, place, index)
    return {
        "id": FIRST_POST + place * MOST_POSTS + index,
        "owner": FIRST_PAGE + place,
        "page": None,
        "person": (index * 7 + place) % 12 + 1,
        "message": SAYINGS[(index + place) % len(SAYINGS)].format(n=20_000 + index),
        "link": "",
        "kind": "wall_post",
        "photos": "[]",
        "created_ms": moment,
        "updated_ms": moment,
        "shows_ms": None,
        "tagged": None,
        "hidden": 0,
        "shares": 0,
        "answered_privately": 0,
        "deleted_ms": None,
    }
