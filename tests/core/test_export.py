"""Exporting: what stands in the file, who gets it, and for how long (PLT-14, E1, E2)."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from python_calamine import CalamineWorkbook

from core import clock
from core.access.models import Profile, User
from core.actor import Actor
from core.event.models import Event
from core.module.registry import module
from core.record import exporting, write
from core.record.transfer_models import ExportFile
from core.stamps import bump
from core.tasks import forget_files
from core.work import jobs
from core.work.models import Job

from .transfer_cast import *  # noqa: F403

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_broker")]
SignIn = Callable[[User], Client]


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def table(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def test_the_list_as_it_stands_becomes_a_file(ann: User, carol: User, lead: Any, signed_in: SignIn) -> None:
    """PLT-14, PLT-24: its filter, its order, its columns, and only what the reader may see."""
    lead(ann, "佐藤", "花子", company="みなと", email="a@example.jp")
    lead(ann, "鈴木", "一郎", company="=1+1", email="b@example.jp")
    lead(ann, "原", "陽", company="別", email="c@example.jp", status="contacted")
    lead(carol, "森", "葵", company="みなと")
    client = signed_in(ann)
    query = 'view=all&sort=company&columns=name+company+email&filter={"all":[{"field":"status","op":"is","value":"new"}]}'

    answer = client.post(f"/crm/leads/export?{query}", {"format": "csv", "columns": "list", "bom": "1"})

    content = body(answer)
    assert content.startswith(b"\xef\xbb\xbf")
    assert table(content) == [
        ["Name", "Company", "E-mail"],
        ["鈴木 一郎", "'=1+1", "b@example.jp"],
        ["佐藤 花子", "みなと", "a@example.jp"],
    ]
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].startswith("attachment; ")
    assert "sandbox" in answer["Content-Security-Policy"]
    event = Event.objects.get(kind="exported")
    assert (event.module, event.actor, event.detail["rows"], event.detail["format"]) == ("crm.lead", ann, 2, "csv")
    assert event.detail["filter"] == {"all": [{"field": "status", "op": "is", "value": "new"}]}


def test_those_that_were_ticked_become_a_file(ann: User, carol: User, lead: Any, signed_in: SignIn) -> None:
    """PLT-8, PLT-14: a bulk action of the list; the page says how many; nothing that may not be seen comes along. All that match
    lead to the same page without a choice, and back one comes to the list as it was."""
    first, _other, third, hers = lead(ann, "佐藤", company="A"), lead(ann, "鈴木"), lead(ann, "原", company="C"), lead(carol, "森")
    client = signed_in(ann)
    assert 'name="do" value="export"' in client.get("/crm/leads/?view=all").content.decode()

    asked = client.post("/crm/leads/bulk?view=all&sort=company", {"do": "export", "pk": [first.pk, third.pk, hers.pk]})
    page = client.get(asked["Location"])
    file = client.post(asked["Location"], {"format": "csv", "columns": "list"})

    assert asked["Location"] == f"/crm/leads/export?view=all&sort=company&pk={first.pk}.{third.pk}.{hers.pk}"
    assert "2 ticked rows" in page.content.decode() and 'href="/crm/leads/?view=all&amp;sort=company"' in page.content.decode()
    assert [row[0] for row in table(body(file))[1:]] == ["佐藤 太郎", "原 太郎"]
    every = client.post("/crm/leads/bulk?view=all", {"do": "export", "all": "1", "pk": [first.pk]})
    assert every["Location"] == "/crm/leads/export?view=all"
    assert client.post("/crm/leads/bulk?view=all", {"do": "export"})["Location"] == "/crm/leads/?view=all"


def test_a_workbook_holds_typed_cells(ann: User, lead: Any, signed_in: SignIn) -> None:
    """PLT-14, E1: numbers are numbers, formulas are text."""
    lead(ann, "佐藤", "花子", company="=1+1", annual_revenue="1200")
    client = signed_in(ann)

    answer = client.post("/crm/leads/export?columns=name+company+annual_revenue", {"format": "xlsx", "columns": "list"})

    book = CalamineWorkbook.from_filelike(io.BytesIO(body(answer)))
    assert book.get_sheet_by_index(0).to_python() == [["Name", "Company", "Annual revenue"], ["佐藤 花子", "=1+1", 1200.0]]


def test_hidden_fields_and_names_of_invisible_records_are_not_in_the_file(
    ann: User, bob: User, carol: User, lead: Any, signed_in: SignIn
) -> None:
    """PLT-24, PLT-25"""
    theirs = lead(carol, "秘密", "人")
    write.create("crm.activity", actor=Actor(ann), subject="電話", lead=theirs)
    ann.profile = Profile.objects.create(
        name="Blind", rights=ann.profile.rights, features=["export"], fields={"crm.activity": {"priority": "hidden"}}
    )  # type: ignore[union-attr]
    ann.save()
    client = signed_in(ann)

    rows = table(body(client.post("/crm/activities/export?view=all", {"format": "csv", "columns": "all"})))

    assert "Priority" not in rows[0]
    assert rows[1][rows[0].index("Subject")] == "電話"
    assert rows[1][rows[0].index("Lead")] == ""


def test_without_the_export_right_there_is_no_page_and_no_file(ann: User, dave: User, signed_in: SignIn) -> None:
    """PLT-25, A2"""
    ann.profile = Profile.objects.create(name="Looks", rights={"crm.lead": ["view"]})
    ann.save()

    assert signed_in(ann).get("/crm/leads/export").status_code == 403
    assert signed_in(ann).post("/crm/leads/export", {"format": "csv"}).status_code == 403
    assert signed_in(dave).get("/crm/leads/export").status_code == 404
    assert not Event.objects.filter(kind="exported").exists()


def test_a_large_list_is_written_by_a_job_in_parts_and_kept_a_day_for_its_owner(
    ann: User, bob: User, lead: Any, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PLT-14, PLT-20, U4, E2"""
    monkeypatch.setattr(exporting, "STREAMED", 5)
    monkeypatch.setattr(exporting, "PART", 4)
    monkeypatch.setattr(exporting, "PAGE", 3)
    for number in range(10):
        lead(ann, f"人{number}", "子", email=f"p{number}@example.jp")
    client = signed_in(ann)

    answer = client.post("/crm/leads/export?columns=email&view=all", {"format": "csv", "columns": "list", "bom": "1", "once": "t1"})
    again = client.post("/crm/leads/export?columns=email&view=all", {"format": "csv", "columns": "list", "bom": "1", "once": "t1"})
    job = Job.objects.get()
    assert (answer.status_code, answer["Location"], again["Location"]) == (302, f"/jobs/{job.pk}/", f"/jobs/{job.pk}/")
    file = ExportFile.objects.get()
    assert client.get(f"/exports/{file.pk}").status_code == 404
    jobs.drain()

    job.refresh_from_db()
    file.refresh_from_db()
    assert (job.state, job.result["rows"], len(file.parts)) == ("done", 10, 3)
    assert f"/exports/{file.pk}" in client.get(f"/jobs/{job.pk}/").content.decode()
    rows = table(body(client.get(f"/exports/{file.pk}")))
    assert rows == [["E-mail"], *[[f"p{number}@example.jp"] for number in range(10)]]
    assert signed_in(bob).get(f"/exports/{file.pk}").status_code == 404
    assert Event.objects.get(kind="exported").detail["rows"] == 10

    ann.profile = Profile.objects.create(name="Looks", rights={"crm.lead": ["view"]})
    ann.save()
    assert client.get(f"/exports/{file.pk}").status_code == 403

    with time_machine.travel(clock.now() + timedelta(hours=25), tick=False):
        assert signed_in(ann).get(f"/exports/{file.pk}").status_code == 404
        exporting.forget(clock.now())
    assert not ExportFile.objects.exists()
    assert not default_storage.exists(file.parts[0])


def test_an_export_stops_when_its_right_was_withdrawn_meanwhile(
    ann: User, lead: Any, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PLT-25, A9"""
    monkeypatch.setattr(exporting, "STREAMED", 0)
    lead(ann)
    signed_in(ann).post("/crm/leads/export", {"format": "csv", "columns": "all"})
    ann.profile = Profile.objects.create(name="Looks", rights={"crm.lead": ["view"]})
    ann.save()
    bump("access")

    jobs.drain()

    job = Job.objects.get()
    assert (job.state, job.last_error) == ("failed", "You may not export records of this kind.")
    assert not Event.objects.filter(kind="exported").exists()


def test_a_workbook_of_too_many_rows_is_refused_in_words(ann: User, lead: Any, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "MOST_XLSX", 0)
    lead(ann)

    answer = signed_in(ann).post("/crm/leads/export", {"format": "xlsx", "columns": "all"})

    assert answer.status_code == 422
    assert "Choose CSV" in answer.content.decode()


def test_nobody_takes_out_more_than_by_hand(ann: User, lead: Any, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """E2: limited per hour."""
    monkeypatch.setattr(exporting, "PER_HOUR", 2)
    lead(ann)
    client = signed_in(ann)
    codes = [client.post("/crm/leads/export", {"format": "csv", "columns": "list"}).status_code for _time in range(3)]

    assert codes == [200, 200, 422]


def test_those_that_wait_for_a_worker_count_too(
    ann: User, bob: User, lead: Any, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """E2: files asked for faster than they are written; each counts once, also when it is done; and a report is an export."""
    monkeypatch.setattr(exporting, "PER_HOUR", 2)
    monkeypatch.setattr(exporting, "STREAMED", 0)
    lead(ann)
    client, form = signed_in(ann), {"format": "csv", "columns": "list"}

    first = client.post("/crm/leads/export", {**form, "once": "1"}).status_code
    jobs.drain()
    codes = [first, *(client.post("/crm/leads/export", {**form, "once": n}).status_code for n in "23")]

    assert codes == [302, 302, 422]
    answer = client.get("/crm/reports/type/export?chart=bar", follow=True)
    assert "You have exported 2 times within an hour." in answer.content.decode()
    assert answer.redirect_chain[0][0] == "/crm/reports/type/?chart=bar"
    with time_machine.travel(clock.now() + timedelta(minutes=61), tick=False):
        assert client.post("/crm/leads/export", {**form, "once": "4"}).status_code == 302


def test_a_workbook_in_the_background_is_kept_a_day_from_when_it_is_done(
    ann: User, bob: User, lead: Any, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PLT-14, E2, U4: not from when it was asked for, with no worker for two days; for its owner alone; swept by the clock of the house."""
    monkeypatch.setattr(exporting, "STREAMED", 0)
    lead(ann, "田中", "一郎")
    client = signed_in(ann)
    client.post("/crm/leads/export", {"format": "xlsx", "columns": "list"})
    file = ExportFile.objects.get()
    start = clock.now()

    with time_machine.travel(start + timedelta(days=2), tick=False):
        forget_files(clock.now())
        jobs.drain(clock.now())
        where = f"/exports/{file.pk}"
        book = CalamineWorkbook.from_filelike(io.BytesIO(body(signed_in(ann).get(where))))
        assert "田中 一郎" in str(book.get_sheet_by_index(0).to_python()[1])
        assert signed_in(bob).get(where).status_code == 404
    with time_machine.travel(start + timedelta(days=2, hours=23), tick=False):
        forget_files(clock.now())
        assert signed_in(ann).get(where).status_code == 200
    file.refresh_from_db()
    with time_machine.travel(start + timedelta(days=3, minutes=1), tick=False):
        assert signed_in(ann).get(where).status_code == 404
        forget_files(clock.now())

    assert not ExportFile.objects.exists() and not any(default_storage.exists(part) for part in file.parts)
    assert Event.objects.get(kind="exported").actor_id == ann.pk


def test_a_workbook_keeps_no_other_writer_waiting(ann: User, lead: Any, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """PLT-14, PLT-20: it is read and written outside of every transaction; who cancels meanwhile leaves no file behind."""
    monkeypatch.setattr(exporting, "STREAMED", 0)
    lead(ann)
    depth, client, form = len(connection.savepoint_ids), signed_in(ann), {"format": "xlsx", "columns": "list"}
    write_part, deep, places = exporting._workbook_part, [], []

    def part(*given: Any) -> Any:
        deep.append(len(connection.savepoint_ids) - depth)
        made = write_part(*given)
        places.append(made[0])
        Job.objects.filter(kind="core.export", state="running").update(cancel_asked=len(places) > 1)
        return made

    monkeypatch.setattr(exporting, "_workbook_part", part)
    client.post("/crm/leads/export", {**form, "once": "1"})
    jobs.drain()
    client.post("/crm/leads/export", {**form, "once": "2"})
    jobs.drain()

    assert deep == [0, 0]
    assert list(Job.objects.order_by("pk").values_list("state", flat=True)) == ["done", "cancelled"]
    assert [default_storage.exists(place) for place in places] == [True, False]


def test_an_export_asks_the_database_a_fixed_number_of_times(ann: User, lead: Any, django_assert_max_num_queries: Any) -> None:
    """PLT-14: by pages and columns, not by records."""
    for number in range(40):
        lead(ann, f"人{number}", "子", tags="a, b")
    asked = exporting.asked_list(ann, module("crm.lead"), "view=all")

    with django_assert_max_num_queries(25):
        assert len(table(b"".join(exporting.streamed(asked, "all", bom=False)))) == 41
