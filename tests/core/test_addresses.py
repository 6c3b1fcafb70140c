"""Names and addresses in the order of their country and of who reads (PLT-6)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils.translation import override

from core.access.models import User
from core.actor import Actor
from core.field.people import address_lines, western
from core.organisation.changing import change
from tests import factories

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]

# postal code, region, city, street, building, country
WRITTEN = [
    (("105-0011", "東京都", "港区", "芝公園4-2-8", "東京タワー", "JP"), ("〒105-0011", "東京都港区芝公園4-2-8", "東京タワー")),
    (("94105", "CA", "San Francisco", "1 Market St", "Suite 400", "US"),
     ("Suite 400", "1 Market St", "San Francisco, CA 94105", "United States")),
    (("80331", "Bayern", "München", "Marienplatz 1", "", "DE"), ("Marienplatz 1", "80331 München", "Germany")),
    (("SW1A 1AA", "", "London", "The Mall", "Buckingham Palace", "GB"),
     ("Buckingham Palace", "The Mall", "London", "SW1A 1AA", "United Kingdom")),
    (("100000", "北京市", "东城区", "长安街1号", "大厦", "CN"), ("100000", "北京市东城区", "长安街1号", "大厦", "China")),
    (("", "", "Lyon", "", "", "FR"), ("Lyon", "France")),
    (("", "", "Vaduz", "Städtle 1", "", "LI"), ("Städtle 1", "Vaduz", "Liechtenstein")),
    (("1", "", "Nowhere", "Road 1", "", "XX"), ("Road 1", "1 Nowhere", "XX")),
]  # fmt: skip


@pytest.mark.parametrize(("parts", "lines"), WRITTEN)
def test_an_address_is_written_as_its_country_writes_it(parts: tuple[str, ...], lines: tuple[str, ...]) -> None:
    """PLT-6: 〒 → prefecture → city → street → building in Japan; the order of each other country; nothing left over of empty parts."""
    with override("en"):
        assert address_lines(parts) == lines


def test_a_country_is_named_in_the_language_of_who_reads() -> None:
    """PLT-6"""
    with override("ja"):
        assert address_lines(("80331", "", "München", "Marienplatz 1", "", "DE"))[-1] == "ドイツ"


def test_without_a_country_it_is_that_of_the_organisation(admin: User) -> None:
    """PLT-6: who keeps accounts in yen means Japan; the currency is the one set in the console, not that of the installation."""
    parts = ("105-0011", "東京都", "港区", "芝公園4-2-8", "", "")
    change(Actor(admin), currency="JPY")
    assert address_lines(parts)[0] == "〒105-0011"

    change(Actor(admin), currency="EUR")

    assert address_lines(parts)[0] == "芝公園4-2-8"


@pytest.mark.parametrize(
    ("language", "name", "address"),
    [
        ("ja", ["family_name", "given_name", "family_kana", "given_kana"],
         ["postal_code", "region", "city", "street", "building", "country"]),
        ("en", ["given_name", "family_name", "given_kana", "family_kana"],
         ["street", "building", "city", "region", "postal_code", "country"]),
    ],
)  # fmt: skip
def test_a_form_asks_in_the_order_of_its_reader(language: str, name: list[str], address: list[str], ann: User, client_of: ClientOf) -> None:
    """PLT-6: nobody has the other one's order forced on them, in a new record and where a name is changed in its place."""
    User.objects.filter(pk=ann.pk).update(language=language)
    client, lead = client_of(ann), factories.make_lead(ann)

    def asked(page: Any) -> list[str]:
        return re.findall(r'id="id_(\w+)"', page.content.decode())

    form = asked(client.get("/crm/leads/new"))
    assert [key for key in form if key in name] == name and [key for key in form if key in address] == address
    assert [key for key in asked(client.get(f"/crm/leads/{lead.pk}/field/name")) if key in name] == name


def test_what_stands_between_keeps_its_place() -> None:
    assert western(["family_name", "company", "given_name", "billing_postal_code", "billing_street"]) == [
        "given_name", "company", "family_name", "billing_street", "billing_postal_code",
    ]  # fmt: skip
