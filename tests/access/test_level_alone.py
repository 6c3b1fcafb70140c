"""Levels look after the organisation, not after its records (A8, PLT-24)."""

from __future__ import annotations

from typing import Any

import pytest

from core.access.gate import RIGHTS, can, queryset
from core.access.models import Profile, User
from core.module.registry import module
from tests.factories import make_lead, make_user

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("level", ["account", "suite"])
def test_a_level_alone_opens_nobodys_records(level: str, carol: User, client_of: Any) -> None:
    """A8, PLT-24, ADM-1: what profile and role do not open stays shut to an admin of the whole house: page, list, search, each right."""
    narrow = Profile.objects.create(name="Own alone", rights={"crm.lead": list(RIGHTS)}, features=["export"])
    head = make_user("head", level=level)
    User.objects.filter(pk=head.pk).update(level=level, profile=narrow, role=None)
    head = User.objects.anew(head.pk)
    theirs, own = make_lead(carol, family_name="Theirs"), make_lead(head, family_name="Theirs")
    client, leads = client_of(head), module("crm.lead")

    for right in ("view", "edit", "delete", "export", "bulk", "transfer"):
        assert can(head, leads, right, own) and not can(head, leads, right, theirs), right
        assert list(queryset(head, leads, right)) == [own], right
    assert [client.get(f"/crm/leads/{one.pk}/").status_code for one in (theirs, own)] == [404, 200]
    assert client.post(f"/crm/leads/{theirs.pk}/edit", {"family_name": "Mine", "version": "1"}).status_code == 404
    for where in ("/crm/leads/", "/search?q=Theirs"):
        page = client.get(where).content.decode()
        assert f"/crm/leads/{own.pk}/" in page and f"/crm/leads/{theirs.pk}/" not in page, where


@pytest.mark.parametrize("level", ["account", "suite"])
def test_a_level_without_a_profile_opens_no_module(level: str, carol: User) -> None:
    """A8, PLT-25: the profile alone says what may be done with records."""
    head, theirs = make_user("head", level=level), make_lead(carol)
    User.objects.filter(pk=head.pk).update(level=level, profile=None, role=None)
    head = User.objects.anew(head.pk)

    assert not any(can(head, "crm.lead", right) for right in RIGHTS)
    assert not queryset(head, "crm.lead").filter(pk=theirs.pk).exists()
