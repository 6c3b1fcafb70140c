"""Changing many records at once: what is meant, who may, and what is left (PLT-8, CRM-18)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from core.access.models import ModuleDefault, Profile, User
from core.action.registry import run as act
from core.actor import Actor
from core.event.models import Event
from core.record import bulk, write
from core.record.transfer_models import BulkRun
from core.stamps import bump
from core.work import jobs
from core.work.models import Job
from crm.models import Account, Contact, Lead

from .transfer_cast import *  # noqa: F403

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_broker")]
SignIn = Callable[[User], Client]
URL = "/crm/leads/bulk"


def ask(client: Client, do: str, records: list[Any] | None, query: str = "") -> str:
    """What the list posts; gives the address of the question."""
    chosen = {"all": "1"} if records is None else {"pk": [one.pk for one in records]}
    answer = client.post(f"{URL}?{query}", {"do": do, **chosen})
    assert answer.status_code == 302
    return answer["Location"]


def test_several_fields_are_changed_in_one_go(ann: User, lead: Any, signed_in: SignIn) -> None:
    """PLT-8: the question says how many; only ticked fields are written; history knows."""
    three = [lead(ann, f"人{n}", "子", company="旧", status="new") for n in range(3)]
    client = signed_in(ann)

    url = ask(client, "edit", three[:2], "view=all")
    page = client.get(url).content.decode()
    answer = client.post(url, {"confirm": "1", "set": ["status", "company"], "status": "qualified", "company": "", "rating": "hot"})

    assert "2 leads will be changed." in page
    assert answer["Location"] == "/crm/leads/?view=all"
    assert sorted(Lead.objects.values_list("family_name", "status", "company", "rating")) == [
        ("人0", "qualified", "", ""),
        ("人1", "qualified", "", ""),
        ("人2", "new", "旧", ""),
    ]
    event = Event.objects.get(record_id=three[0].pk, kind="updated")
    assert (event.way, event.actor, event.changes) == ("bulk", ann, {"status": ["new", "qualified"], "company": ["旧", ""]})


def test_all_that_match_means_the_filter_and_not_the_page(ann: User, lead: Any, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """PLT-8: more than a hundred become a job; a record made meanwhile is not meant."""
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    monkeypatch.setattr(bulk, "BATCH", 2)
    for n in range(5):
        lead(ann, f"人{n}", "子", status="contacted")
    lead(ann, "外", "子", status="new")
    client = signed_in(ann)
    query = 'view=all&filter={"all":[{"field":"status","op":"is","value":"contacted"}]}'

    url = ask(client, "edit", None, query)
    answer = client.post(url, {"confirm": "1", "set": "rating", "rating": "hot", "once": "t"})
    twice = client.post(url, {"confirm": "1", "set": "rating", "rating": "hot", "once": "t"})
    late = lead(ann, "後", "子", status="contacted")
    jobs.drain()

    job = Job.objects.get()
    assert answer["Location"] == twice["Location"] == f"/jobs/{job.pk}/"
    assert (job.state, job.result) == ("done", {"changed": 5, "same": 0, "kept": 0})
    assert Lead.objects.filter(rating="hot").count() == 5
    late.refresh_from_db()
    assert late.rating == ""


def test_changing_what_the_filter_asks_for_leaves_none_out(
    ann: User, lead: Any, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PLT-20: records fall out of the filter while the job runs."""
    monkeypatch.setattr(bulk, "AT_ONCE", 0)
    monkeypatch.setattr(bulk, "BATCH", 2)
    for n in range(7):
        lead(ann, f"人{n}", "子", status="new")
    client = signed_in(ann)

    client.post(
        ask(client, "edit", None, 'filter={"all":[{"field":"status","op":"is","value":"new"}]}'),
        {"confirm": "1", "set": "status", "status": "later"},
    )
    jobs.drain()

    assert Lead.objects.filter(status="later").count() == 7


def test_records_one_may_not_change_are_left_and_those_unseen_are_not_counted(ann: User, carol: User, lead: Any, signed_in: SignIn) -> None:
    """A2, PLT-24: ids in a form are no right."""
    mine, hidden = lead(ann, "私", "子"), lead(carol, "秘", "密")
    client = signed_in(ann)

    url = ask(client, "edit", [mine, hidden])
    page = client.get(url).content.decode()
    client.post(url, {"confirm": "1", "set": "rating", "rating": "hot"})

    assert "1 lead will be changed." in page
    assert set(Lead.objects.filter(rating="hot")) == {mine}
    assert not Event.objects.filter(record_id=hidden.pk, kind="updated").exists()


def test_a_record_one_may_only_read_is_named_with_the_reason(ann: User, carol: User, lead: Any, signed_in: SignIn) -> None:
    ModuleDefault.objects.filter(module="crm.lead").update(default="read")
    bump("access")
    mine, theirs = lead(ann, "私", "子"), lead(carol, "他", "人")
    client = signed_in(ann)

    url = ask(client, "edit", [mine, theirs])
    page = client.get(url).content.decode()
    answer = client.post(url, {"confirm": "1", "set": "rating", "rating": "hot"})

    assert "1 of those chosen is left out" in page
    shown = client.get(answer["Location"]).content.decode()
    assert "他 人" in shown
    assert "You may not do this to the record." in shown
    assert set(Lead.objects.filter(rating="hot")) == {mine}


def test_a_record_that_would_become_wrong_stops_no_other(bob: User, signed_in: SignIn) -> None:
    account = write.create("crm.account", actor=Actor(bob), name="みなと")
    one = write.create("crm.deal", actor=Actor(bob), name="A", account=account)
    two = write.create("crm.deal", actor=Actor(bob), name="B", account=account, lost_reason="高い")
    client = signed_in(bob)
    url = client.post("/crm/deals/bulk", {"do": "edit", "pk": [one.pk, two.pk]})["Location"]

    answer = client.post(url, {"confirm": "1", "set": "stage", "stage": "lost"})

    one.refresh_from_db()
    two.refresh_from_db()
    assert (one.stage, two.stage) == ("qualification", "lost")
    assert "Say why this deal was lost." in client.get(answer["Location"]).content.decode()


def test_an_owner_hands_over_what_hangs_on_the_records(ann: User, bob: User, carol: User, lead: Any, signed_in: SignIn) -> None:
    """CRM-18"""
    one = lead(ann, "佐藤", "花子")
    mine = write.create("crm.activity", actor=Actor(ann), subject="電話", lead=one)
    bobs = write.create("crm.activity", actor=Actor(bob), subject="会議", lead=one)
    client = signed_in(bob)

    client.post(ask(client, "owner", [one]), {"confirm": "1", "owner": str(carol.pk), "with": "1"})

    for record in (one, mine, bobs):
        record.refresh_from_db()
    assert (one.owner, mine.owner, bobs.owner) == (carol, carol, bob)


def test_tags_are_added_and_removed(ann: User, lead: Any, signed_in: SignIn) -> None:
    one, two = lead(ann, "佐藤", "花子", tags="古い, VIP"), lead(ann, "鈴木", "一郎")
    client = signed_in(ann)

    client.post(ask(client, "tag", [one, two]), {"confirm": "1", "add": "vip, 展示会", "remove": "古い"})

    assert Lead.objects.get(pk=one.pk).tag_words == ["VIP", "展示会"]
    assert Lead.objects.get(pk=two.pk).tag_words == ["vip", "展示会"] or Lead.objects.get(pk=two.pk).tag_words == ["VIP", "展示会"]


def test_deleting_needs_its_right_and_can_be_undone_at_once(ann: User, bob: User, lead: Any, signed_in: SignIn) -> None:
    """PLT-15, PLT-25: ann's profile has no delete."""
    three = [lead(ann, f"人{n}", "子") for n in range(3)]
    url = ask(signed_in(ann), "delete", three)
    assert signed_in(ann).get(url).status_code == 403
    assert signed_in(ann).post(url, {"confirm": "1"}).status_code == 403

    client = signed_in(bob)
    page = client.get(ask(client, "delete", three)).content.decode()
    client.post(ask(client, "delete", three), {"confirm": "1"})
    assert "Move 3 leads to the bin" in page
    assert Lead.objects.filter(deleted_at=None).count() == 0

    client.post("/bin/restore", {"act": str(BulkRun.objects.get().act)})
    assert Lead.objects.filter(deleted_at=None).count() == 3


def test_without_the_bulk_right_nothing_is_asked(ann: User, dave: User, lead: Any, signed_in: SignIn) -> None:
    """PLT-25"""
    one = lead(ann)
    ann.profile = Profile.objects.create(name="One by one", rights={"crm.lead": ["view", "edit"]})
    ann.save()

    assert signed_in(ann).post(URL, {"do": "edit", "pk": one.pk}).status_code == 403
    assert signed_in(dave).post(URL, {"do": "edit", "pk": one.pk}).status_code == 404


def test_a_wrong_value_keeps_the_form_and_changes_nothing(ann: User, lead: Any, signed_in: SignIn) -> None:
    one = lead(ann)
    client = signed_in(ann)

    answer = client.post(ask(client, "edit", [one]), {"confirm": "1", "set": "email", "email": "nonsense"})

    assert answer.status_code == 422
    page = answer.content.decode()
    assert "This is not an e-mail address." in page
    assert 'value="nonsense"' in page
    assert not BulkRun.objects.exists()


def test_a_right_withdrawn_while_the_job_waits_stops_it(ann: User, lead: Any, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """A9"""
    monkeypatch.setattr(bulk, "AT_ONCE", 0)
    one = lead(ann)
    client = signed_in(ann)
    client.post(ask(client, "edit", [one]), {"confirm": "1", "set": "rating", "rating": "hot"})
    ann.profile = Profile.objects.create(name="One by one", rights={"crm.lead": ["view", "edit"]})
    ann.save()
    bump("access")

    jobs.drain()

    job = Job.objects.get()
    assert (job.state, job.last_error) == ("failed", "You may not change many records of this kind at once.")
    one.refresh_from_db()
    assert one.rating == ""


def test_many_leads_are_converted_and_one_that_cannot_be_stops_no_other(
    ann: User, lead: Any, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CRM-14: the same rules as for one; each that cannot be converted is listed with its reason."""
    monkeypatch.setattr(bulk, "ACTION_AT_ONCE", 0)
    three = [lead(ann, "田中", f"{n}子", company="あおい商事") for n in range(3)]
    act("crm.convert_lead", three[1], actor=Actor(ann))
    client = signed_in(ann)

    url = ask(client, "crm.convert_lead", three)
    question = client.get(url).content.decode()
    answer = client.post(url, {"confirm": "1"})
    job = Job.objects.get(kind="core.bulk")
    jobs.work(job.pk, job.due_at)

    assert "This will be done to 3 leads." in question
    assert answer["Location"] == f"/jobs/{job.pk}/"
    assert Lead.objects.filter(converted_at__isnull=True).count() == 0
    assert Account.objects.filter(name="あおい商事").count() == 1
    assert Contact.objects.count() == 3
    page = client.get(answer["Location"]).content.decode()
    assert "was already converted" in page


def test_who_may_not_convert_is_offered_nothing_and_gets_nowhere(ann: User, lead: Any, signed_in: SignIn) -> None:
    """CRM-14, PLT-25: without the feature the list has no button and the address is closed."""
    one = lead(ann, "田中", "愛")
    Profile.objects.filter(pk=ann.profile_id).update(features=[])
    bump("access")
    client = signed_in(ann)

    url = ask(client, "crm.convert_lead", [one])

    assert 'value="crm.convert_lead"' not in client.get("/crm/leads/").content.decode()
    assert client.get(url).status_code == 403
    assert client.post(url, {"confirm": "1"}).status_code == 403
    assert Contact.objects.count() == 0
