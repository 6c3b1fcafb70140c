"""The views of a module as one reader sees them: those it ships with, and those saved."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from core.access.models import User
from core.module.models import SavedView, ViewChoice
from core.module.module import Module


@dataclass(frozen=True)
class ListView:
    """One view, whoever made it. `key` is `all`, `mine`, … or `v12`; `aside` shows rows the module keeps out of lists."""

    key: str
    label: str
    criteria: dict[str, Any]
    order: str = ""
    columns: tuple[str, ...] = ()
    aside: bool = False
    saved: SavedView | None = None
    pinned: bool = False
    default: bool = False
    mine: bool = field(default=False)


def tastes(user: User) -> list[ViewChoice]:
    """What a person pinned and chose, over all modules; read once a request, for the list and the shell alike."""
    held: list[ViewChoice] | None = getattr(user, "_tastes", None)
    if held is None:
        held = list(ViewChoice.objects.filter(user=user))
        user._tastes = held  # type: ignore[attr-defined]
    return held


def views(user: User, module: Module) -> list[ListView]:
    """Every view of `module` that `user` may use, in their order."""
    choices = {c.view: c for c in tastes(user) if c.module == module.key}

    def taste(key: str) -> dict[str, bool]:
        choice = choices.get(key)
        return {"pinned": bool(choice and choice.pinned), "default": bool(choice and choice.default)}

    made = [ListView(v.key, str(v.label), v.criteria, v.order, (), v.hidden, **taste(v.key)) for v in module.views]
    for row in _saved(user, module):
        key = f"v{row.pk}"
        made.append(
            ListView(key, row.name, row.criteria, row.order, tuple(row.columns), saved=row, mine=row.owner_id == user.pk, **taste(key))
        )
    return made


def _saved(user: User, module: Module) -> list[SavedView]:
    """One's own, those for all, and those for chosen people and roles that one is among: asked only where there are any,
    since the one question with both joins costs more than the page's records."""
    rows = list(SavedView.objects.filter(Q(owner=user) | ~Q(shared="me"), module=module.key))
    chosen = [row.pk for row in rows if row.shared == "some" and row.owner_id != user.pk]
    if not chosen:
        return rows
    above = [int(part) for part in user.role.path.strip("/").split("/") if part] if user.role else []
    mine = set(SavedView.objects.filter(Q(users=user) | Q(roles__in=above), pk__in=chosen).values_list("pk", flat=True))
    return [row for row in rows if row.pk not in chosen or row.pk in mine]


def pick(found: list[ListView], key: str) -> ListView:
    """The view asked for, else the reader's default, else the first."""
    return next((v for v in found if v.key == key), None) or next((v for v in found if v.default), None) or found[0]
