"""The pass over all records of a module, as a job: the keys of every one, then the groups they make (PLT-16).

Keys are made of plain values in a thread beside the database's work, so that two cores are busy, and go in by COPY. Groups are
found by walking the keys in their order: only records that share one are looked at any closer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, connection, transaction
from django.db.models import BooleanField, Case, Max, Value, When

from core import clock
from core.identity import store
from core.identity.grouping import VERSION, batch, keys_batch, regroup
from core.identity.keys import Reader
from core.identity.matching import MOST_SHARED
from core.identity.models import IdentityKey, TwinGroup, TwinMember, TwinState
from core.module.module import Module
from core.module.registry import module as find_module
from core.record.loading import load_plain
from core.uncollected import uncollected

if TYPE_CHECKING:
    from core.work.jobs import Run

# Keys walked in one step. A step takes about a second.
WINDOW = 60_000
_TABLE = IdentityKey._meta.db_table
At = tuple[str, str]


@dataclass
class Part:
    """Records in the order of their ids, with what their keys are made of: read here, worked out in a thread."""

    rows: list[tuple[Any, ...]]
    companies: dict[int, list[str]] = field(default_factory=dict)

    @property
    def last(self) -> int:
        return int(self.rows[-1][0])


class Plain:
    """Reads records as plain values and makes their keys: a third of what whole records cost."""

    def __init__(self, module: Module) -> None:
        self.module, self.reader = module, Reader(module)
        fields = module.fields
        wanted = sorted(self.reader.fields)
        self.custom = [fields[key] for key in wanted if fields[key].custom]
        self.keys = [key for key in wanted if not fields[key].custom]
        aside: Any = Value(False, output_field=BooleanField())
        if module.aside is not None:
            aside = Case(When(module.aside, then=Value(True)), default=Value(False), output_field=BooleanField())
        self.rows = module.model._default_manager.order_by("pk").annotate(_aside=aside)
        self.columns = [
            "pk",
            "version",
            "deleted_at",
            "_aside",
            *(fields[key].path for key in self.keys),
            *(["extra"] if self.custom else []),
        ]

    def read(self, after: int) -> Part:
        """The next records behind an id, with the names of the companies they are linked to."""
        part = Part(list(self.rows.filter(pk__gt=after).values_list(*self.columns)[: keys_batch()]))
        if self.reader.linked and part.rows:
            part.companies = self.reader.companies([self._get(row) for row in part.rows])
        return part

    def _get(self, row: tuple[Any, ...]) -> Any:
        values = dict(zip(self.keys, row[4:], strict=False))
        for one in self.custom:
            values[one.key] = one.kind.back(row[-1].get(one.key))
        return values.get

    def made(self, part: Part) -> list[tuple[Any, ...]]:
        """The rows of their keys, in the order of the index by value: it is walked and not jumped about in. Asks no database."""
        key, found = self.module.key, []
        for row in part.rows:
            keys, who = self.reader.keys(self._get(row), part.companies)
            live = row[2] is None and not row[3]
            found += [(key, row[0], kind, value, who, False, live) for kind, value in keys]
        found.sort(key=store.by_value)
        return found


def run_pass(run: Run) -> None:
    """The job. Its progress counts ids, twice over; its cursor is all that a killed worker's successor needs."""
    module = find_module(run.args["module"])
    if (run.cursor or {}).get("phase", "keys") == "keys":
        _keys(run, module)
    _groups(run, module)
    TwinState.objects.update_or_create(module=module.key, defaults={"version": VERSION, "built_at": clock.now()})
    run.finish()


def _keys(run: Run, module: Module) -> None:
    plain, after = Plain(module), int((run.cursor or {}).get("pk", 0))
    with ThreadPoolExecutor(1) as beside:
        for part, rows in _ahead(plain, beside, after):
            with uncollected(), run.step() as step:
                _store(plain, part, rows)
                step.advance(done=run.job.done + part.last - after, cursor={"phase": "keys", "pk": part.last})
            after = part.last
    _fresh_statistics()
    begun = _begun(module, run.job.done)
    with run.step() as step:
        step.advance(cursor=begun)


def _begun(module: Module, done: int) -> dict[str, Any]:
    """The cursor at the start of the walk."""
    return {"phase": "groups", "at": ["", ""], "within": 0, "walked": 0, "keys": _count(module), "since": _newest(module), "from": done}


def _ahead(plain: Plain, beside: ThreadPoolExecutor, after: int) -> Iterator[tuple[Part, Future[list[tuple[Any, ...]]]]]:
    """Part by part with the keys of each, which are being made while the part before is written."""
    part = plain.read(after)
    coming = beside.submit(plain.made, part)
    while part.rows:
        following = plain.read(part.last)
        ready = coming
        ready.result()
        coming = beside.submit(plain.made, following)
        yield part, ready
        part = following


def _store(plain: Plain, part: Part, coming: Future[list[tuple[Any, ...]]]) -> None:
    """The keys of a part. The records are not locked, that would write every page of a large table: what was changed meanwhile,
    and what has keys already, is compared one by one."""
    module, ids = plain.module, [row[0] for row in part.rows]
    held = IdentityKey.objects.filter(module=module.key, record_id__gte=ids[0], record_id__lte=ids[-1])
    if held.exists() or not _loaded(coming.result()):
        store.rebuild(module, store.readable(module, ids))
        return
    now = dict(module.model._default_manager.filter(pk__gte=ids[0], pk__lte=ids[-1]).values_list("pk", "version"))
    if late := [row[0] for row in part.rows if now.get(row[0]) != row[1]]:
        store.rebuild(module, store.readable(module, late))


def _loaded(rows: Sequence[tuple[Any, ...]]) -> bool:
    """False if somebody wrote one of the keys at the same moment."""
    try:
        with transaction.atomic():
            load_plain(IdentityKey, store.KEY_COLUMNS, rows)
    except IntegrityError:
        return False
    return True


def _fresh_statistics() -> None:
    """A planner that still takes the table for empty would read all of it for each step."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":  # a sample will do: it has one writer, and the table may be large
            cursor.execute("PRAGMA analysis_limit = 1000")
        cursor.execute(f"ANALYZE {_TABLE}")


def _count(module: Module) -> int:
    return IdentityKey.objects.filter(module=module.key, live=True).count()


def _newest(module: Module) -> int:
    return TwinGroup.objects.filter(module=module.key).aggregate(top=Max("pk"))["top"] or 0


def _groups(run: Run, module: Module) -> None:
    """Walk the keys, reading between the transactions: a step only writes the groups that some records make. Groups that are
    older than the walk and were not met on it are no longer any."""
    while True:
        with uncollected():
            cursor = run.cursor if "within" in run.cursor else _begun(module, run.job.done)  # begun by an earlier release
            at: At = tuple(cursor["at"])
            end = _end(module, at)
            left = _left(module, cursor, _sharing(module, at, end))
            for start in range(0, len(left), batch()):
                part = left[start : start + batch()]
                place = {**cursor, "within": part[-1]}
                regroup(module, part, run.step, lambda step, place=place: step.advance(cursor=place))  # type: ignore[misc]
        if end is None:
            _forget_older(run, module, cursor["since"])
            return
        walked = cursor["walked"] + WINDOW
        share = min(1.0, walked / max(1, cursor["keys"]))
        done = cursor["from"] + int((max(run.job.total, cursor["from"]) - cursor["from"]) * share)
        with run.step() as step:
            step.advance(done=done, cursor={**cursor, "at": list(end), "within": 0, "walked": walked})


def _left(module: Module, cursor: dict[str, Any], ids: list[int]) -> list[int]:
    """Those of the records between two places that this walk has not looked at yet, in their order."""
    met = TwinMember.objects.filter(module=module.key, record_id__in=ids, group_id__gt=cursor["since"])
    return sorted(pk for pk in set(ids) - set(met.values_list("record_id", flat=True)) if pk > cursor["within"])


def _forget_older(run: Run, module: Module, since: int) -> None:
    """Take away the groups of before, a few at a time."""
    while ids := list(TwinGroup.objects.filter(module=module.key, pk__lte=since).values_list("pk", flat=True)[: batch()]):
        with run.step():
            TwinMember.objects.filter(group_id__in=ids).delete()
            TwinGroup.objects.filter(pk__in=ids).delete()


def _end(module: Module, after: At) -> At | None:
    """The key at which a step stops; None on the last."""
    # The offset is our own number; the rest goes as parameters.
    statement = f"""SELECT value, kind FROM {_TABLE} WHERE module = %s AND live AND (value, kind) > (%s, %s)
        ORDER BY value, kind LIMIT 1 OFFSET {WINDOW}"""  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, [module.key, *after])
        found: At | None = cursor.fetchone()
    return found


def _sharing(module: Module, after: At, end: At | None) -> list[int]:
    """The records that share one of the keys between two places with a few others."""
    until, values = ("AND (value, kind) <= (%s, %s)", end) if end else ("", ())
    statement = f"""SELECT DISTINCT record_id FROM (
            SELECT record_id, count(*) OVER (PARTITION BY value, kind) AS held FROM {_TABLE}
            WHERE module = %s AND live AND (value, kind) > (%s, %s) {until}
        ) walked WHERE held BETWEEN 2 AND {MOST_SHARED}"""  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, [module.key, *after, *values])
        return [pk for (pk,) in cursor.fetchall()]
