"""Deals belong to accounts, follow their stage, keep how long they stood where, and know who decides."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from core.actor import Actor
from core.module.registry import module
from core.record.write import Invalid, create_many, update, update_many
from core.stamps import held
from crm.models import Activity, Deal, DealRole, StageStay


@pytest.fixture
def account(cast: Any) -> Any:
    return cast.make("account", name="あいうえお株式会社")


def deal_of(cast: Any, account: Any, **values: Any) -> Deal:
    made: Deal = cast.make("deal", **{"name": "Umeda", "account": account} | values)
    return made


def test_a_deal_without_account_is_refused_with_a_link_to_make_one(cast: Any) -> None:
    """CRM-5."""
    answer = cast.browser(cast.ann).post("/crm/deals/new", {"name": "Umeda", "stage": "proposal", "account": ""})

    shown = answer.content.decode()
    assert (answer.status_code, Deal.objects.count()) == (422, 0)
    assert "A deal belongs to an account. Choose one, or make the account first." in shown
    assert '<a href="/crm/accounts/new">Make the account first</a>' in shown
    with pytest.raises(Invalid):
        cast.make("deal", name="Umeda")


def test_a_deal_is_made_from_its_form(cast: Any, account: Any) -> None:
    body = {"name": "Umeda", "stage": "proposal", "account": account.name, "amount": "1,000,000"}

    answer = cast.browser(cast.ann).post("/crm/deals/new", body)

    deal = Deal.objects.get()
    assert answer["Location"] == f"/crm/deals/{deal.pk}/"
    assert (deal.account, deal.probability, deal.expected_revenue) == (account, 50, Decimal("500000.00"))


@pytest.mark.parametrize(
    ("given", "moved", "expected"),
    [
        ({}, {"stage": "proposal"}, 50),  # follows
        ({"probability": 33}, {"stage": "proposal"}, 33),  # set by hand, stays
        ({"probability": 25}, {"stage": "proposal"}, 25),  # by hand, although another stage has it
        ({}, {"stage": "proposal", "probability": 75}, 75),  # both at once
        ({"probability": 33}, {"stage": "proposal", "probability": None}, 50),  # emptied: follows again
    ],
)
def test_probability_follows_the_stage_unless_set(cast: Any, account: Any, given: Any, moved: Any, expected: int) -> None:
    """CRM-5: by stage, can be overridden."""
    deal = deal_of(cast, account, **given)
    assert deal.probability == given.get("probability", 10)

    update(Deal.objects.get(pk=deal.pk), actor=Actor(cast.ann), **moved)

    assert Deal.objects.get(pk=deal.pk).probability == expected


def test_a_form_that_sends_the_old_probability_along_follows_too(cast: Any, account: Any) -> None:
    deal = deal_of(cast, account)
    body = {"name": "Umeda", "account": account.name, "stage": "negotiation", "probability": "10", "version": "1"}

    cast.browser(cast.ann).post(f"/crm/deals/{deal.pk}/edit", body)

    deal.refresh_from_db()
    assert (deal.stage, deal.probability) == ("negotiation", 75)


def test_expected_revenue_is_amount_by_probability(cast: Any, account: Any) -> None:
    deal = deal_of(cast, account, amount="1234.56", currency="USD", probability=33)

    assert deal.expected_revenue == Deal.objects.get(pk=deal.pk).expected_revenue == Decimal("407.40")


def test_a_lost_deal_says_why(cast: Any, account: Any) -> None:
    """CRM-5: lost reason, asked when lost."""
    deal = deal_of(cast, account)

    with pytest.raises(Invalid, match="Say why this deal was lost"):
        update(Deal.objects.get(pk=deal.pk), actor=Actor(cast.ann), stage="lost")
    update(Deal.objects.get(pk=deal.pk), actor=Actor(cast.ann), stage="lost", lost_reason="Price")

    deal.refresh_from_db()
    assert (deal.outcome, deal.probability, deal.closed_at is not None) == ("lost", 0, True)


def test_every_stage_change_is_kept_with_its_duration(cast: Any, account: Any) -> None:
    """CRM-5."""
    with time_machine.travel(datetime(2026, 5, 1, tzinfo=UTC), tick=False):
        deal = deal_of(cast, account)
    with time_machine.travel(datetime(2026, 5, 4, tzinfo=UTC), tick=False):
        update(deal, actor=Actor(cast.ann), stage="proposal")
        update(deal, actor=Actor(cast.ann), amount=5)
    with time_machine.travel(datetime(2026, 5, 4, 12, tzinfo=UTC), tick=False):
        update(deal, actor=Actor(cast.ann), stage="won")

    stays = list(StageStay.objects.filter(deal=deal).order_by("pk").values_list("stage", "seconds"))
    assert stays == [("qualification", 3 * 86_400), ("proposal", 43_200), ("won", None)]


def test_many_deals_move_in_few_statements(cast: Any, account: Any, django_assert_max_num_queries: Any) -> None:
    """CRM-5: bulk safe."""
    deals = module("crm.deal")
    made = create_many(
        deals, [{"name": f"D{n}", "account": account.pk, "stage": "qualification"} for n in range(40)], actor=Actor(cast.ann)
    )
    assert StageStay.objects.filter(until=None).count() == 40

    with held(), django_assert_max_num_queries(12):
        update_many(deals, [(deal, {"stage": "analysis"}) for deal in made], actor=Actor(cast.ann))

    assert StageStay.objects.filter(until=None, stage="analysis").count() == 40
    assert StageStay.objects.filter(stage="qualification", seconds__isnull=False).count() == 40


def test_contacts_have_parts_in_a_deal(cast: Any, account: Any) -> None:
    """CRM-5: contacts with roles; added and removed on the deal page."""
    contact = cast.make("contact", family_name="田中", given_name="さくら", account=account)
    hidden = cast.make("contact", by=cast.carol, family_name="秘密")
    deal, browser = deal_of(cast, account), cast.browser(cast.ann)
    where = f"/crm/deals/{deal.pk}/"

    browser.post(f"{where}do/crm.set_role", {"contact": "田中 さくら", "role": "influences"})
    browser.post(f"{where}do/crm.set_role", {"contact": str(contact.pk), "role": "decides"})
    refused = browser.post(f"{where}do/crm.set_role", {"contact": str(hidden.pk), "role": "decides"})
    DealRole.objects.create(deal=deal, contact=hidden, role="uses")
    shown = browser.get(where).content.decode()

    assert list(DealRole.objects.filter(contact=contact).values_list("role", flat=True)) == ["decides"]
    assert refused.status_code == 422
    assert "Decision maker" in shown
    assert "秘密" not in shown
    assert "One more contact that you may not see." in shown

    browser.post(f"{where}do/crm.drop_role", {"contact": contact.pk})
    assert not DealRole.objects.filter(contact=contact).exists()


def test_roles_need_the_right_to_edit_the_deal(cast: Any, account: Any) -> None:
    """A2."""
    contact = cast.make("contact", by=cast.carol, family_name="森")
    deal = deal_of(cast, account)

    answer = cast.browser(cast.carol).post(f"/crm/deals/{deal.pk}/do/crm.set_role", {"contact": contact.pk})

    assert (answer.status_code, DealRole.objects.count()) == (404, 0)


def test_a_call_is_logged_and_a_task_set_from_the_page(cast: Any, account: Any) -> None:
    """CRM-8, CRM-16: from the ▼ menu; the activity concerns the deal, its account and its contact."""
    contact = cast.make("contact", family_name="田中", account=account)
    deal, browser = deal_of(cast, account, contact=contact), cast.browser(cast.ann)
    where = f"/crm/deals/{deal.pk}/"
    menu = browser.get(where).content.decode()
    assert f"{where}do/crm.log_call" in menu and f"{where}do/crm.add_task" in menu
    assert 'value="Call with Umeda"' in browser.get(f"{where}do/crm.log_call").content.decode()

    browser.post(
        f"{where}do/crm.log_call",
        {"subject": "Call with Umeda", "direction": "out", "starts_at": "2026-05-20T14:30", "minutes": "12", "result": "Wants samples"},
    )
    answer = browser.post(
        f"{where}do/crm.add_task", {"subject": "Send samples", "due_on": "2026-05-22", "priority": "high", "owner": cast.ann.pk}
    )

    call, task = Activity.objects.order_by("pk")
    assert answer["Location"] == where
    assert (call.kind, call.status, call.minutes, call.deal, call.account, call.contact) == ("call", "done", 12, deal, account, contact)
    assert (task.kind, task.status, task.due_on, task.owner) == ("task", "open", date(2026, 5, 22), cast.ann)
    assert browser.post(f"{where}do/crm.add_task", {"subject": ""}).status_code == 422


def test_next_activities_stand_by_due_date_and_are_done_by_one_click(cast: Any, account: Any) -> None:
    """CRM-8."""
    deal, browser = deal_of(cast, account), cast.browser(cast.ann)
    where = f"/crm/deals/{deal.pk}/"
    late = cast.make("activity", subject="Second", deal=deal, due_on="2026-06-02")
    early = cast.make("activity", subject="First", deal=deal, due_on="2020-06-01")
    cast.make("activity", subject="Someday", deal=deal)
    cast.make("activity", by=cast.carol, subject="Unseen", deal=deal)

    shown = browser.get(where).content.decode()
    panel = shown[shown.index('id="next"') :].split("</section>")[0]
    assert [word for word in ("First", "Second", "Someday", "Unseen") if word in panel] == ["First", "Second", "Someday"]
    assert panel.index("First") < panel.index("Second") < panel.index("Someday")
    assert "Overdue" in panel

    done = f"/crm/activities/{early.pk}/do/crm.complete"
    assert browser.post(done, {"back": where})["Location"] == where
    assert browser.post(done, {"back": where})["Location"] == where  # a second click
    assert (
        browser.post(f"/crm/activities/{late.pk}/do/crm.complete", {"back": "//evil.example/"})["Location"] == f"/crm/activities/{late.pk}/"
    )
    assert set(Activity.objects.filter(status="done")) == {early, late}


def test_a_deal_says_what_brought_it(cast: Any, account: Any) -> None:
    """CRM-5: its campaign stands in the form, on the page, among the columns and conditions of lists, and deals are counted by it."""
    browser = cast.browser(cast.ann)
    assert 'id="id_campaign"' in browser.get("/crm/deals/new").content.decode()
    for name, campaign in (("D1", "Autumn fair"), ("D2", "autumn fair"), ("D3", "")):
        cast.make("deal", name=name, account=account, campaign=campaign)

    page = browser.get('/crm/deals/?view=all&columns=name+campaign&filter={"all":[{"field":"campaign","op":"is","value":"Autumn fair"}]}')
    chart = browser.get("/crm/deals/chart?view=all&by=campaign&show=count")

    assert {record.name for record in page.context["page"].records} == {"D1", "D2"}
    assert "Autumn fair" in page.content.decode()
    assert [line.plain for line in chart.context["shown"].lines] == [[2], [1]]
