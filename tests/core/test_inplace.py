"""A field is changed where it is read: by htmx in its place, without script on a small page of its own."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from core.event.models import Event
from crm.models import Lead
from tests import factories

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def lead(ann: Any) -> Any:
    return factories.make_lead(ann, family_name="Ito", company="Acme", phone="03-1111-1111", status="new")


def at(record: Any, key: str, module: str = "leads") -> str:
    return f"/crm/{module}/{record.pk}/field/{key}"


def hide(user: Any, state: str, *keys: str) -> None:
    user.profile.fields = {"crm.lead": dict.fromkeys(keys, state)}
    user.profile.save()


def test_a_field_edits_in_its_place(ann: Any, client_of: Any, lead: Any) -> None:
    """PLT-10: the form alone, then the new value with what changed around it, and one event."""
    client = client_of(ann)

    form = client.get(at(lead, "company"), headers=HTMX).content.decode()
    saved = client.post(at(lead, "company"), {"company": "<Beta>", "version": "1"}, headers=HTMX)

    said = saved.content.decode()
    assert "<html" not in form and 'value="Acme"' in form and "autofocus" in form and 'name="version" value="1"' in form
    assert saved.status_code == 200 and said.startswith('&lt;Beta&gt;<a class="edit"') and 'aria-label="Edit Company" autofocus' in said
    assert 'id="who" hx-swap-oob="true"' in said and 'id="told" hx-swap-oob="true"' in said
    assert json.loads(saved.headers["HX-Trigger"]) == {"toast": "Saved: Company"}
    changed = Event.objects.filter(module="crm.lead", record_id=lead.pk, kind="updated")
    assert [one.changes for one in changed] == [{"company": ["Acme", "<Beta>"]}]


def test_without_script_the_pencil_leads_to_a_page_and_back(ann: Any, client_of: Any, lead: Any) -> None:
    """PLT-10: a link, a page with one input, and the record again."""
    client = client_of(ann)
    record_page = client.get(f"/crm/leads/{lead.pk}/").content.decode()

    page = client.get(at(lead, "phone")).content.decode()
    answer = client.post(at(lead, "phone"), {"phone": "03-2222-2222", "version": "1"})

    assert f'href="{at(lead, "phone")}"' in record_page and "<h1>Edit Phone</h1>" in page and "hx-post" not in page
    assert answer.headers["Location"] == f"/crm/leads/{lead.pk}/#f-phone"
    assert "03-2222-2222" in client.get(f"/crm/leads/{lead.pk}/").content.decode()


def test_a_wrong_value_comes_back_with_its_error(ann: Any, client_of: Any, lead: Any) -> None:
    """PLT-11: what was typed stays, the reason beside it."""
    answer = client_of(ann).post(at(lead, "email"), {"email": "not an address", "version": "1"}, headers=HTMX)

    page = answer.content.decode()
    assert answer.status_code == 422 and 'value="not an address"' in page and 'class="error"' in page
    assert Lead.objects.get(pk=lead.pk).email == ""


def test_a_name_is_changed_as_one(ann: Any, client_of: Any, lead: Any) -> None:
    """PLT-10: the four columns of a name are one fact and one event; the title in the head follows."""
    client = client_of(ann)

    form = client.get(at(lead, "given_name"), headers=HTMX).content.decode()
    saved = client.post(at(lead, "name"), {"family_name": "Sato", "given_name": "Ken", "version": "1"}, headers=HTMX).content.decode()

    assert all(f'name="{key}"' in form for key in ("family_name", "given_name", "family_kana", "given_kana"))
    assert re.search(r"<h1>\s*(Ken Sato|Sato Ken)", saved) and "<title>" in saved
    assert Event.objects.filter(module="crm.lead", record_id=lead.pk, kind="updated").count() == 1


def test_an_address_is_filled_from_its_postal_code_without_script(ann: Any, client_of: Any, lead: Any) -> None:
    page = client_of(ann).post(at(lead, "address"), {"postal_code": "1050011", "fill": "postal_code", "version": "1"}).content.decode()

    assert 'value="東京都"' in page and Lead.objects.get(pk=lead.pk).region == ""


def test_what_somebody_else_changed_since_is_asked_about(ann: Any, bob: Any, client_of: Any, lead: Any) -> None:
    """PLT-11: both values, nothing written; the answer decides."""
    client_of(bob).post(at(lead, "company"), {"company": "Beta", "version": "1"})
    client = client_of(ann)

    asked = client.post(at(lead, "company"), {"company": "Gamma", "version": "1"}, headers=HTMX)
    held = Lead.objects.get(pk=lead.pk).company
    client.post(at(lead, "company"), {"company": "Gamma", "version": "2", "take-company": "theirs"}, headers=HTMX)
    gave_way = Lead.objects.get(pk=lead.pk).company
    client.post(at(lead, "company"), {"company": "Gamma", "version": "2", "take-company": "mine"}, headers=HTMX)

    page = asked.content.decode()
    assert asked.status_code == 409 and "Beta" in page and "Gamma" in page and 'name="version" value="2"' in page
    assert (held, gave_way, Lead.objects.get(pk=lead.pk).company) == ("Beta", "Beta", "Gamma")


@pytest.mark.parametrize("page", ["field/company", "edit"])
def test_an_answer_does_not_overwrite_what_came_after_the_question(ann: Any, bob: Any, client_of: Any, lead: Any, page: str) -> None:
    """PLT-11: "mine" was said about the value shown then, not about one that came later."""
    where = f"/crm/leads/{lead.pk}/{page}"
    client_of(bob).post(at(lead, "company"), {"company": "Beta", "version": "1"})
    client_of(bob).post(at(lead, "company"), {"company": "Delta", "version": "2"})

    late = client_of(ann).post(where, {"family_name": "Ito", "company": "Gamma", "version": "2", "take-company": "mine"})

    assert late.status_code == 409 and "Delta" in late.content.decode()
    assert Lead.objects.get(pk=lead.pk).company == "Delta"


def test_a_change_of_another_field_is_no_conflict(ann: Any, bob: Any, client_of: Any, lead: Any) -> None:
    client_of(bob).post(at(lead, "phone"), {"phone": "03-2222-2222", "version": "1"})

    client_of(ann).post(at(lead, "company"), {"company": "Gamma", "version": "1"})

    lead.refresh_from_db()
    assert (lead.company, lead.phone) == ("Gamma", "03-2222-2222")


def test_hidden_fields_are_not_there_and_locked_ones_have_no_pencil(ann: Any, client_of: Any, lead: Any) -> None:
    """PLT-10, PLT-23: hidden is 404, read only is 403 and shows no way to edit."""
    hide(ann, "hidden", "phone")
    hidden = client_of(ann).get(at(lead, "phone")).status_code
    hide(ann, "read", "company")
    client = client_of(ann)

    answers = [client.get(at(lead, key)).status_code for key in ("company", "score", "created_at", "no_such", "pipeline")]
    written = client.post(at(lead, "company"), {"company": "Hacked", "version": "1"}).status_code
    page = client.get(f"/crm/leads/{lead.pk}/").content.decode()

    assert (hidden, answers, written) == (404, [403, 403, 404, 404, 404], 403)
    assert at(lead, "company") not in page and at(lead, "phone") in page
    assert Lead.objects.get(pk=lead.pk).company == "Acme"


def test_an_address_with_a_hidden_line_shows_the_other_lines_alone(ann: Any, client_of: Any) -> None:
    """PLT-23: the address as a whole would tell the hidden part."""
    lead = factories.make_lead(ann, family_name="Ito", city="Minato", street="Secret 1-2-3")
    hide(ann, "hidden", "street")

    page = client_of(ann).get(f"/crm/leads/{lead.pk}/").content.decode()

    assert "Secret 1-2-3" not in page and "Minato" in page


def test_a_converted_lead_is_closed(ann: Any, client_of: Any, lead: Any) -> None:
    Lead.objects.filter(pk=lead.pk).update(converted_at=lead.created_at)

    assert client_of(ann).get(at(lead, "company")).status_code == 403


def test_a_stage_that_asks_for_more_leads_to_the_page_that_asks(ann: Any, client_of: Any) -> None:
    """PLT-10, CRM-7: a lost deal needs its reason; from there one comes back to the record."""
    deal, client = factories.make_deal(ann), client_of(ann)

    led = client.post(at(deal, "stage", "deals"), {"stage": "lost", "version": "1"}, headers=HTMX)
    asking = client.get(led.headers["HX-Redirect"]).content.decode()
    back = client.post(
        f"/crm/deals/{deal.pk}/move",
        {"to": "lost", "by": "stage", "version": "1", "asked": "lost_reason", "lost_reason": "price", "then": "record"},
    )

    deal.refresh_from_db()
    assert 'name="lost_reason"' in asking and 'name="then" value="record"' in asking
    assert (back.headers["Location"], deal.stage, deal.lost_reason) == (f"/crm/deals/{deal.pk}/", "lost", "price")


def test_what_follows_from_a_value_changes_with_it(ann: Any, client_of: Any) -> None:
    """PLT-10: the expected revenue stands beside the amount, and is not left old."""
    deal = factories.make_deal(ann, amount=1000, stage="qualification")

    said = client_of(ann).post(at(deal, "amount", "deals"), {"amount": "500000", "version": "1"}, headers=HTMX).content.decode()

    assert '<dd id="f-expected_revenue" hx-swap-oob="innerHTML">' in said and '<dd id="f-name"' not in said


def test_a_record_given_away_leaves_the_page(ann: Any, carol: Any, client_of: Any, lead: Any) -> None:
    """PLT-23: the answer shows nothing of a record that is out of sight now."""
    answer = client_of(ann).post(at(lead, "owner"), {"owner": str(carol.pk), "version": "1"}, headers=HTMX)

    assert (answer.headers["HX-Redirect"], answer.content) == ("/crm/leads/", b"")


def test_cancel_shows_the_value_as_it_is_now(ann: Any, client_of: Any, lead: Any) -> None:
    Lead.objects.filter(pk=lead.pk).update(company="Delta")

    said = client_of(ann).get(at(lead, "company"), {"shown": "1"}, headers=HTMX).content.decode()

    assert said.startswith('Delta<a class="edit"') and "<form" not in said


@pytest.mark.parametrize(
    "kind", ["text", "long_text", "number", "money", "date", "datetime", "yes_no", "picklist", "multi_picklist", "user"]
)
def test_every_kind_saved_as_it_came_changes_nothing(ann: Any, client_of: Any, kind: str) -> None:
    """PLT-10, PLT-17: added fields edit in place like built-in ones."""
    factories.add_field(kind, choices="red green")
    lead, client = factories.make_lead(ann), client_of(ann)

    form = client.get(at(lead, f"c_{kind}"), headers=HTMX)
    answer = client.post(
        at(lead, f"c_{kind}"),
        {"version": "1", f"c_{kind}__shown": "1", **({} if kind in {"yes_no", "multi_picklist"} else {f"c_{kind}": ""})},
    )

    assert (form.status_code, answer.status_code, Lead.objects.get(pk=lead.pk).version) == (200, 302, 1)
