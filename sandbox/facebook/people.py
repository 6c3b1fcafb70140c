"""People and pages, and the several ids under which one person is known."""

import re
from dataclasses import dataclass

from ..store import Row, Store
from . import settings

# One person has another id in every app and on every page. The numbers are told apart by their beginning, each app's and page's
# people by ten millions.
APP_SCOPED, PAGE_SCOPED, OTHER_SCOPED = 1_220_000_000_000_000, 2_400_000_000_000_000, 2_700_000_000_000_000
STEP = 10_000_000
TASKS = ("ADVERTISE", "ANALYZE", "CREATE_CONTENT", "MESSAGING", "MODERATE", "MANAGE")
JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")


@dataclass(frozen=True)
class Person:
    """What a person is made of."""

    name: str
    first_name: str
    last_name: str
    app_role: bool = False


@dataclass(frozen=True)
class Page:
    """What a page is made of."""

    id: int
    name: str
    username: str
    category: str
    about: str
    city: str
    fans: int
    followers: int
    engaged: int
    in_business: bool = False


def add(store: Store, person: Person, number: int | None = None) -> int:
    """Put a person into the world."""
    fresh = settings.number(store, "person") if number is None else number
    email = f"person{fresh}@example.com"
    store.run(
        "INSERT INTO fb_people VALUES (?, ?, ?, ?, ?, ?, 0)",
        fresh,
        person.name,
        person.first_name,
        person.last_name,
        email,
        person.app_role,
    )
    return fresh


def add_page(store: Store, page: Page) -> None:
    """Put a page into the world."""
    place = store.number("SELECT COUNT(*) FROM fb_pages")
    store.run(
        "INSERT INTO fb_pages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        page.id,
        place,
        page.name,
        page.username,
        page.category,
        page.about,
        page.city,
        page.fans,
        page.followers,
        page.engaged,
        page.in_business,
    )


def person(store: Store, number: int | None) -> Row | None:
    """The person with this inner number."""
    return store.one("SELECT * FROM fb_people WHERE id = ?", number)


def page(store: Store, number: int | None) -> Row | None:
    """The page with this id."""
    return store.one("SELECT * FROM fb_pages WHERE id = ?", number)


def page_called(store: Store, username: str) -> Row | None:
    """The page with this user name."""
    return store.one("SELECT * FROM fb_pages WHERE username = ?", username)


def found_or_made(store: Store, name: str) -> Row:
    """The person of this name, or with this id on any page; made on the spot when new."""
    wanted = name.strip()
    found = store.one("SELECT * FROM fb_people WHERE name = ? ORDER BY id LIMIT 1", wanted) or _by_any_id(store, wanted)
    if found is None:
        if not wanted or wanted.isdigit():
            raise ValueError("person: a name, or the id of somebody who is there")
        found = person(store, add(store, _named(wanted)))
    assert found is not None  # noqa: S101
    return found


def tasks(store: Store, page_id: int, number: int | None) -> tuple[str, ...]:
    """What a person may do on a page; nothing without a role."""
    row = store.one("SELECT tasks FROM fb_roles WHERE page = ? AND person = ?", page_id, number)
    return tuple(row["tasks"].split()) if row else ()


def psid(page_row: Row, number: int) -> str:
    """The page-scoped id of a person."""
    return str(PAGE_SCOPED + page_row["place"] * STEP + number)


def of_psid(store: Store, page_row: Row, value: str) -> Row | None:
    """The person behind a page-scoped id; another page's id is nobody."""
    return person(store, int(value) - PAGE_SCOPED - page_row["place"] * STEP) if value.isdigit() and len(value) <= 18 else None


def app_scoped(store: Store, app: str, number: int) -> str:
    """The id of a person in an app."""
    return str(APP_SCOPED + store.number("SELECT place FROM fb_apps WHERE id = ?", app) * STEP + number)


def of_app_scoped(store: Store, app: str, value: str) -> Row | None:
    """The person behind an app-scoped id."""
    if not value.isdigit() or len(value) > 18:
        return None
    return person(store, int(value) - APP_SCOPED - store.number("SELECT place FROM fb_apps WHERE id = ?", app) * STEP)


def in_feed(store: Store, page_row: Row, number: int) -> str:
    """The id in `from` of posts and comments: the page-scoped one, unless the control wants them to differ."""
    if settings.get(store, "feed_ids", "same") == "same":
        return psid(page_row, number)
    return str(OTHER_SCOPED + page_row["place"] * STEP + number)


def _by_any_id(store: Store, value: str) -> Row | None:
    if not value.isdigit() or len(value) > 18:
        return None
    number = int(value)
    base = next((base for base in (OTHER_SCOPED, PAGE_SCOPED, APP_SCOPED) if number >= base), 0)
    return person(store, (number - base) % STEP if base else number)


def _named(name: str) -> Person:
    first, _, rest = name.replace("\u3000", " ").partition(" ")
    if JAPANESE.search(name):
        return Person(name, rest or first, first if rest else "")
    return Person(name, first, rest)
