"""Messages: records that are something a person outside said to us, whatever module they live in.

A module declares where text, author and the rest stand (`Module.message`); the app that can answer registers how
(`answers`). So a post, a mail or a chat can become a ticket and be answered, and the help desk never hears of social.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from core.actor import Actor
from core.module.registry import module as find_module


@dataclass(frozen=True)
class Message:
    """What was said. `source` and `outside_id` name it at its network, `author_id` its author there, `conversation` the
    thread it stands in and `answers` the message it answers; `channel` is the word for the way it came ("x", "mail")."""

    source: str
    outside_id: str
    text: str
    author: str
    author_id: str
    at: datetime
    handle: str = ""
    conversation: str = ""
    answers: str = ""
    channel: str = ""
    link: str = ""


@dataclass(frozen=True)
class Voice:
    """How a message can be answered now: what the button says, as whom, how long (0: any length); or why it cannot, and
    where that is mended."""

    label: str
    name: str = ""
    room: int = 0
    why_not: str = ""
    mend: str = ""


class Answerer(Protocol):
    """What an app offers for the messages of its module."""

    def voice(self, record: Any) -> Voice:
        """How this message can be answered now."""
        ...

    def voices(self, record: Any, user: Any) -> list[tuple[str, str]]:
        """The accounts somebody may answer this message with, as (mark, name), the one it came to first."""
        ...

    def check(self, record: Any, text: str) -> str:
        """The words as they will go out. Raises Refused with a sentence for people."""
        ...

    def send(self, record: Any, text: str, *, actor: Actor, key: str, module: str, record_id: int, speaker: str = "") -> Any:
        """Write the answer into the outbox, in the caller's transaction; gives the delivery. The same `key` sends once;
        `speaker` names the account that speaks, where the actor chose one."""
        ...

    def passing(self, record: Any) -> str:
        """Why what was said may not be kept for good in another record, for people; empty if it may."""
        ...

    def people(self, record: Any) -> list[tuple[str, int]]:
        """The records its author is tied to, as (module key, id), the best first."""
        ...


_answerers: dict[str, Answerer] = {}


def answers(module_key: str, answerer: Answerer) -> None:
    """Register how messages of a module are answered."""
    _answerers[module_key] = answerer


def answerer(module_key: str) -> Answerer | None:
    """How messages of this module are answered; None if nobody can."""
    return _answerers.get(module_key)


def passing(record: Any) -> str:
    """Why what was said may not be kept for good in another record, such as a ticket; empty if it may."""
    how = answerer(record._meta.label_lower)
    return how.passing(record) if how is not None else ""


def message_of(record: Any) -> Message | None:
    """What a record says as a message, or None if its module holds none (or it is our own word)."""
    mapping = _mapping(record)
    return None if mapping is None else Message(**{name: getattr(record, attribute) for name, attribute in mapping.items()})


def speaker_of(record: Any) -> tuple[str, str] | None:
    """Who says a message, as (source, id there): what is asked of each of many before anything else."""
    mapping = _mapping(record)
    return None if mapping is None else (getattr(record, mapping["source"]), getattr(record, mapping["author_id"]))


def _mapping(record: Any) -> Any:
    mapping = find_module(record._meta.label_lower).message
    return None if getattr(record, "ours", False) else mapping
