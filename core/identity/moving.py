"""Everything that hangs on a record, found by looking at the tables: what links to it by a foreign key, and what names it by
module and id. Moved to the winner of a merge, and back by exactly what was noted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import F
from django.utils.dateparse import parse_datetime

from core import clock
from core.actor import Actor
from core.event.emit import Told, emit
from core.identity import store
from core.module.module import Module
from core.module.registry import module as find_module
from core.module.registry import modules
from core.record.models import Record
from core.record.write import Conflict

BATCH = 500
# Pairs of columns by which a table names a record of any module.
_NAMED = (("module", "record_id"), ("other_module", "other_id"))
# What is said of a record and stays with it: its history, its index entry, its own identity, what a job noted of it.
_STAYS = {
    "core.event", "core.searchentry", "core.identitykey", "core.twinmember", "core.twinstale", "core.twinsapart", "core.rownote",
}  # fmt: skip
Moved = dict[str, list[list[Any]]]


@dataclass(frozen=True)
class Place:
    """One column that can point at a record. `named` is the column that holds its module; `uniques` the other columns of
    each rule by which a row may stand at one record only once."""

    model: type[models.Model]
    column: str
    named: str = ""
    uniques: tuple[tuple[str, ...], ...] = ()

    @property
    def label(self) -> str:
        """How a merge notes it."""
        return f"{self.model._meta.label_lower}:{self.column}"

    @property
    def is_record(self) -> bool:
        return issubclass(self.model, Record)

    def rows(self, module: str, ids: Collection[int]) -> models.QuerySet[Any]:
        """The rows that point at one of these records."""
        asked: dict[str, Any] = {f"{self.column}__in": ids}
        if self.named:
            asked[self.named] = module
        return self.model._default_manager.filter(**asked)


def places(module: Module) -> list[Place]:
    """Every column of every table that can point at a record of `module`."""
    return [*_linked(module.model), *_generic()]


@cache
def _linked(target: type[models.Model]) -> list[Place]:
    found = []
    for model in apps.get_models(include_auto_created=True):
        if _stays(model):
            continue
        for column in model._meta.concrete_fields:
            if isinstance(column, models.ForeignKey) and column.remote_field.model is target:
                found.append(Place(model, column.attname, uniques=_uniques(model, {column.name})))
    return found


@cache
def _generic() -> list[Place]:
    found = []
    for model in apps.get_models(include_auto_created=True):
        names = {column.name for column in model._meta.concrete_fields}
        for named, column in _NAMED:
            if {named, column} <= names and not _stays(model) and _indexed(model, named, column):
                found.append(Place(model, column, named, _uniques(model, {column, named})))
    return found


def _stays(model: type[models.Model]) -> bool:
    """A model may say so itself: what it tells is about one record and none other."""
    return model._meta.label_lower in _STAYS or getattr(model, "stays_when_merged", False)


def _indexed(model: type[models.Model], named: str, column: str) -> bool:
    """Whether looking for a record's rows walks an index. Without one nothing asks the table by record."""
    ways = [tuple(index.fields) for index in model._meta.indexes]
    ways += [tuple(rule.fields) for rule in model._meta.constraints if isinstance(rule, models.UniqueConstraint)]
    # `kind` of a tie is one of few, and stands before the pair.
    return any(way[:2] == (named, column) or way[1:3] == (named, column) for way in ways)


def _uniques(model: type[models.Model], own: set[str]) -> tuple[tuple[str, ...], ...]:
    rules = [tuple(rule.fields) for rule in model._meta.constraints if isinstance(rule, models.UniqueConstraint)]
    rules += [tuple(together) for together in model._meta.unique_together]
    rules += [(column.name,) for column in model._meta.concrete_fields if column.unique and not column.primary_key]
    return tuple(tuple(name for name in rule if name not in own) for rule in rules if set(rule) & own)


def count(module: Module, ids: Sequence[int], user: Any) -> list[tuple[str, int]]:
    """What would move, as the page says it: records of other modules that the person may see, by module."""
    from core.access.gate import can, queryset

    made = []
    for other in modules():
        columns = [place.column for place in _linked(module.model) if place.model is other.model]
        if not columns or not can(user, other, "view"):
            continue
        asked = models.Q()
        for column in columns:
            asked |= models.Q(**{f"{column}__in": ids})
        number = queryset(user, other, aside=True).filter(asked).exclude(pk__in=ids if other is module else []).order_by()[:1001].count()
        if number:
            made.append((other.plural, number))
    return made


def move(module: Module, winner: int, losers: Sequence[int], actor: Actor) -> Moved:
    """Point everything at `winner` that points at one of `losers`; gives what was moved, for `back`."""
    made: Moved = {}
    for place in places(module):
        rows = place.rows(module.key, losers)
        if place.model is module.model:
            rows = rows.exclude(pk__in=[winner, *losers])
        moved = _move_records(place, rows, winner, actor) if place.is_record else _move_rows(place, module.key, rows, winner)
        if moved:
            made[place.label] = moved
    return made


def _move_records(place: Place, rows: models.QuerySet[Any], winner: int, actor: Actor) -> list[list[Any]]:
    """Records change like by any edit: a new version, a line of history; what follows from their values stays as it is."""
    other = find_module(place.model._meta.label_lower)
    name, now, made = place.column.removesuffix("_id"), clock.now(), []
    for part in _parts(list(rows.select_for_update(of=("self",)).order_by("pk"))):
        told: list[Told] = []
        for record in part:
            was = getattr(record, place.column)
            made.append([record.pk, was, record.changed_at.isoformat(), record.changed_by_id, record.version + 1])
            told.append((other.key, record, {name: [was, winner]}, {}))
            setattr(record, place.column, winner)
            record.version += 1
        changed = {place.column: winner, "version": F("version") + 1, "changed_at": now, "changed_by_id": actor.user_id}
        place.model._default_manager.filter(pk__in=[record.pk for record in part]).update(**changed)
        emit(told, "moved", actor)
        store.changed(other, part, {name})
    return made


def _move_rows(place: Place, module: str, rows: models.QuerySet[Any], winner: int) -> list[list[Any]]:
    """Rows that are no records. One whose like stands at the winner already stays behind."""
    taken: list[set[Any] | bool] = [
        set(place.rows(module, [winner]).values_list(*rule)) if rule else place.rows(module, [winner]).exists() for rule in place.uniques
    ]
    names = ["pk", place.column, *{name for rule in place.uniques for name in rule}]
    made = []
    for row in rows.order_by("pk").values(*names):
        mine = [tuple(row[name] for name in rule) for rule in place.uniques]
        if any(key in held if isinstance(held, set) else held for key, held in zip(mine, taken, strict=True)):
            continue
        for at, (key, held) in enumerate(zip(mine, taken, strict=True)):
            taken[at] = held | {key} if isinstance(held, set) else True
        made.append([row["pk"], row[place.column]])
    for part in _parts(made):
        place.model._default_manager.filter(pk__in=[pk for pk, _was in part]).update(**{place.column: winner})
    return made


def _parts(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]


def noted(module: Module, moved: Moved) -> Iterator[tuple[Place, list[list[Any]]]]:
    """What a merge moved, with its place. What a feature that is gone once moved stays where it is."""
    known = {place.label: place for place in places(module)}
    for label, entries in moved.items():
        if label in known:
            yield known[label], entries


def strayed(place: Place, entries: Sequence[Sequence[Any]], winner: int) -> tuple[list[Any], int]:
    """Of the moved rows those that somebody gave to another record, binned or took off since; and how many are gone for good."""
    found, held = [], 0
    for part in _parts(entries):
        # The base manager, not the default one: a note that was taken off is still there.
        for row in place.model._base_manager.filter(pk__in=[entry[0] for entry in part]).order_by("pk"):
            held += 1
            taken_off = getattr(row, "deleted_at", None) or getattr(row, "removed_at", None)
            if getattr(row, place.column) != winner or taken_off:
                found.append(row)
    return found, len(entries) - held


def back(module: Module, moved: Moved, winner: int, actor: Actor) -> None:
    """Point everything back that a merge moved."""
    for place, entries in noted(module, moved):
        for part in _parts(entries):
            if place.is_record:
                _records_back(place, part, winner, actor)
            else:
                _rows_back(place, part, winner)


def _rows_back(place: Place, part: Sequence[Sequence[Any]], winner: int) -> None:
    by_target: dict[int, list[int]] = defaultdict(list)
    for pk, was in part:
        by_target[was].append(pk)
    for was, ids in by_target.items():
        place.model._default_manager.filter(pk__in=ids, **{place.column: winner}).update(**{place.column: was})


def _records_back(place: Place, part: Sequence[Sequence[Any]], winner: int, actor: Actor) -> None:
    """A record nobody touched since gets its moment of change back, too; its version only grows, so that a form opened in
    between is never taken for one of before."""
    other, name = find_module(place.model._meta.label_lower), place.column.removesuffix("_id")
    then = {entry[0]: entry for entry in part}
    rows = place.model._default_manager.select_for_update(of=("self",)).filter(pk__in=then, **{place.column: winner})
    records: list[Any] = list(rows.order_by("pk"))
    told: list[Told] = []
    if len(records) < len(part):  # somebody was quicker than the look at what stands in the way
        raise Conflict
    for record in records:
        _pk, was, changed_at, changed_by, version = then[record.pk]
        setattr(record, place.column, was)
        record.changed_at, record.changed_by_id = (
            (parse_datetime(changed_at), changed_by) if record.version == version else (clock.now(), actor.user_id)
        )
        record.version += 1
        told.append((other.key, record, {name: [winner, was]}, {}))
    place.model._default_manager.bulk_update(records, [name, "changed_at", "changed_by", "version"])
    emit(told, "moved", actor)
    store.changed(other, records, {name})
