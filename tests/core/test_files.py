"""Attachments: what is taken, what it is kept as, who gets it back, and when its bytes go (PLT-21, PLT-15)."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from core.actor import Actor
from core.event.models import Event
from core.files import keeping, pictures, sweeping
from core.files.models import Attachment, File, Photo
from core.files.sort import clean_name, content_of, sort
from core.record import write
from core.record.bin import empty_bin
from core.record.write import Refused
from core.tasks import sweep
from core.work.models import Job
from core.work.run import drain
from tests import factories

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer<<>>\n%%EOF"
EXE = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00" + b"\x00" * 200
HTML = b"<!-- hello --><html><script>alert(1)</script></html>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("[Content_Types].xml", "<Types/>")
    return out.getvalue()


def sent(name: str, content: bytes) -> Any:
    return SimpleUploadedFile(name, content, content_type="application/pdf")


def put(client: Any, record: Any, *files: Any) -> Any:
    return client.post(f"/crm/leads/{record.pk}/files", {"files": list(files)})


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("invoice.pdf", EXE),
        ("invoice.exe", EXE),
        ("notes.txt", b"#!/bin/sh\nrm -rf /"),
        ("photo.png", b"\x7fELF" + b"\x02" * 60),
        ("tool.zip", b"\xcf\xfa\xed\xfe" + b"\x00" * 60),
        ("link.docx", b"L\x00\x00\x00\x01\x14\x02\x00" + b"\x00" * 60),
    ],
)
def test_a_program_is_refused_whatever_it_is_called(name: str, content: bytes) -> None:
    """PLT-21: an .exe named .pdf."""
    with pytest.raises(Refused, match="is a program"):
        sort(content, name)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.pdf", HTML),
        ("drawing.png", SVG),
        ("letter.docx", SVG),
        ("list.csv", b"\xef\xbb\xbf \n<script>alert(1)</script>"),
        ("wide.txt", "<html>".encode("utf-16")),
        ("table.xlsx", b"name,mail\nAnn,ann@example.com"),
        ("report.pdf", zipped()),
        ("song.txt", b"\x00\x01\x02\x03" * 20),
        ("letter.doc", zipped()),
    ],
)
def test_a_file_that_lies_about_itself_is_refused(name: str, content: bytes) -> None:
    """PLT-21"""
    with pytest.raises(Refused, match="not what its name says. It was not stored"):
        sort(content, name)


@pytest.mark.parametrize("name", ["run.bat", "x.js", "a.hta", "macro.ps1", "noending", "x.php"])
def test_an_ending_nobody_knows_is_refused(name: str) -> None:
    with pytest.raises(Refused, match="cannot be attached"):
        sort(b"plain words", name)


@pytest.mark.parametrize(
    ("name", "content", "kept", "type"),
    [
        ("offer.pdf", PDF, "offer.pdf", "application/pdf"),
        ("見積書 2026.xlsx", zipped(), "見積書 2026.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 60, "old.xls", "application/vnd.ms-excel"),
        ("list.csv", "名前,会社\n清水,光".encode("cp932"), "list.csv", "text/csv"),
        ("page.html", HTML, "page.html", "application/octet-stream"),
        ("logo.svg", SVG, "logo.svg", "application/octet-stream"),
        ("talk.mp3", b"ID3\x03\x00\x00\x00\x00" + b"\x00" * 60, "talk.mp3", "audio/mpeg"),
        ("plan.dwg", b"AC1032\x00\x00\x00" + b"\x01" * 60, "plan.dwg", "application/octet-stream"),
    ],
)
def test_what_is_what_its_name_says_is_kept(name: str, content: bytes, kept: str, type: str) -> None:
    """PLT-21: markup only ever goes out as bytes."""
    found = sort(content, name)

    assert (found.name, found.type, found.remark) == (kept, type, "")


@pytest.mark.parametrize(("name", "true"), [("scan.png", "scan.png.pdf"), ("scan", "scan.pdf"), ("offer.docx", "offer.docx.pdf")])
def test_a_pdf_under_a_wrong_name_is_kept_as_what_it_is_and_that_is_said(name: str, true: str) -> None:
    """PLT-21"""
    found = sort(PDF, name)

    assert (found.name, found.type) == (true, "application/pdf")
    assert true in found.remark


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\a.txt", "a.txt"),
        ("a\r\nX-Bad: 1.txt", "aX-Bad: 1.txt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("...", "file"),
        ("", "file"),
        ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
    ],
)
def test_a_name_is_only_a_name(name: str, clean: str) -> None:
    """I5, U1"""
    assert clean_name(name) == clean


def test_several_files_go_up_at_once_and_one_bad_one_stops_no_other(ann: Any, client_of: Any) -> None:
    """PLT-21: each is said by name; the bytes lie under a random name outside of what is served."""
    lead, client = factories.make_lead(ann), client_of(ann)

    answer = put(client, lead, sent("offer.pdf", PDF), sent("virus.pdf", EXE), sent("a.txt", b"hello"))

    assert answer.status_code == 422
    assert "“virus.pdf” is a program" in answer.content.decode()
    assert list(Attachment.objects.order_by("pk").values_list("name", "module", "record_id")) == [
        ("offer.pdf", "crm.lead", lead.pk),
        ("a.txt", "crm.lead", lead.pk),
    ]
    file = File.objects.get(attachment__name="offer.pdf")
    assert "offer" not in file.place and default_storage.open(file.place).read() == PDF
    assert client.get(f"/media/{file.place}").status_code == 404 and client.get(f"/{file.place}").status_code == 404
    page = client.get(f"/crm/leads/{lead.pk}/").content.decode()
    assert "offer.pdf" in page and "attached a file" in page


def test_a_form_sent_twice_attaches_once(ann: Any, client_of: Any) -> None:
    """PLT-21: and the bytes of the second time do not stay."""
    lead, client = factories.make_lead(ann), client_of(ann)
    before = _stored()

    for _time in range(2):
        client.post(f"/crm/leads/{lead.pk}/files", {"files": [sent("a.txt", b"hello")], "once": "token-of-this-form"})

    assert (Attachment.objects.count(), File.objects.count(), _stored() - before) == (1, 1, 1)


def _stored() -> int:
    folder = keeping.new_place().rpartition("/")[0]
    return len(default_storage.listdir(folder)[1]) if default_storage.exists(folder) else 0


def test_a_long_list_of_files_has_further_pages(ann: Any, client_of: Any) -> None:
    lead, actor = factories.make_lead(ann), Actor(ann)
    for number in range(103):
        keeping.attach("crm.lead", lead, sent(f"paper{number:03}.txt", b"x"), actor=actor)

    page = client_of(ann).get(f"/crm/leads/{lead.pk}/files").content.decode()
    older = client_of(ann).get(f"/crm/leads/{lead.pk}/files", {"before": re.search(r'href="\?before=(\d+)', page)[1]}).content.decode()

    assert "paper003.txt" in page and "paper002.txt" not in page
    assert "paper002.txt" in older and "paper000.txt" in older and "paper003.txt" not in older and 'href="?before' not in older


def test_a_converted_lead_takes_no_files(admin: Any, client_of: Any) -> None:
    """CRM-12: nobody would look for them there."""
    from core.action.registry import run

    lead, client = factories.make_lead(admin), client_of(admin)
    run("crm.convert_lead", lead, actor=Actor(admin))

    assert put(client, lead, sent("a.txt", b"x")).status_code == 403
    assert client.post(f"/crm/leads/{lead.pk}/photo", {"photo": factories.picture()}).status_code == 403
    assert 'id="attach"' not in client.get(f"/crm/leads/{lead.pk}/").content.decode()


def test_a_file_larger_than_the_setting_is_refused(ann: Any, client_of: Any, settings: Any) -> None:
    """PLT-21: ATTACHMENT_MAX_MB"""
    settings.ATTACHMENT_MAX_MB = 1
    lead = factories.make_lead(ann)

    answer = put(client_of(ann), lead, sent("big.txt", b"x" * (1024 * 1024 + 1)))

    assert "“big.txt” is larger than 1 MB." in answer.content.decode()
    assert not Attachment.objects.exists() and not File.objects.exists()


def test_a_download_is_bytes_to_keep_and_never_a_page(ann: Any, client_of: Any) -> None:
    """PLT-21, U2, H4: HTML and SVG leave as attachments with no type a browser would draw."""
    lead, client = factories.make_lead(ann), client_of(ann)
    put(client, lead, sent("見積.html", HTML), sent("logo.svg", SVG))

    for row in Attachment.objects.all():
        answer = client.get(f"/files/{row.pk}")

        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Content-Disposition"].startswith("attachment; filename")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert client.get(f"/files/{row.pk}/look").status_code == 404
        assert client.get(f"/files/{row.pk}/small").status_code == 404
    first = Attachment.objects.earliest("pk").pk
    assert "filename*=utf-8''%E8%A6%8B%E7%A9%8D.html" in client.get(f"/files/{first}").headers["Content-Disposition"]


def test_a_true_pdf_opens_in_the_viewer_and_scripts_of_nothing(ann: Any, client_of: Any) -> None:
    """PLT-21: inline only for what is a PDF by its content."""
    lead, client = factories.make_lead(ann), client_of(ann)
    put(client, lead, sent("offer.pdf", PDF))

    answer = client.get(f"/files/{Attachment.objects.get().pk}/look")

    assert answer.getvalue() == PDF
    assert (answer.headers["Content-Type"], answer.headers["X-Content-Type-Options"]) == ("application/pdf", "nosniff")
    assert answer.headers["Content-Disposition"].startswith("inline")
    assert (
        "default-src 'none'" in answer.headers["Content-Security-Policy"] and "script-src" not in answer.headers["Content-Security-Policy"]
    )


def test_a_file_is_there_for_those_who_see_its_record(ann: Any, bob: Any, carol: Any, client_of: Any, client: Any) -> None:
    """PLT-21, U4, A2: asked on every download, preview and removal; a withdrawn right acts on the next."""
    lead = factories.make_lead(ann)
    put(client_of(ann), lead, factories.picture())
    drain()
    row = Attachment.objects.get()

    for page in ("", "/look", "/small"):
        assert client_of(bob).get(f"/files/{row.pk}{page}").status_code == 200
        assert client_of(carol).get(f"/files/{row.pk}{page}").status_code == 404
        assert client.get(f"/files/{row.pk}{page}").status_code == 302
    assert client_of(carol).post(f"/files/{row.pk}/remove").status_code == 404
    assert put(client_of(carol), lead, sent("a.txt", b"x")).status_code == 404
    type(lead).objects.filter(pk=lead.pk).update(owner=carol)
    assert client_of(ann).get(f"/files/{row.pk}").status_code == 404


def test_a_picture_is_shown_drawn_anew_and_without_where_it_was_taken(ann: Any, client_of: Any) -> None:
    """PLT-21, U3: a preview is made by a job; the file itself stays as it came."""
    exif = Image.Exif()
    exif[0x010E] = "secret place"
    upload = factories.picture((2000, 1000), "JPEG", "a.jpg", exif=exif)
    raw = upload.read()
    lead, client = factories.make_lead(ann), client_of(ann)
    put(client, lead, SimpleUploadedFile("a.jpg", raw))
    row = Attachment.objects.get()
    assert client.get(f"/files/{row.pk}/small").status_code == 404

    drain()

    small, large = (client.get(f"/files/{row.pk}/{page}").getvalue() for page in ("small", "look"))
    assert [Image.open(io.BytesIO(one)).size for one in (small, large)] == [(160, 80), (1600, 800)]
    assert b"secret place" in raw and b"secret place" not in small + large
    assert client.get(f"/files/{row.pk}").getvalue() == raw
    assert f"/files/{row.pk}/small" in client.get(f"/crm/leads/{lead.pk}/").content.decode()


def test_a_picture_that_would_burst_is_never_decoded(monkeypatch: pytest.MonkeyPatch, ann: Any, client_of: Any) -> None:
    """U3: a bomb is known by its head; the file is kept, only not drawn."""
    out = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(out, "PNG")
    monkeypatch.setattr(Image.Image, "thumbnail", lambda *_args: pytest.fail("decoded"))

    with pytest.raises(pictures.NoPicture, match="24 million pixels"):
        pictures.drawn(io.BytesIO(out.getvalue()), 100)
    with pytest.raises(pictures.NoPicture):
        pictures.drawn(io.BytesIO(b"\x89PNG\r\n\x1a\n broken"), 100)
    with pytest.raises(pictures.NoPicture):
        pictures.drawn(io.BytesIO(b"%!PS-Adobe-3.0 EPSF-3.0\n"), 100)
    lead, client = factories.make_lead(ann), client_of(ann)
    put(client, lead, SimpleUploadedFile("bomb.png", out.getvalue()))
    drain()

    assert (Attachment.objects.get().file.variants, Job.objects.get(kind="core.preview").state) == ([], "done")


def test_a_removed_file_can_be_brought_back_until_the_bin_forgets_it(ann: Any, client_of: Any, clock: Any, settings: Any) -> None:
    """PLT-15, design 7: undo instead of a question; after BIN_DAYS row and bytes are gone."""
    lead, client = factories.make_lead(ann), client_of(ann)
    put(client, lead, sent("a.txt", b"hello"))
    row = Attachment.objects.select_related("file").get()

    client.post(f"/files/{row.pk}/remove")
    assert client.get(f"/files/{row.pk}").status_code == 404
    assert client.session["undo"]["url"] == f"/files/{row.pk}/restore"
    client.post(f"/files/{row.pk}/restore")
    assert client.get(f"/files/{row.pk}").getvalue() == b"hello"
    client.post(f"/files/{row.pk}/remove")
    clock.shift(timedelta(days=settings.BIN_DAYS + 1))
    sweep(clock_now())
    drain()

    assert not Attachment.every.exists() and not File.objects.exists() and not default_storage.exists(row.file.place)
    assert list(Event.objects.filter(kind__in=["attached", "detached"]).order_by("pk").values_list("kind", flat=True)) == [
        "attached", "detached", "attached", "detached",
    ]  # fmt: skip


def clock_now() -> Any:
    from core import clock

    return clock.now()


def test_files_go_into_the_bin_with_their_record_and_come_back_with_it(ann: Any, admin: Any, client_of: Any) -> None:
    """PLT-15, PLT-21: not to be had while it lies there; gone for good with it, bytes by a job."""
    lead = factories.make_lead(ann)
    put(client_of(ann), lead, factories.picture())
    client_of(ann).post(f"/crm/leads/{lead.pk}/photo", {"photo": factories.picture()})
    drain()
    row, photo = Attachment.objects.get(), Photo.objects.get()
    places = [place for file in File.objects.all() for place in file.places if default_storage.exists(place)]
    looks = client_of(admin)

    act = write.delete(lead, actor=Actor(admin))
    assert (looks.get(f"/files/{row.pk}").status_code, looks.get(f"/photos/{photo.pk}/64").status_code) == (404, 404)
    write.restore(act, actor=Actor(admin))
    assert (looks.get(f"/files/{row.pk}").status_code, looks.get(f"/photos/{photo.pk}/64").status_code) == (200, 200)
    lead.refresh_from_db()
    write.delete(lead, actor=Actor(admin))
    empty_bin(None, actor=Actor(admin))
    assert all(default_storage.exists(place) for place in places)
    drain()

    assert len(places) == 5 and not any(default_storage.exists(place) for place in places)
    assert not Attachment.every.exists() and not Photo.objects.exists() and not File.objects.exists()


def test_bytes_without_a_row_are_swept_after_a_day(ann: Any, clock: Any) -> None:
    """PLT-21: a worker died between bytes and row; what has a row stays."""
    lead = factories.make_lead(ann)
    kept, _remark = keeping.attach("crm.lead", lead, sent("a.txt", b"kept"), actor=Actor(ann))
    lost = default_storage.save(keeping.new_place(), SimpleUploadedFile("x", b"lost"))

    assert sweeping.sweep_bytes(clock_now()) == 0
    clock.shift(timedelta(days=1))
    assert sweeping.sweep_bytes(clock_now()) == 1

    assert default_storage.exists(kept.file.place) and not default_storage.exists(lost)


def test_a_lost_file_is_not_there_and_no_error(ann: Any, client_of: Any) -> None:
    lead, client = factories.make_lead(ann), client_of(ann)
    put(client, lead, sent("a.txt", b"x"))
    row = Attachment.objects.get()
    default_storage.delete(row.file.place)

    assert client.get(f"/files/{row.pk}").status_code == 404


def test_the_page_of_files_works_in_both_languages_without_script(ann: Any, client_of: Any) -> None:
    lead, client = factories.make_lead(ann), client_of(ann)
    put(client, lead, sent("offer.pdf", PDF))

    page = client.get(f"/crm/leads/{lead.pk}/files").content.decode()

    assert 'enctype="multipart/form-data"' in page and "multiple" in page and "offer.pdf" in page


def test_first_bytes_tell_what_a_file_is() -> None:
    assert [content_of(one) for one in (PDF, EXE, HTML, SVG, zipped(), b"words", b"\x00\x01\x02" * 9)] == [
        "pdf", "program", "markup", "markup", "zip", "text", "other",
    ]  # fmt: skip
