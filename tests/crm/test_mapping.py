"""Where added fields of leads go: chosen by an admin, with what would be lost before anything is (CRM-11)."""

from __future__ import annotations

from typing import Any

import pytest

from core.action.registry import run
from core.actor import Actor
from core.event.models import Event
from crm.conversion import plan
from crm.models import ConversionField
from tests import factories

pytestmark = pytest.mark.django_db
PAGE = "/admin_console/conversion/"


@pytest.fixture
def fields() -> None:
    factories.add_field("text", "crm.lead", key="c1", label_en="Shoe")
    factories.add_field("number", "crm.lead", key="c2", label_en="Size")
    factories.add_field("picklist", "crm.lead", key="c3", label_en="Colour", choices="red green")
    factories.add_field("text", "crm.contact", key="c4", label_en="Footwear")
    factories.add_field("money", "crm.account", key="c5", label_en="Volume")
    factories.add_field("picklist", "crm.contact", key="c6", label_en="Colour", choices="red")
    factories.add_field("date", "crm.contact", key="c7", label_en="Since")


def test_the_page_says_what_would_be_lost_before_anything_is(fields: None, admin: Any, ann: Any, client_of: Any) -> None:
    """CRM-11: in numbers of open leads, and choice by choice; asking changes nothing."""
    factories.make_lead(ann, c1="Boot", c2=27)
    factories.make_lead(ann, c1="Clog")
    client = client_of(admin)

    before = client.get(PAGE).content.decode()
    assert "2 open leads hold a value that would be lost." in before and "1 open lead holds a value that would be lost." in before
    assert "Contacts lack these choices: Green." in before

    tried = client.post(PAGE, {"c1-crm.contact": "c4", "c2-crm.account": "c5", "try": "1"}).content.decode()
    assert "would be lost." not in tried and "Nothing was saved yet." in tried
    assert not ConversionField.objects.exists()


def test_conversion_goes_by_the_mapping(fields: None, admin: Any, ann: Any, client_of: Any) -> None:
    """CRM-11: other names and fitting kinds; "nowhere" keeps even what is called the same from going."""
    lead = factories.make_lead(ann, c1="Boot", c2=27, c3="red")
    assert [one.field.key for one in plan(lead).lost] == ["c1", "c2"]
    client = client_of(admin)

    assert client.post(PAGE, {"c1-crm.contact": "c4", "c2-crm.account": "c5", "c3-crm.contact": ""}).status_code == 302

    assert [one.field.key for one in plan(lead).lost] == ["c3"]
    contact = run("crm.convert_lead", lead, actor=Actor(ann), account="new", contact="new")
    assert contact.extra == {"c4": "Boot"} and contact.account.extra == {"c5": 27.0}
    changes = [event.changes["conversion"] for event in Event.objects.filter(module="crm.conversionfield").order_by("pk")]
    assert ["Contacts: the field of the same name", "Contacts: Footwear"] in changes
    assert "Shoe" in client.get("/admin_console/audit/").content.decode()


def test_what_is_lost_is_said_when_converting_too(fields: None, admin: Any, ann: Any, client_of: Any) -> None:
    lead = factories.make_lead(ann, c1="Boot", c3="green")
    client_of(admin).post(PAGE, {"c1-crm.contact": "c4"})

    page = client_of(ann).get(f"/crm/leads/{lead.pk}/convert").content.decode()

    assert "Colour “Green”: not among the choices of Contacts." in page and "Shoe “Boot”" not in page


def test_two_fields_cannot_fill_one_and_kinds_must_fit(fields: None, admin: Any, client_of: Any) -> None:
    factories.add_field("email", "crm.lead", key="c8", label_en="Third mail")
    client = client_of(admin)

    answer = client.post(PAGE, {"c1-crm.contact": "c4", "c8-crm.contact": "c4"})
    client.post(PAGE, {"c1-crm.contact": "c7", "c2-crm.contact": "family_name"})

    assert answer.status_code == 422 and "“Shoe” and “Third mail” cannot both go to “Footwear” of Contacts." in answer.content.decode()
    assert not ConversionField.objects.exists()


def test_a_choice_is_taken_back(fields: None, admin: Any, ann: Any, client_of: Any) -> None:
    client = client_of(admin)
    client.post(PAGE, {"c3-crm.contact": ""})
    assert plan(factories.make_lead(ann, c3="red")).contact.values.get("c6") is None

    client.post(PAGE, {"c3-crm.contact": "auto"})

    assert plan(factories.make_lead(ann, c3="red")).contact.values["c6"] == "red"
    assert not ConversionField.objects.exists()
