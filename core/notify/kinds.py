"""The kinds of notification there are, each declared once: label, icon, sentence, and how it is told unless somebody chose.

    say("crm.reminder", _("Reminders"), icon="alarm-clock", sentence=lambda data, look, title: …)

What a notification is about is a record of a module, seen through the gate. For anything else (a job, a channel) say where
it stands and who may see it with `@places("core.job")`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from core.access.models import User
from core.field.look import Look

from .models import AT_ONCE, Notification, NotifyChoice

Sentence = Callable[[Mapping[str, Any], Look, str], str]
GRACE = timedelta(seconds=60)


@dataclass(frozen=True)
class Place:
    """Where a notification leads, for somebody who may go there."""

    title: str
    url: str
    record: Any = None


# The ids among those asked for that this reader may see.
Places = Callable[[User, Collection[int]], Mapping[int, Place]]
# Those of the rows that are still true; `places` holds what each leads to, by (module, id).
Still = Callable[[Iterable[Notification], Mapping[tuple[str, int], Place]], set[int]]


@dataclass(frozen=True)
class Kind:
    """One kind: its words, its defaults, and what makes it out of date. A mail waits for `grace`, for others to join it."""

    key: str
    label: Any
    icon: str
    sentence: Sentence
    page: bool = True
    mail: str = AT_ONCE
    grace: timedelta = GRACE
    still: Still | None = None


_kinds: dict[str, Kind] = {}
_places: dict[str, Places] = {}


def say(
    key: str,
    label: Any,
    *,
    icon: str,
    sentence: Sentence,
    page: bool = True,
    mail: str = AT_ONCE,
    grace: timedelta = GRACE,
    still: Still | None = None,
) -> None:
    """Declare a kind of notification."""
    _kinds[key] = Kind(key, label, icon, sentence, page, mail, grace, still)


def places(module: str) -> Callable[[Places], Places]:
    """Decorator: where things of `module`, which is no registered module, stand."""

    def add(function: Places) -> Places:
        _places[module] = function
        return function

    return add


def place_of(module: str) -> Places | None:
    return _places.get(module)


def kind_of(key: str) -> Kind | None:
    return _kinds.get(key)


def all_kinds() -> list[Kind]:
    """Every kind, by its label."""
    return sorted(_kinds.values(), key=lambda one: str(one.label))


def chosen(users: Iterable[int], kind: Kind) -> dict[int, tuple[bool, str]]:
    """How each of these people is told of a kind, as (in the page, by mail)."""
    made = dict.fromkeys(users, (kind.page, kind.mail))
    for row in NotifyChoice.objects.filter(user__in=made, kind=kind.key):
        made[row.user_id] = (row.page, row.mail)
    return made
