"""Profiles that go along when a lead becomes a contact, and come off again when that is undone (SOC-10, CRM-13)."""

from __future__ import annotations

from typing import Any

import pytest

from core.access.models import User
from core.action.registry import run
from core.actor import Actor
from core.record.write import create
from social import people as whose
from social.networks.items import Person


@pytest.fixture
def priya(people: dict[str, User]) -> tuple[Actor, Any, Any]:
    """A lead of ann's with two profiles; a contact of hers with one of another network."""
    actor = Actor(people["ann"])
    lead = create("crm.lead", actor=actor, family_name="Nair", given_name="Priya", company="Tea Ltd", email="priya@tea.example")
    contact = create("crm.contact", actor=actor, family_name="Nair", given_name="Priya", email="priya@tea.example")
    for network, handle in (("x", "priya_n"), ("facebook", "priya.nair")):
        whose.link(whose.by_address(network, handle), lead, actor=actor, how="address")
    whose.link(whose.by_address("linkedin", "priya-nair"), contact, actor=actor, how="address")
    return actor, lead, contact


def linked(record: Any) -> dict[str, str]:
    return {one.network: one.handle for one in whose.linked_to(record._meta.label_lower, record.pk)}


def converted(actor: Actor, lead: Any, contact: Any) -> None:
    run("crm.convert_lead", lead, actor=actor, account="none", contact=contact.pk)
    lead.refresh_from_db()


def test_undoing_takes_off_what_the_conversion_brought(priya: tuple[Actor, Any, Any]) -> None:
    """CRM-13: the contact that was there before keeps its own profile alone; the lead has its two."""
    actor, lead, contact = priya
    converted(actor, lead, contact)
    assert linked(contact) == {"x": "priya_n", "facebook": "priya.nair", "linkedin": "priya-nair"}

    run("crm.undo_conversion", lead, actor=actor)

    assert linked(contact) == {"linkedin": "priya-nair"}
    assert linked(lead) == {"x": "priya_n", "facebook": "priya.nair"}


def test_what_somebody_touched_since_stays(priya: tuple[Actor, Any, Any]) -> None:
    """CRM-13: linked anew by hand, or another one in its place, is theirs; what was there before the conversion always was."""
    actor, lead, contact = priya
    converted(actor, lead, contact)
    whose.link(whose.by_address("x", "priya_n"), contact, actor=actor, how="search")
    other = whose.keep("facebook", [Person("77", name="Priya N.")])["77"]
    whose.link(other, contact, actor=actor, how="search")

    run("crm.undo_conversion", lead, actor=actor)

    assert {one.pk for one in whose.linked_to("crm.contact", contact.pk)} == {
        whose.by_address("x", "priya_n").pk,
        other.pk,
        whose.by_address("linkedin", "priya-nair").pk,
    }


def test_a_conversion_done_anew_carries_anew(priya: tuple[Actor, Any, Any]) -> None:
    """CRM-13: undone, converted, undone: as at the beginning."""
    actor, lead, contact = priya
    for _time in range(2):
        converted(actor, lead, contact)
        assert set(linked(contact)) == {"x", "facebook", "linkedin"}
        lead = run("crm.undo_conversion", lead, actor=actor)
        assert set(linked(contact)) == {"linkedin"}


def test_a_contact_that_was_made_can_be_undone_with_profiles(priya: tuple[Actor, Any, Any]) -> None:
    """CRM-13: profiles that came with the lead are nothing that somebody added."""
    actor, lead, _contact = priya
    made = run("crm.convert_lead", lead, actor=actor, account="none", contact="new")
    assert set(linked(made)) == {"x", "facebook"}
    lead.refresh_from_db()

    run("crm.undo_conversion", lead, actor=actor)

    made.refresh_from_db()
    assert made.deleted_at is not None
    assert set(linked(lead)) == {"x", "facebook"}
