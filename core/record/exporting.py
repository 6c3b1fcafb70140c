"""Lists as files: CSV or XLSX, streamed while they are read, or written by a job and kept for a day (PLT-14).

Rows come in pages by key, as columns and not as records. A small file keeps the order of its list; a large one is written
by primary key, so that a row changed meanwhile is neither left out nor doubled.
"""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import translation
from django.utils.translation import gettext as _

from core import clock
from core.access.gate import can
from core.access.gate import fields as gate_fields
from core.access.models import User
from core.actor import Actor
from core.event.emit import emit_one
from core.event.models import Event
from core.field.field import Field
from core.field.look import Look
from core.module import listing
from core.module.module import Module
from core.module.paging import Order, page
from core.module.registry import module as find_module
from core.record.exporting_cells import Names, columns_of, writer
from core.record.importing_words import CannotRun
from core.record.transfer_models import ExportFile
from core.record.writing import csv_pieces, write_xlsx
from core.stamps import held
from core.work.models import OPEN
from core.work.run import Cancelled, GiveUp, LostLease

if TYPE_CHECKING:
    from core.work.jobs import Run

# Up to so many rows stream straight into the browser; one step of a job writes so many; a workbook takes so many.
STREAMED, PART, MOST_XLSX = 20_000, 50_000, 100_000
PAGE = 2_000
KEPT = timedelta(hours=24)
PER_HOUR = 60
BOM = b"\xef\xbb\xbf"


@dataclass
class Sheet:
    """What stands in the file: its columns, and how their cells are made for one reader."""

    module: Module
    user: User
    fields: list[Field]
    numbered: bool

    def headers(self) -> list[str]:
        return [*([_("Record number")] if self.numbered else []), *(one.label for one in self.fields)]

    def cells(
        self, rows: QuerySet[Any], order: Order | None, *, after: int = 0, most: int | None = None
    ) -> Iterator[tuple[int, list[Any]]]:
        """(primary key, cells) of all rows; by primary key without an `order`, from `after` on."""
        names = Names(Look.of(self.user), self.module)
        writers = [writer(one, names) for one in self.fields]
        if self.numbered:
            writers.insert(0, lambda row: row.pk)
        columns = list(dict.fromkeys(["pk", *(name for one in self.fields for name in columns_of(one, self.module))]))
        for found in _pages(rows, columns, order, after, most):
            names.load(found)
            for row in found:
                yield row.pk, [write(row) for write in writers]


def _pages(rows: QuerySet[Any], columns: Sequence[str], order: Order | None, after: int, most: int | None) -> Iterator[list[Any]]:
    left = most if most is not None else 2**62
    if order is None:
        while left > 0:
            size = min(PAGE, left)
            found = list(rows.filter(pk__gt=after).order_by("pk").values_list(*columns, named=True)[:size])
            if found:
                yield found
                after = found[-1].pk
            left -= len(found)
            if len(found) < size:
                return
    else:
        prepared, cursor = rows.values_list(*dict.fromkeys([*columns, order.name]), named=True), None
        while left > 0:
            got = page(prepared, order, min(PAGE, left), cursor)
            if got.records:
                yield got.records
            left -= len(got.records)
            if not got.after:
                return
            cursor = got.cursor(order, back=False)


def sheet(asked: listing.State, columns: str) -> Sheet:
    """The columns of the list as it is shown, or all that this person may see."""
    known = gate_fields(asked.user, asked.module)
    if columns == "all":
        return Sheet(asked.module, asked.user, [one for one in known.values() if not one.parts], True)
    fields: list[Field] = []
    for one in asked.columns:
        whole = one.kind.key == "address"  # six columns: a line of text could not be read back
        fields += [known[part] for part in one.parts if part in known] if whole else [one]
    return Sheet(asked.module, asked.user, list(dict.fromkeys(fields)), False)


def asked_list(user: User, module: Module, query: str) -> listing.State:
    """The list an address stands for, or those of its rows that were ticked."""
    asked = QueryDict(query)
    state = listing.state(user, module, asked)
    state.ids = listing.ticked(asked.get("pk", ""))
    return state


def count(asked: listing.State, most: int) -> int:
    """How many rows there are, counted up to `most` + 1."""
    return listing.rows(asked, "export").order_by()[: most + 1].count()


def too_often(user: User) -> bool:
    """Whether this person has taken out more in this hour than anybody does by hand."""
    since = clock.now() - timedelta(hours=1)
    at_once = Event.objects.filter(kind="exported", actor_id=user.pk, at__gte=since, job=None).count()
    # Those written in the background count from when they were asked for: their event comes when they are done.
    return at_once + ExportFile.objects.filter(user=user, created_at__gte=since).count() >= PER_HOUR


def said_too_often() -> str:
    return _("You have exported %(count)d times within an hour. Please wait a while.") % {"count": PER_HOUR}


def log(asked: listing.State, *, rows: int, format: str, columns: str, job: int | None = None) -> None:
    """Who took out what, how much of it, and how (E2)."""
    whole = SimpleNamespace(pk=0)
    detail: dict[str, Any] = {
        "rows": rows,
        "format": format,
        "columns": columns,
        "view": asked.view.key,
        "filter": asked.own_data,
        "q": asked.q,
    }
    emit_one(asked.module.key, whole, "exported", Actor(asked.user, "page", job), **detail)


def streamed(asked: listing.State, columns: str, *, bom: bool) -> Iterator[bytes]:
    """The whole file as CSV while it is read, in the order of the list."""
    with translation.override(asked.user.language):
        made = sheet(asked, columns)
        yield from csv_pieces(made.headers(), (cells for _pk, cells in made.cells(listing.rows(asked, "export"), _order(asked))), bom=bom)


def workbook(asked: listing.State, columns: str, target: Any) -> int:
    """The whole file as a workbook; gives the number of rows."""
    made = sheet(asked, columns)
    rows = (cells for _pk, cells in made.cells(listing.rows(asked, "export"), _order(asked)))
    return write_xlsx(target, made.headers(), rows, sheet=str(asked.module.plural))


def _order(asked: listing.State) -> Order | None:
    # Values of added fields have no index: sorting anew for every page would cost more than it is worth.
    return None if asked.order.field.custom else asked.order


def file_name(module: Module, format: str) -> str:
    return f"{module.plural} {clock.today().isoformat()}.{format}"


def run_export(run: Run) -> None:
    """The work of one job: part after part of a CSV file, or a workbook in one go."""
    row = ExportFile.objects.get(pk=run.args["export"])
    module = find_module(row.module)
    while True:
        run.hold()
        with held():
            user = User.objects.anew(row.user_id)
            with translation.override(user.language):
                if not can(user, module, "export"):
                    raise CannotRun(_("You may not export records of this kind."))
                asked = asked_list(user, module, row.asked.get("query", ""))
                after = int((run.cursor or {}).get("pk", 0))
                # Not in the step: SQLite has one writer, and a workbook takes a minute.
                part, last, written = _workbook_part(asked, row) if row.format == "xlsx" else _csv_part(asked, row, after)
                finished = row.format == "xlsx" or written < PART
                try:
                    _keep(run, row, asked, part, last, written, finished)
                except (Cancelled, GiveUp, LostLease):  # said before anything was noted
                    default_storage.delete(part)
                    raise
        if finished:
            return


def _keep(run: Run, row: ExportFile, asked: listing.State, part: str, last: int, written: int, finished: bool) -> None:
    """Note a part that was written: one step."""
    with run.step() as step:
        row.parts = [*row.parts, part]
        row.rows += written
        if finished:
            row.expires_at = clock.now() + KEPT
            log(asked, rows=row.rows, format=row.format, columns=row.asked["columns"], job=run.job.pk)
        row.save(update_fields=["parts", "rows", "expires_at"])
        step.advance(done=row.rows, cursor={"pk": last}, rows=row.rows)
        if finished:
            run.finish(rows=row.rows)


def _place(format: str) -> str:
    return f"exports/{secrets.token_urlsafe(24)}.{format}"


def _csv_part(asked: listing.State, row: ExportFile, after: int) -> tuple[str, int, int]:
    """The next rows as a piece of the file: only the first piece has headings."""
    made, last, written = sheet(asked, row.asked["columns"]), after, 0

    def cells() -> Iterator[list[Any]]:
        nonlocal last, written
        for pk, line in made.cells(listing.rows(asked, "export"), None, after=after, most=PART):
            last, written = pk, written + 1
            yield line

    with tempfile.TemporaryFile() as file:
        pieces = csv_pieces(made.headers(), cells(), bom=row.asked.get("bom", False))
        for number, piece in enumerate(pieces):
            file.write(_without_head(piece, made) if number == 0 and after else piece)
        file.seek(0)
        return default_storage.save(_place("csv"), File(file)), last, written


def _without_head(piece: bytes, made: Sheet) -> bytes:
    head = next(iter(csv_pieces(made.headers(), [])))
    return piece.removeprefix(BOM)[len(head) :]


def _workbook_part(asked: listing.State, row: ExportFile) -> tuple[str, int, int]:
    with tempfile.TemporaryFile() as file:
        written = workbook(asked, row.asked["columns"], file)
        file.seek(0)
        return default_storage.save(_place("xlsx"), File(file)), 0, written


def pieces(row: ExportFile) -> Iterator[bytes]:
    """The finished file, part after part."""
    for part in row.parts:
        with default_storage.open(part, "rb") as file:
            yield from file.chunks(256 * 1024)


def forget(now: datetime) -> None:
    """Delete exports whose day is over. One that still waits for a worker has not begun its day."""
    for row in ExportFile.objects.filter(expires_at__lt=now).exclude(job__state__in=OPEN).order_by("expires_at")[:200]:
        for part in row.parts:
            default_storage.delete(part)
        row.delete()
