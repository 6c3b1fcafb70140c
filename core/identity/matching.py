"""Which records of a module look like one, from the keys they share: pairs, how sure they are, and the groups they make."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from operator import attrgetter
from typing import NamedTuple

from django.db import connection

from core.identity.keys import SHARED, WEIGHTS, others
from core.identity.models import IdentityKey, TwinsApart
from core.module.module import Module

# A key that more records hold says nothing about who is who: a switchboard, a placeholder.
MOST_SHARED = 20
# A group that grew larger by doubtful pairs keeps its sure ones only.
LARGEST, SURE = 30, 90
PAST = 0.9
_TABLE = IdentityKey._meta.db_table
Pair = tuple[int, int]


class Shared(NamedTuple):
    """A key with one of the records that hold it."""

    kind: str
    value: str
    record_id: int
    who: str
    past: bool


@dataclass
class Link:
    """What joins two records: the kinds of keys they share with the key, and whether one held it earlier only."""

    kinds: dict[str, tuple[str, bool]] = field(default_factory=dict)

    def confidence(self, weights: Mapping[str, int]) -> int:
        """How sure the kinds together are, 1 to 99."""
        doubt = 1.0
        for kind, (_value, past) in self.kinds.items():
            doubt *= 1 - weights.get(kind, 50) / 100 * (PAST if past else 1)
        return min(99, round(100 * (1 - doubt)))


@dataclass
class Group:
    """Records that look like one."""

    ids: list[int]
    confidence: int


def shared_keys(module: Module, ids: Collection[int]) -> list[Shared]:
    """The keys these records share with others, with everybody who holds them. One statement, whatever their number."""
    if not ids:
        return []
    # Ids and counts are our own integers; the rest goes as parameters.
    mine = ", ".join(str(int(pk)) for pk in ids)
    statement = f"""
        WITH mine AS (
            SELECT DISTINCT kind, value FROM {_TABLE} WHERE module = %s AND live AND record_id IN ({mine})
        ), common AS (
            SELECT mine.kind, mine.value FROM mine WHERE (
                SELECT count(*) FROM (
                    SELECT 1 FROM {_TABLE} k WHERE k.value = mine.value AND k.kind = mine.kind AND k.module = %s AND k.live
                    LIMIT {MOST_SHARED + 1}
                ) held
            ) BETWEEN 2 AND {MOST_SHARED}
        )
        SELECT k.kind, k.value, k.record_id, k.who, k.past FROM common
        JOIN {_TABLE} k ON k.value = common.value AND k.kind = common.kind AND k.module = %s AND k.live"""  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, [module.key] * 3)
        return [Shared(kind, value, pk, who, bool(past)) for kind, value, pk, who, past in cursor.fetchall()]


_record_id = attrgetter("record_id")


def links(rows: Iterable[Shared]) -> dict[Pair, Link]:
    """The pairs that share a key. Two who share a telephone only, and have other names, are two people."""
    by_key: dict[tuple[str, str], list[Shared]] = defaultdict(list)
    for row in rows:
        by_key[row.kind, row.value].append(row)
    found: dict[Pair, Link] = {}
    # Keys that several people may share come last: they add to a pair that others made.
    for (kind, value), held in sorted(by_key.items(), key=lambda one: one[0][0] in SHARED):
        doubtful = kind in SHARED
        for a, b in combinations(sorted(held, key=_record_id), 2):
            pair = (a.record_id, b.record_id)
            if doubtful and a.who != b.who and pair not in found and others(a.who, b.who):
                continue
            link = found.get(pair) or found.setdefault(pair, Link())
            past = a.past or b.past
            if kind not in link.kinds or (link.kinds[kind][1] and not past):
                link.kinds[kind] = (value, past)
    return found


def apart(module: Module, ids: Collection[int]) -> set[Pair]:
    """The pairs among these records of which somebody said that they are not the same."""
    if not ids:
        return set()
    rows = TwinsApart.objects.filter(module=module.key, one__in=ids)
    return set(rows.values_list("one", "other"))


def grouped(module: Module, pairs: Mapping[Pair, Link]) -> list[Group]:
    """The groups that pairs make, each as sure as its least sure member."""
    assert module.identity is not None
    weights = WEIGHTS[module.identity.kind]
    sure = {pair: link.confidence(weights) for pair, link in pairs.items()}
    made = []
    for ids in _components(sure):
        if len(ids) <= LARGEST:
            made.append(Group(ids, _weakest(ids, sure)))
            continue
        within = set(ids)
        strict = {pair: value for pair, value in sure.items() if pair[0] in within and value >= SURE}
        made += [Group(part, _weakest(part, strict)) for part in _components(strict)]
    return made


def _components(pairs: Iterable[Pair]) -> list[list[int]]:
    root: dict[int, int] = {}

    def find(pk: int) -> int:
        while root.setdefault(pk, pk) != pk:
            root[pk] = root[root[pk]]
            pk = root[pk]
        return pk

    for a, b in pairs:
        one, other = sorted((find(a), find(b)))
        root[other] = one
    parts: dict[int, list[int]] = defaultdict(list)
    for pk in root:
        parts[find(pk)].append(pk)
    return [sorted(part) for part in parts.values()]


def _weakest(ids: Sequence[int], sure: Mapping[Pair, int]) -> int:
    """The best link of the member that is held by the least: `sure` may hold pairs of other groups, too."""
    within, best = set(ids), dict.fromkeys(ids, 0)
    for a, b in combinations(ids, 2) if len(ids) <= LARGEST else [pair for pair in sure if pair[0] in within]:
        value = sure.get((a, b), 0)
        best[a], best[b] = max(best[a], value), max(best[b], value)
    return min(best.values())
