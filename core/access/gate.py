"""The gate: who may see and do what. Pages, search, exports, counts and background work all ask here.

`queryset` is the only way to rows a person will see, `can` the same question about one row, `fields` which of its
fields. Closed unless opened: an unknown module, right or person gets nothing (PLT-23 to PLT-25).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet

from core.access.models import AppAccess, ModuleDefault, User
from core.access.people import below
from core.field.field import Field
from core.field.formula.formula import Formula
from core.module.module import Module
from core.module.registry import module as find_module
from core.stamps import stamped

RIGHTS = ("view", "create", "edit", "delete", "import", "export", "bulk")
FEATURES = ("convert", "see_all", "settings", "reports_all", "social", "rules", "mass_mail")
_READING = {"view", "export"}
_ROWS = {"view", "edit", "delete", "export", "bulk"}


Opening = Callable[[User], Iterable[int]]
_openings: dict[str, list[Opening]] = defaultdict(list)


def opens(module: str) -> Callable[[Opening], Opening]:
    """Decorator: name rows of `module` that a person may read for another reason than their owner (who takes part in an
    event sees it). Gives ids, at most a few thousand: they stand in every question about the module."""

    def add(function: Opening) -> Opening:
        _openings[module].append(function)
        return function

    return add


@stamped("access")
def _defaults() -> dict[str, str]:
    return dict(ModuleDefault.objects.values_list("module", "default"))


@stamped("apps")
def _apps(user_id: int | None) -> dict[str, bool]:
    return dict(AppAccess.objects.filter(user_id=user_id).values_list("app", "is_admin"))


class Reach(NamedTuple):
    """The rows a right reaches: those of these owners (None: of all) and those that are named."""

    owners: tuple[int, ...] | None
    given: tuple[int, ...] = ()

    @property
    def condition(self) -> Q:
        """The same as a condition; an empty one for all rows."""
        if self.owners is None:
            return Q()
        own = Q(owner_id__in=self.owners)
        return own | Q(pk__in=self.given) if self.given else own


@dataclass
class Rights:
    """What one person holds, gathered once a request (or job step) and asked many times."""

    user: User
    _given: dict[str, list[int]] = field(default_factory=dict)

    @cached_property
    def apps(self) -> dict[str, bool]:
        """The person's apps; the value says whether they administer it."""
        return _apps(self.user.pk)

    def has_app(self, app: str) -> bool:
        return self.user.is_active and (app in self.apps or (app == "admin_console" and self.is_admin))

    @cached_property
    def is_admin(self) -> bool:
        """One of the three levels that open the console (ADM-1)."""
        return self.user.is_active and (self.user.level in {"account", "suite"} or any(self.apps.values()))

    def feature(self, name: str) -> bool:
        return bool(self.user.is_active and self.user.profile and name in self.user.profile.features)

    def allows(self, module: Module, right: str) -> bool:
        """Whether the profile grants `right` on the module at all."""
        profile = self.user.profile
        if right not in RIGHTS or profile is None or not self.has_app(module.app):
            return False
        if right in {"create", "import"} and not module.by_hand:
            return False
        return right in profile.rights.get(module.key, ())

    @cached_property
    def team(self) -> list[int]:
        """Ids of those below in the role tree."""
        return below(self.user.role.path) if self.user.role else []

    def rows(self, module: Module, right: str) -> Q | None:
        """The rows `right` reaches as one condition; None for no row, an empty Q for all."""
        reach = self.reach(module, right)
        return None if reach is None else reach.condition

    def reach(self, module: Module, right: str) -> Reach | None:
        """The rows `right` reaches; None for no row."""
        if not self.allows(module, right):
            return None
        default = _defaults().get(module.key, "private")
        if self.feature("see_all") or default == "write" or (default == "read" and right in _READING):
            return Reach(None)
        given = self.given(module) if right in _READING else []
        return Reach((self.user.pk, *self.team), tuple(given))

    def given(self, module: Module) -> list[int]:
        """Ids of rows this person may read though somebody else's: those the module's `@opens` functions name."""
        if module.key not in self._given:
            self._given[module.key] = [pk for function in _openings.get(module.key, ()) for pk in function(self.user)]
        return self._given[module.key]

    def hidden(self, module: Module) -> dict[str, str]:
        """Fields the profile hides ("hidden") or locks ("read"), by key."""
        profile = self.user.profile
        return profile.fields.get(module.key, {}) if profile else {}


def rights(user: User) -> Rights:
    """The rights of `user`, kept on the object: one request loads them once, a job step loads the user anew."""
    held: Rights | None = getattr(user, "_rights", None)
    if held is None:
        held = Rights(user)
        user._rights = held  # type: ignore[attr-defined]
    return held


def queryset(user: User, module: Module | str, right: str = "view", *, aside: bool = False, binned: bool = False) -> QuerySet[Any]:
    """The rows of `module` that `user` may reach with `right`.

    `aside` includes rows the module keeps out of its lists (converted leads); `binned` gives those in the bin instead.
    """
    one = find_module(module) if isinstance(module, str) else module
    return within(rights(user).reach(one, right), one, aside=aside, binned=binned)


def within(reach: Reach | None, module: Module | str, *, aside: bool = False, binned: bool = False) -> QuerySet[Any]:
    """`queryset` for a reach at hand: for questions that are worded once (core.worded), whoever asks."""
    one = find_module(module) if isinstance(module, str) else module
    rows = one.model._default_manager.filter(deleted_at__isnull=not binned)
    if one.aside is not None and not aside:
        rows = rows.exclude(one.aside) if not _is_null_test(one.aside) else rows.filter(_negated(one.aside))
    if reach is None:
        return rows.none()
    return rows if reach.owners is None else rows.filter(reach.condition)


def _is_null_test(aside: Q) -> bool:
    return len(aside.children) == 1 and isinstance(aside.children[0], tuple) and aside.children[0][0].endswith("__isnull")


def _negated(aside: Q) -> Q:
    # `NOT (x IS NOT NULL)` keeps the planner from using the partial index; `x IS NULL` says the same.
    name, value = aside.children[0]  # type: ignore[misc]
    return Q(**{name: not value})


def can(user: User, module: Module | str, right: str, record: Any = None) -> bool:
    """Whether `user` may do `right` on the module, and on `record` if one is given."""
    one = find_module(module) if isinstance(module, str) else module
    held = rights(user)
    if record is None or right not in _ROWS:
        return held.allows(one, right)
    reach = held.reach(one, right)
    if reach is None:
        return False
    return reach.owners is None or record.owner_id in reach.owners or record.pk in reach.given


def fields(user: User, module: Module, *, edit: bool = False) -> dict[str, Field]:
    """The fields `user` may see, or with `edit` may change. A part of a hidden compound is hidden with it."""
    locks = rights(user).hidden(module)
    shut = {key for key, state in locks.items() if state == "hidden" or (edit and state == "read")}
    shut |= {part for key in shut if key in module.fields for part in module.fields[key].parts}
    found = {}
    for key, one in module.fields.items():
        if one.hidden or key in shut or any(part in shut for part in one.parts):
            continue
        if edit and not one.editable:
            continue
        if one.formula is not None and _tells(user, one.formula, shut):
            continue
        found[key] = one
    return found


def _tells(user: User, formula: Formula, shut: set[str]) -> bool:
    """Whether a formula would give away a field that is hidden from this person, here or on the record it reads."""
    if formula.needs & shut:
        return True
    for target, key in formula.far:
        one = find_module(target)
        hidden = {name for name, state in rights(user).hidden(one).items() if state == "hidden"}
        hidden |= {part for name in hidden if name in one.fields for part in one.fields[name].parts}
        if key in hidden or (key in one.fields and any(part in hidden for part in one.fields[key].parts)):
            return True
    return False
