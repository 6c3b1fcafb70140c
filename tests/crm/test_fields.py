"""The fields that a rep finds on a lead, an account, a contact, a deal and an activity from the first day (CRM-1 to CRM-8)."""

from __future__ import annotations

import re
from typing import Any

import pytest

pytestmark = pytest.mark.django_db
NAME = "family_name given_name family_kana given_kana"
REACH = "email email2 phone mobile website x_handle facebook linkedin email_opt_out"
ADDRESS = "postal_code region city street building country"
FIELDS = {
    "leads": f"{NAME} company job_title department {REACH} source status rating industry employees annual_revenue {ADDRESS} description "
    "tags owner",
    "accounts": "name name_kana phone fax website industry type parent employees annual_revenue x_handle facebook linkedin "
    f"primary_contact owner tags description {' '.join(f'{kind}_{part}' for kind in ('billing', 'shipping') for part in ADDRESS.split())}",
    "contacts": f"{NAME} account job_title department reports_to birthday source {REACH} {ADDRESS} description tags owner",
    "deals": "name account contact amount currency pipeline stage probability closing_on type source campaign next_step competitor "
    "lost_reason description owner tags",
    "activities": "kind subject status priority due_on owner lead contact account deal starts_at ends_at place remind_before repeat "
    "direction minutes result description",
}


@pytest.mark.parametrize("path", FIELDS)
def test_a_record_is_made_directly_with_all_it_can_hold(path: str, cast: Any) -> None:
    """CRM-1, CRM-2, CRM-3, CRM-5, CRM-8: the form of a new one asks for each, with no other record before it."""
    page = cast.browser(cast.ann).get(f"/crm/{path}/new").content.decode()

    asked = set(re.findall(r'name="(\w+)"', page))
    assert {key for key in FIELDS[path].split() if key not in asked and f"{key}__freq" not in asked} == set()


@pytest.mark.parametrize("path", ["leads", "contacts"])
def test_score_and_photo_stand_on_a_persons_page(path: str, cast: Any) -> None:
    """CRM-1, CRM-3: the score with its reasons, and the way to a photo."""
    record = cast.make(path.removesuffix("s"), family_name="Sato")

    page = cast.browser(cast.ann).get(f"/crm/{path}/{record.pk}/").content.decode()

    assert f'href="/crm/{path}/{record.pk}/score"' in page and f'href="/crm/{path}/{record.pk}/photo"' in page
