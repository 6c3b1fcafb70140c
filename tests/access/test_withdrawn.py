"""A9: long work runs with the rights of the one who asked, as they are when it runs."""

from __future__ import annotations

from typing import Any

import pytest

from core import clock
from core.access import sharing
from core.access.models import AppAccess, Profile, Share, User
from core.actor import Actor
from core.mail.outgoing import write_mail
from core.record import importing
from core.record.transfer_models import BulkRun, ExportFile
from core.work import hints
from core.work.jobs import drain, enqueue
from core.work.models import Job
from crm.models import Lead
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hints, "send", lambda job_id: True)


def bulk(user: User, ids: list[int], **values: Any) -> Job:
    row = BulkRun.objects.create(user=user, module="crm.lead", do="edit", ids=ids, values=values, created_at=clock.now(), upto=10**9)
    job = enqueue("core.bulk", args={"bulk": row.pk}, user=user, label="Change leads")
    BulkRun.objects.filter(pk=row.pk).update(job=job)
    return job


def test_a_share_taken_back_meanwhile_keeps_the_bulk_edit_out(ann: Any, carol: Any) -> None:
    """A9: carol asks to change two leads, one of them lent to her; before it runs, ann takes that one back."""
    lent, own = factories.make_lead(ann), factories.make_lead(carol)
    sharing.share(lent, f"user:{carol.pk}", "write", actor=Actor(ann))
    job = bulk(carol, [lent.pk, own.pk], city="Osaka")
    sharing.take_back(Share.objects.get(), actor=Actor(ann))

    drain(clock.now())

    job.refresh_from_db()
    assert (job.state, Lead.objects.get(pk=lent.pk).city, Lead.objects.get(pk=own.pk).city) == ("done", "", "Osaka")


def test_what_is_lent_is_changed_but_not_given_away(ann: Any, carol: Any) -> None:
    """PLT-24: the same edit in bulk may write the city, and not the owner."""
    lent = factories.make_lead(ann)
    sharing.share(lent, f"user:{carol.pk}", "write", actor=Actor(ann))
    bulk(carol, [lent.pk], city="Osaka")
    bulk(carol, [lent.pk], owner=carol.pk)

    drain(clock.now())

    lent.refresh_from_db()
    assert (lent.city, lent.owner_id) == ("Osaka", ann.pk)


def test_an_export_asked_for_before_the_switch_went_off_gives_nothing(ann: Any, client_of: Any) -> None:
    """A9, E2: the job finds the right gone and stops; the file is not given out either."""
    factories.make_lead(ann)
    row = ExportFile.objects.create(
        user=ann, module="crm.lead", name="a.csv", format="csv", created_at=clock.now(), expires_at=clock.now() + clock_day(),
        asked={"query": "view=all", "columns": ["name"], "bom": False},
    )  # fmt: skip
    row.job = enqueue("core.export", args={"export": row.pk}, user=ann, label="Export")
    row.save()
    ann.profile = Profile.objects.create(name="No export", rights=ann.profile.rights, features=["convert", "social"])
    ann.save()

    drain(clock.now())

    row.job.refresh_from_db()
    assert row.job.state != "done"
    assert client_of(ann).get(f"/exports/{row.pk}").status_code in {403, 404}


def clock_day() -> Any:
    from datetime import timedelta

    return timedelta(days=1)


def test_a_bulk_edit_of_somebody_who_lost_the_app_changes_nothing(ann: Any) -> None:
    """A9: the app goes between asking and running."""
    lead = factories.make_lead(ann)
    job = bulk(ann, [lead.pk], city="Osaka")
    AppAccess.objects.filter(user=ann, app="crm").delete()

    drain(clock.now())

    job.refresh_from_db()
    lead.refresh_from_db()
    assert (job.state != "done", lead.city) == (True, "")


@pytest.mark.parametrize("lost", ["app", "record", "account"])
def test_a_mail_of_somebody_who_lost_its_record_stays_here(ann: Any, carol: Any, lost: str) -> None:
    """A9, F23: between the button and the mail the app, the record or the account goes: nothing leaves, and the mail says why."""
    from django.core import mail

    lead = factories.make_lead(ann, email="x@example.com")
    row = write_mail(lead, actor=Actor(ann), to="x@example.com", subject="S", body="B", key="k")
    if lost == "app":
        AppAccess.objects.filter(user=ann, app="crm").delete()
    elif lost == "record":
        Lead.objects.filter(pk=lead.pk).update(owner=carol)
    else:
        User.objects.filter(pk=ann.pk).update(is_active=False)

    drain(clock.now())

    row.refresh_from_db()
    said = "has no access any more" if lost == "account" else "may not see the record any more"
    assert (row.state, mail.outbox) == ("failed", []) and said in row.reason


def test_a_mail_of_somebody_who_may_leaves(ann: Any) -> None:
    """A9: the other side: with the right it goes, from the bin and after a conversion, too."""
    from django.core import mail

    leads = [factories.make_lead(ann, email="x@example.com") for _n in range(2)]
    for number, lead in enumerate(leads):
        write_mail(lead, actor=Actor(ann), to="x@example.com", subject="S", body="B", key=f"k{number}")
    Lead.objects.filter(pk=leads[1].pk).update(deleted_at=clock.now())

    drain(clock.now())

    assert len(mail.outbox) == 2


def test_an_import_of_somebody_who_left_half_way_stops_and_says_why(ann: Any, client_of: Any) -> None:
    """A9, F23: the account is shut while the import waits: no row comes in, and the job says so."""
    from django.core.files.uploadedfile import SimpleUploadedFile

    sheet = "Family name\n" + "\n".join(f"Person{n}" for n in range(20)) + "\n"
    client = client_of(ann)
    where = client.post("/crm/leads/import", {"file": SimpleUploadedFile("a.csv", sheet.encode()), "mode": "both"})["Location"]
    client.post(where, {"c0": "family_name", "mode": "both", "start": "1"})
    assert Job.objects.filter(kind="core.import", state="waiting").exists()
    User.objects.filter(pk=ann.pk).update(is_active=False)

    drain(clock.now())

    job = Job.objects.get(kind="core.import")
    assert (job.state, Lead.objects.count()) == ("failed", 0) and "You may not import" in job.last_error


@pytest.mark.parametrize("lost", ["right", "app", "field"])
def test_an_import_loses_in_the_middle_what_its_person_loses(ann: Any, client_of: Any, monkeypatch: pytest.MonkeyPatch, lost: str) -> None:
    """A9: the rights are asked again for each part of the file: without the right, the app or the field the rest stays out, and
    the job says why."""
    from django.core.files.uploadedfile import SimpleUploadedFile

    monkeypatch.setattr(importing, "CHUNK", 10)
    client = client_of(ann)
    sheet = "Family name,City\n" + "\n".join(f"Person{n},Osaka" for n in range(40)) + "\n"
    where = client.post("/crm/leads/import", {"file": SimpleUploadedFile("a.csv", sheet.encode()), "mode": "both"})["Location"]
    client.post(where, {"c0": "family_name", "c1": "city", "mode": "both", "start": "1"})
    step, parts = importing._store_chunk, []

    def then_withdrawn(*args: Any) -> None:
        step(*args)
        parts.append(1)
        if len(parts) == 2 and lost == "app":
            AppAccess.objects.filter(user=ann, app="crm").delete()
        elif len(parts) == 2:
            held = {"rights": ann.profile.rights, "features": ann.profile.features}
            less = {"rights": {**ann.profile.rights, "crm.lead": ["view", "create", "edit"]}}
            shut = {"fields": {"crm.lead": {"city": "hidden"}}}
            profile = Profile.objects.create(name="Less", **(held | (less if lost == "right" else shut)))
            User.objects.filter(pk=ann.pk).update(profile=profile)

    monkeypatch.setattr(importing, "_store_chunk", then_withdrawn)
    drain(clock.now())

    job = Job.objects.get(kind="core.import")
    said = "field that you may not fill" if lost == "field" else "You may not import"
    assert (job.state, Lead.objects.filter(city="Osaka").count()) == ("failed", 20) and said in job.last_error, job.last_error


@pytest.mark.parametrize("state", ["hidden", "read"])
def test_a_bulk_edit_of_a_field_that_was_shut_meanwhile_writes_it_no_more(ann: Any, state: str) -> None:
    """A9, PLT-25: between the question and the job the profile hides or locks the field: it stays as it was, the others are written."""
    lead = factories.make_lead(ann, city="Kobe")
    bulk(ann, [lead.pk], city="Osaka", company="Anew")
    held = {"rights": ann.profile.rights, "features": ann.profile.features}
    profile = Profile.objects.create(name="Shut", **held, fields={"crm.lead": {"city": state}})
    User.objects.filter(pk=ann.pk).update(profile=profile)

    drain(clock.now())

    lead.refresh_from_db()
    assert (lead.city, lead.company) == ("Kobe", "Anew")
