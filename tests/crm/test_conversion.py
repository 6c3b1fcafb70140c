"""A lead becomes account, contact and deal: at once, once, and with everything that hung on it."""

from __future__ import annotations

from typing import Any

import pytest

from core import clock
from core.access.gate import queryset
from core.action.registry import Forbidden, Refused, run
from core.actor import Actor
from core.event.models import Event
from core.event.timeline import timeline
from core.field.look import Look
from core.mail.outgoing import write_mail
from core.module import listing
from core.module.registry import module
from core.record.models import Note, Tie
from core.record.write import create, update
from core.search.query import find
from crm.actions_conversion import AlreadyConverted
from crm.models import Account, Activity, Contact, Deal, DealRole, Lead
from crm.queries import matches


def convert(lead: Lead, user: Any, **choices: Any) -> Contact:
    made: Contact = run("crm.convert_lead", lead, actor=Actor(user), **choices)
    return made


def test_a_lead_becomes_a_contact_at_a_new_account(cast: Any) -> None:
    """CRM-10, CRM-11: and the first person of an account is its primary contact."""
    lead = cast.lead(job_title="購買部長", industry="retail", tags=["展示会"])

    contact = convert(lead, cast.ann)

    lead.refresh_from_db()
    account = Account.objects.get()
    assert (account.name, account.industry, account.primary_contact, account.owner) == ("たちつてと株式会社", "retail", contact, cast.ann)
    assert (contact.title, contact.job_title, contact.account, contact.tag_words) == ("清水 一郎", "購買部長", account, ["展示会"])
    assert (lead.contact, lead.account, lead.deal, lead.converted_by) == (contact, account, None, cast.ann)


def test_the_matching_account_is_taken_and_only_its_empty_fields_are_filled(cast: Any) -> None:
    """CRM-11."""
    account = cast.make("account", name="(株)たちつてと", phone="03-1111-1111")

    contact = convert(cast.lead(phone="03-2222-2222", industry="retail"), cast.ann)

    account.refresh_from_db()
    assert Account.objects.count() == 1
    assert (account.name, account.phone, account.industry, contact.account) == ("(株)たちつてと", "03-1111-1111", "retail", account)


def test_an_account_with_a_primary_contact_keeps_it(cast: Any) -> None:
    account = cast.make("account", name="(株)たちつてと")
    first = cast.make("contact", family_name="田中", account=account)
    update(account, actor=Actor(cast.ann), primary_contact=first)

    convert(cast.lead(), cast.ann)

    account.refresh_from_db()
    assert account.primary_contact == first


def test_the_contact_with_the_same_address_is_filled_not_doubled(cast: Any) -> None:
    """CRM-10, CRM-11."""
    known = cast.make("contact", family_name="清水", email="i.shimizu@tachitsu.example", phone="090-1111-2222", tags=["顧客"])

    contact = convert(cast.lead(phone="090-9999-9999", job_title="部長", tags=["展示会"]), cast.ann)

    assert contact.pk == known.pk
    assert (contact.phone, contact.job_title, contact.tag_words) == ("090-1111-2222", "部長", ["顧客", "展示会"])
    assert contact.account == Account.objects.get()


def test_a_contact_stays_at_its_own_account(cast: Any) -> None:
    home = cast.make("account", name="Elsewhere")
    cast.make("contact", family_name="清水", email="i.shimizu@tachitsu.example", account=home)

    contact = convert(cast.lead(), cast.ann)
    with pytest.raises(Refused, match="already belongs to another account"):
        convert(cast.lead(), cast.ann, account="new", contact=contact.pk)

    assert contact.account == home
    assert Account.objects.count() == 1


def test_a_new_deal_comes_along(cast: Any) -> None:
    """CRM-10: name, amount, stage, closing date."""
    contact = convert(
        cast.lead(source="fair"), cast.ann, deal="new", typed={"crm.deal": {"name": "銀座店", "amount": "4,200,000", "stage": "proposal"}}
    )

    deal = Deal.objects.get()
    assert (deal.name, deal.amount, deal.stage, deal.probability, deal.source) == ("銀座店", 4_200_000, "proposal", 50, "fair")
    assert (deal.account, deal.contact, deal.owner) == (contact.account, contact, cast.ann)


def test_a_contact_joins_an_open_deal_of_the_account_with_a_role(cast: Any) -> None:
    """CRM-10 +: or an existing open one of that account."""
    account = cast.make("account", name="(株)たちつてと")
    deal = cast.make("deal", name="Ginza shelves", account=account)
    elsewhere = cast.make("deal", name="Other", account=cast.make("account", name="Other"))

    with pytest.raises(Refused, match="not an open deal"):
        convert(cast.lead(), cast.ann, account=account.pk, deal=elsewhere.pk)
    contact = convert(cast.lead(), cast.ann, account=account.pk, deal=deal.pk, role="decides")

    deal.refresh_from_db()
    assert list(DealRole.objects.values_list("deal", "contact", "role")) == [(deal.pk, contact.pk, "decides")]
    assert deal.contact == contact


def test_what_hung_on_the_lead_hangs_on_the_contact(cast: Any) -> None:
    """CRM-11: notes, activities, ties; those in the bin as well."""
    lead = cast.lead()
    Note.objects.create(module="crm.lead", record_id=lead.pk, author=cast.ann, text="Met at the fair.", at=clock.now())
    task = cast.make("activity", subject="Send samples", lead=lead)
    theirs = cast.make("activity", by=cast.carol, subject="Carol's call", lead=lead)
    Tie.objects.create(kind="ticket", module="helpdesk.ticket", record_id=7, other_module="crm.lead", other_id=lead.pk)

    contact = convert(lead, cast.ann)

    assert list(Note.objects.values_list("module", "record_id")) == [("crm.contact", contact.pk)]
    for activity in (task, theirs):
        activity.refresh_from_db()
        assert (activity.lead, activity.contact, activity.account) == (None, contact, contact.account)
    assert Tie.objects.filter(kind="ticket", other_module="crm.contact", other_id=contact.pk).count() == 1
    assert not Activity.objects.filter(lead=lead).exists()


def test_a_feature_says_how_its_rows_move(cast: Any) -> None:
    from crm import moving

    asked = []
    moving.moves_with_conversion("test.rows")(lambda move: asked.append((move.source, move.target, move.only)) or [1])
    try:
        lead = cast.lead()
        contact = convert(lead, cast.ann)
        run("crm.undo_conversion", lead, actor=Actor(cast.ann))
    finally:
        del moving._movers["test.rows"]

    assert asked == [(lead, contact, None), (contact, lead, [1])]


def test_a_converted_lead_leaves_lists_search_and_counts(cast: Any) -> None:
    """CRM-12: and stands in the view of converted leads."""
    lead, other = cast.lead(), cast.lead(family_name="残る")
    leads = module("crm.lead")

    convert(lead, cast.ann)

    everything = listing.rows(listing.state(cast.ann, leads, {}))
    gone = listing.rows(listing.state(cast.ann, leads, {"view": "converted"}))
    assert ([*everything], [*gone]) == ([other], [lead])
    assert [hit.record_id for hit in find("crm.lead", "清水")] == []
    assert queryset(cast.ann, leads).count() == 1


def test_its_history_is_read_on_the_contact_and_not_by_strangers_on_the_account(cast: Any) -> None:
    """CRM-12, A6: accounts are readable by all, ann's lead is not."""
    lead = cast.lead()
    update(lead, actor=Actor(cast.ann), job_title="秘密の役職")
    contact = convert(lead, cast.ann)
    account = contact.account

    def read(user: Any, key: str, record: Any) -> str:
        return " ".join(str(line) for item in timeline(user, module(key), record, Look.of(user), limit=50).items for line in item.lines)

    assert "秘密の役職" in read(cast.ann, "crm.contact", contact)
    assert "秘密の役職" in read(cast.ann, "crm.account", account)
    assert "秘密の役職" not in read(cast.carol, "crm.account", account)


def test_its_mails_are_opened_from_the_contact(cast: Any) -> None:
    """CRM-11, CRM-12: by who sees the contact and not the lead it was; whoever sees neither finds nothing."""
    lead = cast.lead()
    mail = write_mail(lead, actor=Actor(cast.ann), to=lead.email, subject="お見積り", body="B", key="k")
    assert cast.browser(cast.carol).get(f"/mail/{mail.pk}/").status_code == 404
    contact = convert(lead, cast.ann)
    update(contact, actor=Actor(cast.bob), owner=cast.carol)
    assert not queryset(cast.carol, module("crm.lead"), aside=True).filter(pk=lead.pk).exists()

    listed = cast.browser(cast.carol).get(f"/crm/contacts/{contact.pk}/").content.decode()
    page = cast.browser(cast.carol).get(f"/mail/{mail.pk}/")

    assert f'href="/mail/{mail.pk}/"' in listed
    assert page.status_code == 200 and f'href="/crm/contacts/{contact.pk}/"' in page.content.decode()
    assert cast.browser(cast.dave).get(f"/mail/{mail.pk}/").status_code == 404


def test_an_event_stands_on_every_side(cast: Any) -> None:
    lead = cast.lead()

    convert(lead, cast.ann, deal="new")

    found = Event.objects.filter(kind="converted").values_list("module", flat=True)
    assert sorted(found) == ["crm.account", "crm.contact", "crm.deal", "crm.lead"]


def test_converting_twice_makes_one_account_and_one_contact(cast: Any) -> None:
    """CRM-12."""
    lead = cast.lead()
    stale = Lead.objects.get(pk=lead.pk)

    contact = convert(lead, cast.ann)
    with pytest.raises(AlreadyConverted) as caught:
        convert(stale, cast.bob)

    assert caught.value.lead.contact_id == contact.pk
    assert (Account.objects.count(), Contact.objects.count()) == (1, 1)


def test_a_fault_in_the_middle_leaves_nothing(cast: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """F16: one transaction."""
    lead = cast.lead()
    Note.objects.create(module="crm.lead", record_id=lead.pk, author=cast.ann, text="Stays.", at=clock.now())
    before = Event.objects.count()

    def fail(*_args: Any) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr("crm.actions_conversion._finish", fail)
    with pytest.raises(RuntimeError):
        convert(lead, cast.ann, deal="new")

    lead.refresh_from_db()
    assert (lead.converted_at, Account.objects.count(), Contact.objects.count(), Deal.objects.count()) == (None, 0, 0, 0)
    assert (Note.objects.get().module, Event.objects.count()) == ("crm.lead", before)


def test_it_needs_the_lead_the_feature_and_the_right_to_make(cast: Any) -> None:
    """A2: on every side of it."""
    lead = cast.lead()
    with pytest.raises(Forbidden):
        convert(lead, cast.carol)
    profile = cast.ann.profile
    profile.rights = {**profile.rights, "crm.contact": ["view", "edit"]}
    with pytest.raises(Forbidden):
        convert(lead, cast.ann)
    profile.rights = {**profile.rights, "crm.contact": ["view", "edit", "create"]}
    profile.features = []
    with pytest.raises(Forbidden):
        convert(lead, cast.ann)
    assert Contact.objects.count() == 0


def test_records_of_others_cannot_be_named_as_targets(cast: Any) -> None:
    """A2."""
    account = cast.make("account", by=cast.carol, name="(株)たちつてと")
    contact = cast.make("contact", by=cast.carol, family_name="清水", email="i.shimizu@tachitsu.example")

    for choices in ({"account": account.pk}, {"contact": contact.pk}):
        with pytest.raises(Refused):
            convert(cast.lead(), cast.ann, **choices)


def test_the_new_records_belong_to_the_leads_owner(cast: Any) -> None:
    lead = cast.lead()

    contact = convert(lead, cast.bob)

    assert (contact.owner, contact.account.owner, contact.created_by) == (cast.ann, cast.ann, cast.bob)


def test_a_lead_without_a_company_becomes_a_contact_without_account(cast: Any) -> None:
    contact = convert(cast.lead(company=""), cast.ann)

    assert (contact.account, Account.objects.count()) == (None, 0)
    with pytest.raises(Refused, match="A deal belongs to an account"):
        convert(cast.lead(company="", email="other@example.com"), cast.ann, deal="new")


def test_tickets_and_social_profiles_move_along(cast: Any) -> None:
    """CRM-11: a ticket by its link, a profile by its tie; and back again."""
    for app in ("helpdesk", "social"):
        cast.ann.apps.create(app=app)
    lead = cast.lead()
    ticket = create("helpdesk.ticket", actor=Actor(cast.ann), subject="返金", lead=lead)
    Tie.objects.create(kind="profile", module="social.profile", record_id=9, other_module="crm.lead", other_id=lead.pk)

    contact = convert(lead, cast.ann)
    ticket.refresh_from_db()
    assert (ticket.lead, ticket.contact, ticket.account) == (None, contact, contact.account)
    assert Tie.objects.filter(kind="profile", other_module="crm.contact", other_id=contact.pk).exists()

    run("crm.undo_conversion", lead, actor=Actor(cast.ann))
    ticket.refresh_from_db()
    assert (ticket.lead, ticket.contact, ticket.account) == (lead, None, None)
    assert Tie.objects.filter(kind="profile", other_module="crm.lead", other_id=lead.pk).exists()


def test_a_contact_who_once_had_the_address_is_offered(cast: Any) -> None:
    """PLT-16, CRM-10: conversion is a door, too: by a telephone, and by an address given up since; never chosen unasked."""
    old = cast.make("contact", family_name="清水", given_name="一郎", email="i.shimizu@tachitsu.example")
    update(old, actor=Actor(cast.ann), email="ichiro@home.example")
    other = cast.make("contact", family_name="別府", phone="090-7777-7777")
    lead = cast.lead(phone="090-7777-7777")

    found = matches(lead, cast.ann).contacts

    assert [(one.record.pk, one.why, one.sure) for one in found] == [
        (old.pk, "had the same e-mail address: i.shimizu@tachitsu.example", False)
    ]
    assert convert(lead, cast.ann).pk not in {old.pk, other.pk}
