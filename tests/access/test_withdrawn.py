"""A9: long work runs with the rights of the one who asked, as they are when it runs."""

from __future__ import annotations

from typing import Any

import pytest

from core import clock
from core.access import sharing
from core.access.models import AppAccess, Profile, Share, User
from core.actor import Actor
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
