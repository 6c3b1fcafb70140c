"""A person at LinkedIn on a record's page: found, linked, who they are, invited; and what works where the level has none of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from core import clock
from core.access.models import User
from core.actor import Actor
from core.exchange.models import Delivery
from core.record.write import create
from core.work.jobs import drain
from sandbox.running import Control
from social.forgetting import forget_due
from social.models import Post, Profile
from social.people import by_address, link
from tests.cast import page_of

from .linkedin_cast import HANAKO, at_level, own_account
from .test_profiles import page, where

NET = "linkedin"


@pytest.fixture
def contact(people: dict[str, User]) -> Any:
    return create("crm.contact", actor=Actor(people["ann"]), family_name="佐藤", given_name="花子")


@pytest.fixture
def linked_contact(people: dict[str, User], linked: Control, settings: Any, contact: Any) -> Any:
    """The contact with her profile, found by the search and linked; ann has an account of her own."""
    at_level(settings, linked, "historic")
    own_account(people["ann"])
    ann = page_of(people["ann"])
    found = ann.get(where(contact, net=NET), {"q": "佐藤", "company": "たちつて"}).content.decode()
    sealed = found.split('name="hit" value="')[1].split('"')[0]
    ann.post(where(contact, "link", NET), {"hit": sealed})
    return contact


def test_found_by_name_and_company_and_linked(people: dict[str, User], linked_contact: Any) -> None:
    """SOC-21: the pop-up is filled with the name and takes company, title and school; the one that fits is linked by a click."""
    profile = Profile.objects.get(network=NET)
    assert (profile.outside_id, profile.handle, profile.name) == (HANAKO, "sato-hanako", "佐藤 花子")
    opened = page_of(people["ann"]).get(where(linked_contact, net=NET)).content.decode()
    for name in ("company", "title", "school"):
        assert f'name="{name}"' in opened


def test_headline_position_education_and_work(people: dict[str, User], linked_contact: Any, linked: Control) -> None:
    """SOC-22: opening the record asks once a day; a day later it is gone, until somebody opens it again."""
    ann = page_of(people["ann"])
    for _time in range(2):
        shown = ann.post(where(linked_contact, "look", NET), headers={"HX-Request": "true"}).content.decode()
    for words in (
        "購買部 課長",
        "課長, たちつて株式会社 (2020 – )",
        "主任, 緑風商事株式会社 (2012 – 2020)",
        "学士, 東京大学 (2000 – 2004)",
    ):
        assert words in shown
    asked = [one for one in linked.get("linkedin/requests", limit=1000)["requests"] if one["endpoint"] == "linkedin.people.full"]
    assert len(asked) == 1
    with time_machine.travel(clock.now() + timedelta(hours=25)):
        forget_due(clock.now())
        profile = Profile.objects.get(network=NET)
        assert (profile.background, profile.name, profile.handle) == ({}, "", "sato-hanako")
        ann = page_of(people["ann"], fresh=True)
        assert "たちつて株式会社" not in page(ann, linked_contact)
        again = ann.post(where(linked_contact, "look", NET), headers={"HX-Request": "true"}).content.decode()
        assert "課長, たちつて株式会社" in again


def test_an_invitation_goes_out_once_with_ones_own_account(people: dict[str, User], linked_contact: Any) -> None:
    """SOC-22, SOC-6: written by the person, shown with its state; a second one says that LinkedIn has the first."""
    ann = page_of(people["ann"])
    at = where(linked_contact, "invite", NET)
    assert at in page(ann, linked_contact)
    assert "Goes out as maeda-mei on LinkedIn." in ann.get(at).content.decode()
    assert ann.post(at, {"text": "x" * 301}).status_code == 422

    for _press in range(2):
        answer = ann.post(at, {"text": "展示会ではありがとうございました。", "once": "one-form"})
    drain()

    sent = Delivery.objects.get(action="invitation")
    assert (answer.status_code, sent.state, sent.text, sent.target) == (
        302,
        "sent",
        "展示会ではありがとうございました。",
        {"person": HANAKO},
    )
    assert "Invited" in page(ann, linked_contact)
    # Said to one person alone: no post of the house's, and on nobody's timeline but hers.
    assert not Post.objects.filter(text=sent.text).exists()
    timeline = f"/crm/contacts/{linked_contact.pk}/timeline"
    assert sent.text in ann.get(timeline).content.decode()
    assert sent.text not in page_of(people["root"]).get(timeline).content.decode()
    ann.post(at, {"text": ""})
    drain()
    assert "Not sent" in page(ann, linked_contact)


def test_whoever_has_no_account_signs_in_first(people: dict[str, User], linked_contact: Any) -> None:
    """SOC-15, SOC-20: another person does not speak with ann's account."""
    shown = page_of(people["bob"]).get(where(linked_contact, "invite", NET)).content.decode()
    assert "Sign in first." in shown and "/me/social/connect/linkedin/" in shown
    page_of(people["bob"]).post(where(linked_contact, "invite", NET), {"text": ""})
    assert not Delivery.objects.exists()


def test_no_app_of_social_is_needed_to_invite(people: dict[str, User], linked_contact: Any) -> None:
    """SOC-17, SOC-22: dave has the CRM alone; with an account of his own he invites, for nobody speaks for the house with it."""
    type(linked_contact).objects.filter(pk=linked_contact.pk).update(owner=people["dave"])
    own_account(people["dave"], "aoki-shun")
    page_of(people["dave"]).post(where(linked_contact, "invite", NET), {"text": ""})
    drain()
    sent = Delivery.objects.get()
    # At LinkedIn the two are connected already: it says so, and nothing here held it back.
    assert (sent.asked_by, sent.state) == (people["dave"], "failed")
    assert sent.why.startswith("LinkedIn does not take this invitation: you are connected already")


def test_the_daily_limit_is_told_on_the_page(people: dict[str, User], linked_contact: Any, linked: Control) -> None:
    """SOC-23: searches and invitations of the day are used up: when to try again, in the reader's time."""
    ann = page_of(people["ann"])
    linked.do("linkedin/exhaust", bucket="profile search", member="maeda-mei")
    found = ann.get(where(linked_contact, net=NET), {"q": "佐藤"}).content.decode()
    assert "LinkedIn cannot be reached for now: its request limit is used up. Try again after" in found
    linked.do("linkedin/exhaust", bucket="invitations", member="maeda-mei")
    ann.post(where(linked_contact, "invite", NET), {"text": ""})
    drain()
    assert Delivery.objects.get().state == "waiting"
    assert "its request limit is used up. Try again after" in page(ann, linked_contact)


def test_at_an_ordinary_level_one_links_by_address_and_opens_linkedin(people: dict[str, User], linked: Control, contact: Any) -> None:
    """SOC-1, SOC-18: neither searched nor invited from here; the reasons, the address, and LinkedIn's own pages."""
    ann = page_of(people["ann"])
    opened = ann.get(where(contact, net=NET)).content.decode()
    assert "LinkedIn has no people search for software." in opened and "/search/results/people/" in opened
    ann.post(where(contact, "link", NET), {"address": "https://www.linkedin.com/in/sato-hanako/"})
    assert f"{linked.url}/in/sato-hanako/" in page(ann, contact)
    shown = ann.get(where(contact, "invite", NET)).content.decode()
    assert "contract partners only" in shown and f"{linked.url}/in/sato-hanako/" in shown
    ann.post(where(contact, "invite", NET), {"text": ""})
    assert not Delivery.objects.exists()


def test_what_people_typed_stays(people: dict[str, User], linked: Control, contact: Any) -> None:
    """SOC-18, SOC-22: facts kept by hand and a link by address have no end."""
    ann = page_of(people["ann"])
    profile = by_address(NET, "sato-hanako")
    link(profile, contact, actor=Actor(people["ann"]), how="address")
    ann.post(where(contact, "note", NET), {"position": "購買部の窓口"})
    with time_machine.travel(clock.now() + timedelta(days=400)):
        forget_due(clock.now())
        ann = page_of(people["ann"], fresh=True)
        assert "購買部の窓口" in page(ann, contact)
        assert "/in/sato-hanako/" in page(ann, contact)
