"""PLT-6: fiscal years, eras, honorifics and postal codes, as a Japanese office has them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client
from django.utils.translation import override

from core.access.models import User
from core.actor import Actor
from core.criteria.compile import span
from core.field.look import Look
from core.organisation.changing import change
from core.organisation.fiscal import fiscal_label, quarter_of, year_of
from core.organisation.settings import addressed
from core.text.eras import era_day
from core.text.postal import places
from crm.models import Lead
from tests import factories

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]


@pytest.mark.parametrize(
    ("day", "written"),
    [
        (date(2026, 11, 22), "令和8年11月22日"),
        (date(2019, 5, 1), "令和元年5月1日"),
        (date(2019, 4, 30), "平成31年4月30日"),
        (date(1989, 1, 7), "昭和64年1月7日"),
        (date(1926, 12, 25), "昭和元年12月25日"),
        (date(1872, 12, 31), ""),
    ],
)
def test_the_day_an_era_began_belongs_to_it(day: date, written: str) -> None:
    """PLT-6: years of the era, by the days the eras began."""
    assert era_day(day) == written


def test_a_reader_chooses_years_of_the_era(ann: User) -> None:
    """PLT-6: the personal setting changes Japanese dates, not English ones."""
    ann.calendar, ann.language = "era", "ja"

    assert Look.of(ann).day(date(2026, 11, 22)) == "令和8年11月22日"
    ann.language = "en"
    assert Look.of(ann).day(date(2026, 11, 22)) == "22 Nov 2026"


def test_this_fiscal_year_follows_the_setting(admin: User) -> None:
    """PLT-6: a fiscal year from April; January still lies in last year's."""
    change(Actor(admin), fiscal_month=4)

    assert span("this_fiscal_year", None, date(2027, 1, 15)) == (date(2026, 4, 1), date(2027, 4, 1))
    assert span("last_fiscal_year", None, date(2027, 4, 1)) == (date(2026, 4, 1), date(2027, 4, 1))
    assert span("this_quarter", None, date(2027, 1, 15)) == (date(2027, 1, 1), date(2027, 4, 1))


def test_quarters_of_a_year_from_february_are_its_own(admin: User) -> None:
    """PLT-6: quarters begin where the fiscal year does."""
    change(Actor(admin), fiscal_month=2)

    assert quarter_of(date(2026, 4, 30)) == date(2026, 2, 1)
    assert quarter_of(date(2026, 1, 31)) == date(2025, 11, 1)
    with override("ja"):
        assert fiscal_label(year_of(date(2026, 1, 31))) == "2025年度"
        assert fiscal_label(date(2025, 11, 1), quarter=True) == "2025年度 第4四半期"
    with override("en"):
        assert fiscal_label(date(2025, 11, 1), quarter=True) == "FY2025/26 Q4"


def test_customers_are_addressed_as_the_organisation_wishes(client_of: ClientOf, ann: User, admin: User) -> None:
    """PLT-6: 様 after a customer's name for Japanese readers, nothing for English ones, nothing after our own names."""
    lead = factories.make_lead(owner=ann, family_name="田中", given_name="愛")
    change(Actor(admin), honorific="sama")
    User.objects.filter(pk=ann.pk).update(language="ja")

    page = client_of(User.objects.get(pk=ann.pk)).get(f"/crm/leads/{lead.pk}/").content.decode()

    assert '田中 愛<span class="honorific">様</span></h1>' in page
    with override("ja"):
        assert addressed("田中 愛") == "田中 愛 様"
    with override("en"):
        assert addressed("田中 愛") == "田中 愛"


def test_a_postal_code_in_any_form_finds_its_place() -> None:
    """PLT-6: the look-up knows the list of Japan Post, with no network."""
    assert [(one.region, one.city, one.street) for one in places("〒１０５－００１１")] == [("東京都", "港区", "芝公園")]
    assert places("600000") == places("9999999") == ()
    assert places("060-0000")[0].street == ""
    assert {one.region for one in places("498-0000")} == {"愛知県", "三重県"}


def test_the_form_fills_the_address_and_loses_nothing(client_of: ClientOf, ann: User) -> None:
    """PLT-6, PLT-5: the button beside the code works without script; what was typed elsewhere stays."""
    sent = {"family_name": "新田", "postal_code": "1050011", "street": "4-2-8", "fill": "postal_code", "description": "まだ保存しない"}

    page = client_of(ann).post("/crm/leads/new", sent).content.decode()

    for text in ('value="東京都"', 'value="港区"', 'value="芝公園4-2-8"', 'value="105-0011"', "まだ保存しない", 'value="新田"'):
        assert text in page
    assert not Lead.objects.exists()


def test_an_unknown_code_is_said_and_the_form_stays(client_of: ClientOf, ann: User) -> None:
    """PLT-6: a code nobody has leaves the address as it was."""
    page = client_of(ann).post("/crm/leads/new", {"family_name": "新田", "city": "横浜市", "postal_code": "12", "fill": "postal_code"})

    assert "seven digits" in page.content.decode()
    assert 'value="横浜市"' in page.content.decode()


def test_an_admin_sets_the_fiscal_year_and_the_audit_log_tells(client_of: ClientOf, admin: User) -> None:
    """PLT-6, ADM-5: the organisation's page saves, and who did it is known."""
    client = client_of(admin)

    body = {"name": "青葉商事", "fiscal_month": "4", "honorific": "san", "language": "ja", "time_zone": "Asia/Tokyo"}
    client.post("/admin_console/organisation/", body)

    assert 'value="青葉商事"' in client.get("/admin_console/organisation/").content.decode()
    assert "青葉商事" in client.get("/admin_console/audit/").content.decode()
