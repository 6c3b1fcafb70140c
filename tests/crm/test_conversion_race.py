"""Two people convert at the same moment, on real connections of both databases (F16)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections, transaction

from core.action.registry import Refused, run
from core.actor import Actor
from core.record.write import delete
from crm.actions_conversion import AlreadyConverted
from crm.models import Account, Contact, Conversion, Deal, Lead
from tests.core.test_work_services import shared_database  # noqa: F401


@pytest.fixture
def house(shared_database: str) -> Any:  # noqa: F811
    from core import stamps
    from tests.crm.conftest import Cast

    stamps._cache.clear()
    return Cast()


def together(*acts: Callable[[], Any]) -> list[Any]:
    """Run all at once, each in a thread and connection of its own; what each gave or raised."""
    found: list[Any] = [None] * len(acts)
    start = threading.Barrier(len(acts))

    def one(number: int) -> None:
        try:
            start.wait()
            found[number] = acts[number]()
        except BaseException as error:  # noqa: BLE001 - the test judges it
            found[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one, args=[number]) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@pytest.mark.parametrize("turn", range(3))
def test_two_users_make_one_account_and_one_contact(house: Any, turn: int) -> None:
    """CRM-12, F16: the second one is led to what the first made."""
    lead = house.lead()

    def convert(user: Any) -> Callable[[], Any]:
        return lambda: run("crm.convert_lead", Lead.objects.get(pk=lead.pk), actor=Actor(user), deal="new")

    found = together(convert(house.ann), convert(house.bob), convert(house.ann), convert(house.bob))

    assert sorted(type(one).__name__ for one in found) == ["AlreadyConverted", "AlreadyConverted", "AlreadyConverted", "Contact"]
    assert (Account.objects.count(), Contact.objects.count(), Deal.objects.count(), Conversion.objects.count()) == (1, 1, 1, 1)
    contact = Contact.objects.get()
    assert {one.lead.contact_id for one in found if isinstance(one, AlreadyConverted)} == {contact.pk}


def test_two_users_press_convert_on_their_pages(house: Any) -> None:
    """CRM-12, F22: through the page, both end on the same contact."""
    lead = house.lead()
    body = {"account": "new", "contact": "new", "deal": "none"}

    def press(user: Any) -> Callable[[], Any]:
        return lambda: house.browser(user).post(f"/crm/leads/{lead.pk}/convert", body | {"once": user.email}).headers.get("Location")

    found = together(press(house.ann), press(house.bob))

    contact = Contact.objects.get()
    assert found == [f"/crm/contacts/{contact.pk}/"] * 2
    assert Account.objects.count() == 1


def test_a_double_click_sends_the_form_twice(house: Any) -> None:
    """F22: the same token, the same answer, one contact."""
    lead = house.lead()
    body = {"account": "new", "contact": "new", "deal": "new", "deal-name": "X", "deal-stage": "proposal", "once": "one-and-the-same"}

    found = together(*[lambda: house.browser(house.ann).post(f"/crm/leads/{lead.pk}/convert", body).headers.get("Location")] * 3)

    assert set(found) == {f"/crm/contacts/{Contact.objects.get().pk}/"}
    assert Deal.objects.count() == 1


@pytest.mark.parametrize("turn", range(3))
def test_leads_of_a_company_nobody_knows_yet_make_one_account(house: Any, turn: int) -> None:
    """CRM-10, CRM-12, F16: each found no account when it began, the name is written in many ways, and there is one in the end."""
    names = ("株式会社あたらしい", "(株)あたらしい", "あたらしい㈱")
    leads = [house.lead(given_name=str(number), email=f"p{number}@gmail.com", company=name) for number, name in enumerate(names)]

    found = together(*[lambda lead=lead: run("crm.convert_lead", lead, actor=Actor(house.ann)) for lead in leads])

    assert [type(one).__name__ for one in found] == ["Contact"] * 3, found
    assert Account.objects.count() == 1
    assert {one.account_id for one in Contact.objects.all()} == {Account.objects.get().pk}


def test_two_leads_of_one_person_make_one_contact(house: Any) -> None:
    """CRM-10, F16: the same address, two companies: one person."""
    leads = [house.lead(company=company, email="i.shimizu@gmail.com") for company in ("", "")]

    found = together(*[lambda lead=lead: run("crm.convert_lead", lead, actor=Actor(house.ann)) for lead in leads])

    assert [type(one).__name__ for one in found] == ["Contact"] * 2, found
    assert Contact.objects.count() == 1


def test_who_comes_second_by_less_than_a_page_is_asked(house: Any) -> None:
    """CRM-10, F16: both pages offered nothing but a new account; the second press shows the one just made, and makes none."""
    leads = [house.lead(given_name=str(number), email=f"p{number}@gmail.com", company="株式会社あたらしい") for number in range(2)]
    body = {"account": "new", "contact": "new", "deal": "none", "seen": ""}

    found = together(*[lambda lead=lead: house.browser(house.ann).post(f"/crm/leads/{lead.pk}/convert", body) for lead in leads])

    late = next(one for one in found if one.status_code != 302)
    assert sorted(one.status_code for one in found)[0] == 302 and late.status_code in {409, 422}
    assert "株式会社あたらしい was made in the meantime." in late.content.decode()
    assert (Account.objects.count(), Contact.objects.count()) == (1, 1)


@pytest.mark.postgres
def test_a_turn_is_waited_for_on_a_second_connection(house: Any) -> None:
    """CRM-12: without the turn, both conversions would look for the account before either has made it."""
    first, lead = house.lead(company="(株)あたらしい", email="a@gmail.com"), house.lead(company="あたらしい", email="b@gmail.com")
    begun, done = threading.Event(), []

    def second() -> None:
        begun.wait()
        run("crm.convert_lead", lead, actor=Actor(house.ann))
        done.append("second")
        connections.close_all()

    thread = threading.Thread(target=second)
    thread.start()
    with transaction.atomic():
        run("crm.convert_lead", first, actor=Actor(house.ann))
        begun.set()
        thread.join(0.5)
        done.append("first")
    thread.join()

    assert done == ["first", "second"]
    assert Account.objects.count() == 1


def test_leads_of_one_company_meet_in_one_account(house: Any) -> None:
    """F16: four leads into the same account at once, no deadlock, each filled once."""
    account = house.make("account", name="(株)たちつてと")
    leads = [house.lead(given_name=str(number), email=f"p{number}@tachitsu.example") for number in range(4)]

    found = together(*[lambda lead=lead: run("crm.convert_lead", lead, actor=Actor(house.ann), account=account.pk) for lead in leads])

    assert [type(one).__name__ for one in found] == ["Contact"] * 4
    account.refresh_from_db()
    assert account.primary_contact_id in {one.pk for one in found}
    assert Contact.objects.filter(account=account).count() == 4


def test_converting_into_an_account_that_is_being_binned_leaves_no_orphan(house: Any) -> None:
    """F16."""
    for _turn in range(5):
        account = house.make("account", name="(株)たちつてと")
        lead = house.lead()

        made, _gone = together(
            lambda lead=lead, account=account: run("crm.convert_lead", lead, actor=Actor(house.ann), account=account.pk, deal="new"),
            lambda account=account: delete(Account.objects.get(pk=account.pk), actor=Actor(house.ann)),
        )

        deal = Deal.objects.order_by("-pk").first()
        account.refresh_from_db()
        assert account.deleted_at is not None
        if isinstance(made, Refused):
            assert Lead.objects.get(pk=lead.pk).converted_at is None
        else:
            assert isinstance(made, Contact), made
            assert deal is not None and deal.deleted_at is not None
        Contact.objects.filter(email="i.shimizu@tachitsu.example").update(email="")


def test_undo_and_convert_do_not_cross(house: Any) -> None:
    """F16."""
    lead = house.lead()
    run("crm.convert_lead", lead, actor=Actor(house.ann))

    found = together(*[lambda: run("crm.undo_conversion", Lead.objects.get(pk=lead.pk), actor=Actor(house.ann))] * 2)

    assert sorted(isinstance(one, Refused) for one in found) == [False, True]
    assert Conversion.objects.filter(undone_at=None).count() == 0
