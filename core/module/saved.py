"""The views of a module as one reader sees them: those it ships with, and those saved."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from core.access.models import User
from core.module.models import SavedView, ViewChoice
from core.module.module import Module
from core.stamps import stamped


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
    """What a person pinned and chose, over all modules. To be read only: the same rows serve every request of this process."""
    return _tastes(user.pk)


@stamped("views")
def _tastes(user_id: int) -> list[ViewChoice]:
    return list(ViewChoice.objects.filter(user_id=user_id))


def views(user: User, module: Module) -> list[ListView]:
    """Every view of `module` that `user` may use, in their order."""
    choices = {c.view: c for c in tastes(user) if c.module == module.key}

    def taste(key: str) -> dict[str, Any]:
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
    rows = _saved_rows(user.pk, module.key)
    chosen = [row.pk for row in rows if row.shared == "some" and row.owner_id != user.pk]
    if not chosen:
        return rows
    above = [int(part) for part in user.role.path.strip("/").split("/") if part] if user.role else []
    mine = set(SavedView.objects.filter(Q(users=user) | Q(roles__in=above), pk__in=chosen).values_list("pk", flat=True))
    return [row for row in rows if row.pk not in chosen or row.pk in mine]


@stamped("views")
def _saved_rows(user_id: int, module: str) -> list[SavedView]:
    return list(SavedView.objects.filter(Q(owner_id=user_id) | ~Q(shared="me"), module=module))


@stamped("views")
def view_name(key: str) -> str:
    """What a saved view (`v12`) is called; empty when there is none."""
    number = key.removeprefix("v")
    found = SavedView.objects.filter(pk=number).values_list("name", flat=True).first() if number.isdecimal() else None
    return found or ""


def pick(found: list[ListView], key: str) -> ListView:
    """The view asked for, else the reader's default, else the first."""
    return next((v for v in found if v.key == key), None) or next((v for v in found if v.default), None) or found[0]
