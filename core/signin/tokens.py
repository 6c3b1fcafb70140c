"""What lets somebody in without a session, as the address of a calendar does: each app declares its kinds, so that admins see those
of all people and end them (ADM-8)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as lazy

from core.access.models import User
from core.actor import Actor
from core.signin import audit

ENDED = audit.says("user.token_ended", lazy("Ended a token of %(name)s"))


@dataclass(frozen=True)
class Kind:
    """One kind of token. `held` gives (id of a user, since when) of all there are; `end` makes those of somebody worthless."""

    key: str
    label: Any
    held: Callable[[], Iterable[tuple[int, datetime]]]
    end: Callable[[User], Any]


kinds: dict[str, Kind] = {}


def lets_in(key: str, label: Any, *, held: Callable[[], Iterable[tuple[int, datetime]]], end: Callable[[User], Any]) -> None:
    """Declare a kind of token."""
    kinds[key] = Kind(key, label, held, end)


def everybodys() -> list[tuple[Kind, int, datetime]]:
    """The tokens of all people, the newest first."""
    found = [(kind, user, at) for kind in kinds.values() for user, at in kind.held()]
    return sorted(found, key=lambda one: one[2], reverse=True)


def label_of(key: str) -> str:
    """What a kind is called; of one whose app was taken out, its key."""
    return str(kinds[key].label) if key in kinds else key


@transaction.atomic
def end(kind: Kind, user: User, *, actor: Actor) -> bool:
    """Make somebody's tokens of a kind worthless; whether there were any."""
    if not any(pk == user.pk for pk, _at in kind.held()):
        return False
    kind.end(user)
    audit.note(actor, ENDED, user, token=kind.key)
    return True
