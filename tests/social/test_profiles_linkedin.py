"""LinkedIn on a record: the icon lists profiles that match, the search can be changed, and what the level does not allow is said."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from core.access.models import User
from core.actor import Actor
from core.personal import erasing
from core.record.models import Tie
from core.record.write import create
from core.remote.models import Connection
from core.work.jobs import drain
from sandbox.running import Control
from social import own
from social.models import Profile
from tests.cast import page_of

from .linkedin_cast import agreed, at_level

HANAKO = "urn:li:person:8675309abc"


@pytest.fixture
def lead(people: dict[str, User]) -> Any:
    """A lead of ann's."""
    return create("crm.lead", actor=Actor(people["ann"]), family_name="佐藤", given_name="美和子", company="ひかり電子株式会社")


def where(record: Any, end: str = "") -> str:
    app, name = record._meta.label_lower.split(".")
    return f"/social/who/{app}/{name}s/{record.pk}/linkedin/{end}"


def signed_in(user: User, back: str, days: int = 0) -> tuple[Client, str]:
    """The whole way from the record's page; gives the browser and where it came back to."""
    browser = page_of(user, fresh=True)
    address = browser.get("/me/social/connect/linkedin/", {"back": back, "days": days}).headers["Location"]
    answer = browser.get("/social/connect/linkedin/callback", agreed(address, member="aoki-shun"))
    return browser, answer.headers["Location"]


def names(page: str) -> list[str]:
    return re.findall(r'aria-label="Associate ([^"]+)"', page)


def hit(page: str, name: str) -> str:
    """The sealed hit of a name."""
    found = re.findall(r'name="hit" value="([^"]+)"><button[^>]*aria-label="Associate ([^"]+)"', page)
    return next(unescape(sealed) for sealed, who in found if who == name)


def test_each_signs_in_once_from_the_icon_and_finds_by_name(people: dict[str, User], lead: Any, linked: Control, settings: Any) -> None:
    """SOC-20, SOC-21: without a sign-in the icon asks for one; back at the same search it lists who is called so; the search can be
    changed by company; one press links; what it tells stands on the record; it is changed and removed at any time."""
    at_level(settings, linked, "historic")
    asked = page_of(people["ann"]).get(where(lead)).content.decode()
    assert 'data-code="no_account"' in asked and "/me/social/connect/linkedin/?back=" in asked

    ann, back = signed_in(people["ann"], where(lead), days=30)
    assert urlsplit(back).path == where(lead) and Connection.objects.get(kind="personal").ends_at is not None
    listed = ann.get(back).content.decode()
    assert names(listed) == ["佐藤 美和子", "佐藤 美和子"] and "Change search" in listed
    changed = ann.get(where(lead), {"q": "佐藤 美和子", "company": "ひかり電子"}).content.decode()
    assert names(changed) == ["佐藤 美和子"] and "総務部長" in changed

    ann.post(where(lead, "link"), {"hit": hit(changed, "佐藤 美和子")})
    ann.post(where(lead, "look"))
    shown = ann.get(f"/crm/leads/{lead.pk}/").content.decode()
    assert "ひかり電子株式会社 総務部長" in shown and "お茶の水女子大学" in shown

    ann.post(where(lead, "link"), {"hit": hit(ann.get(where(lead), {"q": "佐藤 花子"}).content.decode(), "佐藤 花子")})
    assert Profile.objects.get(pk=Tie.objects.get(kind="profile").record_id).outside_id == HANAKO
    ann.post(where(lead, "unlink"))
    assert not Tie.objects.filter(kind="profile").exists()


def test_the_day_s_limit_says_until_when(people: dict[str, User], lead: Any, linked: Control, settings: Any) -> None:
    """SOC-4, SOC-23: counted anew at 00:00 UTC, told on the reader's clock."""
    at_level(settings, linked, "historic")
    ann, back = signed_in(people["ann"], where(lead))
    linked.do("linkedin/exhaust", bucket="profile search", member="aoki-shun")

    told = ann.get(back).content.decode()

    assert 'data-code="limited"' in told
    assert re.search(r"LinkedIn cannot be reached for now: its request limit is used up\. Try again after .*09:00\.", told)


def test_an_ordinary_level_says_why_and_what_works(people: dict[str, User], lead: Any, linked: Control) -> None:
    """SOC-1, SOC-18: no people search for software; LinkedIn's own search with name and company; the address links, and is met by
    its name later."""
    ann, back = signed_in(people["ann"], where(lead))
    told = ann.get(back).content.decode()
    assert 'data-code="level"' in told and "LinkedIn has no people search for software." in told
    assert "/search/results/people/?keywords=" in told and "Name on LinkedIn" not in told and "Change search" not in told

    ann.post(where(lead, "link"), {"address": "https://jp.linkedin.com/in/sato-miwako/?locale=ja"})

    assert Profile.objects.get().outside_id == "@sato-miwako"
    assert 'id="profile-linkedin"' in ann.get(f"/crm/leads/{lead.pk}/").content.decode()


def test_a_company_is_not_looked_for_among_people(people: dict[str, User], linked: Control) -> None:
    """SOC-21: leads and contacts alone."""
    account = create("crm.account", actor=Actor(people["ann"]), name="ひかり電子株式会社")

    assert page_of(people["ann"]).get(where(account)).status_code == 404


def test_a_page_asks_a_fixed_number_of_questions(
    people: dict[str, User], lead: Any, linked: Control, django_assert_max_num_queries: Any
) -> None:
    """SOC-10: three profiles cost what one does, but for one question of a network's own."""
    ann = page_of(people["ann"])
    counts = []
    for net, address in (("x", "x.com/hikari"), ("facebook", "facebook.com/hikari.denshi"), ("linkedin", "linkedin.com/in/sato-miwako")):
        ann.post(f"/social/who/crm/leads/{lead.pk}/{net}/link", {"address": address})
        ann.get(f"/crm/leads/{lead.pk}/")
        with django_assert_max_num_queries(40) as asked:
            ann.get(f"/crm/leads/{lead.pk}/")
        counts.append(len(asked.captured_queries))

    assert max(counts) - min(counts) <= 1, counts  # LinkedIn alone asks whether they were invited


def test_erasing_a_person_leaves_nothing_of_the_links(people: dict[str, User], linked: Control) -> None:
    """E3, SOC-18: what was linked by its address, what was typed, and whose it was."""
    her = create("crm.contact", actor=Actor(people["ann"]), family_name="佐藤", given_name="花子")
    ann = page_of(people["ann"])
    ann.post(where(her, "link"), {"address": "https://www.linkedin.com/in/sato-hanako"})
    ann.post(where(her, "note"), {"position": "課長"})
    assert Profile.objects.get().noted == {"position": "課長"}

    erasing.ask("crm.contact", her.pk, actor=Actor(people["root"]), reason="She asked")
    drain()

    assert not Profile.objects.exists() and not Tie.objects.filter(kind="profile").exists()


def test_an_own_account_taken_off_finds_nobody_any_more(people: dict[str, User], lead: Any, linked: Control, settings: Any) -> None:
    """SOC-3: from the press on, and the page asks for a sign-in again."""
    at_level(settings, linked, "historic")
    ann, back = signed_in(people["ann"], where(lead))
    assert names(ann.get(back).content.decode())

    own.leave(Connection.objects.get(kind="personal"))

    assert 'data-code="no_account"' in ann.get(back).content.decode()
