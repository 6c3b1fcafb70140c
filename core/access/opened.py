"""What is opened beyond ownership: sharing rules, and records shared by hand. The gate reads them here, kept under stamps."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db.models import Case, Q, QuerySet, Value, When

from core import clock
from core.access.models import Share, SharingRule
from core.module.module import Module
from core.stamps import stamped

# (record, level, until) of what is shared by hand, by module.
ByHand = dict[str, tuple[tuple[int, str, datetime | None], ...]]
# What a row that is open for a level is open for.
LEVELS: dict[str, frozenset[str]] = {"read": frozenset({"read"}), "write": frozenset({"read", "write"})}
# Records shared with one person by hand that a process keeps by their ids; of more, the database is asked.
MOST = 1_000
# Everybody's condition for nobody's row.
NO_ROW = Q(pk__in=[])


class Rule(NamedTuple):
    """A sharing rule as the gate asks it."""

    pk: int
    module: str
    source: str
    criteria: dict[str, Any]
    target: str
    level: str

    def __hash__(self) -> int:  # the question is a mapping
        return hash((self.pk, self.source, self.target, self.level))

    def condition(self, module: Module) -> Q:
        """The rows a rule without a source names. One whose question can no longer be asked (its field is gone) names none."""
        from core.criteria.compile import Asker, compile_group  # questions are asked through the gate
        from core.criteria.tree import BadCriteria, read

        try:
            return compile_group(read(self.criteria, module, module.fields), Asker()) or Q(pk__isnull=False)
        except BadCriteria:
            return NO_ROW


def today() -> date:
    """The day that rules mean by it."""
    from core.criteria.compile import Asker  # questions are asked through the gate

    return Asker().today


@stamped("access")
def rules() -> dict[str, tuple[Rule, ...]]:
    """Every sharing rule, by module."""
    made: dict[str, list[Rule]] = {}
    for row in SharingRule.objects.order_by("pk").values_list("pk", "module", "source", "criteria", "target", "level"):
        made.setdefault(row[1], []).append(Rule(*row))
    return {key: tuple(found) for key, found in made.items()}


@stamped("shares")
def by_hand(keys: frozenset[str]) -> ByHand | None:
    """What is shared with any of these parties by hand; None if it is more than MOST."""
    rows = Share.objects.filter(whom__in=keys).order_by().values_list("module", "record_id", "level", "until")
    found = list(rows[: MOST + 1])
    if len(found) > MOST:
        return None
    made: dict[str, list[tuple[int, str, datetime | None]]] = {}
    for module, pk, level, until in found:
        made.setdefault(module, []).append((pk, level, until))
    return {module: tuple(held) for module, held in made.items()}


def ids_by_hand(keys: Collection[str], module: str, level: str) -> QuerySet[Any, Any]:
    """The same as a question: the ids of the records of one module, open for `level` now."""
    enough = [given for given, held in LEVELS.items() if level in held]
    still = Q(until__isnull=True) | Q(until__gt=clock.now())
    return Share.objects.filter(still, whom__in=sorted(keys), module=module, level__in=enough).values_list("record_id", flat=True)


def met(module: Module, record: Any) -> frozenset[int]:
    """The ids of the rules by criteria that name this record, as it stands in the database. Asked once for a record at hand."""
    if record.pk is None:
        return frozenset()
    slot = record.__dict__.get("_rules_met")
    now = (record.version, rules().get(module.key))
    if slot is None or slot[0] != now:
        look_up(module, [record])
        slot = record.__dict__["_rules_met"]
    return slot[1]  # type: ignore[no-any-return]


def look_up(module: Module, records: Iterable[Any]) -> None:
    """Ask about many records at once, in one query: a page that asks `can` of each of its rows looks them up first."""
    known = rules().get(module.key)
    asked = [one for one in known or () if not one.source]
    wanted = [one for one in records if one.pk is not None]
    found: dict[int, frozenset[int]] = {}
    if asked and wanted:
        flags = {f"rule_{one.pk}": Case(When(one.condition(module), then=Value(1)), default=Value(0)) for one in asked}
        rows = module.model._default_manager.filter(pk__in=[one.pk for one in wanted]).annotate(**flags)
        for pk, *held in rows.values_list("pk", *flags):
            found[pk] = frozenset(one.pk for one, flag in zip(asked, held, strict=True) if flag)
    for one in wanted:
        one.__dict__["_rules_met"] = ((one.version, known), found.get(one.pk, frozenset()))
