"""What a conversion would do is decided beforehand and shown."""

from __future__ import annotations

from typing import Any

import pytest

from core.actor import Actor
from core.field.models import Choice, CustomField
from core.record.write import create, update
from core.stamps import bump
from crm.conversion import plan
from crm.queries import matches


def custom(module: str, key: str, label: str, kind: str = "text") -> None:
    CustomField.objects.create(module=module, key=key, label_en=label, kind=kind)
    bump("fields")


@pytest.mark.parametrize("name", ["たちつてと株式会社", "(株)たちつてと", "ﾀﾁﾂﾃﾄ㈱", "株式会社 タチツテト"])
def test_the_same_company_is_found_however_it_is_written(cast: Any, name: str) -> None:
    """CRM-10: same name after folding width, case and legal form."""
    account = cast.make("account", name=name)

    found = matches(cast.lead(), cast.ann)

    assert [(m.record, m.why, m.sure) for m in found.accounts] == [(account, "name", True)]


def test_the_same_company_is_found_by_its_mail_domain_but_not_by_free_mail(cast: Any) -> None:
    """CRM-10: or same web domain."""
    account = cast.make("account", name="TCT Holdings", website="https://www.tachitsu.example/")
    cast.make("account", name="Somebody", website="https://gmail.com")

    by_work = matches(cast.lead(), cast.ann)
    by_home = matches(cast.lead(email="taro@gmail.com", company="無関係"), cast.ann)

    assert [(m.record, m.why) for m in by_work.accounts] == [(account, "domain")]
    assert by_home.accounts == []


def test_only_what_one_may_change_is_offered(cast: Any) -> None:
    """A2: carol's account is readable by all, so ann learns of it but cannot choose it; carol's contact stays unknown."""
    account = cast.make("account", by=cast.carol, name="(株)たちつてと")
    cast.make("contact", by=cast.carol, family_name="清水", email="i.shimizu@tachitsu.example")

    found = matches(cast.lead(), cast.ann)

    assert (found.accounts, found.contacts, found.beyond) == ([], [], [account])


def test_the_same_address_is_found_in_any_case_and_in_second_place(cast: Any) -> None:
    """CRM-10: the contact with the same e-mail."""
    first = cast.make("contact", family_name="Shimizu", email="I.Shimizu@tachitsu.example")
    second = cast.make("contact", family_name="Shimizu", email="x@y.example", email2="i.shimizu@tachitsu.example")

    found = matches(cast.lead(), cast.ann)

    assert {m.record.pk for m in found.contacts} == {first.pk, second.pk}


def test_a_desks_address_makes_no_twins(cast: Any) -> None:
    cast.make("contact", family_name="田中", email="info@tachitsu.example")

    found = matches(cast.lead(email="info@tachitsu.example"), cast.ann)

    assert [m.sure for m in found.contacts] == [False]


def test_company_fields_go_to_the_account_and_person_fields_to_the_contact(cast: Any) -> None:
    """CRM-11."""
    lead = cast.lead(phone="03-6205-1182", industry="retail", employees=240, city="中央区", job_title="購買部長", tags=["展示会"])

    decided = plan(lead)

    assert decided.account is not None
    account, contact = decided.account.values, decided.contact.values
    assert account == {
        "name": "たちつてと株式会社",
        "phone": "03-6205-1182",
        "industry": "retail",
        "employees": 240,
        "billing_city": "中央区",
    }
    assert contact == {
        "family_name": "清水", "given_name": "一郎", "job_title": "購買部長", "email": "i.shimizu@tachitsu.example",
        "phone": "03-6205-1182", "city": "中央区", "tags": ["展示会"],
    }  # fmt: skip


def test_what_is_there_stays_and_what_is_empty_is_filled(cast: Any) -> None:
    """CRM-11: existing values are never overwritten; what differs is shown."""
    account = cast.make("account", name="(株)たちつてと", phone="03-6205-1100")
    lead = cast.lead(phone="03-6205-1182", website="https://tachitsu.example")

    side = plan(lead, account=account).account

    assert side is not None
    assert side.values == {"website": "https://tachitsu.example"}
    assert {(d.field.key, d.stays, d.lead) for d in side.differs} == {
        ("name", "(株)たちつてと", "たちつてと株式会社"),
        ("phone", "03-6205-1100", "03-6205-1182"),
    }


def test_an_address_is_not_mixed_from_two(cast: Any) -> None:
    account = cast.make("account", name="A", billing_city="大阪市")

    side = plan(cast.lead(city="中央区", street="銀座4丁目"), account=account).account

    assert side is not None
    assert side.values == {}


def test_an_added_field_finds_its_twin_by_label_and_kind_or_is_named_lost(cast: Any) -> None:
    """CRM-10: what would be lost is shown before."""
    custom("crm.lead", "c1", "Booth number")
    custom("crm.lead", "c2", "Shoe size", "number")
    custom("crm.contact", "c1", "Favourite colour")
    custom("crm.contact", "c7", "booth number")
    custom("crm.contact", "c8", "Shoe size", "text")
    lead = cast.lead(c1="C-14", c2=27)

    decided = plan(lead)

    assert decided.contact.values["c7"] == "C-14"
    assert "c1" not in decided.contact.values
    assert [(one.field.key, one.value) for one in decided.lost] == [("c2", 27)]


def test_a_choice_the_target_lacks_is_named_lost(cast: Any) -> None:
    Choice.objects.create(module="crm.lead", field="source", value="spring", label_en="Spring fair", position=99)
    Choice.objects.create(module="crm.lead", field="source", value="fair2", label_en="Trade fair", position=98)
    bump("fields")
    lead, same_words = cast.lead(source="spring"), cast.lead(source="fair2")

    lost = plan(lead, new_deal=True).lost

    assert {(one.field.key, one.value, one.target.key, one.choice) for one in lost} == {
        ("source", "spring", "crm.contact", True),
        ("source", "spring", "crm.deal", True),
    }
    assert plan(same_words).contact.values["source"] == "fair"


def test_a_person_who_wants_no_mail_keeps_that(cast: Any) -> None:
    contact = cast.make("contact", family_name="清水", email="i.shimizu@tachitsu.example")
    lead = cast.lead(email_opt_out=True)

    assert plan(lead, contact=contact).contact.values["email_opt_out"] is True


def test_planning_touches_nothing(cast: Any, django_assert_num_queries: Any) -> None:
    lead = cast.lead(tags=["a"])
    plan(lead)
    update(lead, actor=Actor(cast.ann), job_title="x")
    account = create("crm.account", actor=Actor(cast.ann), name="x")
    plan(lead, account=account)

    from core.stamps import held

    with held():
        plan(lead, account=account)
        with django_assert_num_queries(0):
            plan(lead, account=account)
