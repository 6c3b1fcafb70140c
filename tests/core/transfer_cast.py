"""The cast: ann sells, bob leads her, carol is another team, dave lacks the app."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from core.access.models import AppAccess, Profile, Role, User
from core.access.people import place
from core.defaults import install
from core.record import write
from core.stamps import bump
from core.work import hints


@pytest.fixture
def no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    """No message goes out; tests work off the rows themselves with `drain`."""
    monkeypatch.setattr(hints, "send", lambda job_id: True)


@pytest.fixture
def roles(db: None) -> dict[str, Role]:
    install()
    made = {}
    for name, above in (("head", ""), ("east", "head"), ("rep", "east"), ("west", "head")):
        made[name] = Role.objects.create(name=name, parent=made.get(above))
        place(made[name])
    return made


@pytest.fixture
def person(roles: dict[str, Role]) -> Callable[..., User]:
    def make(given: str, role: str, *, profile: str = "Standard", apps: tuple[str, ...] = ("crm",), **more: Any) -> User:
        held = Profile.objects.get(name=profile)
        user = User.objects.create_user(
            f"{given.lower()}@example.jp", "pw", family_name="Weaver", given_name=given, role=roles[role], profile=held, **more
        )
        AppAccess.objects.bulk_create([AppAccess(user=user, app=app) for app in apps])
        bump("users")
        bump("access")
        return user

    return make


@pytest.fixture
def ann(person: Callable[..., User]) -> User:
    return person("Ann", "rep")


@pytest.fixture
def bob(person: Callable[..., User]) -> User:
    return person("Bob", "east", profile="Administrator")


@pytest.fixture
def carol(person: Callable[..., User]) -> User:
    return person("Carol", "west")


@pytest.fixture
def dave(person: Callable[..., User]) -> User:
    return person("Dave", "rep", apps=())


@pytest.fixture
def signed_in() -> Callable[[User], Client]:
    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def lead() -> Callable[..., Any]:
    """Make a lead of somebody's."""
    from core.actor import Actor

    def make(owner: User, family: str = "田中", given: str = "太郎", **values: Any) -> Any:
        return write.create("crm.lead", actor=Actor(owner), family_name=family, given_name=given, **values)

    return make
