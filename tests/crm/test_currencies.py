"""Amounts of several currencies as one sum, wherever deals are added up (PLT-7)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.access.models import User
from core.actor import Actor
from core.event.timeline import timeline
from core.field.look import Look
from core.module.registry import module
from core.money import rates
from core.money.models import Rate
from core.record import write
from core.stamps import bump
from core.web import board, panels
from tests.crm.reports_cast import *  # noqa: F403
from tests.crm.reports_cast import NOW, client_of, person
from tests.crm.test_reports import shown

NOTE = "Amounts in USD are converted into JPY at the rate of their closing date, or of today while that lies ahead."


@pytest.fixture(autouse=True)
def _clock() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def rate(currency: str, value: str, since: date = date(2026, 1, 1), home: str = "JPY") -> Rate:
    made = Rate.objects.create(currency=currency, home=home, rate=Decimal(value), valid_from=since)
    bump("rates")
    return made


@pytest.fixture
def dollars(db: Any) -> None:
    """A dollar was worth 100 yen, 150 from November on, and will be 999 from December on."""
    for value, since in (("100", date(2026, 1, 1)), ("150", date(2026, 11, 1)), ("999", date(2026, 12, 1))):
        rate("USD", value, since)


@pytest.mark.parametrize(
    ("closing", "worth"),
    [
        (date(2026, 10, 31), 1000),  # the rate of its day
        (date(2026, 11, 1), 1500),  # from the first day of a rate on
        (date(2025, 5, 5), 1000),  # before the first rate: the first
        (date(2026, 12, 24), 1500),  # still to come: today's, not one that has not begun
        (None, 1500),  # no day: today's
    ],
)
def test_an_amount_counts_at_the_rate_of_its_closing_date(
    dollars: None, ann: User, deal: Any, closing: date | None, worth: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PLT-7: the same in SQL, and in Python for a board's few cards."""
    deal(ann, amount=10, currency="USD", closing_on=closing)

    few = client_of(ann).get("/crm/deals/board").context["lanes"][0].sums
    monkeypatch.setattr(board, "CARDS", 0)
    many = client_of(ann).get("/crm/deals/board").context["lanes"][0].sums

    assert few == many == [f"¥{worth:,}"]
    assert shown(ann, "", "sum.amount").foot.cells == [f"¥{worth:,}"]


def test_a_currency_without_a_rate_stands_apart_everywhere(dollars: None, ann: User, deal: Any, account: Any) -> None:
    """PLT-7: never added one to one, and the page says so."""
    for amount, currency in ((100, "JPY"), (10, "usd"), (7, "GBP")):
        deal(ann, amount=amount, currency=currency, closing_on=date(2026, 11, 27))
    client = client_of(ann)

    lane = client.get("/crm/deals/board")
    home = client.get("/crm/")
    page = client.get(f"/crm/accounts/{account.pk}/").content.decode()
    report = shown(ann, "stage", "sum.amount avg.amount count")

    apart = "There is no rate for GBP, so these amounts stand apart."
    assert lane.context["lanes"][0].sums == ["¥1,600", "£7"]
    assert lane.context["money_note"] == f"{NOTE} {apart}"
    assert home.context["closing"]["sums"] == ["¥1,600", "£7"]
    assert "£7" in home.content.decode() and apart in home.content.decode()
    assert "¥1,600, £7" in page and NOTE in page and apart in page
    assert report.numbers == ["Amount (JPY)", "Amount (GBP)", "Amount, average (JPY)", "Amount, average (GBP)", "Number"]
    assert report.foot.cells == ["¥1,600", "£7", "¥800", "£7", "3"]
    assert report.notes[:2] == [NOTE, apart]


def test_the_deals_of_an_account_add_up_alike_whether_few_or_many(
    dollars: None, ann: User, deal: Any, account: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PLT-7, CRM-6 a: few are added up as they stand on the page, without a question of their own; many by the database."""
    for amount, currency, more in (
        (100, "JPY", {}),
        (10, "USD", {"closing_on": date(2026, 10, 31)}),
        (10, "USD", {"closing_on": date(2026, 11, 27), "stage": "won"}),
        (7, "GBP", {"stage": "won"}),
        (None, "JPY", {}),
    ):
        deal(ann, amount=amount, currency=currency, **more)
    client = client_of(ann)

    def told() -> tuple[Any, str, int]:
        with CaptureQueriesContext(connection) as asked:
            deals = client.get(f"/crm/accounts/{account.pk}/").context["related"][0]
        return deals["totals"], deals["totals_note"], len(asked)

    told()  # what a process reads once
    totals, note, asked = told()
    monkeypatch.setattr(panels, "FETCHED", 1)
    again = told()

    assert [(one["outcome"], one["n"], str(one["money"])) for one in totals] == [("open", 3, "¥1,100"), ("won", 2, "¥1,500, £7")]
    assert again[:2] == (totals, note) and note.startswith(NOTE)
    assert asked < again[2]


def test_all_in_the_home_currency_needs_no_word_about_rates(ann: User, deal: Any, account: Any) -> None:
    """PLT-7: who sells in one currency never hears of others."""
    deal(ann, amount=100, closing_on=date(2026, 11, 27))
    client = client_of(ann)

    pages = [client.get(where).content.decode() for where in ("/crm/", "/crm/deals/board", f"/crm/accounts/{account.pk}/")]

    assert [page for page in pages if "converted" in page or "no rate" in page] == []


def test_the_forecast_and_what_was_won_count_every_currency_with_a_rate(dollars: None, ann: User, deal: Any) -> None:
    """PLT-7, CRM-6: won and expected in the home currency, and the list behind a figure holds the same deals."""
    deal(ann, "won", amount=10, currency="USD", closing_on=date(2026, 11, 3), stage="won")
    deal(ann, "old", amount=10, currency="USD", closing_on=date(2026, 10, 3), stage="won")
    deal(ann, "open", amount=10, currency="USD", closing_on=date(2026, 11, 30), stage="proposal", probability=50)
    deal(ann, "odd", amount=5, currency="GBP", closing_on=date(2026, 11, 3), stage="won")
    client = client_of(ann)

    found = client.get(reverse("crm-report", args=["forecast"])).context["shown"]
    lines = {line.headings[0]: line for line in found.lines}
    won = client.get("/crm/").context["won"]

    assert (lines["Nov 2026"].cells[:2], lines["Oct 2026"].cells[:2]) == (["¥1,500", "¥750"], ["¥1,000", "¥0"])
    assert "There is no rate for GBP, so these amounts are not counted." in found.notes
    assert (won["sum"], won["apart"]) == ("¥2,500", ["£5"])
    listed = client.get(lines["Nov 2026"].url).content.decode()
    assert "won" in listed and "open" in listed and ">odd<" not in listed


def test_a_sum_is_rounded_to_the_smallest_coin(ann: User, deal: Any) -> None:
    """PLT-7: no thousandths of a yen."""
    rate("USD", "150.12345678")
    deal(ann, amount="10.01", currency="USD")

    assert shown(ann, "", "sum.amount").foot.cells == ["¥1,503"]


def test_rates_into_another_home_currency_are_left_out(ann: User, deal: Any) -> None:
    """PLT-7: when the home currency changes, old rates are not misread as rates into the new one."""
    rate("USD", "0.9", home="EUR")
    deal(ann, amount=10, currency="USD")

    assert rates.codes() == []
    assert shown(ann, "", "sum.amount").foot.cells == ["$10"]


def test_rates_cost_no_query_more(ann: User, deal: Any) -> None:
    """PLT-7, performance: sums stay one query, whatever stands in the table of rates."""
    for currency in ("JPY", "USD", "EUR"):
        deal(ann, amount=10, currency=currency)
    rate("GBP", "200")
    client = client_of(ann)

    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            client.get("/crm/deals/board")
        return len(caught)

    client.get("/crm/deals/board")
    without = queries()
    for month in range(1, 11):
        rate("USD", f"{140 + month}", date(2026, month, 1))
        rate("EUR", f"{160 + month}", date(2026, month, 1))
    client.get("/crm/deals/board")

    assert queries() == without


# The table in the console ------------------------------------------------------------------------------------------


@pytest.fixture
def root(roles: Any) -> Any:
    made = person("root", None, apps=("crm", "admin_console"), profile="Administrator")
    made.level = "account"
    made.save()
    return client_of(made)


WHERE = "/admin_console/currencies/"


def test_an_admin_adds_changes_and_deletes_rates_and_the_audit_log_has_it_all(root: Any, ann: User, deal: Any) -> None:
    """PLT-7, ADM-8: what a sum says follows at the next request."""
    deal(ann, amount=10, currency="USD")
    seen = lambda: client_of(ann).get("/crm/deals/board").context["lanes"][0].sums  # noqa: E731

    assert seen() == ["$10"]
    assert root.post(WHERE, {"currency": "ｕｓｄ", "rate": "１５０.５", "valid_from": "2026-01-01"}).status_code == 302
    assert seen() == ["¥1,505"]
    pk = Rate.objects.get().pk
    assert root.post(f"{WHERE}{pk}", {"rate": "1,000", "valid_from": "2026-01-02"}).status_code == 302
    assert seen() == ["¥10,000"]
    assert root.post(f"{WHERE}{pk}/delete").status_code == 302
    assert seen() == ["$10"]
    audit = root.get("/admin_console/audit/").content.decode()
    assert [audit.count(f"Exchange rate of USD {act}") for act in ("added", "changed", "deleted")] == [1, 1, 1]
    assert "150.5" in audit and "1000" in audit


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"currency": "QQQ"}, "There is no currency with these letters."),
        ({"currency": "JPY"}, "This is the home currency itself."),
        ({"rate": "0"}, "Use a number above zero"),
        ({"rate": "-1"}, "Use a number above zero"),
        ({"rate": "NaN"}, "Use a number above zero"),
        ({"rate": "a lot"}, "This is not a number."),
        ({"rate": "1.123456789"}, "Use 8 decimal places at most."),
        ({"valid_from": ""}, "This field is required."),
        ({"valid_from": "2026-01-01"}, "There is a rate of this currency from this day on already."),
    ],
)
def test_a_rate_that_cannot_be_is_refused_and_what_was_typed_stays(root: Any, sent: dict[str, str], said: str) -> None:
    """PLT-7, PLT-11"""
    rate("USD", "150")
    before = Rate.objects.count()

    answer = root.post(WHERE, {"currency": "USD", "rate": "151.5", "valid_from": "2026-02-01", **sent})

    text = answer.content.decode()
    assert (answer.status_code, Rate.objects.count()) == (422, before)
    assert said in text
    assert 'value="USD"' in text or "currency" in sent


def test_the_page_says_which_rate_holds(root: Any, dollars: None) -> None:
    """PLT-7: of several rates of one currency, one holds today."""
    rate("GBP", "201.30500001")

    lines = root.get(WHERE).context["lines"]

    assert [(one["worth"], one["state"]) for one in lines] == [
        ("201.30500001 JPY", "now"),
        ("999 JPY", "later"),
        ("150 JPY", "now"),
        ("100 JPY", "past"),
    ]


def test_a_deal_keeps_its_own_currency(dollars: None, ann: User, deal: Any) -> None:
    """PLT-7: money carries its currency; only sums are told in the home currency."""
    made = deal(ann, amount="12.50", currency="USD")

    write.update(made, actor=Actor(ann), next_step="Call")

    assert "$12.50" in client_of(ann).get(f"/crm/deals/{made.pk}/").content.decode()


def test_what_became_of_an_amount_is_told_in_the_currency_of_its_time(ann: User, deal: Any) -> None:
    """PLT-7, PLT-10: on the timeline, of a deal whose currency changed, too."""
    made = deal(ann, amount=1000, currency="USD")
    write.update(made, actor=Actor(ann), amount=2000)
    write.update(made, actor=Actor(ann), amount=3000, currency="EUR")
    write.update(made, actor=Actor(ann), amount=4000)

    items = timeline(ann, module("crm.deal"), made, Look.of(ann), limit=50).items
    told = " ".join(str(line) for one in items for line in one.lines)

    for was, now in (("€3,000", "€4,000"), ("$2,000", "€3,000"), ("$1,000", "$2,000")):
        assert f'Amount: <span class="was">{was}</span> → {now}' in told
    assert "¥" not in told


def test_a_conflict_about_an_amount_shows_each_in_its_currency(ann: User, deal: Any, account: Any) -> None:
    """PLT-7, PLT-11."""
    made = deal(ann, amount=1000, currency="USD")
    write.update(made, actor=Actor(ann), amount=2000)

    sent = {"name": made.name, "amount": "3000", "currency": "USD", "stage": made.stage, "account": account.pk, "version": "1"}
    asked = client_of(ann).post(f"/crm/deals/{made.pk}/edit", sent)

    assert asked.status_code == 409
    clash = next(one for one in asked.context["clashes"] if one["field"].key == "amount")
    assert (clash["mine"], clash["theirs"]) == ("$3,000", "$2,000")


def test_the_board_s_note_stands_above_the_columns_and_follows_a_card(dollars: None, ann: User, deal: Any) -> None:
    """PLT-7, CRM-7: not among the columns, and part of what comes back when a card was moved by script."""
    deal(ann, amount=10, currency="USD")
    client = client_of(ann)

    page = client.get("/crm/deals/board").content.decode()
    part = client.get("/crm/deals/board", headers={"HX-Request": "true", "HX-Target": "board"}).content.decode()

    assert page.index(NOTE) < page.index('class="list-body"')
    assert NOTE in part and 'hx-select-oob="#toasts,#board-note"' in part
