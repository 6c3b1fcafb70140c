"""Picklists and deal stages in the console (CRM-1, CRM-5)."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from core.event.models import Event
from core.field.choices import options
from core.field.models import Choice
from core.work.jobs import drain
from core.work.models import PARKED, Job
from crm.models import DealRole
from tests import factories

pytestmark = pytest.mark.django_db
STATUS = "/admin_console/fields/crm.lead/status/values"
INDUSTRY = "/admin_console/fields/crm.lead/industry/values"
STAGE = "/admin_console/fields/crm.deal/stage/values"


def posted(module: str, field: str, **changes: Any) -> dict[str, Any]:
    """The page's form as it stands, with some inputs changed."""
    data: dict[str, Any] = {"value": []}
    for row in Choice.objects.filter(module=module, field=field):
        prefix = f"v-{row.value}-"
        data["value"].append(row.value)
        data |= {f"{prefix}label_en": row.label_en, f"{prefix}label_ja": row.label_ja, f"{prefix}hue": row.hue}
        data |= {f"{prefix}active": "on"} if row.active else {}
        data |= {f"{prefix}{name}": row.more[name] for name in ("probability", "type") if name in row.more}
    data |= changes
    return {key: value for key, value in data.items() if value is not None}


def test_a_dot_tells_choices_apart_and_is_left_out_where_all_are_grey(admin: Any, ann: Any, client_of: Any) -> None:
    """PLT-17: industries come without colours: words alone, until an admin colours one."""
    lead, client = factories.make_lead(ann, industry="food", status="new"), client_of(admin)

    def shown(key: str) -> str:
        page = client.get(f"/crm/leads/{lead.pk}/").content.decode()
        return page.partition(f'<dd id="f-{key}">')[2].partition("<a ")[0]

    assert (shown("industry"), shown("status")) == ("Food", '<span class="state" data-hue="1">Not contacted</span>')

    client.post(INDUSTRY, posted("crm.lead", "industry", **{"v-retail-hue": 3}))

    assert shown("industry") == '<span class="state" data-hue="10">Food</span>'


def test_values_are_renamed_coloured_hidden_and_ordered(admin: Any, ann: Any, client_of: Any) -> None:
    client = client_of(admin)
    changes = {"v-new-label_en": "Untouched", "v-new-hue": 7, "v-later-active": None, "down": "new"}

    assert client.post(STATUS, posted("crm.lead", "status", **changes)).status_code == 302

    found = options("crm.lead", "status")
    assert list(found) == ["contacted", "new", "qualified", "later", "unqualified"]
    assert (found["new"].en, found["new"].hue, found["later"].active) == ("Untouched", 7, False)
    page = client_of(ann).get("/crm/leads/new").content.decode()
    assert "Untouched" in page and "Contact later" not in page
    assert Event.objects.filter(module="core.choice", kind="configured").count() == 3


def test_a_value_is_added_and_used_at_once(admin: Any, ann: Any, client_of: Any) -> None:
    client_of(admin).post(
        STATUS, posted("crm.lead", "status", **{"new-label_en": "On hold", "new-label_ja": "保留中", "new-hue": 3, "new-active": "on"})
    )

    answer = client_of(ann).post("/crm/leads/new", {"family_name": "Ito", "status": "on_hold"})

    assert answer.status_code == 302
    assert options("crm.lead", "status")["on_hold"].ja == "保留中"


def test_a_japanese_value_alone_gets_a_value_of_letters(admin: Any, client_of: Any) -> None:
    client_of(admin).post(STATUS, posted("crm.lead", "status", **{"new-label_ja": "保留中", "new-hue": 3, "new-active": "on"}))

    assert Choice.objects.get(label_ja="保留中").value == "value"


def test_an_unused_value_goes_at_once(admin: Any, client_of: Any) -> None:
    client = client_of(admin)
    where = reverse("console-value-remove", args=["crm.lead", "status", "later"])

    assert "0 records hold this value" in client.get(where).content.decode()
    client.post(where)

    assert "later" not in options("crm.lead", "status")


def test_a_value_in_use_is_replaced_by_a_job(admin: Any, ann: Any, client_of: Any) -> None:
    """CRM-1: no record is left with a value that is not there, those in the bin included; each has it in its history."""
    from core.actor import Actor
    from core.record import write

    leads = [factories.make_lead(ann, status="later") for _ in range(3)]
    write.delete(leads[2], actor=Actor(ann))
    client = client_of(admin)
    where = reverse("console-value-remove", args=["crm.lead", "status", "later"])
    assert "3 records hold this value" in client.get(where).content.decode()

    assert client.post(where, {"other": ""}).status_code == 409
    client.post(where, {"other": "contacted"})
    drain()

    assert {lead.status for lead in map(_fresh, leads)} == {"contacted"}
    assert "later" not in options("crm.lead", "status")
    event = Event.objects.filter(module="crm.lead", record_id=leads[0].pk).latest("pk")
    assert (event.changes, event.way, event.actor) == ({"status": ["later", "contacted"]}, "bulk", admin)


def _fresh(record: Any) -> Any:
    record.refresh_from_db()
    return record


def test_records_that_refuse_keep_their_value_and_are_counted(admin: Any, ann: Any, client_of: Any) -> None:
    """A deal cannot become lost without a reason: it stays, the others move, and the stage stays too, no longer offered."""
    stays, moves = factories.make_deal(ann, stage="analysis"), factories.make_deal(ann, stage="analysis", lost_reason="price")

    client_of(admin).post(reverse("console-value-remove", args=["crm.deal", "stage", "analysis"]), {"other": "lost"})
    drain()

    assert (_fresh(stays).stage, _fresh(moves).stage, moves.outcome) == ("analysis", "lost", "lost")
    assert not options("crm.deal", "stage")["analysis"].active
    assert Job.objects.latest("pk").result == {"refused": 1}


def test_several_values_are_replaced_within_the_list(admin: Any, ann: Any, client_of: Any) -> None:
    factories.add_field("multi_picklist", choices="red green blue")
    lead = factories.make_lead(ann, c_multi_picklist=["red", "blue"])

    client_of(admin).post(reverse("console-value-remove", args=["crm.lead", "c_multi_picklist", "red"]), {"other": "green"})
    drain()

    assert _fresh(lead).extra == {"c_multi_picklist": ["green", "blue"]}


@pytest.mark.parametrize(
    ("module", "field", "value", "why"),
    [
        ("crm.lead", "status", "new", "New records begin with this value"),
        ("crm.activity", "status", "done", "Enishi itself works with this value"),
        ("crm.deal", "stage", "won", "the last one of its kind"),
        ("crm.deal", "outcome", "lost", "Enishi itself works with this value"),
        ("helpdesk.ticket", "status", "closed", "Enishi itself works with this value"),
        ("social.post", "network", "x", "Enishi itself works with this value"),
    ],
)
def test_a_value_that_is_needed_stays(admin: Any, client_of: Any, module: str, field: str, value: str, why: str) -> None:
    where, client = reverse("console-value-remove", args=[module, field, value]), client_of(admin)

    assert why in client.get(where).content.decode()
    assert client.post(where).status_code == 409
    assert Choice.objects.filter(module=module, field=field, value=value).exists()


def test_a_stage_has_a_probability_and_a_kind(admin: Any, ann: Any, client_of: Any) -> None:
    """CRM-5: pipelines with own stages."""
    client = client_of(admin)
    new = {"new-label_en": "Verbal yes", "new-hue": 4, "new-active": "on", "new-probability": "90", "new-type": "open"}
    assert client.post(STAGE, posted("crm.deal", "stage", **new)).status_code == 302

    deal = factories.make_deal(ann, stage="verbal_yes", amount=1000)

    assert (deal.probability, deal.outcome, deal.expected_revenue) == (90, "open", 900)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"v-won-active": None}, "at least one open, one won and one lost"),
        ({"v-proposal-probability": "101"}, "less than or equal to 100"),
        ({"v-proposal-probability": "9223372036854775808"}, "less than or equal to 100"),
        ({"v-proposal-type": "won"}, "Deals stand in this stage"),
        ({"v-proposal-label_en": "", "v-proposal-label_ja": ""}, "needs a name"),
    ],
)
def test_a_pipeline_stays_whole_and_what_was_typed_stays_too(
    admin: Any, ann: Any, client_of: Any, changes: dict[str, Any], why: str
) -> None:
    factories.make_deal(ann, stage="proposal")
    answer = client_of(admin).post(STAGE, posted("crm.deal", "stage", **{"v-lost-label_en": "Given up", **changes}))

    assert answer.status_code == 422 and why in answer.content.decode() and "Given up" in answer.content.decode()
    assert Choice.objects.get(module="crm.deal", field="stage", value="lost").label_en == "Lost"


def test_a_parked_job_is_shown_with_its_reason_and_put_back_to_work(admin: Any, client_of: Any, clock: Any) -> None:
    """PLT-20, rules of reliability: parked rows are shown to an admin, with a way on."""
    from core.work.jobs import enqueue

    row = enqueue("console.strip_field", args={"module": "crm.lead", "key": "c9"}, label="Strip")
    Job.objects.filter(pk=row.pk).update(state=PARKED, last_error="OperationalError in a/b.py:3", attempts=5)
    client = client_of(admin)
    page = client.get("/admin_console/system/").content.decode()
    assert "Strip" in page and "OperationalError in a/b.py:3" in page

    assert client.post(reverse("console-try-again", args=[row.pk])).status_code == 302
    assert client.post(reverse("console-try-again", args=[row.pk])).status_code == 404  # no longer parked
    drain()

    row.refresh_from_db()
    assert row.state == "done"


def test_the_users_page_says_who_has_what(admin: Any, ann: Any, dave: Any, client_of: Any) -> None:
    page = client_of(admin).get("/admin_console/users/").content.decode()

    assert "ann@example.com" in page and "dave@example.com" in page and "no app" in page and "Account admin" in page


def test_nobody_adds_values_that_only_enishi_sets(admin: Any, client_of: Any) -> None:
    client = client_of(admin)
    where = "/admin_console/fields/crm.deal/outcome/values"
    assert 'name="new-label_en"' not in client.get(where).content.decode()

    new = {"new-label_en": "Draw", "new-hue": "1", "new-active": "on", "v-won-label_en": "Gained"}
    client.post(where, posted("crm.deal", "outcome", **new))

    assert {option.en for option in options("crm.deal", "outcome").values()} == {"Open", "Gained", "Lost"}


ROLE = "/admin_console/fields/crm.deal/role/values"


def test_the_roles_in_a_deal_are_edited_like_any_picklist(admin: Any, ann: Any, client_of: Any) -> None:
    """CRM-1, CRM-5: found from the console, renamed, added, and offered at once where a contact gets a role."""
    console, deal = client_of(admin), factories.make_deal(ann)
    factories.make_contact(ann)

    assert ROLE in console.get("/admin_console/fields/").content.decode()
    assert ROLE in console.get("/admin_console/fields/crm.deal/").content.decode()
    changes = {"v-decides-label_en": "Signs", "new-label_en": "Blocks", "new-label_ja": "反対者", "new-hue": 9, "new-active": "on"}
    assert console.post(ROLE, posted("crm.deal", "role", **changes)).status_code == 302

    form = client_of(ann).get(f"/crm/deals/{deal.pk}/do/crm.set_role", follow=True).content.decode()
    assert ">Signs<" in form and ">Blocks<" in form and ">Decision maker<" not in form
    audit = console.get("/admin_console/audit/").content.decode()
    assert "Role in the deal" in audit and "Blocks" in audit


def test_a_role_that_contacts_hold_is_replaced_by_a_job(admin: Any, ann: Any, client_of: Any) -> None:
    """CRM-5: nobody loses their part in a deal."""
    deal, other = factories.make_deal(ann), factories.make_deal(ann)
    who = factories.make_contact(ann)
    DealRole.objects.create(deal=deal, contact=who, role="buys")
    DealRole.objects.create(deal=other, contact=who, role="uses")
    client = client_of(admin)

    page = client.get(f"{ROLE}/buys").content.decode()
    refused = client.post(f"{ROLE}/buys", {"other": ""})
    answer = client.post(f"{ROLE}/buys", {"other": "decides"})
    drain()

    assert "1 record holds this value." in page
    assert (refused.status_code, answer.status_code) == (409, 302)
    assert dict(DealRole.objects.values_list("deal_id", "role")) == {deal.pk: "decides", other.pk: "uses"}
    assert "buys" not in options("crm.deal", "role")


def test_a_role_nobody_holds_is_simply_deleted(admin: Any, client_of: Any) -> None:
    """CRM-5"""
    assert client_of(admin).post(f"{ROLE}/other").status_code == 302
    assert "other" not in options("crm.deal", "role")
