"""One customer over all apps: all of it as a file, and erased for good (ADM-8, E3)."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile

from core.access.models import User
from core.actor import Actor
from core.files.keeping import attach
from core.files.photos import set_photo
from core.mail.outgoing import write_mail
from core.personal import erasing, held
from core.record import notes, write
from core.signin.models import AuditEntry, PersonalFile
from core.work.jobs import drain
from tests import factories
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db
MARK = "Kirishima"  # stands in everything that tells of her


@pytest.fixture
def her(ann: User) -> Any:
    """A contact with something in every app: activities, tickets, notes, files, mails, and the lead she once was."""
    mail = f"{MARK.lower()}@example.net"
    lead = factories.make_lead(ann, family_name=MARK, email=mail, company="Acme")
    account = factories.make_account(ann, name="Acme Inc")
    contact = factories.make_contact(ann, family_name=MARK, email=mail, phone="03-1234-5678", account=account.pk, description=MARK)
    write.update(contact, actor=Actor(ann), job_title=f"Aide of {MARK}")
    factories.make_activity(ann, subject=f"Call {MARK}", contact=contact.pk, description=MARK)
    ticket = factories.make_ticket(ann, subject=f"{MARK} asks", contact=contact.pk, description=MARK)
    from helpdesk.models import Entry

    Entry.objects.create(ticket=ticket, kind="customer", text=f"I, {MARK}", name=MARK, at=ticket.created_at)
    for key, record in (("crm.contact", contact), ("helpdesk.ticket", ticket)):
        notes.write(key, record, f"About {MARK}", actor=Actor(ann))
        attach(key, record, SimpleUploadedFile(f"{MARK}.txt", MARK.encode()), actor=Actor(ann))
    set_photo("crm.contact", contact, factories.picture(), actor=Actor(ann))
    write_mail(contact, actor=Actor(ann), to=mail, subject=MARK, body=MARK, key="k1")
    assert lead.pk
    return contact


def everything() -> str:
    """All rows of all tables as text, but of our own people, logs of signing in and jobs."""
    made = []
    for model in apps.get_models(include_auto_created=True):
        if model._meta.label_lower not in {"core.user", "core.job", "sessions.session"}:
            manager = getattr(model, "every", model._default_manager)
            made += [f"{model._meta.label_lower}: {row}" for row in manager.values_list() if MARK.lower() in str(row).lower()]
    return "\n".join(made)


def test_everything_of_hers_is_in_the_file(her: Any, admin: User, client_of: Any) -> None:
    """E3: JSON and CSV of every table of every app, with the attachments; for who asked, for a day, once for two clicks."""
    client, where = client_of(admin), f"/admin_console/customers/crm/contacts/{her.pk}/"
    page = client.get(where)
    for _click in range(2):
        assert client.post(where + "export", {"once": page.context["once"]}).status_code == 302
    drain()

    row = PersonalFile.objects.get()
    answer = client.get(f"/admin_console/customers/files/{row.pk}")
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    names = set(archive.namelist())
    for table in ("crm.contact", "crm.lead", "crm.activity", "helpdesk.ticket", "helpdesk.entry", "notes", "mails", "history"):
        assert {f"{table}.json", f"{table}.csv"} <= names
        assert MARK in archive.read(f"{table}.json").decode(), table
    assert [archive.read(name) for name in sorted(names) if name.startswith("files/")] == [MARK.encode()] * 2
    assert json.loads(archive.read("crm.contact.json"))[0]["phone"] == "03-1234-5678"
    assert AuditEntry.objects.get(act="customer.exported").actor_id == admin.pk
    other = factories.make_user("other", profile="Administrator", level="account")
    assert client_of(other).get(f"/admin_console/customers/files/{row.pk}").status_code == 404


def test_the_file_is_gone_after_a_day(her: Any, admin: User, client_of: Any) -> None:
    """E3: by its address at once, by its bytes with the next cleaning."""
    import time

    import time_machine
    from django.core.files.storage import default_storage

    from core import clock
    from core.personal import exporting

    client = client_of(admin)
    client.post(f"/admin_console/customers/crm/contacts/{her.pk}/export")
    drain()
    row = PersonalFile.objects.get()
    assert default_storage.exists(row.path)

    with time_machine.travel(time.time() + 86_500):
        assert client_of(admin).get(f"/admin_console/customers/files/{row.pk}").status_code == 404
        exporting.forget(clock.now())

    assert not PersonalFile.objects.exists() and not default_storage.exists(row.path)


def test_who_shares_an_address_is_the_same_person(her: Any, ann: User) -> None:
    """E3: the lead she once was belongs to her; a colleague at the same account and telephone does not."""
    factories.make_contact(ann, family_name="Colleague", phone="03-1234-5678", account=her.account_id)

    assert {key: len(pks) for key, pks in held.circle("crm.contact", her.pk).items()} == {"crm.contact": 1, "crm.lead": 1}


def test_after_erasing_nothing_tells_of_her(her: Any, admin: User, client_of: Any) -> None:
    """E3: her name stands in no row of any table, in no search, and the account and its numbers stay."""
    other = factories.make_contact(None, family_name="Other", email="other@example.net")
    assert MARK in everything()
    client, where = client_of(admin), f"/admin_console/customers/crm/contacts/{her.pk}/erase"
    assert client.post(where, {"reason": "She asked", "sure": "on", "current_password": "wrong"}).status_code == 422
    assert client.post(where, {"reason": "She asked", "current_password": PASSWORD}).status_code == 422
    assert MARK in everything()

    assert client.post(where, {"reason": "She asked", "sure": "on", "current_password": PASSWORD}).status_code == 302
    drain()

    assert everything() == ""
    assert client.get("/admin_console/customers/?q=" + MARK).context["found"] == []
    her.refresh_from_db()
    assert her.account_id is not None and her.email == "" and her.phone_key == ""
    other.refresh_from_db()
    assert other.email == "other@example.net"
    assert client.get(f"/crm/contacts/{her.pk}/").status_code == 200


def test_the_log_knows_that_and_why_and_no_name(her: Any, admin: User) -> None:
    """E3, O1: numbers by table, the reason, who did it."""
    counts = erasing.erase("crm.contact", her.pk, actor=Actor(admin), reason="She asked")

    entry = AuditEntry.objects.get(act="customer.erased")
    assert entry.detail["reason"] == "She asked" and entry.detail["counts"] == counts and MARK not in str(entry.detail) + entry.label
    assert counts["notes"] == 2 and counts["files"] == 2 and counts["crm.activity"] == 1


def test_it_is_said_before_what_goes_and_what_stays(her: Any, admin: User, client_of: Any) -> None:
    """E3: with numbers, and with the reason for what stays."""
    from core.module.registry import module
    from crm.models import DealRole

    deal = factories.make_deal(None)
    DealRole.objects.create(deal=deal, contact=her)

    page = client_of(admin).get(f"/admin_console/customers/crm/contacts/{her.pk}/erase").content.decode()

    assert "needed for the books" in page and "Tickets" in page and str(module("crm.deal").plural) in page


def test_a_customer_is_found_by_name_and_by_address(her: Any, admin: User, client_of: Any) -> None:
    """ADM-8: contact and lead; whoever may not change settings finds nobody."""
    client = client_of(admin)

    for text in (MARK, MARK.lower() + "@example.net"):
        assert len(client.get("/admin_console/customers/", {"q": text}).context["found"]) == 2
