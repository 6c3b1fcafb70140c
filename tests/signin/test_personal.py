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
from core.work.models import Job
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


def erase(her: Any, admin: User) -> Job:
    return erasing.ask("crm.contact", her.pk, actor=Actor(admin), reason="She asked")


def test_the_log_knows_that_and_why_and_no_name(her: Any, admin: User) -> None:
    """E3, O1, C4: numbers by table, the reason, who did it; the job itself knows numbers alone."""
    job = erase(her, admin)
    assert set(job.args) == {"module", "record", "asked"} and MARK not in str(job.args)

    drain()

    entry, counts = AuditEntry.objects.get(act="customer.erased"), Job.objects.get(pk=job.pk).result["erased"]
    assert entry.detail["reason"] == "She asked" and entry.detail["counts"] == counts and MARK not in str(entry.detail) + entry.label
    assert counts["notes"] == 2 and counts["files"] == 2 and counts["crm.activity"] == 1 and counts["crm.contact"] == 1
    assert entry.actor_id == admin.pk


def test_a_worker_that_dies_leaves_the_rest_to_the_next(her: Any, admin: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """E3, ADM-8: killed at every part in turn, the work goes on behind what was done, and each row counts once."""
    import time

    import time_machine

    write_one, done = erasing._write, []

    def dies(table: Any, pks: Any) -> None:
        write_one(table, pks)
        if (table.name, pks[-1]) not in done:
            done.append((table.name, pks[-1]))
            raise KeyboardInterrupt  # what a killed process does: nothing more, and no commit

    monkeypatch.setattr(erasing, "_PART", 1)
    monkeypatch.setattr(erasing, "_write", dies)
    job, now, killed = erase(her, admin), time.time(), 0
    while Job.objects.get(pk=job.pk).is_open:
        now += 3_600
        with time_machine.travel(now):
            try:
                drain()
            except KeyboardInterrupt:
                Job.objects.filter(pk=job.pk).update(attempts=0)
                killed += 1

    job.refresh_from_db()
    assert killed == len(done) > 8 and (job.state, job.done) == ("done", len(done))
    assert everything() == ""
    assert AuditEntry.objects.filter(act="customer.erased").count() == 1
    assert job.result["erased"]["notes"] == 2 and job.result["erased"]["files"] == 2


def test_what_is_written_meanwhile_goes_too(her: Any, ann: User, admin: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """E3: a colleague writes a note while the last table is emptied."""
    write_one, late = erasing._write, []

    def writes(table: Any, pks: Any) -> None:
        write_one(table, pks)
        if table.name == "crm.activity" and not late:
            late.append(notes.write("crm.contact", her, f"Late word of {MARK}", actor=Actor(ann)))

    monkeypatch.setattr(erasing, "_write", writes)
    erase(her, admin)
    drain()

    assert late and everything() == ""


@pytest.mark.parametrize("lost", ["level", "active"])
def test_who_lost_the_right_meanwhile_erases_nobody(her: Any, admin: User, lost: str) -> None:
    """A9, E3: the right is asked again when the job begins."""
    job = erase(her, admin)
    changed: dict[str, Any] = {"level": {"level": ""}, "active": {"is_active": False}}[lost]
    User.objects.filter(pk=admin.pk).update(**changed)

    drain()

    job.refresh_from_db()
    assert job.state == "failed" and "Nothing was erased" in job.last_error
    her.refresh_from_db()
    assert her.family_name == MARK


def test_it_is_a_job_that_says_what_went_in_each_app(her: Any, admin: User, client_of: Any) -> None:
    """E3, PLT-20: one job for two clicks; its page tells the tables of each app, and nothing of her."""
    client, where = client_of(admin), f"/admin_console/customers/crm/contacts/{her.pk}/erase"
    sent = {"reason": "She asked", "sure": "on", "current_password": PASSWORD, "once": client.get(where).context["once"]}

    told = {client.post(where, sent)["Location"] for _click in range(2)}
    drain()

    assert len(told) == 1 and Job.objects.filter(kind="core.erase_customer").count() == 1
    answer = client.get(told.pop())
    assert {(app, table) for app, table, _count in answer.context["erased"]} >= {
        ("CRM", "Contacts"),
        ("CRM", "Activities"),
        ("Help desk", "Tickets"),
        ("", "Notes"),
    }
    assert MARK not in answer.content.decode()


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


@pytest.mark.django_db
def test_each_table_of_a_customer_has_a_name_of_its_own() -> None:
    """E3: an erasing keeps its place by these names; two of one name would skip rows of the second."""
    names = [one.name for one in held.all_of({})]

    assert sorted(names) == sorted(set(names))
