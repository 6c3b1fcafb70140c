"""Keeping the identity keys beside the records: in the same transaction, whoever writes (core.record.write calls this)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from operator import itemgetter
from typing import Any

from django.db import models

from core.identity.keys import Reader, known_modules, of_record
from core.identity.models import IdentityKey, TwinMember, TwinsApart, TwinStale
from core.module.module import Module
from core.record.insert import BATCH, WORTH_COPYING
from core.record.loading import load_plain
from core.record.rewrite import rewrite
from core.work import jobs

KEY_COLUMNS = ("module", "record_id", "kind", "value", "who", "past", "live")
KeyRow = tuple[str, int, str, str, str, bool, bool]
by_value = itemgetter(3, 2)
# So many records that name a company are brought up to date with it at once; more become a job.
AT_ONCE = 200


def remember(module: Module, records: Sequence[Any]) -> None:
    """Read the keys of records that may be made soon: they need not be read then. Not where a company's name stands on another
    record, which only the database knows."""
    if module.identity is None or (reader := Reader(module)).linked:
        return
    for record in records:
        reader.of(record, {})


def made(module: Module, records: Sequence[Any]) -> None:
    """New records: their keys, none of which is there yet."""
    if module.identity is None or not records:
        return
    rows, stale = [], []
    aside = module.stands_aside(records)
    for record, keys, who in _read(module, records):
        live = record.deleted_at is None and record.pk not in aside
        rows += [(module.key, record.pk, kind, value, who, False, live) for kind, value in keys]
        if keys:
            stale.append(record.pk)
    _add_keys(rows)
    mark(module, stale)


def _add_keys(rows: list[KeyRow]) -> None:
    """New keys, in the order of the index by value, so that it is walked and not jumped about in."""
    rows.sort(key=by_value)
    _add(IdentityKey, KEY_COLUMNS, rows)


def _add(model: type[models.Model], names: Sequence[str], rows: Sequence[Any]) -> None:
    """New rows whose primary keys nobody asks for."""
    if len(rows) >= WORTH_COPYING:
        load_plain(model, names, rows)
    else:
        model._default_manager.bulk_create([model(**dict(zip(names, row, strict=True))) for row in rows])


def _read(module: Module, records: Sequence[Any]) -> Iterable[tuple[Any, Collection[tuple[str, str]], str]]:
    reader, fields = Reader(module), module.fields
    companies = reader.companies([of_record(fields, record) for record in records]) if reader.linked else {}
    for record in records:
        keys, who = reader.of(record, companies)
        yield record, keys, who


def matters(module: Module) -> set[str]:
    """The fields whose change is to be told to `changed`."""
    return set() if module.identity is None else Reader(module).fields | module.aside_keys


def changed(module: Module, records: Sequence[Any], keys: Collection[str] | None = None) -> None:
    """Records whose values changed: new keys are added, those no longer held are marked as past. `keys` names the changed
    fields, None for whatever there is."""
    if module.identity is None or not records:
        return
    _sync(module, records)
    if module.identity.kind == "company" and (keys is None or Reader(module).fields_of("name") & set(keys)):
        _renamed(module, [record.pk for record in records])


def _sync(module: Module, records: Sequence[Any], *, quiet: bool = False) -> None:
    held: dict[int, dict[tuple[str, str], IdentityKey]] = defaultdict(dict)
    for row in IdentityKey.objects.filter(module=module.key, record_id__in=[record.pk for record in records]):
        held[row.record_id][row.kind, row.value] = row
    aside = module.stands_aside(records)
    new, other, stale = [], [], []
    for record, keys, who in _read(module, records):
        live = record.deleted_at is None and record.pk not in aside
        rows = held[record.pk]
        fresh = [(module.key, record.pk, kind, value, who, False, live) for kind, value in keys if (kind, value) not in rows]
        turned = []
        for at, row in rows.items():
            state = (at not in keys, who, live)
            if (row.past, row.who, row.live) != state:
                row.past, row.who, row.live = state
                turned.append(row)
        new += fresh
        other += turned
        if fresh or turned:
            stale.append(record.pk)
    if quiet:
        _add_keys(new)
    else:  # the first pass may be about to write the same
        made = [IdentityKey(**dict(zip(KEY_COLUMNS, row, strict=True))) for row in new]
        IdentityKey.objects.bulk_create(made, batch_size=BATCH, ignore_conflicts=True)
    if other:
        rewrite(IdentityKey, other, ["past", "who", "live"], counted=False)
    if not quiet:
        mark(module, stale)


def rebuild(module: Module, records: Sequence[Any]) -> None:
    """Bring the keys of these records up to date; their groups are found by whoever asked for it.

    The records are not locked: that would write every page of a large table. What was changed meanwhile is done again.
    """
    _sync(module, records, quiet=True)
    now = dict(module.model._default_manager.filter(pk__in=[one.pk for one in records]).values_list("pk", "version"))
    if late := [one.pk for one in records if now.get(one.pk) != one.version]:
        _sync(module, list(module.model._default_manager.filter(pk__in=late)))


def readable(module: Module, ids: Sequence[int]) -> list[Any]:
    """The records with only what their keys are made of."""
    fields, reader = module.fields, Reader(module)
    columns = {"extra" if fields[key].custom else fields[key].path for key in reader.fields} | {"pk", "deleted_at", "version"}
    columns |= module.aside_keys
    return list(module.model._default_manager.filter(pk__in=ids).order_by("pk").only(*columns))


def employees(company: Module) -> list[tuple[Module, str]]:
    """The modules of people that say by a link to `company` where somebody works, with the link's column."""
    found = []
    for one in known_modules():
        reader = Reader(one)
        if reader.linked and reader.company is not None and reader.company.target == company.key:
            found.append((one, reader.company.path))
    return found


def _renamed(module: Module, ids: Sequence[int]) -> None:
    """A company's name is part of its people's keys."""
    for other, column in employees(module):
        rows = other.model._default_manager.filter(**{f"{column}__in": ids})
        few = list(rows.order_by("pk")[: AT_ONCE + 1])
        if len(few) <= AT_ONCE:
            if few:
                _sync(other, few)
        else:
            jobs.enqueue("core.identity_of", args={"module": other.key, "column": column, "ids": list(ids)})


def asleep(module: Module, ids: Sequence[int]) -> None:
    """Records went into the bin: their keys find nobody."""
    _set_live(module, ids, False)


def awake(module: Module, records: Sequence[Any]) -> None:
    """Records came back from the bin."""
    aside = module.stands_aside(records) if module.identity is not None else set()
    _set_live(module, [record.pk for record in records if record.pk not in aside], True)


def _set_live(module: Module, ids: Sequence[int], live: bool) -> None:
    if module.identity is None or not ids:
        return
    if IdentityKey.objects.filter(module=module.key, record_id__in=ids).exclude(live=live).update(live=live):
        mark(module, ids)


def erased(module: Module, ids: Sequence[int]) -> None:
    """Records are deleted for good, and all that was known of them with them."""
    if module.identity is None:
        return
    IdentityKey.objects.filter(module=module.key, record_id__in=ids).delete()
    TwinMember.objects.filter(module=module.key, record_id__in=ids).delete()
    TwinsApart.objects.filter(models.Q(one__in=ids) | models.Q(other__in=ids), module=module.key).delete()


def mark(module: Module, ids: Sequence[int]) -> None:
    """Say that the groups of these records are to be found anew."""
    if ids:
        _add(TwinStale, ("module", "record_id"), [(module.key, pk) for pk in ids])
