"""Formula fields from the console to the list: written, tried, kept, worked out anew, and shut where they would tell too much."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.access.models import ModuleDefault
from core.actor import Actor
from core.field.models import CustomField
from core.module.registry import module as find_module
from core.organisation.changing import change
from core.record import write
from core.stamps import bump
from core.work.jobs import drain
from core.work.models import Job
from tests import factories

pytestmark = pytest.mark.django_db
NEW = "/admin_console/fields/crm.deal/new"


def add(client: Any, formula: str, name: str = "Margin", **values: Any) -> CustomField:
    answer = client.post(NEW, {"kind": "formula", "label_en": name, "formula": formula, "active": "on", **values})
    assert answer.status_code == 302, answer.content.decode()
    drain()
    return CustomField.objects.latest("pk")


def where(row: CustomField) -> str:
    return f"/admin_console/fields/{row.module}/{row.key}"


def test_a_formula_is_everywhere_and_follows_its_record(admin: Any, ann: Any, client_of: Any) -> None:
    """PLT-17: list, record, filter, sort, export; records there were before have it, too, and every write works it out anew."""
    old = factories.make_deal(ann, name="Old", amount=900)
    row = add(client_of(admin), 'round({Amount} / 3) + if(stage = "Negotiation", 1, 0)')
    new = factories.make_deal(ann, name="New", amount=30)
    seller = client_of(ann)

    old.refresh_from_db()
    assert (old.extra, new.extra, row.result) == ({row.key: 300.0}, {row.key: 10.0}, "money")
    write.update(old, actor=Actor(ann), amount=3, stage="negotiation")
    assert old.extra == {row.key: 2.0}
    listed = seller.get("/crm/deals/", {"columns": f"name {row.key}", "sort": f"-{row.key}"}).content.decode()
    assert listed.index("New") < listed.index("Old") and "¥10" in listed
    query = json.dumps({"all": [{"field": row.key, "op": "lt", "value": "5"}]})
    filtered = seller.get("/crm/deals/", {"filter": query}).content.decode()
    assert "Old" in filtered and ">New<" not in filtered
    exported = b"".join(client_of(admin).post("/crm/deals/export", {"format": "csv", "columns": "all"}).streaming_content).decode()
    assert "Margin" in exported and ",10" in exported
    assert f'name="{row.key}"' not in seller.get("/crm/deals/new").content.decode()


def test_the_page_says_what_is_wrong_and_where(admin: Any, client_of: Any) -> None:
    """PLT-17: nothing is saved, what was typed stays, and the place is marked."""
    answer = client_of(admin).post(NEW, {"kind": "formula", "label_en": "Margin", "formula": "amount * nmae", "active": "on"})

    page = answer.content.decode()
    assert answer.status_code == 422 and not CustomField.objects.exists()
    assert "At character 10:" in page and "<mark>nmae</mark>" in page and "Do you mean “name”?" in page
    assert "amount * nmae</textarea>" in page


def test_a_formula_is_tried_on_records_before_it_is_saved(admin: Any, ann: Any, client_of: Any) -> None:
    """PLT-17: the newest records with result or reason; as a part for the script and as the page without it."""
    factories.make_deal(ann, name="Rich", amount=100)
    factories.make_deal(ann, name="Poor")
    client, sent = client_of(admin), {"kind": "formula", "formula": "amount / 4", "try": "1"}

    part = client.post(NEW, sent, headers={"HX-Request": "true"}).content.decode()
    page = client.post(NEW, sent)

    for text in (part, page.content.decode()):
        assert "This gives an amount of money." in text and "¥25" in text and "“Amount” is empty." in text
    assert "<h1" not in part and page.status_code == 200 and "Give a name" not in page.content.decode()
    assert not CustomField.objects.exists()


def test_choosing_formula_asks_for_it_next(admin: Any, client_of: Any) -> None:
    """Without script, too: the kind is chosen first, what it needs is asked then, and nothing typed is lost."""
    answer = client_of(admin).post(NEW, {"kind": "formula", "label_en": "Margin"})

    page = answer.content.decode()
    assert answer.status_code == 200 and 'name="formula"' in page and 'value="Margin"' in page


def test_a_formula_cannot_read_itself(admin: Any, client_of: Any) -> None:
    """PLT-17: directly or round a corner; the way is named."""
    client = client_of(admin)
    first = add(client, "amount * 2", "First")
    second = add(client, f"{first.key} + 1", "Second")

    direct = client.post(where(first), {"label_en": "First", "formula": f"{first.key} + 1", "active": "on"}).content.decode()
    round_ = client.post(where(first), {"label_en": "First", "formula": "{Second} * 2", "active": "on"}).content.decode()

    assert "First → First" in direct and "First → Second → First" in round_
    first.refresh_from_db()
    assert first.formula == "amount * 2"
    deal = factories.make_deal(amount=5)
    assert deal.extra == {first.key: 10.0, second.key: 11.0}


def test_a_circle_that_got_into_the_table_breaks_no_page(admin: Any, ann: Any, client_of: Any) -> None:
    """Fault: two rows that read each other, however they came there, are empty and say so."""
    factories.add_field("formula", "crm.deal", key="c_a", formula="c_b + 1", result="number", label_en="Aye")
    factories.add_field("formula", "crm.deal", key="c_b", formula="c_a + 1", result="number", label_en="Bee")
    deal = factories.make_deal(ann)

    page = client_of(ann).get(f"/crm/deals/{deal.pk}/")

    assert page.status_code == 200 and "The formula no longer works" in page.content.decode()
    assert deal.extra == {}


def test_dividing_by_zero_is_an_empty_field_with_its_reason(admin: Any, ann: Any, client_of: Any) -> None:
    """Fault: PLT-17."""
    row = add(client_of(admin), "amount / (probability - 10)")
    deal = factories.make_deal(ann, amount=100, probability=10)

    page = client_of(ann).get(f"/crm/deals/{deal.pk}/").content.decode()

    assert deal.extra == {} and "It divides by zero." in page
    write.update(deal, actor=Actor(ann), probability=20)
    assert deal.extra == {row.key: 10.0}


def test_a_changed_formula_is_worked_out_by_a_job(admin: Any, ann: Any, client_of: Any) -> None:
    """PLT-17, PLT-20: with progress, also for what is in the bin; each change has a job of its own."""
    client = client_of(admin)
    deals = [factories.make_deal(ann, amount=n) for n in (1, 2)]
    row = add(client, "amount * 2")
    write.delete(deals[1], actor=Actor(ann))
    version = deals[0].version

    for text in ("amount * 3", "amount * 4"):
        client.post(where(row), {"label_en": "Margin", "formula": text, "active": "on"})
    assert Job.objects.filter(kind="console.work_out", state="waiting").count() == 2
    drain()

    for deal in deals:
        deal.refresh_from_db()
    assert [deal.extra for deal in deals] == [{row.key: 4.0}, {row.key: 8.0}]
    job = Job.objects.latest("pk")
    assert (job.done, job.total, deals[0].version) == (2, 2, version)


def test_the_kind_of_its_result_stays(admin: Any, client_of: Any) -> None:
    client = client_of(admin)
    row = add(client, "amount * 2")

    page = client.post(where(row), {"label_en": "Margin", "formula": "name & name", "active": "on"}).content.decode()

    assert "So far this field gave an amount of money, and now it would give a text." in page


def test_a_field_that_a_formula_reads_is_not_deleted(admin: Any, client_of: Any) -> None:
    client = client_of(admin)
    read = factories.add_field("number", "crm.deal", key="c_read", label_en="Read")
    add(client, "c_read * 2", "Reader")

    page = client.post(f"/admin_console/fields/crm.deal/{read.key}/delete", follow=True).content.decode()

    assert "These formulas read this field: Reader." in page and CustomField.objects.filter(key="c_read").exists()


def test_a_choice_that_a_formula_works_with_is_not_removed(admin: Any, client_of: Any) -> None:
    client = client_of(admin)
    factories.add_field("picklist", "crm.deal", key="c_size", label_en="Size", choices="small large")
    add(client, 'if(c_size = "Large", 1, 0)', "Weight")

    page = client.get("/admin_console/fields/crm.deal/c_size/values/large").content.decode()

    assert "The formula “Weight” works with this value" in page


def test_what_moves_with_the_day_is_shown_but_not_asked_for(admin: Any, ann: Any, client_of: Any, clock: Any) -> None:
    """PLT-17: worked out for each reader at each look; filters, orders and reports do not offer it, and the page says so."""
    client, seller = client_of(admin), client_of(ann)
    row = add(client, "days_between(today(), closing_on)", "Days left")
    deal = factories.make_deal(ann, closing_on=clock_day(30))

    assert "it moves with the day" in client.get(where(row)).content.decode()
    assert deal.extra == {}
    listed = f"/crm/deals/?columns=name+{row.key}"
    assert ">30</td>" in seller.get(listed).content.decode()
    clock.shift(timedelta(days=3))
    seller = client_of(ann)
    assert ">27</td>" in seller.get(listed).content.decode()
    panel = seller.get("/crm/deals/?panel=filter").content.decode()
    assert f'value="{row.key}"' not in panel and "Days left: it moves with the day" in panel
    assert "Not to be sorted or filtered by: it moves with the day." in seller.get(listed).content.decode()
    assert "Days left cannot be counted: it moves with the day." in seller.get("/crm/reports/type/").content.decode()
    sorted_by = seller.get(f"{listed}&sort=-{row.key}").content.decode()
    assert "The list cannot be sorted by Days left: it is worked out when it is shown, since it moves with the day." in sorted_by
    refused = seller.get("/crm/deals/", {"filter": json.dumps({"all": [{"field": row.key, "op": "is", "value": "3"}]})}).content.decode()
    assert "nothing can be asked about Days left, which is worked out when it is shown, since it moves with the day." in refused


def test_no_calendar_goes_by_a_date_that_moves_with_the_day(admin: Any, ann: Any, client_of: Any) -> None:
    """PLT-9, PLT-17: it has no column to look in; an address that names it shows no page."""
    row = add(client_of(admin), "today()", "Now")
    client = client_of(ann)
    page = client.get("/crm/deals/calendar").content.decode()

    assert f'value="{row.key}"' not in page
    assert client.get(f"/crm/deals/calendar?by={row.key}").status_code == 404


def clock_day(days: int) -> Any:
    from core import clock

    return clock.today() + timedelta(days)


def test_a_formula_tells_nothing_of_a_record_one_may_not_see(admin: Any, ann: Any, carol: Any, client_of: Any) -> None:
    """A6: one relation far is read through the gate of whoever looks, in list, record and export."""
    ModuleDefault.objects.filter(module="crm.account").update(default="private")
    bump("access")
    row = add(client_of(admin), 'account & ": " & account.phone', "Reach them")
    secret = factories.make_account(carol, name="Secret Corp", phone="03-9999-0000")
    deal = factories.make_deal(ann, name="Ours", account=secret.pk, actor=Actor(admin))

    for address in (f"/crm/deals/?columns=name+{row.key}", f"/crm/deals/{deal.pk}/"):
        hers, all_ = client_of(ann).get(address).content.decode(), client_of(admin).get(address).content.decode()
        assert "03-9999-0000" in all_ and "Secret Corp: " in all_
        assert "03-9999-0000" not in hers and "Secret Corp" not in hers
    assert "that you may not see" in client_of(ann).get(f"/crm/deals/{deal.pk}/").content.decode()
    assert deal.extra == {}


@pytest.mark.parametrize("formula", ["amount * 2", "{Twice} + 1"])
def test_a_formula_over_a_hidden_field_is_hidden_with_it(formula: str, admin: Any, ann: Any, client_of: Any) -> None:
    """PLT-24: what the profile hides cannot be read off a formula, nor off a formula over that."""
    twice = add(client_of(admin), "amount * 2", "Twice")
    row = add(client_of(admin), formula, "Shown")
    deal = factories.make_deal(ann, amount=100)
    ann.profile.fields = {"crm.deal": {"amount": "hidden"}}
    ann.profile.save()

    page = client_of(ann).get(f"/crm/deals/{deal.pk}/").content.decode()

    assert "Shown" not in page and "Twice" not in page
    assert {twice.key, row.key} <= set(find_module("crm.deal").fields)


def test_a_label_speaks_the_language_of_its_reader(admin: Any, ann: Any, client_of: Any) -> None:
    row = add(client_of(admin), 'name & " / " & stage', "Both")
    factories.make_deal(ann, name="X", stage="negotiation")
    address = f"/crm/deals/?columns=name+{row.key}"
    english = client_of(ann).get(address).content.decode()
    ann.language = "ja"
    ann.save()

    japanese = client_of(ann).get(address).content.decode()

    assert "X / Negotiation" in english and "X / " in japanese and "Negotiation" not in japanese


def test_another_clock_of_the_organisation_works_out_what_reads_a_moment(admin: Any, ann: Any, client_of: Any, clock: Any) -> None:
    """PLT-17: the day of a moment is the organisation's; when an admin sets another zone, a job puts the new days into all records."""
    clock.move_to(datetime(2026, 5, 19, 16, 0, tzinfo=UTC))  # the 20th in Tokyo
    change(Actor(admin), time_zone="Asia/Tokyo")
    deal, row = factories.make_deal(ann, amount=2), add(client_of(admin), "day(created_at)")
    add(client_of(admin), "amount * 2", name="Twice")
    deal.refresh_from_db()
    assert deal.extra[row.key] == 20

    change(Actor(admin), time_zone="Europe/London")
    jobs = Job.objects.filter(kind="console.work_out", state="waiting")
    assert [job.args for job in jobs] == [{"module": "crm.deal"}]
    drain()

    deal.refresh_from_db()
    assert deal.extra[row.key] == 19
    change(Actor(admin), name="Aoba")
    assert not jobs.all().exists()
