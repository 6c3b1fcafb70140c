"""What a network gives, in one shape for all of them; and what reading needs beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Person:
    """An account on a network as seen now."""

    outside_id: str
    handle: str = ""
    name: str = ""
    bio: str = ""
    place: str = ""
    picture_url: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """A post as the network gives it. `answers` is the id of the post it answers."""

    outside_id: str
    author: Person
    text: str
    at: datetime
    conversation: str = ""
    answers: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One complete page of a reading: its posts, where the next page begins, the newest id of all."""

    posts: tuple[Said, ...] = ()
    next_token: str = ""
    newest: str = ""


def later(one: str, other: str) -> str:
    """The later of two ids: numbers of up to 19 digits, as text."""
    return max(one, other, key=lambda text: (len(text), text))
