"""Doors: which views anyone may enter. A view that states nothing is shut, to account admins too (PLT-23)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from core.access.gate import rights

V = TypeVar("V", bound=Callable[..., Any])


@dataclass(frozen=True)
class Door:
    """`open` to strangers; else to those signed in who have the `app`, the switch `feature` (of the profile, or by the level)
    and, with `admin`, one of the three admin levels, or with `wide` one of the two that look after the whole suite (ADM-2).
    Views over records then ask the gate about module and row themselves. With `ours` whoever enters an open door is one of us
    who shows a secret instead of a session (a calendar's address): the allowed networks hold for them, too (ADM-8)."""

    open: bool = False
    app: str = ""
    feature: str = ""
    admin: bool = False
    wide: bool = False
    ours: bool = False

    def admits(self, user: Any) -> bool:
        """Whether somebody signed in may enter; the app is asked apart, since without it nothing is there (404)."""
        held = rights(user)
        if (self.admin and not held.is_admin) or (self.wide and not (held.is_admin and user.level)):
            return False
        return not self.feature or held.feature(self.feature)


def door(
    *, open: bool = False, app: str = "", feature: str = "", admin: bool = False, wide: bool = False, ours: bool = False
) -> Callable[[V], V]:
    """Decorator: state who may enter a view."""

    def mark(view: V) -> V:
        view.door = Door(open, app, feature, admin, wide, ours)  # type: ignore[attr-defined]
        return view

    return mark


def door_of(view: Any) -> Door | None:
    """The door of a resolved view, or None for one that states nothing."""
    return getattr(view, "door", None)
