"""What a network gives, in one shape for all of them; and what reading needs beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict


@dataclass(frozen=True, slots=True)
class Person:
    """An account on a network as seen now. What the network did not tell this time is None, a handle or name empty."""

    outside_id: str
    handle: str = ""
    name: str = ""
    bio: str | None = None
    place: str | None = None
    picture_url: str | None = None
    followers: int | None = None
    following: int | None = None
    posts: int | None = None
    likes: int | None = None
    protected: bool | None = None
    # Whether they take a message from us; None where the network does not say.
    takes_messages: bool | None = None
    # Work and schools, as `Background` in plain words.
    background: dict[str, Any] | None = None


class Picture(TypedDict):
    """A picture of a post: its address at the network, and what it shows in words, empty where nobody wrote them."""

    url: str
    alt: str


@dataclass(frozen=True, slots=True)
class Said:
    """A post as the network gives it. `answers` is the id of the post it answers, `shares` of the one it repeats or quotes;
    `kind` is post, reply, repost, quote, visitor (left on our own page) or review, whose `verdict` is positive or negative. `pictures`
    are where its pictures lie at the network, with the words for who does not see them."""

    outside_id: str
    author: Person
    text: str
    at: datetime
    conversation: str = ""
    answers: str = ""
    shares: str = ""
    kind: str = "post"
    likes: int | None = None
    verdict: str = ""
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """A private message as the network gives it. `to` is whom it is for, None where the network does not tell or there are several;
    `attachments` are {"kind", "name", "url"}, each a text."""

    outside_id: str
    conversation: str
    author: Person
    text: str
    at: datetime
    to: Person | None = None
    attachments: tuple[dict[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Whole:
    """What a reading brought without a hole: all of a kind (in one conversation) that was said since then."""

    since: datetime
    kind: str = ""
    conversation: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One complete page of a reading: its posts or private messages, where the next page begins, the newest id of all, what it has
    whole; and what the network told of posts from before: other words (`edited`), or that they were taken back (`gone`). `gapless`:
    of messages, what is not there between two of them was deleted."""

    posts: tuple[Said, ...] = ()
    next_token: str = ""
    newest: str = ""
    whole: tuple[Whole, ...] = ()
    edited: tuple[Said, ...] = ()
    gone: tuple[str, ...] = ()
    messages: tuple[Message, ...] = ()
    gapless: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """A position or a school of somebody: what, where, from and until when ("2020-04", "2020", or empty)."""

    what: str
    where: str
    since: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True)
class Background:
    """Work history and education of a person, what is now first."""

    work: tuple[Step, ...] = ()
    schools: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class People:
    """One complete page of people."""

    people: tuple[Person, ...] = ()
    next_token: str = ""


@dataclass(frozen=True, slots=True)
class Messages:
    """One complete page of private messages, newest first. `gapless`: what is not there between two of them was deleted."""

    messages: tuple[Message, ...] = ()
    next_token: str = ""
    gapless: bool = False


def as_told(value: Any, most: int | None = None) -> str | None:
    """What an answer carries under a name, as text; None where it does not have it."""
    return None if value is None else str(value)[:most]


def later(one: str, other: str) -> str:
    """The later of two ids: numbers of up to 19 digits, as text."""
    return max(one, other, key=lambda text: (len(text), text))
