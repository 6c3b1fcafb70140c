"""From rules to points: one query for each rule and thousand records, whoever asks (CRM-19)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.access.models import User
from core.criteria.compile import Asker, compile_group
from core.criteria.tree import BadCriteria, Group, read
from core.module.module import Module
from core.record.rewrite import rewrite

from .models import ScoreRule
from .signals import signals

# What the column holds on every database.
MOST = 32_767
# A rule of the house asks for nobody: there is no "me".
_PERSONAL = {"me", "my_team"}


def tree_of(rule: ScoreRule, module: Module) -> Group:
    """The conditions of a rule, over all fields that are not hidden from everyone. Raises BadCriteria."""
    found = read(rule.criteria, module, {key: one for key, one in module.fields.items() if not one.hidden})
    if not found:
        raise BadCriteria("nothing is asked")
    return house(found)


def house(group: Group) -> Group:
    """The same tree, if it means the same whoever asks. Raises BadCriteria for "me" and "my team", and for the score itself."""
    for leaf in group.leaves():
        if leaf.op in _PERSONAL:
            raise BadCriteria(leaf.op)
        if leaf.field.key == "score":
            raise BadCriteria("score")
    return group


def times(rule: ScoreRule, module: Module, ids: Sequence[int], now: datetime, user: User | None = None) -> dict[int, int]:
    """How often a rule counts for each of these records; those it does not count for are left out. With a `user`, as far as
    this person could find out by asking. Raises BadCriteria for a rule that can no longer be asked: its field or its signal is
    gone."""
    if rule.signal:
        one = signals().get(rule.signal)
        if one is None:
            raise BadCriteria(rule.signal)
        found = one.count(module.key, ids, now - timedelta(rule.days) if rule.days else None, user)
        return {pk: min(n, rule.most) if rule.most else n for pk, n in found.items() if n}
    rows = module.model._default_manager.filter(pk__in=ids).filter(compile_group(tree_of(rule, module), Asker(user)))
    return dict.fromkeys(rows.order_by().values_list("pk", flat=True), 1)


def clamped(total: int) -> int:
    """The sum as it is stored: never below nought."""
    return max(0, min(MOST, total))


def totals(module: Module, rules: Sequence[ScoreRule], ids: Sequence[int], now: datetime) -> dict[int, int]:
    """The score of each of these records by these rules. A rule that can no longer be asked gives nothing."""
    made = dict.fromkeys(ids, 0)
    for rule in rules:
        try:
            found = times(rule, module, ids, now)
        except BadCriteria:
            continue
        for pk, n in found.items():
            made[pk] += n * rule.points
    return {pk: clamped(total) for pk, total in made.items()}


@dataclass(frozen=True)
class Given:
    """What one rule does for one record; `broken` is one that can no longer be asked. `seen` is how often it counts as far as
    the reader may see, None where it asks about a record the reader may not see."""

    rule: ScoreRule
    times: int
    seen: int | None = 0
    broken: bool = False

    @property
    def points(self) -> int:
        """What it gives in truth."""
        return self.times * self.rule.points

    @property
    def shown(self) -> int:
        """What its line says it gives."""
        return (self.seen or 0) * self.rule.points


def explained(module: Module, pk: int, now: datetime, user: User) -> tuple[list[Given], int]:
    """Every rule that is on with what it gives this record and what of it `user` may see, and the score that makes."""
    made = []
    for rule in active(module.key):
        try:
            n = times(rule, module, [pk], now).get(pk, 0)
            made.append(Given(rule, n, _seen(rule, module, pk, now, user, n)))
        except BadCriteria:
            made.append(Given(rule, 0, broken=True))
    return made, clamped(sum(one.points for one in made))


def _seen(rule: ScoreRule, module: Module, pk: int, now: datetime, user: User, n: int) -> int | None:
    """How often it counts through the reader's gate. Of conditions, yes and no are told where the reader's own question gives
    the same answer; another answer would tell of a related record that is not theirs to see."""
    try:
        mine = times(rule, module, [pk], now, user).get(pk, 0)
    except BadCriteria:
        return None
    return min(mine, n) if rule.signal else n if mine == n else None


def active(key: str) -> list[ScoreRule]:
    """The rules of a module that are on, in their order."""
    return list(ScoreRule.objects.filter(module=key, active=True))


def rescore(module: Module, rules: Sequence[ScoreRule], ids: Sequence[int], now: datetime) -> int:
    """Store the scores of these records where they differ, and say how many did. A score is no change of the record: it makes
    no event, no version, and leaves its changing time. In a transaction."""
    fresh, differing = totals(module, rules, ids, now), []
    manager = module.model._default_manager
    for row in manager.filter(pk__in=ids).only("pk", "score").order_by("pk"):
        if row.score != fresh[row.pk]:
            row.score = fresh[row.pk]
            differing.append(row)
    if differing:
        # Rows are locked in the order in which all other writers lock them.
        list(manager.select_for_update().filter(pk__in=[row.pk for row in differing]).order_by("pk").values_list("pk"))
        rewrite(module.model, differing, ["score"], counted=False)
    return len(differing)
