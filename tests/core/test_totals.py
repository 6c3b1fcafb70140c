"""What stands below a list: sums, and how many rows a page has (PLT-8)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from core.access.models import User
from core.module.patience import TookTooLong
from tests import factories

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
DEALS = "/crm/deals/?view=all&columns=name+amount+probability+c_number+c_money"


@pytest.fixture
def deals(ann: User, carol: User) -> list[Any]:
    factories.add_field("number", "crm.deal")
    factories.add_field("money", "crm.deal")
    account = factories.make_account(ann)
    made = [
        factories.make("crm.deal", ann, name=f"D{n}", account=account.pk, amount=Decimal(1000 + n), c_number=n, c_money=Decimal("0.5"))
        for n in range(30)
    ]
    factories.make("crm.deal", carol, name="Hers", account=factories.make_account(carol).pk, amount=Decimal(10**6))
    return made


def cells(page: Any) -> list[list[str]]:
    return [[text.strip("¥ ￥") for text in cell] for cell in page.context["totals"].cells]


def test_a_list_that_fits_its_page_ends_on_its_totals(ann: User, client_of: ClientOf, deals: list[Any]) -> None:
    """PLT-8: of money and numbers, built in and added; a percentage is not added up; nobody's hidden deals count."""
    page = client_of(ann).get(DEALS)

    assert page.context["totals"].whole
    assert cells(page) == [["30,435"], [], ["435"], ["15"]]
    text = page.content.decode()
    assert "<tfoot>" in text and "Add up all" not in text


def test_a_page_adds_up_itself_and_on_request_all_that_match(
    ann: User, client_of: ClientOf, deals: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """PLT-8: the page's own sum says so; "Add up all" adds what the filter leaves, whatever page is open."""
    client = client_of(ann)
    first = client.get(f"{DEALS}&size=25&sort=amount")
    assert not first.context["totals"].whole and cells(first)[0] == ["25,300"]
    assert "Total of this page" in first.content.decode()

    whole = client.get(f"{DEALS}&size=25&sort=amount&totals=1")
    assert whole.context["totals"].whole
    assert cells(whole) == [["30,435"], [], ["435"], ["15"]]

    def too_long(*_any: Any) -> Any:
        raise TookTooLong

    monkeypatch.setattr("core.web.totals._of_all", too_long)
    late = client.get(f"{DEALS}&size=25&sort=amount&totals=1")
    assert "Adding up all of them took too long." in late.content.decode() and cells(late)[0] == ["25,300"]


def test_amounts_of_other_currencies_are_told_at_home_or_stand_apart(ann: User, client_of: ClientOf) -> None:
    """PLT-7, PLT-8: a currency without a rate is not silently added to yen."""
    account = factories.make_account(ann)
    for code, amount in (("JPY", 1000), ("USD", 10)):
        factories.make("crm.deal", ann, name=code, account=account.pk, amount=Decimal(amount), currency=code)

    page = client_of(ann).get("/crm/deals/?view=all&columns=name+amount")

    assert len(page.context["totals"].cells[0]) == 2 and page.context["totals"].note


def test_rows_on_a_page_are_chosen_below_it(ann: User, client_of: ClientOf, deals: list[Any]) -> None:
    """PLT-8: the size stands in the address, as links; an unknown one falls back."""
    client = client_of(ann)
    page = client.get(f"{DEALS}&size=25").content.decode()

    assert all(f"size={size}" in page for size in (25, 50, 100, 200))
    assert len(client.get(f"{DEALS}&size=25").context["page"].records) == 25
    assert len(client.get(f"{DEALS}&size=7").context["page"].records) == 30
    assert "size=100" not in client.get("/crm/leads/?view=all").content.decode()
