"""Photos of people: square, small, without a trace of the camera, for those who may see the person (CRM-17)."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image

from core.event.models import Event
from core.files.models import File, Photo
from core.work.run import drain
from tests import factories

pytestmark = pytest.mark.django_db


def two_halves() -> Any:
    """Wide: red in the middle, blue at both sides; turned by the camera."""
    picture = Image.new("RGB", (300, 100), "blue")
    picture.paste((255, 0, 0), (100, 0, 200, 100))
    exif = Image.Exif()
    exif[0x010F] = "SecretCam"
    exif[0x0112] = 6
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif)
    return SimpleUploadedFile("me.jpg", out.getvalue())


@pytest.mark.parametrize("key", ["lead", "contact"])
def test_a_photo_is_the_middle_of_the_picture_and_nothing_of_the_camera(key: str, ann: Any, client_of: Any) -> None:
    """CRM-17: 256 and 64 pixels, upright, EXIF gone."""
    person, client = factories.make(f"crm.{key}", ann, family_name="Sato"), client_of(ann)

    answer = client.post(f"/crm/{key}s/{person.pk}/photo", {"photo": two_halves()})

    assert answer.status_code == 302
    photo = Photo.objects.get()
    for side in (256, 64):
        data = client.get(f"/photos/{photo.pk}/{side}").getvalue()
        picture = Image.open(io.BytesIO(data))
        assert picture.size == (side, side) and not picture.getexif() and b"SecretCam" not in data
        red, _green, blue = picture.getpixel((side // 2, 2))
        assert red > 200 > 60 > blue
    assert Event.objects.latest("pk").kind == "photo_set"


def test_a_face_is_shown_at_the_head_in_lists_and_beside_names(ann: Any, client_of: Any) -> None:
    """CRM-17: with initials for those without one."""
    client = client_of(ann)
    account = factories.make_account(ann)
    with_face = factories.make_contact(ann, family_name="Sato", account=account.pk)
    factories.make_contact(ann, family_name="Ueda", given_name="Ken", account=account.pk)
    client.post(f"/crm/contacts/{with_face.pk}/photo", {"photo": factories.picture()})
    photo = Photo.objects.get().pk

    pages = {name: client.get(address).content.decode() for name, address in {
        "record": f"/crm/contacts/{with_face.pk}/", "list": "/crm/contacts/?view=all", "account": f"/crm/accounts/{account.pk}/",
        "search": "/search?q=Sato",
    }.items()}  # fmt: skip

    assert f'<img class="avatar large" src="/photos/{photo}/256"' in pages["record"]
    for name in ("list", "search"):
        assert f'src="/photos/{photo}/64"' in pages[name], name
    assert f'<img class="avatar medium" src="/photos/{photo}/64"' in pages["account"]
    assert ">KU</span>" in pages["list"] and ">KU</span>" in pages["account"]


def test_a_list_finds_its_faces_in_one_query(ann: Any, client_of: Any) -> None:
    """CRM-17: two hundred people, one question."""
    client = client_of(ann)
    for number in range(8):
        lead = factories.make_lead(ann)
        client.post(f"/crm/leads/{lead.pk}/photo", {"photo": factories.picture(name=f"{number}.png")})

    with CaptureQueriesContext(
        connection,
    ) as seen:
        page = client.get("/crm/leads/?view=all").content.decode()

    assert page.count('src="/photos/') == 8
    assert len([one for one in seen.captured_queries if "core_photo" in one["sql"]]) == 1


def test_a_photo_is_for_those_who_see_the_person_and_may_be_kept_by_their_browser(
    ann: Any, bob: Any, carol: Any, client_of: Any, client: Any
) -> None:
    """CRM-17, U4: asked each time it is fetched; 304 when the browser has it."""
    lead = factories.make_lead(ann)
    client_of(ann).post(f"/crm/leads/{lead.pk}/photo", {"photo": factories.picture()})
    where = f"/photos/{Photo.objects.get().pk}/64"

    answer = client_of(bob).get(where)

    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "private, max-age=3600, immutable")
    assert client_of(bob).get(where, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert client_of(carol).get(where, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 404
    assert client.get(where).status_code == 302
    assert client_of(bob).get(where.replace("/64", "/65")).status_code == 404
    assert client_of(carol).post(f"/crm/leads/{lead.pk}/photo", {"photo": factories.picture()}).status_code == 404


def test_a_new_photo_has_a_new_address_and_the_old_one_goes(ann: Any, client_of: Any) -> None:
    """CRM-17: and a button takes it off."""
    lead, client = factories.make_lead(ann), client_of(ann)
    client.post(f"/crm/leads/{lead.pk}/photo", {"photo": factories.picture()})
    first = Photo.objects.select_related("file").get()
    client.post(f"/crm/leads/{lead.pk}/photo", {"photo": factories.picture((90, 90))})
    second = Photo.objects.get()
    drain()

    assert second.pk != first.pk and not default_storage.exists(first.file.place)
    assert client.get(f"/photos/{first.pk}/64").status_code == 404
    assert "Remove photo" in client.get(f"/crm/leads/{lead.pk}/photo").content.decode()
    client.post(f"/crm/leads/{lead.pk}/photo/off")
    drain()
    assert not Photo.objects.exists() and not File.objects.exists()
    assert 'src="/photos/' not in client.get(f"/crm/leads/{lead.pk}/").content.decode()


@pytest.mark.parametrize(
    "content", [b"", b"MZ\x90\x00", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\x89PNG\r\n\x1a\n\x00", b"%PDF-1.7"]
)
def test_what_is_no_picture_is_refused_on_the_page(content: bytes, ann: Any, client_of: Any) -> None:
    """CRM-17, PLT-21"""
    lead = factories.make_lead(ann)

    answer = client_of(ann).post(f"/crm/leads/{lead.pk}/photo", {"photo": SimpleUploadedFile("me.png", content, "image/png")})

    assert answer.status_code == 422 and not Photo.objects.exists() and not File.objects.exists()
    assert 'role="alert"' in answer.content.decode()


def test_a_company_has_no_face(ann: Any, client_of: Any) -> None:
    account = factories.make_account(ann)

    assert client_of(ann).get(f"/crm/accounts/{account.pk}/photo").status_code == 404
