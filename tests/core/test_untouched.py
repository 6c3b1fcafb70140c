"""What somebody left alone in a form stays as it is, also where the input cannot show all of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from core.access.models import User
from core.event.models import Event
from core.field.models import Choice
from core.module.registry import module
from core.stamps import bump
from core.web.forms import form_of
from crm.models import Activity, Deal, Lead
from tests import factories

pytestmark = pytest.mark.django_db


def as_a_browser_sends_it(record: Any, user: User, **typed: Any) -> dict[str, Any]:
    """All inputs of the edit form as they are drawn: of a select what is selected in it, or its first choice."""
    record = type(record).objects.get(pk=record.pk)
    form, sent = form_of(module(record._meta.label_lower), user, record=record), {}
    for bound in form:
        shown = bound.field.widget.format_value(bound.value()) if hasattr(bound.field.widget, "format_value") else bound.value()
        if hasattr(bound.field, "choices"):
            offered = {
                str(value)
                for one, label in bound.field.choices
                for value in ([inner for inner, _label in label] if isinstance(label, list | tuple) else [one])
            }
            shown = [value for value in shown or [] if str(value) in offered]
            if bound.field.widget.input_type == "select":
                shown = shown or [""]
        if shown not in (None, [], False):
            sent[bound.html_name] = shown
    return {**sent, "version": str(record.version), **typed}


def no_longer_offered(key: str, *values: str, of: str = "crm.lead") -> None:
    assert Choice.objects.filter(module=of, field=key, value__in=values).update(active=False) == len(values)
    bump("fields")


def test_a_choice_that_is_offered_no_more_stays_with_its_record(ann: User, client_of: Any) -> None:
    """PLT-11, PLT-4: a picklist and a multi-picklist, on the page of the form and in place."""
    factories.add_field("multi_picklist", key="c_many", choices="red green blue")
    lead = factories.make_lead(ann, industry="retail", c_many=["red", "green"], phone="03-1111-1111")
    no_longer_offered("industry", "retail")
    no_longer_offered("c_many", "green")
    client = client_of(ann)

    page = client.get(f"/crm/leads/{lead.pk}/edit").content.decode()
    answer = client.post(f"/crm/leads/{lead.pk}/edit", as_a_browser_sends_it(lead, ann, phone="03-2222-2222"))

    assert answer.status_code == 302 and '<option value="retail" selected>Retail' in page
    assert '<option value="retail" selected>' in client.get(f"/crm/leads/{lead.pk}/field/industry").content.decode()
    assert '<option value="retail"' not in client.get("/crm/leads/new").content.decode()
    lead.refresh_from_db()
    assert (lead.industry, lead.extra["c_many"], lead.phone) == ("retail", ["red", "green"], "03-2222-2222")


def test_a_deal_at_a_stage_that_is_offered_no_more_can_be_saved(ann: User, client_of: Any) -> None:
    """PLT-11, CRM-6: the stage stands within its pipeline and must be filled in."""
    deal = factories.make_deal(ann)
    stage = deal.stage
    no_longer_offered("stage", stage, of="crm.deal")

    answer = client_of(ann).post(f"/crm/deals/{deal.pk}/edit", as_a_browser_sends_it(deal, ann, next_step="Call"))

    assert answer.status_code == 302
    assert Deal.objects.values_list("stage", "next_step").get(pk=deal.pk) == (stage, "Call")


def test_the_owner_who_left_and_an_unusual_reminder_stay(ann: User, admin: User, client_of: Any) -> None:
    """PLT-11, PLT-18: people are told by name though they can be chosen no more."""
    task = factories.make_activity(ann, kind="task", remind_before=45, due_on="2026-12-01")
    User.objects.filter(pk=ann.pk).update(is_active=False)
    bump("users")

    answer = client_of(admin).post(f"/crm/activities/{task.pk}/edit", as_a_browser_sends_it(task, admin, description="By post"))

    assert answer.status_code == 302
    assert Activity.objects.values_list("owner", "remind_before", "description").get(pk=task.pk) == (ann.pk, 45, "By post")


@pytest.mark.parametrize("moment", [datetime(2026, 11, 21, 5, 30, 15, tzinfo=UTC), datetime(2026, 11, 1, 6, 30, tzinfo=UTC)])
def test_a_time_that_was_left_alone_keeps_its_seconds_and_its_hour(ann: User, client_of: Any, moment: datetime) -> None:
    """PLT-11, CRM-8: the second 01:30 of the night in which New York puts its clocks back is not the first."""
    User.objects.filter(pk=ann.pk).update(time_zone="America/New_York")
    ann.refresh_from_db()
    event = factories.make_activity(ann, kind="event", starts_at=moment)
    client, page = client_of(ann), f"/crm/activities/{event.pk}/edit"

    answer = client.post(page, as_a_browser_sends_it(event, ann, description="Bring the plan"))

    assert answer.status_code == 302, answer.context["problems"]
    event.refresh_from_db()
    assert (event.starts_at, event.description) == (moment, "Bring the plan")
    told = Event.objects.filter(module="crm.activity", record_id=event.pk).latest("pk")
    assert list(told.changes) == ["description"], told.kind

    client.post(page, as_a_browser_sends_it(event, ann, starts_at="2026-11-22T09:00"))
    event.refresh_from_db()
    assert event.starts_at == datetime(2026, 11, 22, 14, 0, tzinfo=UTC)


def test_too_many_or_too_long_tags_are_refused_in_words(ann: User, client_of: Any) -> None:
    """PLT-15, PLT-11: none is cut, in the form, for many records and in a filter; what several records brought together stays whole."""
    lead = factories.make_lead(ann, tags=[f"tag {number}" for number in range(40)])
    client, page, said = client_of(ann), f"/crm/leads/{lead.pk}/edit", "Up to 30 tags of at most 60 characters."

    for typed in (", ".join(f"t{number}" for number in range(31)), "x" * 61):
        refused = client.post(page, as_a_browser_sends_it(lead, ann, tags=typed))
        many = client.post(f"/crm/leads/bulk?do=tag&pk={lead.pk}", {"confirm": "1", "add": typed})
        assert (refused.status_code, many.status_code) == (422, 422)
        assert said in refused.content.decode() and said in many.content.decode()
        asked = {"view": "all", "rows": "1", "match": "all", "f0": "tags", "o0": "has", "v0": typed, "g0": "0"}
        assert client.get("/crm/leads/", asked, follow=True).context["panel"]["groups"][0][1][0].problem == said

    assert client.post(page, as_a_browser_sends_it(lead, ann, phone="03-2222-2222")).status_code == 302
    again = Lead.objects.get(pk=lead.pk)
    assert (len(again.tag_words), again.phone) == (40, "03-2222-2222")


def test_a_number_shows_all_the_decimals_it_keeps(ann: User, client_of: Any) -> None:
    """PLT-4: six of them; none where there are none."""
    factories.add_field("number", key="c_rate", label_en="Rate")
    small, whole = factories.make_lead(ann, c_rate="1234.567891"), factories.make_lead(ann, c_rate="1500")
    client = client_of(ann)

    assert "1,234.567891" in client.get(f"/crm/leads/{small.pk}/").content.decode()
    assert "1,500<" in client.get(f"/crm/leads/{whole.pk}/").content.decode()


@pytest.mark.parametrize(
    ("number", "dialled"),
    [("+44 (0)20 7946 0958", "+442079460958"), ("03-1234-5678 内線 12", "0312345678"), ("(03) 1234-5678 ext. 9", "0312345678")],
)
def test_a_telephone_link_dials_the_number_that_is_meant(ann: User, client_of: Any, number: str, dialled: str) -> None:
    """PLT-4, CRM-1: without the (0) that is left out from abroad, and without the inner number."""
    lead = factories.make_lead(ann, phone=number)

    page = client_of(ann).get(f"/crm/leads/{lead.pk}/").content.decode()

    assert f'href="tel:{dialled}"' in page and number in page
