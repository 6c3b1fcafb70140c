"""What a change of rights would open and close, said before it is made (ADM-13): how many people, how many records.

The change is made, the gate is asked before and after, and everything is rolled back. Nothing goes through all records: people
whose reach differs are put together by what they gain and lose, and each of these is one counted question up to CAP.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import transaction
from django.db.models import Q

from core import stamps
from core.access import opened
from core.access.audience import everybody, gathered
from core.access.gate import NEEDS, Reach, Rights, rights
from core.access.models import Share, User
from core.module.module import Module
from core.module.registry import modules

# Records are counted up to here; more are "at least".
CAP = 10_000
# So many different ways of gaining or losing are counted apart; beyond that, the count says "at least".
WAYS = 100
# Of so many shares by hand people's own are put together here; of more, shares by hand are left out of the comparison.
SHARES = 20_000
ASKED = ("view", "edit")
NOBODY = Reach()


@dataclass
class Count:
    """Records of one module that some people gain or lose for one right. `more`: at least so many."""

    module: Module
    right: str
    records: int
    more: bool
    people: set[int]


@dataclass
class Impact:
    """What a change opens and closes. `problem` is why it cannot be made at all."""

    opens: list[Count] = field(default_factory=list)
    closes: list[Count] = field(default_factory=list)
    # People who may do something with a module at all that they might not, and the other way round; with or without a record.
    gain: set[int] = field(default_factory=set)
    lose: set[int] = field(default_factory=set)

    @property
    def nothing(self) -> bool:
        return not (self.opens or self.closes or self.gain or self.lose)


@dataclass(frozen=True)
class _State:
    """One person's reach of every module, as the gate works it out."""

    allowed: dict[str, frozenset[str]]
    reach: dict[tuple[str, str], Reach]


class _Rolled(Exception):
    """Ends the transaction of a trial."""


def of(change: Callable[[], Any], *, among: Collection[int] | None = None, asked: Collection[str] = ASKED) -> Impact:
    """Try a change, and say what it would do. What `change` raises comes out; nothing of it stays.

    `among` are the only people it can touch, where that is known; `asked` the rights that are compared."""
    with stamps.held():
        before = _states(among, asked)
        made = Impact()
        try:
            with transaction.atomic():
                change()
                stamps.forget()
                after = _states(among, asked)
                made = _compared(before, after, asked)
                raise _Rolled
        except _Rolled:
            pass
        finally:
            stamps.forget()
        return made


def reached(module: Module, among: Collection[int]) -> Count:
    """The records of a module that any of these people may see, and who of them may see any."""
    with stamps.held():
        states = _states(among, ("view",))
    ways: dict[tuple[Reach, Reach], set[int]] = defaultdict(set)
    for pk in states:
        ways[NOBODY, _reach(states[pk], module, "view")].add(pk)
    return _counted(module, "view", ways)


def _states(among: Collection[int] | None, asked: Collection[str]) -> dict[int, _State]:
    users = everybody() if among is None else gathered(User.objects.filter(pk__in=list(among), is_active=True))
    _lend(users)
    return {user.pk: _state(rights(user), asked) for user in users}


def _lend(users: Iterable[User]) -> None:
    """What is shared by hand, read once for all people."""
    rows = list(Share.objects.order_by().values_list("whom", "module", "record_id", "level", "until")[: SHARES + 1])
    by_party: dict[str, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for whom, module, *rest in rows if len(rows) <= SHARES else ():
        by_party[whom][module].append(tuple(rest))
    for user in users:
        held = rights(user)
        mine: dict[str, list[Any]] = defaultdict(list)
        for key in by_party.keys() & held.keys:
            for module, found in by_party[key].items():
                mine[module] += found
        held._by_hand = {module: tuple(found) for module, found in mine.items()}


def _state(held: Rights, asked: Collection[str]) -> _State:
    """Who takes part in what is no rule an admin changes, and is left out."""
    allowed, reach = {}, {}
    base: dict[str, frozenset[int]] = {}
    for module in modules():
        allowed[module.key] = frozenset(right for right in asked if held.allows(module, right))
        held._given[module.key] = frozenset()
        for right in allowed[module.key] & NEEDS.keys():
            one = held.reach(module, right)
            # The same set for all modules, where it is the same: then they are compared by being one.
            owners = base.setdefault(right, one.owners)
            if not one.everything and owners == one.owners:
                one = replace(one, owners=owners)
            reach[module.key, right] = one
    return _State(allowed, reach)


def _compared(before: dict[int, _State], after: dict[int, _State], asked: Collection[str]) -> Impact:
    made = Impact()
    for module in modules():
        for right in asked:
            ways: dict[tuple[Reach, Reach], set[int]] = defaultdict(set)
            for pk in before.keys() | after.keys():
                was, now = before.get(pk), after.get(pk)
                might, may = (state is not None and right in state.allowed[module.key] for state in (was, now))
                if might != may:
                    (made.gain if may else made.lose).add(pk)
                pair = _reach(was, module, right), _reach(now, module, right)
                if pair[0] != pair[1]:
                    ways[pair].add(pk)
            if ways:
                opens, closes = _counted(module, right, ways), _counted(module, right, {(b, a): v for (a, b), v in ways.items()})
                made.opens += [opens] if opens.records else []
                made.closes += [closes] if closes.records else []
    return made


def _reach(state: _State | None, module: Module, right: str) -> Reach:
    """A reach of nothing, for who may not do it at all."""
    return NOBODY if state is None else state.reach.get((module.key, right), NOBODY)


def _counted(module: Module, right: str, gains: dict[tuple[Reach, Reach], set[int]]) -> Count:
    """How many records any of these people have afterwards and did not have before."""
    ways: dict[tuple[Any, ...], set[int]] = defaultdict(set)
    for (was, now), ids in gains.items():
        if (way := _way(was, now)) is not None:
            ways[way] |= ids
    people: set[int] = set()
    found = Q(pk__in=[])
    rows = module.model._default_manager.filter(deleted_at__isnull=True)
    asked = list(ways.items())
    for way, ids in asked[:WAYS]:
        condition = _condition(module, way)
        if rows.filter(condition).exists():
            people |= ids
            found |= condition
    if not people:
        return Count(module, right, 0, False, set())
    count = rows.filter(found).order_by()[: CAP + 1].count()
    return Count(module, right, min(count, CAP), count > CAP or len(asked) > WAYS, people)


def _way(was: Reach, now: Reach) -> tuple[Any, ...] | None:
    """What is gained, as a key that people who gain the same share: (all, owners, rules, single rows) but not what they had."""
    if was.everything or was == now:
        return None
    had = was.owners, was.rules, was.hand or frozenset()
    if now.everything:
        return True, frozenset(), (), frozenset(), *had
    owners = now.owners - was.owners
    rules = tuple(one for one in now.rules if one not in was.rules)
    hand = (now.hand or frozenset()) - had[2]
    if not (owners or rules or hand):
        return None
    # Who one had before matters only where rows come by what stands in them, or one by one.
    return False, owners, rules, hand, (was.owners if rules or hand else frozenset()), was.rules, had[2]


def _condition(module: Module, way: tuple[Any, ...]) -> Q:
    every, owners, rules, hand, had_owners, had_rules, had_hand = way
    gained = Q() if every else _any(module, owners, rules, hand)
    had = _any(module, had_owners, had_rules, had_hand)
    return (
        gained & ~Q(pk__in=module.model._default_manager.filter(had).values("pk"))
        if had_rules or had_hand
        else _without(gained, had_owners)
    )


def _without(gained: Q, owners: frozenset[int]) -> Q:
    return gained & (Q(owner_id__isnull=True) | ~Q(owner_id__in=sorted(owners))) if owners else gained


def _any(module: Module, owners: frozenset[int], rules: tuple[opened.Rule, ...], hand: frozenset[int]) -> Q:
    made = Q(owner_id__in=sorted(owners)) | Q(pk__in=sorted(hand))
    for rule in rules:
        made |= rule.condition(module)
    return made
