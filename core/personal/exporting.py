"""All data of one customer in one ZIP, as JSON and as CSV, written by a job and kept for a day."""

from __future__ import annotations

import json
import secrets
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.core.serializers.json import DjangoJSONEncoder

from core import clock
from core.files.keeping import discard, opened
from core.files.models import Attachment
from core.module.registry import module as find_module
from core.personal.held import Held, all_of, circle
from core.record.writing import csv_pieces
from core.signin.models import PersonalFile
from core.work.jobs import GiveUp, Run

KEPT = timedelta(hours=24)


def run_export(run: Run) -> None:
    """Write the file of one PersonalFile. Begun again, it begins anew: it is small."""
    row = PersonalFile.objects.filter(pk=run.args["file"]).first()
    if row is None or row.path:
        return
    ids = circle(row.module, row.record_id)
    with tempfile.TemporaryFile() as out:
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, rows in tables(ids):
                archive.writestr(f"{name}.json", json.dumps(rows, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1))
                archive.writestr(f"{name}.csv", as_csv(rows))
            for one in all_of(ids):
                if one.name == "files":
                    _put_files(archive, one)
        size = out.tell()
        out.seek(0)
        path = default_storage.save(f"personal/{secrets.token_hex(20)}.zip", File(out))
    with run.step() as step:
        done = PersonalFile.objects.filter(pk=row.pk, path="").update(path=path, size=size)
        step.advance(done=1)
    if not done:
        discard([path])
        raise GiveUp("written twice")


def tables(ids: dict[str, list[int]]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """(name of the file, its rows) of everything that is kept of these records."""
    for key, pks in ids.items():
        yield key, [dict(row) for row in find_module(key).model._default_manager.filter(pk__in=pks).order_by("pk").values()]
    for one in all_of(ids):
        rows = [{name: value for name, value in row.items() if name not in one.hidden} for row in one.rows.order_by("pk").values()]
        if rows:
            yield one.name, rows


def as_csv(rows: list[dict[str, Any]]) -> bytes:
    """The same rows for a spreadsheet; cells that a spreadsheet would run are made text (E1)."""
    names = list(rows[0]) if rows else []
    return b"".join(csv_pieces(names, ([_word(row[name]) for name in names] for row in rows), bom=True))


def _word(value: Any) -> Any:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False) if isinstance(value, dict | list) else value


def _put_files(archive: zipfile.ZipFile, held: Held) -> None:
    """The attachments themselves, under numbers: a name somebody gave may say where to be unpacked."""
    rows: Any = held.rows
    for row in rows.select_related("file").order_by("pk"):
        assert isinstance(row, Attachment)
        source = opened(row.file.place)
        if source is not None:
            with source, archive.open(f"files/{row.pk}", "w") as target:
                while part := source.read(65_536):
                    target.write(part)


def forget(now: datetime) -> None:
    """Files whose day is over go, bytes first."""
    for row in PersonalFile.objects.filter(expires_at__lt=now)[:200]:
        if row.path:
            discard([row.path])
        row.delete()


def ask(module: str, record_id: int, user: Any) -> PersonalFile:
    """The row of a file that a job will write."""
    now = clock.now()
    return PersonalFile.objects.create(user=user, module=module, record_id=record_id, created_at=now, expires_at=now + KEPT)
