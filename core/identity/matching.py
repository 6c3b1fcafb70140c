"""Which records of a module look like one, from the keys they share: pairs, how sure they are, and the groups they make."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from operator import attrgetter
from typing import Any, NamedTuple

from django.db import connection

from core.identity.keys import SHARED, WEIGHTS
from core.identity.models import IdentityKey, TwinsApart
from core.identity.names import others
from core.module.module import Module

# A key that more records hold says nothing about who is who: a switchboard, a placeholder.
MOST_SHARED = 20
# More than so many of one key need not all be paired with each other.
CROWD = 8
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


@dataclass(slots=True)
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


# The first so many who hold each of some keys in each of some modules: a switchboard on a hundred thousand records is not read.
_FEW = {
    "postgresql": f"""SELECT m.module, a.kind, a.value, k.record_id, k.who, k.past
        FROM unnest(%s::text[]) AS m (module) CROSS JOIN unnest(%s::text[], %s::text[]) AS a (kind, value)
        CROSS JOIN LATERAL (
            SELECT record_id, who, past FROM {_TABLE} t
            WHERE t.value = a.value AND t.kind = a.kind AND t.module = m.module AND t.live LIMIT {MOST_SHARED + 1}
        ) k""",  # noqa: S608
    "sqlite": f"""SELECT k.module, k.kind, k.value, k.record_id, k.who, k.past
        FROM json_each(%s) AS m CROSS JOIN json_each(%s) AS a CROSS JOIN {_TABLE} AS k
        WHERE k.id IN (
            SELECT t.id FROM {_TABLE} t WHERE t.value = json_extract(a.value, '$[1]') AND t.kind = json_extract(a.value, '$[0]')
            AND t.module = m.value AND t.live LIMIT {MOST_SHARED + 1}
        )""",  # noqa: S608
}


# Those who hold a key, under module, kind and value.
Holders = dict[tuple[str, str, str], list[Shared]]


def held_by_few(modules: Sequence[str], keys: Collection[tuple[str, str]]) -> Holders:
    """Who holds these keys (kind, value); nobody of a key that many of a module hold."""
    return few(first_holders(modules, keys))


def few(held: Holders) -> Holders:
    """Without the keys that many hold."""
    return {at: rows for at, rows in held.items() if len(rows) <= MOST_SHARED}


def first_holders(modules: Sequence[str], keys: Collection[tuple[str, str]]) -> Holders:
    """As `held_by_few`, with any of the many who hold a key that many hold: one more than `MOST_SHARED` of them."""
    if not keys or not modules:
        return {}
    asked: list[Any] = [list(modules), [kind for kind, _value in keys], [value for _kind, value in keys]]
    if connection.vendor == "sqlite":
        asked = [json.dumps(list(modules)), json.dumps([list(key) for key in keys])]
    found: dict[tuple[str, str, str], list[Shared]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_FEW[connection.vendor], asked)
        for module, kind, value, pk, who, past in cursor.fetchall():
            found[module, kind, value].append(Shared(kind, value, pk, who, bool(past)))
    return found


_record_id = attrgetter("record_id")


def links(rows: Iterable[Shared], *, sparse: bool = False) -> dict[Pair, Link]:
    """The pairs that share a key. Two who share a telephone only, and have other names, are two people. `sparse` leaves out
    pairs among many that a group does not need: twenty of one address are held together by forty, not by 190."""
    by_key: dict[tuple[str, str], list[Shared]] = defaultdict(list)
    for row in rows:
        by_key[row.kind, row.value].append(row)
    found: dict[Pair, Link] = {}
    # Keys that several people may share come last: they add to a pair that others made.
    for (kind, value), held in sorted(by_key.items(), key=lambda one: one[0][0] in SHARED):
        doubtful = kind in SHARED
        held.sort(key=_record_id)
        for a, b in _few_pairs(held) if sparse and not doubtful and len(held) > CROWD else combinations(held, 2):
            pair = (a.record_id, b.record_id)
            if doubtful and a.who != b.who and pair not in found and others(a.who, b.who):
                continue
            link = found.get(pair) or found.setdefault(pair, Link())
            past = a.past or b.past
            if kind not in link.kinds or (link.kinds[kind][1] and not past):
                link.kinds[kind] = (value, past)
    return found


def _few_pairs(held: Sequence[Shared]) -> Iterator[tuple[Shared, Shared]]:
    """Each with the first, and with the one before."""
    for at in range(1, len(held)):
        yield held[0], held[at]
        if at > 1:
            yield held[at - 1], held[at]


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
    for part in _components(sure):
        one = _group(part)
        if len(one.ids) <= LARGEST:
            made.append(one)
        else:
            made += [_group(strict) for strict in _components({pair: value for pair, value in part.items() if value >= SURE})]
    return made


def _components(pairs: Mapping[Pair, int]) -> list[dict[Pair, int]]:
    """The pairs of each group that hangs together."""
    root: dict[int, int] = {}

    def find(pk: int) -> int:
        while root.setdefault(pk, pk) != pk:
            root[pk] = root[root[pk]]
            pk = root[pk]
        return pk

    for a, b in pairs:
        one, other = sorted((find(a), find(b)))
        root[other] = one
    parts: dict[int, dict[Pair, int]] = defaultdict(dict)
    for pair, value in pairs.items():
        parts[find(pair[0])][pair] = value
    return list(parts.values())


def _group(pairs: Mapping[Pair, int]) -> Group:
    """As sure as the best link of the member that is held by the least."""
    best: dict[int, int] = defaultdict(int)
    for (a, b), value in pairs.items():
        best[a], best[b] = max(best[a], value), max(best[b], value)
    return Group(sorted(best), min(best.values()))
