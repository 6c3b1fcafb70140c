"""A module's name, its sections, and what a choice asks for: set in the console, there at everyone's next click (PLT-17)."""

from __future__ import annotations

import re
from typing import Any

import pytest

from core.access.models import User
from core.actor import Actor
from core.event.models import Event
from core.field.models import Choice, FieldLabel, ModuleLabel, ModuleLayout
from core.module.registry import module as find_module
from core.record import write
from core.record.bulk import run_bulk
from core.record.importing_wishes import guessed
from core.record.reading import Table
from tests import factories
from tests.contracts.test_pages import FormReader

pytestmark = pytest.mark.django_db
NAMES = "/admin_console/fields/crm.lead/names"
LAYOUT = "/admin_console/fields/crm.lead/layout"
NEEDS = "/admin_console/fields/crm.deal/stage/values/negotiation/needs"
assert run_bulk and Table


def form_of(client: Any, address: str) -> dict[str, Any]:
    """What a browser would send back of the page, untouched."""
    reader = FormReader()
    reader.feed(client.get(address).content.decode())
    return {name: values if len(values) > 1 else values[0] for name, values in reader.values.items()}


def test_a_module_is_renamed_everywhere_in_both_languages(admin: Any, ann: Any, client_of: Any) -> None:
    """PLT-17: menu, list, form, export; reset brings the shipped word back."""
    client = client_of(admin)
    words = {"one_en": "prospect", "many_en": "prospects", "one_ja": "見込先", "many_ja": "見込先"}
    assert client.post(NAMES, words).status_code == 302

    page = client_of(ann).get("/crm/leads/").content.decode()
    assert "<h1>Prospects" in re.sub(r"\s+", " ", page) or "Prospects" in page
    assert "New prospect" in client_of(ann).get("/crm/leads/new").content.decode()
    User.objects.filter(pk=ann.pk).update(language="ja")
    assert "見込先" in client_of(ann).get("/crm/leads/").content.decode()

    client.post(NAMES, {**words, "reset": "1"})
    assert str(find_module("crm.lead").plural) == "Leads" and not ModuleLabel.objects.exists()
    assert [event.detail["act"] for event in Event.objects.filter(module="core.modulelabel")] == ["changed", "changed"]


def test_half_a_name_is_asked_for(admin: Any, client_of: Any) -> None:
    answer = client_of(admin).post(NAMES, {"one_en": "prospect", "many_en": ""})

    assert answer.status_code == 422 and "Give both words of a language, or none." in answer.content.decode()


def test_an_import_still_knows_a_renamed_field_by_its_old_word(admin: Any, client_of: Any) -> None:
    """PLT-12, PLT-17"""
    client_of(admin).post("/admin_console/fields/crm.lead/rating", {"label_en": "Temperature", "label_ja": "温度"})

    class Sheet:
        headers = ("Rating", "Temperature2", "Family name")

        def sample(self, _most: int) -> list[list[str]]:
            return [["Hot", "x", "Ito"]]

    assert guessed(admin, find_module("crm.lead"), Sheet())[0] == "rating"  # type: ignore[arg-type]


def test_the_layout_saved_as_it_came_changes_nothing(admin: Any, client_of: Any) -> None:
    factories.add_field("number", section="Reach")
    factories.add_field("text", label_en="Loose")
    client, leads = client_of(admin), find_module("crm.lead")
    before = [(one.title, [f.key for f in one.fields]) for one in leads.sections()]

    answer = client.post(LAYOUT, form_of(client, LAYOUT))

    assert answer.status_code == 302, answer.content.decode()
    assert [(one.title, [f.key for f in one.fields]) for one in leads.sections()] == before
    assert not FieldLabel.objects.exists()


def test_fields_move_between_sections_by_number(admin: Any, ann: Any, client_of: Any) -> None:
    """PLT-17: a new section in two languages and one column, its fields in the order of their numbers, on form and record."""
    row = factories.add_field("number")
    client = client_of(admin)
    sent = form_of(client, LAYOUT) | {"new-en": "Size", "new-ja": "規模", "new-number": "5", "new-columns": "1"}
    sent |= {"f-employees": "+", "n-employees": "20", f"f-{row.key}": "+", f"n-{row.key}": "10"}

    assert client.post(LAYOUT, sent).status_code == 302

    first = find_module("crm.lead").sections()[0]
    assert (first.title, first.columns, [one.key for one in first.fields]) == ("Size", 1, [row.key, "employees"])
    page = client_of(ann).get("/crm/leads/new").content.decode()
    assert page.index("<h2>Size</h2>") < page.index(f'name="{row.key}"') < page.index('name="employees"') < page.index("<h2>Lead</h2>")
    assert 'class="fields" data-columns="1"' in page
    User.objects.filter(pk=ann.pk).update(language="ja")
    assert "<h2>規模</h2>" in client_of(ann).get(f"/crm/leads/{factories.make_lead(ann).pk}/").content.decode()


def test_a_field_is_hidden_and_required_from_the_layout(admin: Any, ann: Any, client_of: Any) -> None:
    client = client_of(admin)
    sent = form_of(client, LAYOUT) | {"h-department": "1", "r-email": "1"}
    client.post(LAYOUT, sent)

    page = client_of(ann).post("/crm/leads/new", {"family_name": "Ito", "email": ""})

    assert page.status_code == 422 and "Please fill this in." in page.content.decode() and 'name="department"' not in page.content.decode()


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"h-email": "1", "r-email": "1"}, "cannot be hidden: nobody could fill it in"),
        ({"r-email": "1", "f-email": ""}, "is required, so it needs a section"),
        ({"en-Reach": "", "ja-Reach": ""}, "Move its fields to another one first"),
        ({"en-Reach": "Lead"}, "Two sections have the same name"),
    ],
)
def test_a_layout_that_cannot_be_says_why(values: dict[str, str], says: str, admin: Any, client_of: Any) -> None:
    client = client_of(admin)

    answer = client.post(LAYOUT, form_of(client, LAYOUT) | values)

    assert answer.status_code == 422 and says in answer.content.decode()
    assert not ModuleLayout.objects.exists() and not FieldLabel.objects.exists()


def test_what_the_code_requires_cannot_be_let_go(admin: Any, client_of: Any) -> None:
    client = client_of(admin)
    page = client.get("/admin_console/fields/crm.deal/layout").content.decode()

    assert 'name="r-name"' not in page and 'name="h-name"' not in page and 'name="r-amount"' in page


def test_the_shipped_layout_comes_back(admin: Any, client_of: Any) -> None:
    client, leads = client_of(admin), find_module("crm.lead")
    before = [(one.title, [f.key for f in one.fields]) for one in leads.sections()]
    client.post(LAYOUT, form_of(client, LAYOUT) | {"new-en": "Size", "f-employees": "+", "h-department": "1"})
    assert "Size" in [one.title for one in leads.sections()]

    client.post(f"{LAYOUT}/reset")

    assert [(one.title, [f.key for f in one.fields]) for one in leads.sections()][1:] == before[1:]
    assert leads.fields["department"].hidden and "employees" in [one.key for one in leads.sections()[0].fields]


def test_a_new_field_finds_its_section_in_an_arranged_module(admin: Any, client_of: Any) -> None:
    client = client_of(admin)
    client.post(LAYOUT, form_of(client, LAYOUT) | {"new-en": "Size", "f-employees": "+"})
    key = find_module("crm.lead").sections()[-1].key

    client.post("/admin_console/fields/crm.lead/new", {"kind": "text", "label_en": "Shoe", "active": "on", "section": key})
    client.post("/admin_console/fields/crm.lead/new", {"kind": "text", "label_en": "Hat", "active": "on"})

    assert [(one.title, [f.label for f in one.fields]) for one in find_module("crm.lead").sections()][-2:] == [
        ("Size", ["Employees", "Shoe"]),
        ("More", ["Hat"]),
    ]


@pytest.fixture
def needing(admin: Any, client_of: Any) -> None:
    """Negotiation asks for the amount and the next step."""
    assert client_of(admin).post(NEEDS, {"needs": ["amount", "next_step"]}).status_code == 302
    assert Choice.objects.get(field="stage", value="negotiation").more["requires"] == ["amount", "next_step"]


def test_a_stage_asks_for_its_fields_in_the_form(needing: None, ann: Any, client_of: Any) -> None:
    """PLT-17: required by stage, said beside the field."""
    deal = factories.make_deal(ann, amount=5)
    seller, address = client_of(ann), f"/crm/deals/{deal.pk}/edit"
    sent = form_of(seller, address) | {"stage": "negotiation"}

    refused = seller.post(address, sent)
    saved = seller.post(address, sent | {"next_step": "Call"})

    assert refused.status_code == 422 and "Next step is needed for Stage “Negotiation”." in refused.content.decode()
    deal.refresh_from_db()
    assert (saved.status_code, deal.stage, deal.next_step) == (302, "negotiation", "Call")


def test_a_stage_asks_for_its_fields_on_the_board(needing: None, ann: Any, client_of: Any) -> None:
    """CRM-7: a drop is led to the question."""
    deal = factories.make_deal(ann)
    seller, address = client_of(ann), f"/crm/deals/{deal.pk}/move"

    asked = seller.post(address, {"by": "stage", "to": "negotiation", "version": deal.version}, follow=True).content.decode()
    assert 'name="amount"' in asked and 'name="next_step"' in asked
    sent = {"by": "stage", "to": "negotiation", "version": deal.version, "asked": "amount next_step", "amount": "7", "next_step": "Call"}
    seller.post(address, sent)

    deal.refresh_from_db()
    assert (deal.stage, deal.amount) == ("negotiation", 7)


def test_no_way_of_writing_goes_round_what_a_stage_asks(needing: None, ann: Any) -> None:
    """Actions, rules, bulk edits and imports all write through one door."""
    deal = factories.make_deal(ann)

    with pytest.raises(write.Invalid) as caught:
        write.update(deal, actor=Actor.system("rule"), stage="negotiation")
    assert set(caught.value.errors) == {"amount", "next_step"}
    with pytest.raises(write.Invalid):
        factories.make_deal(ann, stage="negotiation", amount=5)
    refused: dict[int, dict[str, str]] = {}
    fresh = find_module("crm.deal").model.objects.get(pk=deal.pk)
    write.update_many(find_module("crm.deal"), [(fresh, {"stage": "negotiation"})], actor=Actor(ann, "bulk"), refused=refused)
    assert set(refused) == {deal.pk}
    deal.refresh_from_db()
    assert deal.stage == "qualification"


def test_an_old_record_can_still_be_changed_elsewhere(ann: Any, admin: Any, client_of: Any) -> None:
    deal = factories.make_deal(ann, stage="negotiation")
    client_of(admin).post(NEEDS, {"needs": ["amount"]})
    deal.refresh_from_db()

    write.update(deal, actor=Actor(ann), competitor="Other")
    write.update(deal, actor=Actor(ann), amount=5)

    with pytest.raises(write.Invalid):
        write.update(deal, actor=Actor(ann), amount=None)
