"""The groups of twins, kept up as records change. The first pass over all records is in `whole`; here is what was touched since."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import connection, transaction

from core import clock
from core.access.models import Stamp
from core.identity import store
from core.identity.keys import known_modules
from core.identity.matching import Group, Link, Pair, apart, grouped, links, shared_keys
from core.identity.models import TwinGroup, TwinMember, TwinStale, TwinState
from core.module.module import Module
from core.module.registry import module as find_module
from core.record.insert import insert
from core.work import jobs

if TYPE_CHECKING:
    from core.work.jobs import Run
    from core.work.models import Job

# A higher number makes every installation go through its records once more.
VERSION = 1
BATCH, KEYS_BATCH = 4_000, 8_000
# How far a chain of twins is followed from what was touched, in steps and in records.
STEPS, REACH = 8, 20_000
# Seconds one beat may take; what is left waits for the next.
BEAT = 8.0


@dataclass(frozen=True)
class Found:
    """What a look at some records found: the groups they are in, all records met, and the groups these were in before."""

    made: list[Group]
    seen: set[int]
    old: set[int]


def regroup(module: Module, ids: Collection[int]) -> int:
    """Find the groups of these records anew, and of those they are or were grouped with. Gives how many groups they are in
    now. In the caller's transaction, which holds `one_at_a_time`."""
    return put(module, look(module, ids))


def look(module: Module, ids: Collection[int]) -> Found:
    """The reading and thinking of `regroup`. Outside of a transaction, so that nobody waits for it: what changes meanwhile is
    marked anew by its writer, and looked at again."""
    pairs, seen, old = _around(module, set(ids))
    not_twins = apart(module, {pk for pair in pairs for pk in pair})
    return Found(grouped(module, {pair: link for pair, link in pairs.items() if pair not in not_twins}), seen, old)


def put(module: Module, found: Found) -> int:
    """Write what `look` found, in the caller's transaction, which holds `one_at_a_time`. Whoever shares a group with these by
    now, and was not there at the look, is marked to be looked at again."""
    held = TwinMember.objects.filter(module=module.key, record_id__in=found.seen)
    old = found.old | set(held.values_list("group_id", flat=True))
    if late := old - found.old:
        store.mark(module, sorted(set(TwinMember.objects.filter(group_id__in=late).values_list("record_id", flat=True)) - found.seen))
    TwinMember.objects.filter(group_id__in=old).delete()
    TwinGroup.objects.filter(pk__in=old).delete()
    groups = [TwinGroup(module=module.key, confidence=one.confidence, size=len(one.ids)) for one in found.made]
    insert(TwinGroup, groups)
    insert(
        TwinMember,
        [
            TwinMember(group_id=row.pk, module=module.key, record_id=pk)
            for row, one in zip(groups, found.made, strict=True)
            for pk in one.ids
        ],
    )
    return len(found.made)


def _around(module: Module, start: set[int]) -> tuple[dict[Pair, Link], set[int], set[int]]:
    """The pairs around some records, all records met, and the groups they were in."""
    pairs: dict[Pair, Link] = {}
    seen, frontier = set(start), set(start)
    old: set[int] = set()
    for _step in range(STEPS):
        groups = set(TwinMember.objects.filter(module=module.key, record_id__in=frontier).values_list("group_id", flat=True)) - old
        old |= groups
        before = set(TwinMember.objects.filter(group_id__in=groups).values_list("record_id", flat=True)) - seen if groups else set()
        found = links(shared_keys(module, frontier | before))
        pairs.update(found)
        frontier = ({pk for pair in found for pk in pair} - seen - before) if len(seen) < REACH else set()
        seen |= before | frontier
        if not frontier:
            break
    return pairs, seen, old


def one_at_a_time(module: str) -> None:
    """Groups of one module are made by one worker at a time."""
    key = f"twins {module}"[:40]
    Stamp.objects.get_or_create(key=key)
    Stamp.objects.select_for_update().get(key=key)


def regroup_stale(now: datetime | None = None) -> int:
    """Group what was touched since the last beat. Gives how many records were looked at."""
    ends, count = time.monotonic() + BEAT, 0
    while time.monotonic() < ends:
        rows = list(TwinStale.objects.order_by("pk").values_list("pk", "module", "record_id")[: _batch()])
        if not rows:
            break
        known = {one.key: one for one in known_modules()}
        for key in {module for _pk, module, _record in rows}:
            mine = [(pk, record) for pk, module, record in rows if module == key]
            found = look(known[key], {record for _pk, record in mine}) if key in known else None
            with transaction.atomic():
                one_at_a_time(key)
                if found is not None:
                    put(known[key], found)
                TwinStale.objects.filter(pk__in=[pk for pk, _record in mine]).delete()
        count += len(rows)
    return count


def _batch() -> int:
    """How many at a time. SQLite has one writer for all: a save must not wait for thousands of groups to be written."""
    return BATCH if connection.vendor == "postgresql" else BATCH // 8


def regroup_now(module: Module, ids: Collection[int]) -> None:
    """Group these records here and now: somebody waits for it."""
    with transaction.atomic():
        one_at_a_time(module.key)
        regroup(module, ids)


def begin_missing(now: datetime | None = None) -> None:
    """Ask for the first pass over every module that never had one by these rules."""
    done = dict(TwinState.objects.values_list("module", "version"))
    for module in known_modules():
        if done.get(module.key, 0) >= VERSION:
            continue
        if module.model._default_manager.exists():
            begin(module)
        else:
            TwinState.objects.update_or_create(module=module.key, defaults={"version": VERSION, "built_at": clock.now()})


def begin(module: Module) -> Job:
    """Enqueue the pass over all records of a module; the one that runs is given instead if there is one."""
    total = 2 * (module.model._default_manager.order_by("-pk").values_list("pk", flat=True).first() or 0)
    return jobs.enqueue("core.twins", key=module.key, args={"module": module.key}, total=total)


def built(module: Module) -> bool:
    """Whether the groups of a module are all there."""
    return TwinState.objects.filter(module=module.key, version__gte=VERSION).exists()


def rebuild_linked(run: Run) -> None:
    """The job for the people of companies that were renamed."""
    module, column = find_module(run.args["module"]), run.args["column"]
    while True:
        with run.step() as step:
            after = int((run.cursor or {}).get("pk", 0))
            rows = module.model._default_manager.filter(**{f"{column}__in": run.args["ids"]}, pk__gt=after)
            ids = list(rows.order_by("pk").values_list("pk", flat=True)[:KEYS_BATCH])
            if not ids:
                break
            store.rebuild(module, store.readable(module, ids))
            store.mark(module, ids)
            step.advance(done=run.job.done + len(ids), cursor={"pk": ids[-1]})
    run.finish()
