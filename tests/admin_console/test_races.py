"""Two admins act at the same moment, on real connections of both databases (ADM-2, ADM-6, A10)."""

from __future__ import annotations

from typing import Any

import pytest

from admin_console import adding, licences, people
from admin_console.models import Subscription
from core import clock, stamps
from core.access.models import Profile, User
from core.actor import Actor
from core.record.write import Refused
from tests import factories
from tests.core.test_work_services import shared_database  # noqa: F401
from tests.crm.test_conversion_race import together


@pytest.fixture
def house(shared_database: str) -> None:  # noqa: F811
    stamps._cache.clear()
    Subscription.objects.create(pk=1, plan="own", since=clock.now())


def chief(name: str) -> User:
    return factories.make_user(name, level="account", profile="Administrator")


@pytest.mark.parametrize("act", ["stand_down", "deactivate", "delete"])
def test_two_account_admins_cannot_put_one_another_out(act: str, house: Any) -> None:
    """A10: the last one deleted, deactivated or made less from two browsers at once; one act passes, one admin stays."""
    one, two = chief("one"), chief("two")
    do = {
        "stand_down": lambda person, by: people.stand_down(person, actor=Actor(by)),
        "deactivate": lambda person, by: people.deactivate(person, None, actor=Actor(by)),
        "delete": lambda person, by: people.delete(person, None, actor=Actor(by)),
    }[act]

    found = together(lambda: do(two, one), lambda: do(one, two))

    assert sum(isinstance(answer, Exception) for answer in found) == 1, found
    assert User.objects.filter(level="account", is_active=True).count() == 1


def test_of_two_invitations_at_the_last_licence_one_wins(house: Any) -> None:
    """ADM-6: the other is refused with the number, and adds nobody."""
    boss = chief("boss")
    for number in range(9):
        factories.make_user(f"p{number}")
    Subscription.objects.filter(pk=1).update(plan="trial")
    standard = Profile.objects.get(name="Standard")

    def invite(email: str) -> Any:
        wish = adding.Wish(email=email, family_name="New", profile=standard, apps=("crm", "social"))
        return adding.add([wish], actor=Actor(User.objects.get(pk=boss.pk)))

    found = together(lambda: invite("a@example.com"), lambda: invite("b@example.com"))

    assert sorted(type(one).__name__ for one in found) == ["NoLicence", "list"], found
    assert licences.standing().left == 0 and User.objects.filter(email__in=["a@example.com", "b@example.com"]).count() == 1
    assert all(isinstance(one, list | Refused) for one in found)
