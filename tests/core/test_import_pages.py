"""The import as people walk through it: upload, columns, run, result, undo (PLT-13, PLT-20)."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from core.access.models import Profile, User
from core.record.transfer_models import ImportRun
from core.work import jobs
from core.work.models import Job
from crm.models import Lead

from .transfer_cast import *  # noqa: F403

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_broker")]
SignIn = Callable[[User], Client]
URL = "/crm/leads/import"
GOOD = "姓,名,メール,電話番号\n佐藤,花子,a@example.jp,03-1234-5678\n,,b@example.jp,\n鈴木,一郎,なし,03-1111-2222\n"


def upload(client: Client, content: bytes | str = GOOD, name: str = "people.csv", **more: str) -> Any:
    made = content.encode() if isinstance(content, str) else content
    return client.post(URL, {"file": SimpleUploadedFile(name, made), "mode": "both", **more})


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    return found[1] if found else ""


def wishes(**more: Any) -> dict[str, Any]:
    return {"c0": "family_name", "c1": "given_name", "c2": "email", "c3": "phone", "mode": "both", "keys": ["email", "phone"], **more}


def test_from_the_file_to_the_result_and_back(ann: User, signed_in: SignIn) -> None:
    """PLT-13: the whole walk without a line of script."""
    client = signed_in(ann)
    assert client.get(URL).status_code == 200

    answer = upload(client)
    row = ImportRun.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"{URL}/{row.pk}/columns")
    page = client.get(answer["Location"]).content.decode()
    assert "2 are added, 0 updated and 0 left as they are; 0 are skipped and 1 cannot be imported." in page
    assert "A lead needs a name." in page
    assert "E-mail: this is not an e-mail address. It was left out." in page
    assert '<option value="email" selected>' in page
    assert Lead.objects.count() == 0

    answer = client.post(f"{URL}/{row.pk}/columns", wishes(start="1", remember="1", once=hidden(page, "once")))
    assert answer["Location"] == f"{URL}/{row.pk}/"
    running = client.get(answer["Location"]).content.decode()
    assert 'hx-trigger="every 1s"' in running
    assert "0 of 3 · 0 %" in running
    jobs.drain()

    result = client.get(f"{URL}/{row.pk}/").content.decode()
    assert "2 rows came in" in result
    assert "1 row did not." in result
    assert 'hx-trigger="every 1s"' not in result
    failed = client.get(f"{URL}/{row.pk}/rows/failed")
    assert "b@example.jp,,3,A lead needs a name." in b"".join(failed.streaming_content).decode("utf-8-sig")
    assert failed["Content-Disposition"].startswith("attachment")

    client.post(f"{URL}/{row.pk}/undo", {"once": "u"})
    client.post(f"{URL}/{row.pk}/undo", {"once": "u"})
    jobs.drain()
    undone = client.get(f"{URL}/{row.pk}/").content.decode()
    assert "2 records went to the bin, 0 got their old values back, 0 were left as they are." in undone
    assert Lead.objects.filter(deleted_at=None).count() == 0
    assert Job.objects.filter(kind="core.undo_import").count() == 1


def test_a_change_of_the_mapping_is_kept_and_shown(ann: User, signed_in: SignIn) -> None:
    client = signed_in(ann)
    url = upload(client)["Location"]

    answer = client.post(url, wishes(c2="", mode="skip", keys=["phone"]))
    page = client.get(answer["Location"]).content.decode()

    assert answer["Location"] == url
    assert '<option value="skip" selected>' in page
    assert "not an e-mail address" not in page
    assert ImportRun.objects.get().wishes["columns"] == {"0": "family_name", "1": "given_name", "3": "phone"}


def test_two_presses_of_start_run_it_once(ann: User, signed_in: SignIn) -> None:
    """Reliability F22"""
    client = signed_in(ann)
    url = upload(client)["Location"]

    places = {client.post(url, wishes(start="1", once="same"))["Location"] for _press in range(2)}
    places.add(client.post(url, wishes(start="1", once="other"))["Location"])
    jobs.drain()

    assert len(places) == 1
    assert Job.objects.count() == 1
    assert Lead.objects.count() == 2


def bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("[Content_Types].xml", "<Types/>")
        book.writestr("xl/workbook.xml", "<workbook/>")
        book.writestr("xl/worksheets/sheet1.xml", b"0" * 400_000_000)
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.csv", b"", "The file is empty."),
        ("blank.csv", b"\r\n\r\n", "The file is empty."),
        ("heads.csv", "姓,名\n".encode(), "The file has headings but no rows."),
        ("quote.csv", b'a,b\n"open,1\n', "quotation mark"),
        ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, "This is an old Excel file (.xls)."),
        ("bomb.xlsx", bomb, "The Excel file is much larger inside than it looks and was not opened."),
        ("long.csv", ("姓,名\n" + "x," * 600).encode(), "columns; at most 500 can be read."),
    ],
)
def test_a_file_that_cannot_be_read_is_explained_and_the_choices_stay(
    name: str, content: Any, words: str, ann: User, signed_in: SignIn
) -> None:
    """PLT-13, U3"""
    made = content() if callable(content) else content

    answer = upload(signed_in(ann), made, name, mode="skip")

    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert 'value="skip" checked' in page
    assert not ImportRun.objects.exists()


def test_a_file_over_the_limit_is_refused(ann: User, signed_in: SignIn, settings: Any) -> None:
    settings.IMPORT_MAX_MB = 0

    answer = upload(signed_in(ann))

    assert answer.status_code == 422
    assert "The file is larger than 0 MB." in answer.content.decode()


def test_an_import_belongs_to_one_person(ann: User, bob: User, signed_in: SignIn) -> None:
    """U4, A2: not even the one above her reaches her file."""
    client = signed_in(ann)
    url = upload(client)["Location"]
    row = ImportRun.objects.get()
    client.post(url, wishes(start="1"))
    jobs.drain()
    other = signed_in(bob)

    codes = [other.get(path).status_code for path in (url, f"{URL}/{row.pk}/", f"{URL}/{row.pk}/rows/failed")]
    codes += [other.post(path).status_code for path in (url, f"{URL}/{row.pk}/undo")]

    assert codes == [404] * 5
    assert re.fullmatch(r"imports/[\w-]{30,}\.csv", row.file)
    assert default_storage.exists(row.file)


def test_without_the_import_right_there_is_nothing(ann: User, dave: User, signed_in: SignIn) -> None:
    """PLT-25"""
    ann.profile = Profile.objects.create(name="Looks", rights={"crm.lead": ["view", "create", "edit"]})
    ann.save()

    assert signed_in(ann).get(URL).status_code == 403
    assert upload(signed_in(ann)).status_code == 403
    assert upload(signed_in(dave)).status_code == 404
    assert not ImportRun.objects.exists()


def test_fields_and_ways_that_are_not_offered_are_not_taken(ann: User, signed_in: SignIn) -> None:
    """A5: a field, key or owner out of the air changes nothing."""
    client = signed_in(ann)
    url = upload(client)["Location"]

    client.post(url, wishes(c3="converted_at", c1="created_by", owner="999", mode="drop", keys=["version"], new_choices="1"))

    kept = ImportRun.objects.get().wishes
    assert kept["columns"] == {"0": "family_name", "2": "email"}
    assert (kept["owner"], kept["mode"], kept["keys"], kept["new_choices"]) == (None, "both", [], False)


def test_what_is_missing_is_said_before_the_start(ann: User, signed_in: SignIn) -> None:
    client = signed_in(ann)
    answer = client.post("/crm/deals/import", {"file": SimpleUploadedFile("d.csv", "商談名\nA\n".encode())})

    page = client.post(answer["Location"], {"c0": "name", "mode": "both", "start": "1"})

    assert page.status_code == 422
    assert "Every record needs: Account. Say which column holds it." in page.content.decode()


def test_names_in_cells_are_shown_as_text(ann: User, signed_in: SignIn) -> None:
    """User text is escaped wherever it stands."""
    nasty = "<script>alert(1)</script>"
    client = signed_in(ann)
    url = upload(client, f'姓,メール,{nasty}\n"{nasty}",a@example.jp,x\n', name=f"{nasty}.csv")["Location"]

    assert nasty not in client.get(url).content.decode()
    client.post(url, {"c0": "family_name", "c1": "email", "mode": "both", "start": "1"})
    jobs.drain()
    assert nasty not in client.get(url.removesuffix("columns")).content.decode()


def test_the_preview_shows_amounts_in_the_currency_of_their_row(ann: User, signed_in: SignIn) -> None:
    """PLT-7, PLT-13."""
    client, file = signed_in(ann), SimpleUploadedFile("deals.csv", b"Name,Amount,Currency\nNew desks,1200,USD\n")

    answer = client.post("/crm/deals/import", {"file": file, "mode": "add"})

    assert "$1,200" in client.get(answer["Location"]).content.decode()
