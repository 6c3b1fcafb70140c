"""The groups of twins, kept up as records change. The first pass over all records is in `whole`; here is what was touched since."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.models import F

from core import clock
from core.identity import store
from core.identity.keys import known_modules
from core.identity.matching import Group, Link, Pair, apart, grouped, links, shared_keys
from core.identity.models import TwinGroup, TwinMember, TwinStale, TwinState
from core.module.module import Module
from core.module.registry import module as find_module
from core.record.insert import insert
from core.record.transfer_models import ImportRun
from core.work import jobs
from core.work.models import RUNNING

if TYPE_CHECKING:
    from core.work.jobs import Run
    from core.work.models import Job

# A higher number makes every installation go through its records once more.
VERSION = 2
BATCH, KEYS_BATCH = 4_000, 8_000
# So often a look that came too late is taken again before it is taken with the others waiting.
TRIES = 3
# How far a chain of twins is followed from what was touched, in steps and in records.
STEPS, REACH = 8, 20_000
# Seconds one beat may take; what is left waits for the next.
BEAT = 8.0
Writing = Callable[[], AbstractContextManager[Any]]
Also = Callable[[Any], object] | None


@dataclass(frozen=True)
class Found:
    """What a look at some records found: the groups they are in, all records met, and the groups these were in before."""

    made: list[Group]
    seen: set[int]
    old: set[int]


def regroup(module: Module, ids: Collection[int], writing: Writing = transaction.atomic, also: Also = None) -> int:
    """Find the groups of these records anew, and of those they are or were grouped with. Gives how many groups they are in now.

    Read and thought about outside of any transaction, so that nobody waits for it; only what was found is written, in `writing`,
    together with what `also` does. Whoever wrote groups of the module between the two had newer eyes: then it is looked again.
    """
    for _try in range(TRIES):
        turn, found = _turn(module), look(module, ids)
        with writing() as step:
            if TwinState.objects.filter(module=module.key, turn=turn).update(turn=F("turn") + 1):
                return _written(module, found, step, also)
    with writing() as step:
        TwinState.objects.filter(module=module.key).update(turn=F("turn") + 1)  # now it is ours until the end
        return _written(module, look(module, ids), step, also)


def _written(module: Module, found: Found, step: Any, also: Also) -> int:
    made = put(module, found)
    if also is not None:
        also(step)
    return made


def _turn(module: Module) -> int:
    """How often the groups of a module were written: it tells a look whether it is still of now."""
    return int(TwinState.objects.get_or_create(module=module.key)[0].turn)


def look(module: Module, ids: Collection[int]) -> Found:
    """The reading and thinking of `regroup`. What changes meanwhile is marked anew by its writer, and looked at again."""
    pairs, seen, old = _around(module, set(ids))
    not_twins = apart(module, {pk for pair in pairs for pk in pair})
    return Found(grouped(module, {pair: link for pair, link in pairs.items() if pair not in not_twins}), seen, old)


def put(module: Module, found: Found) -> int:
    """Write what `look` found, in the caller's transaction. Whoever shares a group with these by now, and was not there at the
    look, is marked to be looked at again."""
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
        found = links(shared_keys(module, frontier | before), sparse=True)
        pairs.update(found)
        frontier = set(sorted({pk for pair in found for pk in pair} - seen - before)[: max(0, REACH - len(seen))])
        seen |= before | frontier
        if not frontier:
            break
    # Whom it did not reach keeps the group it has.
    return {pair: link for pair, link in pairs.items() if seen.issuperset(pair)}, seen, old


def regroup_stale(now: datetime | None = None) -> int:
    """Group what was touched since the last beat. Gives how many records were looked at. Stands back from modules into which
    an import is being written: its next rows would only wait, and be looked at again."""
    ends, count = time.monotonic() + BEAT, 0
    known = {one.key: one for one in known_modules()}
    while time.monotonic() < ends:
        rows = _stale()
        if not rows:
            break
        for key in {module for _pk, module, _record in rows}:
            marks = TwinStale.objects.filter(pk__in=[pk for pk, module, _record in rows if module == key])
            if key in known:
                regroup(known[key], {pk for _pk, module, pk in rows if module == key}, also=lambda _step, marks=marks: marks.delete())  # type: ignore[misc]
            else:
                marks.delete()
        count += len(rows)
    return count


def _stale() -> list[tuple[int, str, int]]:
    """The oldest marks that may be worked off now."""
    busy = ImportRun.objects.filter(job__state=RUNNING, job__lease_until__gt=clock.now()).values_list("module", flat=True)
    return list(TwinStale.objects.exclude(module__in=set(busy)).order_by("pk").values_list("pk", "module", "record_id")[: batch()])


def batch() -> int:
    """How many records at a time. SQLite has one writer for all: a save must not wait for thousands of groups to be written."""
    return BATCH if connection.vendor == "postgresql" else BATCH // 8


def keys_batch() -> int:
    """Of how many records the keys are written at a time."""
    return KEYS_BATCH if connection.vendor == "postgresql" else KEYS_BATCH // 8


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
            ids = list(rows.order_by("pk").values_list("pk", flat=True)[: keys_batch()])
            if not ids:
                break
            store.rebuild(module, store.readable(module, ids))
            store.mark(module, ids)
            step.advance(done=run.job.done + len(ids), cursor={"pk": ids[-1]})
    run.finish()
