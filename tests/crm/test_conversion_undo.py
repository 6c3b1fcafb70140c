"""A conversion can be taken back while nobody has built on it (CRM-13)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from core import clock
from core.action.registry import Refused, run
from core.actor import Actor
from core.module.registry import module
from core.record.models import Note, Tie
from core.record.write import delete, update
from core.search.query import find
from crm.actions_conversion import InTheWay
from crm.models import Account, Contact, Deal, DealRole, Lead


def convert(lead: Lead, user: Any, **choices: Any) -> Contact:
    made: Contact = run("crm.convert_lead", lead, actor=Actor(user), **choices)
    return made


def undo(lead: Lead, user: Any) -> Lead:
    run("crm.undo_conversion", lead, actor=Actor(user))
    return Lead.objects.get(pk=lead.pk)


def columns(record: Any) -> dict[str, Any]:
    skipped = {"version", "changed_at", "changed_by_id"}
    return {c.attname: getattr(record, c.attname) for c in record._meta.concrete_fields if c.attname not in skipped}


def test_undoing_brings_the_lead_back_as_it_was(cast: Any) -> None:
    """CRM-13: it is a lead again, what was made is in the bin, what moved is back."""
    lead = cast.lead(tags=["展示会"])
    Note.objects.create(module="crm.lead", record_id=lead.pk, author=cast.ann, text="Met.", at=clock.now())
    task = cast.make("activity", subject="Send samples", lead=lead)
    before = columns(Lead.objects.get(pk=lead.pk))

    contact = convert(lead, cast.ann, deal="new")
    back = undo(lead, cast.ann)

    assert columns(back) == before
    assert back.tag_words == ["展示会"]
    assert [hit.record_id for hit in find("crm.lead", "清水")] == [lead.pk]
    task.refresh_from_db()
    assert (task.lead, task.contact, task.account, task.deleted_at) == (lead, None, None, None)
    assert list(Note.objects.values_list("module", "record_id")) == [("crm.lead", lead.pk)]
    assert not Tie.objects.exists()
    for model in (Account, Contact, Deal):
        assert model.objects.get().deleted_at is not None
    assert contact.pk == Contact.objects.get().pk


def test_what_was_filled_is_emptied_and_what_was_written_since_stays(cast: Any) -> None:
    account = cast.make("account", name="(株)たちつてと")
    known = cast.make("contact", family_name="清水", email="i.shimizu@tachitsu.example", tags=["顧客"])
    deal = cast.make("deal", name="Ginza", account=account)
    lead = cast.lead(phone="03-2222-2222", industry="retail", employees=240, annual_revenue="5000000", job_title="部長", tags=["展示会"])
    was_account, was_contact, was_deal = columns(account), columns(known), columns(Deal.objects.get())

    convert(lead, cast.ann, deal=deal.pk)
    account.refresh_from_db()
    update(account, actor=Actor(cast.ann), industry="food")
    undo(lead, cast.ann)

    account.refresh_from_db(), known.refresh_from_db(), deal.refresh_from_db()
    known.__dict__.pop("_tag_words", None)
    assert columns(account) == was_account | {"industry": "food"}
    assert columns(known) == was_contact
    assert known.tag_words == ["顧客"]
    assert columns(deal) == was_deal
    assert not DealRole.objects.exists()


def test_a_change_on_what_was_made_stands_in_the_way_and_is_named(cast: Any) -> None:
    lead = cast.lead()
    contact = convert(lead, cast.ann)
    update(contact, actor=Actor(cast.bob), job_title="社長")

    with pytest.raises(InTheWay) as caught:
        undo(lead, cast.ann)

    assert [one.said for one in caught.value.obstacles][0].startswith("Contact 清水 一郎 was changed by Bob Fisher on ")
    assert caught.value.obstacles[0].url == module("crm.contact").url(contact.pk)
    assert Lead.objects.get(pk=lead.pk).converted_at is not None


def test_what_was_added_since_stands_in_the_way_record_by_record(cast: Any) -> None:
    lead = cast.lead()
    contact = convert(lead, cast.ann)
    cast.make("deal", name="Later deal", account=contact.account_id)
    cast.make("activity", by=cast.carol, subject="Carol's secret", contact=contact)
    Note.objects.create(module="crm.contact", record_id=contact.pk, author=cast.ann, text="New.", at=clock.now())

    with pytest.raises(InTheWay) as caught:
        undo(lead, cast.ann)

    said = " ".join(one.said for one in caught.value.obstacles)
    assert "Later deal" in said
    assert "Carol's secret" not in said
    assert "(one that you may not see)" in said
    assert "notes, files or links since: 1" in said


def test_a_binned_contact_stands_in_the_way(cast: Any) -> None:
    lead = cast.lead()
    contact = convert(lead, cast.ann)
    delete(contact, actor=Actor(cast.ann))

    with pytest.raises(InTheWay, match="is in the bin"):
        undo(lead, cast.ann)


def test_after_thirty_days_it_stays_as_it_is(cast: Any) -> None:
    """CRM-13: for 30 days."""
    early, late = cast.lead(), cast.lead(email="late@example.com", company="遅刻社")
    now = clock.now()
    with time_machine.travel(now - timedelta(days=29, hours=23), tick=False):
        convert(early, cast.ann)
    with time_machine.travel(now - timedelta(days=30, hours=1), tick=False):
        convert(late, cast.ann)

    with time_machine.travel(now, tick=False):
        with pytest.raises(Refused, match="too long ago"):
            undo(late, cast.ann)
        assert undo(early, cast.ann).converted_at is None


def test_a_lead_can_be_converted_again_after_an_undo(cast: Any) -> None:
    lead = cast.lead()
    convert(lead, cast.ann)
    undo(lead, cast.ann)

    contact = convert(lead, cast.ann)

    assert Lead.objects.get(pk=lead.pk).contact == contact
    assert contact.deleted_at is None


def test_a_stranger_can_undo_nothing(cast: Any) -> None:
    """A2: and a converted lead is not for typing in any more."""
    from core.action.registry import Forbidden

    lead = cast.lead()
    convert(lead, cast.ann)

    with pytest.raises(Forbidden):
        undo(lead, cast.carol)
    with pytest.raises(Refused, match="Change the contact instead"):
        update(Lead.objects.get(pk=lead.pk), actor=Actor(cast.ann), job_title="x")
