"""Work of jobs: imports and exports of many rows, against COPY and a server cursor over the same tables."""

from __future__ import annotations

import csv
import io
import os
import random
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from bench.table import Line, skipped
from core.access.models import User
from core.clock import now
from core.identity import grouping
from core.identity.models import TwinGroup, TwinMember, TwinState
from core.module.registry import module
from core.record import exporting, importing, importing_wishes
from core.record.loading import load
from core.record.transfer_models import BulkRun, ImportRun
from core.record.writing import csv_pieces
from core.work import jobs
from crm.load import MODELS, Maker
from crm.models import Lead
from crm.samples import company, person

HEADERS = ("Family name", "Given name", "Company", "Title", "E-mail", "Phone", "City", "Lead source")


def _rate(work: str, rows: int, took: float, limit: float, named: str, goal: int, worked: float = 0.0) -> Line:
    """One line. `worked` are seconds of processor: what the rate would be on a machine with nothing else to do."""
    speed = rows / took
    alone = f"; {rows / worked:,.0f} a second of processor" if worked else ""
    return Line(
        work, f"{took:.1f} s", server=f"{speed:,.0f} rows/s{alone}", limit=f"{limit:,.0f} rows/s ({named})" if limit else "",
        ratio=f"{limit / speed:.1f}×" if limit else "", goal=f"≥ {goal:,} rows/s", met=speed >= goal,
    )  # fmt: skip


def timed(work: Callable[[], Any]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def worked() -> float:
    """Seconds of processor this process has used and, where it can be seen, its connection's server process."""
    if connection.vendor != "postgresql":
        return time.process_time()
    connection.ensure_connection()
    try:
        name, _mark, figures = Path(f"/proc/{connection.connection.info.backend_pid}/stat").read_text().rpartition(")")
    except OSError:  # the server is on another machine
        return time.process_time()
    ticks = sum(map(int, figures.split()[11:13])) if "postgres" in name else 0
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


def table_of(rows: int) -> bytes:
    """A spreadsheet of people who are not in the database yet, whatever runs there were before."""
    first = Lead.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    dice, page = random.Random(first), io.StringIO(newline="")
    writer = csv.writer(page)
    writer.writerow(HEADERS)
    for number in range(first, first + rows):
        one = person(number, dice)
        mail = f"new{number}@import.example"
        writer.writerow([one.family, one.given, company(number, dice, one.japanese), one.job, mail, one.phone, one.place[2], "web"])
    return page.getvalue().encode()


def imports(rows: int) -> list[Line]:
    """Row 7: mapping, validation, twins, history, search index and what undo needs."""
    boss, leads = User.objects.get(email="admin@bench.example"), module("crm.lead")
    file = ContentFile(table_of(rows), "people.csv")
    row = importing.receive(file, boss, leads)
    with importing.opened(row) as opened:
        wishes = importing_wishes.start(boss, leads, opened)
    wishes.owner = boss.pk
    ImportRun.objects.filter(pk=row.pk).update(wishes=wishes.plain())
    job = jobs.enqueue("core.import", args={"import": row.pk}, user=boss, total=rows)
    ImportRun.objects.filter(pk=row.pk).update(job=job)
    before = worked()
    took, effort = timed(jobs.drain), worked() - before
    job.refresh_from_db()
    # The highest of this whole process, so the loading before it counts too: run with --keep for the import alone.
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if job.state != "done":
        return [skipped(f"import of {rows:,} rows", f"the job is {job.state}: {job.last_error[:200]}")]
    made = [_rate(f"import of {rows:,} rows", rows, took, _copy_speed(), "bare insert", 3000, effort)]
    return [*made, Line("memory of the importing process, highest", f"{held:.0f} MB", goal="≤ 300 MB", met=held <= 300)]


def _copy_speed(rows: int = 10_000) -> float:
    """COPY (on SQLite: a batched INSERT) into the same table with its indexes, undone at the end."""
    top = Lead.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    maker = Maker(5, now(), list(User.objects.values_list("pk", flat=True)), dict.fromkeys(MODELS, ()))
    made = []
    for number in range(top + 1, top + 1 + rows):
        one = maker.leads(number)
        one.pk, one.owner_id, one.created_at, one.changed_at = number, maker.owners[0], maker.now, maker.now
        one.derive()
        made.append(one)
    with transaction.atomic():
        took = timed(lambda: load(Lead, made))
        transaction.set_rollback(True)
    return rows / took


def bulks(rows: int) -> list[Line]:
    """Row 9: one field of many leads, as somebody does who ticked a whole list; history, rights and progress with it."""
    boss = User.objects.get(email="admin@bench.example")
    ids = list(Lead.objects.filter(deleted_at=None, converted_at=None).order_by("pk").values_list("pk", flat=True)[:rows])
    asked = BulkRun.objects.create(
        user=boss, module="crm.lead", do="edit", values={"department": f"Sales {now():%d %H:%M:%S}"},
        query="view=all", upto=ids[-1], created_at=now(),
    )  # fmt: skip
    job = jobs.enqueue("core.bulk", args={"bulk": asked.pk}, user=boss, total=len(ids))
    BulkRun.objects.filter(pk=asked.pk).update(job=job)
    before = worked()
    took, effort = timed(jobs.drain), worked() - before
    job.refresh_from_db()
    work = f"bulk edit of {len(ids):,} records with history"
    if job.state != "done" or job.result.get("changed") != len(ids):
        return [skipped(work, f"the job is {job.state}: {job.result} {job.last_error[:200]}")]
    return [_rate(work, len(ids), took, _update_speed(ids[-10_000:]), "bare UPDATE", 5000, effort)]


def _update_speed(ids: list[int]) -> float:
    """One UPDATE of the columns a bulk edit writes, on rows of the same table, undone at the end."""
    with transaction.atomic():
        took = timed(lambda: Lead.objects.filter(pk__in=ids).update(department="Bare", changed_at=now(), version=F("version") + 1))
        transaction.set_rollback(True)
    return len(ids) / took


def exports(rows: int) -> list[Line]:
    """Row 8: the list as a file, columns as shown."""
    boss = User.objects.get(email="admin@bench.example")
    asked = exporting.asked_list(boss, module("crm.lead"), "")
    sheet = exporting.sheet(asked, "shown")
    found = exporting.listing.rows(asked, "export")
    with CaptureQueriesContext(connection) as queries:
        took = timed(lambda: _written(sheet.cells(found, None, most=rows)))
    made = _rate(
        f"export of {rows:,} rows, {len(sheet.fields)} columns", rows, took, _cursor_speed(rows), "server cursor and csv.writer", 25_000
    )
    made.queries = str(len(queries))
    return [made]


def _written(cells: Any) -> None:
    for _piece in csv_pieces(["x"], (line for _pk, line in cells)):
        pass


def _cursor_speed(rows: int) -> float:
    names = ("id", "family_name", "given_name", "company", "email", "phone", "status", "source", "owner_id", "changed_at")

    def read() -> None:
        writer = csv.writer(io.StringIO())
        for row in Lead.objects.order_by("pk").values_list(*names)[:rows].iterator(chunk_size=2000):
            writer.writerow(row)

    return rows / timed(read)


def twins(rows: int) -> list[Line]:
    """The first pass over all leads: the keys of every one, then the groups; and what one changed record costs afterwards."""
    leads = module("crm.lead")
    count = Lead.objects.count()
    TwinState.objects.filter(module=leads.key).delete()
    job = grouping.begin(leads)
    took = timed(jobs.drain)
    job.refresh_from_db()
    if job.state != "done":
        return [skipped(f"duplicates among {count:,} leads", f"the job is {job.state}: {job.last_error[:200]}")]
    groups = TwinGroup.objects.filter(module=leads.key).count()
    made = [
        Line(f"duplicates among {count:,} leads, first pass: {groups:,} groups", f"{took:.0f} s", server=f"{count / took:,.0f} rows/s",
             goal="≤ 600 s", met=took <= 600)
    ]  # fmt: skip
    ids = list(TwinMember.objects.filter(module=leads.key).order_by("pk").values_list("record_id", flat=True)[:100])
    with transaction.atomic():
        took = timed(lambda: [grouping.regroup(leads, [pk]) for pk in ids])
        transaction.set_rollback(True)
    return [
        *made,
        Line(
            "grouping of one changed lead", f"{took / max(1, len(ids)) * 1000:.1f} ms", goal="≤ 20 ms", met=took / max(1, len(ids)) <= 0.02
        ),
    ]
