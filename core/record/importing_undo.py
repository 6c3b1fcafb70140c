"""Taking an import back: what it made goes to the bin, what it changed gets its old values, out of the history of its job.

What somebody changed or used since is left as it is and listed with the reason (PLT-13).
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils import translation
from django.utils.translation import gettext as _

from core.access.gate import can
from core.access.models import User
from core.access.opened import look_up
from core.actor import Actor
from core.event.models import Event
from core.field.field import Field
from core.files.models import Attachment
from core.module.module import Module
from core.module.registry import module as find_module
from core.module.registry import modules
from core.record import write
from core.record.importing_words import CannotRun, Problem
from core.record.models import Note
from core.record.transfer_models import ImportRun, RowNote
from core.stamps import held

if TYPE_CHECKING:
    from core.work.jobs import Run

CHUNK = 500
FIGURES = ("binned", "restored", "kept")
Told = list[tuple[int, Problem]]  # record ids and what is to be said about them


def run_undo(run: Run) -> None:
    """The work of one job: the import's events from the newest to the oldest, a chunk a step."""
    row = ImportRun.objects.get(pk=run.args["import"])
    module = find_module(row.module)
    while True:
        with held(), run.step() as step:
            user = User.objects.anew(row.user_id)
            with translation.override(user.language):
                if not can(user, module, "import"):
                    raise CannotRun(_("You may not import records of this kind."))
                before = (run.cursor or {}).get("event")
                events = _events(row, before)
                if not events:
                    return
                figures = _take_back(Actor(user, "import", run.job.pk), events, row.job_id or 0, run.job.pk)
            held_before = run.job.result
            step.advance(
                done=run.job.done + len(events),
                cursor={"event": events[-1].pk},
                **{name: held_before.get(name, 0) + figures[name] for name in FIGURES},
            )


def steps(row: ImportRun) -> int:
    """How many things there are to take back."""
    return Event.objects.filter(job=row.job_id, kind__in=("created", "updated")).count() if row.job_id else 0


def _events(row: ImportRun, before: int | None) -> list[Event]:
    found = Event.objects.filter(job=row.job_id, kind__in=("created", "updated")).order_by("-id")
    return list((found.filter(id__lt=before) if before else found)[:CHUNK])


def _take_back(actor: Actor, events: Sequence[Event], job: int, undo: int) -> dict[str, int]:
    """Events that follow each other and are of one module and kind are one write."""
    figures = dict.fromkeys(FIGURES, 0)
    for (key, kind), same in groupby(events, key=lambda event: (event.module, event.kind)):
        module, batch = find_module(key), list(same)
        told: Told = []
        if kind == "created":
            figures["binned"] += _bin(module, batch, actor, (job, undo), told)
        else:
            figures["restored"] += _restore(module, batch, actor, told)
        figures["kept"] += len({pk for pk, _problem in told})
        notes = [
            RowNote(job_id=undo, record_id=pk, level=one.level, code=one.code, values={**one.values, "module": key}) for pk, one in told
        ]
        RowNote.objects.bulk_create(notes, batch_size=500)
    return figures


def _bin(module: Module, events: Sequence[Event], actor: Actor, jobs: tuple[int, int], told: Told) -> int:
    ids = {event.record_id for event in events}
    living = set(module.model._default_manager.filter(pk__in=ids, deleted_at__isnull=True).values_list("pk", flat=True))
    later = Event.objects.filter(module=module.key, record_id__in=living, id__gt=min(event.pk for event in events)).exclude(job__in=jobs)
    changed = set(later.values_list("record_id", flat=True))
    used = _used(module, living - changed)
    told += [(pk, Problem("gone")) for pk in sorted(ids - living)]
    told += [(pk, Problem("kept_changed")) for pk in sorted(changed)]
    told += [(pk, Problem("kept_used")) for pk in sorted(used)]
    free = sorted(living - changed - used)
    if free:
        write.delete_many(module, free, actor=actor, act=uuid.uuid5(uuid.NAMESPACE_OID, f"undo of import job {jobs[0]}"))
    return len(free)


def _used(module: Module, ids: set[int]) -> set[int]:
    """Records something living hangs on: notes, attachments, activities, a contact of an account."""
    found = set(Note.objects.filter(module=module.key, record_id__in=ids).values_list("record_id", flat=True))
    found.update(Attachment.objects.filter(module=module.key, record_id__in=ids).values_list("record_id", flat=True))
    for other in modules():
        for column in other.model._meta.concrete_fields:
            if isinstance(column, models.ForeignKey) and column.remote_field.model is module.model:
                rows = other.model._default_manager.filter(**{f"{column.attname}__in": ids, "deleted_at__isnull": True})
                found.update(rows.values_list(column.attname, flat=True))
    return found


def _restore(module: Module, events: Sequence[Event], actor: Actor, told: Told) -> int:
    """Old values, field by field, newest change first: a value somebody typed since stays."""
    rows = module.model._default_manager.filter(pk__in={event.record_id for event in events}, deleted_at__isnull=True)
    records = rows.select_for_update().in_bulk()
    look_up(module, records.values())
    back: dict[int, dict[str, Any]] = {}
    told += [(pk, Problem("gone")) for pk in sorted({event.record_id for event in events} - records.keys())]
    for event in events:
        record = records.get(event.record_id)
        if record is None:
            continue
        if actor.user is None or not can(actor.user, module, "edit", record):
            told.append((record.pk, Problem("kept_right")))
            continue
        wanted = back.setdefault(record.pk, {})
        for key, (was, became) in event.changes.items():
            one = module.fields.get(key)
            if one is None:
                continue
            if _is(one, wanted[key] if key in wanted else one.value(record), became):
                wanted[key] = one.kind.back(was)
            else:
                told.append((record.pk, Problem("kept_value", {"field": key})))
    pairs = [(records[pk], values) for pk, values in sorted(back.items()) if values]
    refused: dict[int, dict[str, str]] = {}
    if pairs:
        write.update_many(module, pairs, actor=actor, refused=refused)
    told += [(pk, Problem("kept_changed")) for pk in sorted(refused)]
    return len(pairs) - len(refused)


def _is(one: Field, value: Any, plain: Any) -> bool:
    """Whether `value` is what history calls `plain`."""
    if one.kind.key == "tags":
        return set(value or []) == set(plain or [])
    return bool(value == one.kind.back(plain))
