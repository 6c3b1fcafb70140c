"""The fictitious people of the sandbox: who they are and how they are found."""

import re
from dataclasses import dataclass

from .store import Row, Store

USERNAME = re.compile(r"[A-Za-z0-9_]{1,15}")


@dataclass(frozen=True)
class Person:
    """What a person of the sandbox is made of."""

    username: str
    name: str
    description: str = ""
    location: str = ""
    brand: bool = False
    protected: bool = False
    suspended: bool = False
    followers: int = 0
    following: int = 0


def add(store: Store, person: Person, number: int, created_ms: int) -> None:
    """Put a person into the world under a given id."""
    store.run(
        "INSERT INTO people VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        number,
        person.username,
        person.name,
        person.description,
        person.location,
        created_ms,
        person.brand,
        person.protected,
        person.suspended,
        person.followers,
        person.following,
    )


def by_id(store: Store, number: int) -> Row | None:
    """The person with this id."""
    return store.one("SELECT * FROM people WHERE id = ?", number)


def by_username(store: Store, username: str) -> Row | None:
    """The person with this handle; case does not matter, a leading @ neither."""
    return store.one("SELECT * FROM people WHERE username = ?", username.removeprefix("@"))


def found_or_made(store: Store, username: str, name: str) -> Row:
    """The person with this handle, made on the spot when new."""
    handle = username.strip().removeprefix("@")
    if not USERNAME.fullmatch(handle):
        raise ValueError("username: 1 to 15 of A-Z a-z 0-9 _")
    person = by_username(store, handle)
    if person is None:
        now = store.now_ms()
        add(store, Person(handle, name.strip() or handle), store.new_id(now), now)
        person = by_username(store, handle)
    assert person is not None  # noqa: S101
    return person


def everybody(store: Store) -> list[Row]:
    """All people, the brand accounts first."""
    return store.all("SELECT * FROM people ORDER BY brand DESC, id")
