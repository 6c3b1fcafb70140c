"""An import under real workers that are killed (reliability F1, F18)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Count

from core import clock
from core.event.models import Event
from core.module.registry import module
from core.record import importing
from core.record.importing_wishes import start
from core.record.transfer_models import RowNote
from core.search.models import SearchEntry
from core.work import due, jobs
from core.work.models import Job
from crm.models import Lead

from .test_work_services import Workers, broker, broker_server, shared_database, until, workers  # noqa: F401
from .transfer_cast import *  # noqa: F403

ROWS, KILLS = 5_000, 2


@pytest.fixture
def shared_files(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files where other processes find them."""
    monkeypatch.setenv("ENISHI_VAR", str(tmp_path))
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"}}


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_an_import_whose_workers_are_killed_doubles_and_loses_nothing(
    workers: Workers,  # noqa: F811
    shared_files: None,
    person: Any,
) -> None:
    """PLT-13, PLT-20, F18: kill -9 again and again; the report is what one run without a fault says."""
    ann = person("Ann", "rep")
    lines = [f"人{n},p{n}@example.jp,{'仮' if n % 50 == 7 else '未対応'}" for n in range(ROWS - 10)]
    lines += [f",nameless{n}@example.jp," for n in range(10)]
    row = importing.receive(SimpleUploadedFile("many.csv", "\n".join(["姓,メール,ステータス", *lines]).encode()), ann, module("crm.lead"))
    with importing.opened(row) as table:
        row.wishes = start(ann, module("crm.lead"), table).plain()
    row.job = jobs.enqueue("core.import", key=str(row.pk), args={"import": row.pk}, user=ann, total=row.rows)
    row.save()

    for kill in range(KILLS):
        worker = workers.start("tests.core.import_worker")
        least = (kill + 1) * ROWS // (KILLS + 2)
        until(lambda least=least: Job.objects.get(pk=row.job_id).done >= least, 240)
        workers.kill(worker)
        Job.objects.filter(pk=row.job_id).update(lease_until=clock.now() - timedelta(seconds=1), hinted_at=None)
        assert due.sweep() == 1
    workers.start("tests.core.import_worker")
    until(lambda: Job.objects.get(pk=row.job_id).state == "done", 240)

    row.job.refresh_from_db()
    assert {name: number for name, number in row.job.result.items() if number} == {"added": ROWS - 10, "failed": 10, "remarks": 100}
    assert row.job.done == ROWS
    assert Lead.objects.count() == ROWS - 10
    assert not Lead.objects.values("email").annotate(many=Count("pk")).filter(many__gt=1).exists()
    assert Event.objects.filter(job=row.job_id, kind="created").count() == ROWS - 10
    assert SearchEntry.objects.filter(module="crm.lead").count() == ROWS - 10
    assert RowNote.objects.filter(job=row.job_id, level="failed").count() == 10
    assert RowNote.objects.filter(job=row.job_id, level="warning").count() == 100
