"""The tie of everything: what a person had, on the person's page and on the company's; and after a conversion (CRM-9, PLT-10)."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.actor import Actor
from core.event.models import Event
from core.event.timeline import read_key, timeline
from core.field.look import Look
from core.files.keeping import attach
from core.files.models import Attachment, Photo
from core.files.photos import set_photo
from core.module.registry import module
from core.record import notes
from core.record.models import Note, Tie
from core.record.write import update
from crm.actions_conversion import undo_conversion
from crm.models import Lead
from tests import factories

pytestmark = pytest.mark.django_db


def text(name: str = "a.txt") -> Any:
    return SimpleUploadedFile(name, b"words")


def told(page: str) -> str:
    return page.split('id="told"')[1].split("<aside")[0].split("</main>")[0]


def company(ann: Any, people: int) -> Any:
    """A company whose people each have a note, a file, a change, a call, a ticket and a post."""
    from social.people import PROFILE, TIE

    account, actor = factories.make_account(ann), Actor(ann)
    for number in range(people):
        person = factories.make_contact(ann, account=account.pk, family_name=f"Person{number}")
        notes.write("crm.contact", person, f"Note on {number}", actor=actor)
        attach("crm.contact", person, text(f"file{number}.txt"), actor=actor)
        update(person, actor=actor, job_title=f"Title {number}")
        factories.make_activity(ann, contact=person.pk, subject=f"Call with {number}")
        factories.make_ticket(ann, contact=person.pk, subject=f"Broken {number}")
        post = factories.make_post(ann, text=f"Posted {number}")
        Tie.objects.get_or_create(kind=TIE, module=PROFILE, record_id=post.profile_id, other_module="crm.contact", other_id=person.pk)
    return account


def test_a_companys_page_shows_what_its_people_had(ann: Any, bob: Any, client_of: Any) -> None:
    """CRM-9: notes, files, changes, calls, tickets and posts, each beside whose it is."""
    account = company(ann, 1)

    shown = told(client_of(bob).get(f"/crm/accounts/{account.pk}/").content.decode())

    for words in ("Note on 0", "file0.txt", "Title 0", "Call with 0", "Broken 0", "Posted 0"):
        assert words in shown, words
    assert ">Person0</a>" in shown


def test_what_people_had_that_one_may_not_see_is_not_rolled_up(ann: Any, carol: Any, client_of: Any) -> None:
    """CRM-9, PLT-24: the company is carol's, its person is ann's."""
    account = company(ann, 1)
    type(account).objects.filter(pk=account.pk).update(owner=carol)

    shown = told(client_of(carol).get(f"/crm/accounts/{account.pk}/").content.decode())

    for words in ("Note on 0", "file0.txt", "Title 0", "Call with 0", "Broken 0", "Person0"):
        assert words not in shown, words


def test_a_company_asks_as_much_for_thirty_people_as_for_two(ann: Any, client_of: Any) -> None:
    """CRM-9: a fixed number of queries."""
    counts = []
    for people in (2, 30):
        account, client = company(ann, people), client_of(ann)
        client.get(f"/crm/accounts/{account.pk}/timeline")
        with CaptureQueriesContext(connection) as seen:
            client.get(f"/crm/accounts/{account.pk}/timeline")
        counts.append(len(seen.captured_queries))

    assert counts[1] <= counts[0] <= 24


@pytest.mark.parametrize(
    ("show", "words"),
    [
        ("note", "Note on 0"),
        ("file", "file0.txt"),
        ("change", "Title 0"),
        ("activity", "Call with 0"),
        ("ticket", "Broken 0"),
        ("post", "Posted 0"),
    ],
)
def test_each_kind_can_be_asked_for_alone(show: str, words: str, ann: Any, client_of: Any) -> None:
    """PLT-10: the choice stands in the address, on the record's page and on that of its whole timeline."""
    account = company(ann, 1)
    every = {"Note on 0", "file0.txt", "Title 0", "Call with 0", "Broken 0", "Posted 0"}

    for page in ("", "timeline"):
        shown = told(client_of(ann).get(f"/crm/accounts/{account.pk}/{page}", {"show": show}).content.decode())

        assert words in shown
        assert [other for other in every - {words} if other in shown] == []
        assert re.search(rf'href="\?show={show}#timeline"[^>]*aria-current="true"', shown)


def test_a_persons_page_shows_tickets_and_posts_in_their_place(ann: Any, client_of: Any) -> None:
    """PLT-10, CRM-9"""
    account = company(ann, 1)
    person = account._meta.apps.get_model("crm", "Contact").objects.get(account=account)

    shown = told(client_of(ann).get(f"/crm/contacts/{person.pk}/").content.decode())

    assert "Broken 0" in shown and "Posted 0" in shown and "file0.txt" in shown


def test_nothing_is_shown_twice_or_left_out_page_after_page(ann: Any, clock: Any) -> None:
    """PLT-10: by key, also where many things happened in one moment."""
    lead, actor = factories.make_lead(ann), Actor(ann)
    for number in range(30):
        notes.write("crm.lead", lead, f"Note {number}", actor=actor)
        factories.make_activity(ann, lead=lead.pk, subject=f"Call {number}")
        update(lead, actor=actor, company=f"Company {number}")
        if number % 7 == 0:
            clock.shift(60)
    seen, before, pages = [], "", 0
    while True:
        page = timeline(ann, module("crm.lead"), lead, Look.of(ann), limit=10, before=before)
        seen += [item.key for item in page.items]
        pages += 1
        if not page.next:
            break
        before = page.next

    assert len(seen) == len(set(seen)) == 91 and seen == sorted(seen, reverse=True)
    assert pages >= 10


def test_older_things_are_fetched_without_and_with_script(ann: Any, client_of: Any, clock: Any) -> None:
    """PLT-10: the link is a page; htmx puts the same part in the place of the link."""
    lead, client = factories.make_lead(ann), client_of(ann)
    for number in range(25):
        clock.shift(60)
        notes.write("crm.lead", lead, f"Note number {number:02}.", actor=Actor(ann))
    first = client.get(f"/crm/leads/{lead.pk}/").content.decode()
    link = unquote(re.search(r'<footer><a class="btn small" href="([^"]+)"', first)[1]).replace("&amp;", "&").replace("+", "%2B")

    page = client.get(link).content.decode()
    part = client.get(link, headers={"HX-Request": "true"}).content.decode()

    assert "Note number 05." in first and "Note number 04." not in told(first)
    assert "Note number 04." in page and "Note number 05." not in page and "<h1" in page
    assert "Note number 04." in part and "<h1" not in part


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "2026-05-20T03:00:00+00:00",
        "2026-05-20T03:00:00~a~1",
        "2026-05-20T03:00:00+00:00~a~-1",
        "0001-01-01T00:00:00+14:00~a~1",
        "2026-05-20T03:00:00+00:00~a~99999999999999999999",
        "2026-99-99T0~~",
    ],
)
def test_a_key_of_nonsense_is_the_first_page(text: str) -> None:
    """O4"""
    assert read_key(text) is None


def convert(lead: Any, who: Any, **values: Any) -> Any:
    from core.action.registry import run

    return run("crm.convert_lead", lead, actor=Actor(who), **values)


def test_files_and_photo_move_to_the_contact_and_back(admin: Any, client_of: Any) -> None:
    """CRM-11, CRM-13: with their addresses, and nothing is copied."""
    lead, actor = factories.make_lead(admin), Actor(admin)
    attach("crm.lead", lead, text(), actor=actor)
    photo = set_photo("crm.lead", lead, factories.picture(), actor=actor)
    notes.write("crm.lead", lead, "Met at the fair", actor=actor)

    contact = convert(lead, admin)
    moved = [set(model.objects.values_list("module", "record_id")) for model in (Attachment, Photo, Note)]
    page = client_of(admin).get(f"/crm/contacts/{contact.pk}/").content.decode()
    undo_conversion(Lead.objects.get(pk=lead.pk), actor=actor)

    assert moved == [{("crm.contact", contact.pk)}] * 3
    assert f"/photos/{photo.pk}/256" in page and "a.txt" in page
    assert [set(model.objects.values_list("module", "record_id")) for model in (Attachment, Photo, Note)] == [{("crm.lead", lead.pk)}] * 3
    assert client_of(admin).get(f"/photos/{photo.pk}/64").status_code == 200


def test_a_photo_fills_an_empty_place_only(admin: Any) -> None:
    """CRM-11: what a matched contact has is not overwritten."""
    lead, contact, actor = factories.make_lead(admin), factories.make_contact(admin), Actor(admin)
    hers = set_photo("crm.contact", contact, factories.picture(), actor=actor)
    mine = set_photo("crm.lead", lead, factories.picture(), actor=actor)

    convert(lead, admin, contact=contact.pk, account="none")
    undo_conversion(Lead.objects.get(pk=lead.pk), actor=actor)

    assert set(Photo.objects.values_list("pk", "module", "record_id")) == {
        (hers.pk, "crm.contact", contact.pk), (mine.pk, "crm.lead", lead.pk),
    }  # fmt: skip


def test_a_file_put_on_the_new_contact_keeps_the_conversion(admin: Any) -> None:
    """CRM-13: what came since would be lost."""
    from crm.actions_conversion import InTheWay

    lead, actor = factories.make_lead(admin), Actor(admin)
    contact = convert(lead, admin)
    attach("crm.contact", contact, text(), actor=actor)

    with pytest.raises(InTheWay, match="notes, files or links since: 1"):
        undo_conversion(Lead.objects.get(pk=lead.pk), actor=actor)
    assert Event.objects.filter(kind="attached", module="crm.contact").count() == 1
