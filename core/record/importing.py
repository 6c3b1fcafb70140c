"""Running an import: chunk by chunk, each in one transaction with its place in the file, so that a worker may die anywhere
and the next one goes on, doubling nothing (PLT-13, PLT-20)."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import translation
from django.utils.translation import gettext as _

from core import clock
from core.access.models import Stamp, User
from core.copying import look_at_grown, unhurried
from core.event.models import Event
from core.field.models import Choice
from core.identity.models import IdentityKey
from core.module.module import Module
from core.module.registry import module as find_module
from core.record import write
from core.record.importing_ahead import Part, parts
from core.record.importing_decide import ADD, FAIL, SAME, SKIP, UPDATE, Importer, Row
from core.record.importing_links import Coming
from core.record.importing_wishes import Wishes, refusal
from core.record.importing_words import CannotRun, Problem
from core.record.reading import Limits, Table, UnreadableFile, open_table
from core.record.transfer_models import ImportRun, RowNote
from core.search.index import settled_late
from core.search.models import SearchEntry
from core.stamps import bump, held
from core.uncollected import collect_young, uncollected

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.work.jobs import Run

# A step takes under a second; twice as many rows would save a tenth of the work and keep others waiting twice as long.
CHUNK = 2_000
# After so many chunks Python looks for cycles: a search goes through the chunk that is read ahead.
COLLECTED = 8
# After these chunks the planner is to know what tables an import fills; and which these are, beside the module's own.
LOOKED_AT = {0, 7, 63, 511}
BESIDE = (Event, IdentityKey, SearchEntry)
FIGURES = ("added", "updated", "same", "skipped", "failed", "remarks")
_COUNTED = {ADD: "added", UPDATE: "updated", SAME: "same", SKIP: "skipped", FAIL: "failed"}


def limits() -> Limits:
    """The largest file that is taken."""
    return Limits(size=settings.IMPORT_MAX_MB * 1024 * 1024)


def receive(upload: File[bytes], user: User, module: Module) -> ImportRun:
    """Read an uploaded file to its end, keep it under a random name, and note whose it is. Raises UnreadableFile."""
    with translation.override(user.language), held():
        table = open_table(_seekable(upload), upload.name or "", limits())
        rows = sum(1 for _row in table.rows())
    digest = _digest(upload)
    upload.seek(0)
    place = default_storage.save(f"imports/{secrets.token_urlsafe(24)}.{table.kind}", upload)
    return ImportRun.objects.create(
        user=user,
        module=module.key,
        name=(upload.name or "")[-200:],
        file=place,
        size=upload.size or 0,
        digest=digest,
        headers=table.headers,
        rows=rows,
        encoding=table.encoding,
        created_at=clock.now(),
    )


def _seekable(file: Any) -> BinaryIO:
    found: BinaryIO = getattr(file, "file", file)
    return found


def _digest(file: Any) -> str:
    file.seek(0)
    return hashlib.file_digest(getattr(file, "file", file), "sha256").hexdigest()


@contextmanager
def opened(row: ImportRun) -> Iterator[Table]:
    """The table of an import, as long as its file is the one that was given."""
    try:
        with default_storage.open(row.file, "rb") as file:
            if _digest(file) != row.digest:
                raise CannotRun(_("The file is no longer the one that was uploaded. Please upload it again."))
            yield open_table(_seekable(file), row.name, limits())
    except OSError as error:
        raise CannotRun(_("The file is no longer there. Please upload it again.")) from error
    except UnreadableFile as error:
        raise CannotRun(str(error)) from error


def run_import(run: Run) -> None:
    """The work of one job. Raises CannotRun, with words for the person who asked."""
    row = ImportRun.objects.get(pk=run.args["import"])
    with held():
        user = _asker(row)
        with translation.override(user.language), opened(row) as table:
            importer = Importer(user, find_module(row.module), table, Wishes.back(row.wishes), job=run.job.pk)
            start = int((run.cursor or {}).get("line", 0)) + 1
            with closing(parts(importer, table.rows(start), CHUNK)) as coming, uncollected(), settled_late():
                for number, part in enumerate(coming):
                    _store_chunk(run, row, importer, part)
                    if number % COLLECTED == COLLECTED - 1:
                        collect_young()
                    if number in LOOKED_AT:
                        look_at_grown(connection, [one._meta.db_table for one in (importer.module.model, *BESIDE)], (number + 1) * CHUNK)
    run.finish()


def _asker(row: ImportRun) -> User:
    """Who asked, as they are now: what was withdrawn since is withdrawn here, too."""
    user = User.objects.anew(row.user_id)
    said = refusal(user, find_module(row.module), Wishes.back(row.wishes))
    if said:
        raise CannotRun(said)
    return user


def _store_chunk(run: Run, row: ImportRun, importer: Importer, part: Part) -> None:
    """One chunk in one step. Decided anew when somebody changed a record of it in the meantime."""
    for attempt in range(4):
        try:
            with uncollected(), held(), run.step() as step:
                unhurried(connection)
                _one_at_a_time(row.module)
                importer.user = _asker(row)
                rows = importer.decide(part.lines, part.rows)
                store(importer, rows)
                _note(run, rows)
                figures = count(rows)
                before = run.job.result
                step.advance(
                    done=run.job.done + len(rows),
                    cursor={"line": part.lines[-1][0]},
                    **{name: before.get(name, 0) + figures[name] for name in FIGURES},
                )
        except write.Conflict:
            importer.tools.forget()
            part.rows = None  # what was decided stands in them
            if attempt == 3:
                raise
            continue
        return


def _one_at_a_time(module: str) -> None:
    """Two imports into one module take turns, so that the second sees what the first has made of the same person."""
    key = f"import {module}"[:40]
    Stamp.objects.get_or_create(key=key)
    Stamp.objects.select_for_update().get(key=key)


def store(importer: Importer, rows: Sequence[Row]) -> None:
    """Write what was decided: choices and linked records first, then the new records, then the changed ones."""
    _make_choices(importer)
    _make_links(importer, rows)
    new = [one for one in rows if one.verdict == ADD]
    if new:
        write.insert_many(importer.module, [one.record for one in new], [one.values for one in new], actor=importer.actor)
    changed = [one for one in rows if one.verdict == UPDATE and one.into is None]
    if not changed:
        return
    refused: dict[int, dict[str, str]] = {}
    write.update_many(importer.module, [(one.record, one.changes) for one in changed], actor=importer.actor, refused=refused)
    for one in rows:
        head = one.into or one
        if refused and one.verdict == UPDATE and head.record.pk in refused and head.verdict != ADD:
            one.end(FAIL, "refused", message=" ".join(refused[head.record.pk].values()))


def _make_choices(importer: Importer) -> None:
    tools, key = importer.tools, importer.module.key
    missing = [(field, value) for field, fresh in tools.choices.items() for value in fresh.values() if (field, value) not in tools.stored]
    if not missing:
        return
    for field, value in missing:
        last = Choice.objects.filter(module=key, field=field).count()
        Choice.objects.bulk_create(
            [Choice(module=key, field=field, value=value, label_en=value, label_ja=value, position=last)], ignore_conflicts=True
        )
    tools.stored.update(missing)
    bump("fields")


def _make_links(importer: Importer, rows: Sequence[Row]) -> None:
    waiting = [one for one in rows if one.verdict in {ADD, UPDATE} and one.into is None]
    values_of = [one.values if one.verdict == ADD else one.changes for one in waiting]
    coming = list(dict.fromkeys(value for values in values_of for value in values.values() if isinstance(value, Coming)))
    if not coming:
        return
    ids = importer.tools.links.made(coming, importer.actor, importer.wishes.owner or importer.user.pk)
    for one in waiting:
        values = one.values if one.verdict == ADD else one.changes
        for key, value in values.items():
            if isinstance(value, Coming):
                values[key] = ids[value]
                if one.verdict == ADD:
                    importer.fields[key].put(one.record, ids[value])


def _note(run: Run, rows: Sequence[Row]) -> None:
    notes = [_row_note(run.job.pk, one, problem) for one in rows for problem in one.problems]
    RowNote.objects.bulk_create(notes, batch_size=500)


def _row_note(job: int, row: Row, problem: Problem) -> RowNote:
    record = row.record.pk if row.record is not None else None
    return RowNote(job_id=job, line=row.line, record_id=record, level=problem.level, code=problem.code, values=dict(problem.values))


def count(rows: Sequence[Row]) -> dict[str, int]:
    """How many rows came to which end; `remarks` are rows that came in, but not whole."""
    made = dict.fromkeys(FIGURES, 0)
    for one in rows:
        made[_COUNTED[one.verdict]] += 1
        made["remarks"] += bool(one.problems) and one.verdict in {ADD, UPDATE, SAME}
    return made


def forget(before: Any) -> None:
    """Delete the files of imports asked for before a moment, and wizards nobody finished."""
    for row in ImportRun.objects.filter(created_at__lt=before).exclude(file="")[:200]:
        default_storage.delete(row.file)
        ImportRun.objects.filter(pk=row.pk).update(file="")
