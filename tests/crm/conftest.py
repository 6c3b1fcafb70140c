"""The cast of the CRM's tests: ann sells, bob leads her, carol is another team, dave lacks the app."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from core import stamps
from core.access.models import AppAccess, Profile, Role, User
from core.access.people import place
from core.actor import Actor
from core.defaults import install
from core.record.write import create
from core.stamps import bump


@pytest.fixture(autouse=True)
def fresh_caches() -> Iterator[None]:
    stamps._cache.clear()
    yield
    stamps._cache.clear()


class Cast:
    """People by name, and records made by ann unless said otherwise."""

    def __init__(self) -> None:
        install()  # a test with its own transactions begins with an emptied database
        top, team, other = Role(name="Lead"), Role(name="Sales"), Role(name="Other")
        top.save()
        place(top)
        for role in (team, other):
            role.parent = top if role is team else None
            role.save()
            place(role)
        self.ann = self.person("Ann", "Weaver", team)
        self.bob = self.person("Bob", "Fisher", top)
        self.carol = self.person("Carol", "Mori", other)
        self.dave = self.person("Dave", "Lock", other, app=False)
        bump("users")

    def person(self, given: str, family: str, role: Role, *, app: bool = True) -> User:
        standard = Profile.objects.get(name="Standard")
        user = User.objects.create(
            email=f"{given.lower()}@house.example", given_name=given, family_name=family, profile=standard, role=role
        )
        if app:
            AppAccess.objects.create(user=user, app="crm")
        return user

    def make(self, key: str, *, by: User | None = None, **values: Any) -> Any:
        return create(f"crm.{key}", actor=Actor(by or self.ann), **values)

    def lead(self, **values: Any) -> Any:
        return self.make(
            "lead",
            **{"family_name": "清水", "given_name": "一郎", "company": "たちつてと株式会社", "email": "i.shimizu@tachitsu.example"}
            | values,
        )

    def browser(self, user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client


@pytest.fixture
def cast(db: None) -> Cast:
    return Cast()


@pytest.fixture
def client_of() -> Callable[[User], Client]:
    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return sign_in
