"""The gate: who may see and do what. Pages, search, exports, counts and background work all ask here.

`queryset` is the only way to rows a person will see, `can` the same question about one row, `fields` which of its
fields. Closed unless opened: an unknown module, right or person gets nothing (PLT-23 to PLT-25).

Which rows: what one owns, what those below in the role tree own, by setting what those in the same role own, what a sharing
rule or a colleague opened, what the organisation leaves open, and what `@opens` names. What each of these may be done with
stands in docs/decisions/0009-sharing.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import Q, QuerySet

from core import clock
from core.access import opened
from core.access.features import FEATURES, OPENS_APP
from core.access.models import AppAccess, ModuleDefault, User
from core.access.opened import LEVELS, Rule
from core.access.operations import BROUGHT
from core.access.parties import headcount, keys_of, people, people_of_role
from core.access.people import below
from core.access.reached import Reached, worded
from core.field.field import Field
from core.field.formula.formula import Formula
from core.module.module import Module
from core.module.registry import module as find_module
from core.stamps import stamped

__all__ = ["FEATURES", "RIGHTS", "Reach", "Rights", "can", "fields", "opens", "queryset", "rights", "tells_link", "within"]

RIGHTS = ("view", "create", "edit", "delete", "import", "export", "bulk")
# What a row must be open for. "own": only to its owner, to those above, and to who sees all. To hand a record on
# (`transfer`, no right of its own in a profile) is part of editing.
NEEDS = {"view": "read", "export": "read", "edit": "write", "bulk": "write", "delete": "own", "transfer": "own"}


Opening = Callable[[User], Iterable[int]]
Who = Callable[[int], Iterable[int]]
_openings: dict[str, list[tuple[Opening, Who]]] = defaultdict(list)


def opens(module: str, *, who: Who) -> Callable[[Opening], Opening]:
    """Decorator: name rows of `module` that a person may read for another reason than their owner (who takes part in an
    event sees it). Gives ids, at most a few thousand: they stand in every question about the module. `who` is the same
    asked of one row: the ids of the users it is opened to."""

    def add(function: Opening) -> Opening:
        _openings[module].append((function, who))
        return function

    return add


def opened_to(module: Module, pk: int) -> set[int]:
    """Ids of the users to whom `@opens` opens one row."""
    return {user for _function, who in _openings.get(module.key, ()) for user in who(pk)}


@stamped("access")
def defaults() -> dict[str, str]:
    """The organisation's default by module; what is not named is private."""
    return dict(ModuleDefault.objects.values_list("module", "default"))


@stamped("apps")
def _apps(user_id: int | None) -> dict[str, bool]:
    return {} if user_id is None else dict(AppAccess.objects.filter(user_id=user_id).values_list("app", "is_admin"))


@dataclass(frozen=True)
class Reach:
    """Which rows of one module a person reaches: all of them, or those of `owners`, those that one of the `rules` names,
    and single ones. `hand` is None where so much was shared by hand that the database is asked, with `asked`: the person's
    parties, and the level."""

    everything: bool = False
    owners: frozenset[int] = frozenset()
    rules: tuple[Rule, ...] = ()
    hand: frozenset[int] | None = frozenset()
    opened: frozenset[int] = frozenset()
    asked: tuple[frozenset[str], str] | None = None

    def apart(self) -> tuple[Any, ...] | None:
        """For core.worded: the ids it is made of. None for one whose words change by themselves: rules ask for today."""
        if self.rules or self.hand is None:
            return None
        return self.everything, tuple(sorted(self.owners)), tuple(sorted(self.hand | self.opened))

    @classmethod
    def together(cls, everything: bool, owners: tuple[int, ...], single: tuple[int, ...]) -> Reach:
        return cls(everything, frozenset(owners), opened=frozenset(single))

    @property
    def share(self) -> float:
        """About what part of all rows these are, by the number of their owners: to choose a way to them, never to decide."""
        return 1.0 if self.everything else min(1.0, max(len(self.owners), 1) / max(headcount(), 1))

    def condition(self, module: Module, prefix: str = "") -> Q:
        """The rows as one condition; an empty one for all. `prefix` is the path of a relation in front, for a condition on
        the record that another one points at."""
        if self.everything:
            return Q()
        if not prefix and self.hand is not None and (named := worded(module, self.rules)) is not None:
            return Q(Reached(sorted(self.owners), sorted(self.hand | self.opened), named))
        made = Q(**{f"{prefix}owner_id__in": sorted(self.owners)})
        if self.hand is None and self.asked is not None:
            keys, level = self.asked
            made |= Q(**{f"{prefix}pk__in": opened.ids_by_hand(keys, module.key, level)})
        if single := (self.hand or frozenset()) | self.opened:
            made |= Q(**{f"{prefix}pk__in": sorted(single)})
        for rule in self.rules:
            of_it = rule.condition(module)
            made |= Q(**{f"{prefix}pk__in": module.model._default_manager.filter(of_it).values("pk")}) if prefix else of_it
        return made


ALL_OF_THEM = Reach(everything=True)


@dataclass
class Rights:
    """What one person holds, gathered once a request (or job step) and asked many times."""

    user: User
    _given: dict[str, frozenset[int]] = field(default_factory=dict)
    _reach: dict[tuple[str, str], Reach] = field(default_factory=dict)
    # What is shared with this person by hand, where somebody asked about many people at once (core.access.audience).
    _by_hand: opened.ByHand | None = None

    @cached_property
    def apps(self) -> dict[str, bool]:
        """The person's apps; the value says whether they administer it."""
        return _apps(self.user.pk)

    def has_app(self, app: str) -> bool:
        if app == "admin_console" and self.is_admin:
            return True
        return self.user.is_active and app in self.apps and (app not in OPENS_APP or self.feature(OPENS_APP[app]))

    @cached_property
    def is_admin(self) -> bool:
        """One of the three levels that open the console (ADM-1)."""
        return self.user.is_active and (self.user.level in {"account", "suite"} or any(self.apps.values()))

    def feature(self, name: str) -> bool:
        """Whether a switch is on: by the profile, or by the level, which the table of operations decides."""
        profile = self.user.profile
        return self.user.is_active and (self.by_level(name) or bool(profile and name in profile.features))

    def by_level(self, name: str) -> bool:
        """Whether the level brings the switch along, whatever the profile says."""
        return name in BROUGHT.get(self.user.level, ())

    def allows(self, module: Module, right: str) -> bool:
        """Whether the profile grants `right` on the module at all."""
        profile = self.user.profile
        right = "edit" if right == "transfer" else right
        if right not in RIGHTS or profile is None or not self.has_app(module.app):
            return False
        if right in {"create", "import"} and not module.by_hand:
            return False
        if right == "export" and not self.feature("export"):
            return False
        return right in profile.rights.get(module.key, ())

    @cached_property
    def team(self) -> list[int]:
        """Ids of those below in the role tree."""
        return below(self.user.role.path) if self.user.role else []

    @cached_property
    def keys(self) -> frozenset[str]:
        """The parties this person belongs to: what is shared with one of them is shared with the person."""
        return keys_of(self.user)

    @cached_property
    def peers(self) -> frozenset[int]:
        """Ids of those in the same role, where the role's setting opens their records to one another; else nobody."""
        return people_of_role(self.user.role_id) if self.user.role is not None and self.user.role.peers else frozenset()

    def owners(self, module: Module, level: str) -> frozenset[int]:
        """Ids of the people whose records of `module` are open to this person for "read", "write" or as their "own"."""
        found = {self.user.pk, *self.team}
        if self.user.role is not None and level in LEVELS.get(self.user.role.peers, ()):
            found |= self.peers
        for rule in self.rules(module, level):
            if rule.source:
                found |= people(rule.source)
        return frozenset(found)

    def rules(self, module: Module, level: str) -> list[Rule]:
        """The sharing rules that open something of `module` to this person for `level`."""
        return [one for one in opened.rules().get(module.key, ()) if one.target in self.keys and level in LEVELS[one.level]]

    def hand(self, module: Module, level: str) -> frozenset[int] | None:
        """Ids of the rows shared with this person by hand for `level`; None where they are too many to be held."""
        held = opened.by_hand(self.keys) if self._by_hand is None else self._by_hand
        if held is None:
            return None
        now = clock.now()
        rows = held.get(module.key, ())
        return frozenset(pk for pk, given, until in rows if level in LEVELS[given] and (until is None or until > now))

    def reach(self, module: Module, right: str) -> Reach:
        """The rows `right` reaches, as far as the profile grants the right at all."""
        slot = module.key, right
        if slot not in self._reach:
            self._reach[slot] = self._worked_out(module, right)
        return self._reach[slot]

    def _worked_out(self, module: Module, right: str) -> Reach:
        level, default = NEEDS[right], defaults().get(module.key, "private")
        # What everybody may edit, everybody may take on or hand on; only deleting it stays with its owner.
        open_for = {"read": {"view", "export"}, "write": {"view", "export", "edit", "bulk", "transfer"}}.get(default, set())
        if self.feature("see_all") or right in open_for:
            return ALL_OF_THEM
        rules = tuple(one for one in self.rules(module, level) if not one.source)
        given = self.given(module) if level == "read" else frozenset()
        hand = self.hand(module, level)
        return Reach(False, self.owners(module, level), rules, hand, given, (self.keys, level) if hand is None else None)

    def scope(self, module: Module, right: str) -> Reach | None:
        """The rows `right` reaches; None where the profile does not grant it at all."""
        return self.reach(module, right) if self.allows(module, right) else None

    def rows(self, module: Module, right: str, prefix: str = "") -> Q | None:
        """`scope` as one condition; None for no row, an empty Q for all."""
        reach = self.scope(module, right)
        return None if reach is None else reach.condition(module, prefix)

    def reaches(self, module: Module, right: str, record: Any) -> bool:
        """The same about one row at hand: nothing is asked of the database unless a rule names rows by what stands in them."""
        reach = self.reach(module, right)
        if reach.everything or record.owner_id in reach.owners or record.pk in reach.opened:
            return True
        if record.pk is None:
            return False
        if reach.hand is None:
            if opened.ids_by_hand(self.keys, module.key, NEEDS[right]).filter(record_id=record.pk).exists():
                return True
        elif record.pk in reach.hand:
            return True
        return bool(reach.rules) and not opened.met(module, record).isdisjoint(one.pk for one in reach.rules)

    def given(self, module: Module) -> frozenset[int]:
        """Ids of rows this person may read though somebody else's: those the module's `@opens` functions name."""
        if module.key not in self._given:
            self._given[module.key] = frozenset(pk for function, _who in _openings.get(module.key, ()) for pk in function(self.user))
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
    return within(rights(user).scope(one, right), one, aside=aside, binned=binned)


def within(reach: Reach | None, module: Module | str, *, aside: bool = False, binned: bool = False) -> QuerySet[Any]:
    """`queryset` for a reach at hand: for questions that are worded once (core.worded), whoever asks."""
    one = find_module(module) if isinstance(module, str) else module
    rows = one.model._default_manager.filter(deleted_at__isnull=not binned)
    if one.aside is not None and not aside:
        rows = rows.exclude(one.aside) if not _is_null_test(one.aside) else rows.filter(_negated(one.aside))
    if reach is None:
        return rows.none()
    return rows if reach.everything else rows.filter(reach.condition(one))


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
    if not held.allows(one, right):
        return False
    return record is None or right not in NEEDS or held.reaches(one, right, record)


def fields(user: User, module: Module, *, edit: bool = False, of: Any = None) -> dict[str, Field]:
    """The fields `user` may see, or with `edit` may change; on the record `of`, if one is given: whoever edits what was only
    shared with them does not give it away. A part of a hidden compound is hidden with it."""
    locks = rights(user).hidden(module)
    shut = {key for key, state in locks.items() if state == "hidden" or (edit and state == "read")}
    if edit and of is not None and not may_hand_on(user, module, of):
        shut.add("owner")
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


def tells_link(user: User, module: Module, key: str) -> bool:
    """Whether `user` may learn of a link of `module` from its other end: what a profile hides, it hides at both."""
    return module.fields[key].hidden or key in fields(user, module)


def may_hand_on(user: User, module: Module, record: Any) -> bool:
    """Whether `user` may give the record another owner. One that nobody owns is taken by whoever may edit it."""
    return record.owner_id is None or can(user, module, "transfer", record)


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
