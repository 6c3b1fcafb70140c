"""The cast of the tests of reports, home and board: ann sells, bob leads her, carol is another team, dave lacks the app."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.test import Client
from django.utils.translation import override

from core.access.models import AppAccess, Profile, Role, User
from core.access.people import place
from core.actor import Actor
from core.module.registry import module
from core.record import write

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)  # noon in Tokyo, a Saturday


def person(name: str, role: Role | None, *, apps: tuple[str, ...] = ("crm",), profile: str = "Standard") -> User:
    made = User.objects.create_user(
        f"{name}@aoba.example", "pass-word-1", family_name=name.title(), profile=Profile.objects.get(name=profile), role=role
    )
    for app in apps:
        AppAccess.objects.create(user=made, app=app)
    from core.stamps import bump

    bump("users")
    return made


def fresh(user: User) -> User:
    """The user as a new request would load them, without rights gathered before."""
    return User.objects.get(pk=user.pk)


def role(name: str, above: Role | None = None) -> Role:
    made = Role.objects.create(name=name, parent=above)
    place(made)
    return made


@pytest.fixture(autouse=True)
def _english() -> Any:
    """Requests leave the reader's language behind in the thread."""
    with override("en"):
        yield


@pytest.fixture
def roles(db: Any) -> dict[str, Role]:
    head = role("Head")
    lead = role("Sales lead", head)
    return {"lead": lead, "sales": role("Sales", lead), "other": role("Other team", head)}


@pytest.fixture
def ann(roles: dict[str, Role]) -> User:
    return person("ann", roles["sales"])


@pytest.fixture
def bob(roles: dict[str, Role]) -> User:
    return person("bob", roles["lead"])


@pytest.fixture
def carol(roles: dict[str, Role]) -> User:
    return person("carol", roles["other"])


@pytest.fixture
def dave(roles: dict[str, Role]) -> User:
    return person("dave", roles["sales"], apps=())


@pytest.fixture
def account(ann: User) -> Any:
    return write.create("crm.account", actor=Actor(ann), name="あいうえお株式会社")


@pytest.fixture
def deal(account: Any) -> Any:
    """Makes a deal: deal(ann, "Umeda", amount=100, stage="proposal")."""

    def make(owner: User, name: str = "Deal", **values: Any) -> Any:
        return write.create("crm.deal", actor=Actor(owner), name=name, account=account.pk, **values)

    return make


@pytest.fixture
def deals(deal: Any, ann: User, bob: User, carol: User) -> None:
    """Ann has four deals, Bob one, Carol two; one is in pounds."""
    deal(ann, "A1", amount=1000, stage="proposal", closing_on=date(2026, 11, 27), type="new")
    deal(ann, "A2", amount=500, stage="proposal", closing_on=date(2026, 12, 1), type="existing")
    deal(ann, "A3", amount=300, stage="won", closing_on=date(2026, 11, 3))
    deal(ann, "A4", amount=20, currency="GBP", stage="negotiation", closing_on=date(2026, 11, 30), type="new")
    deal(bob, "B1", amount=7000, stage="lost", lost_reason="Price", closing_on=date(2026, 10, 9))
    deal(carol, "C1", amount=90000, stage="proposal", closing_on=date(2026, 11, 27), type="new")
    deal(carol, "C2", stage="qualification")


def client_of(user: User) -> Client:
    made = Client()
    made.force_login(user)
    return made


def count_of(client: Client, url: str) -> int:
    """How many records the list at `url` has, as its reader sees it."""
    from django.http import QueryDict

    from core.module import listing

    path, _, query = url.partition("?")
    user = User.objects.get(pk=client.session["_auth_user_id"])
    one = next(m for m in (module(key) for key in ("crm.deal", "crm.lead", "crm.activity", "crm.account")) if m.url() == path)
    asked = listing.state(user, one, QueryDict(query))
    found = listing.rows(asked).count()
    assert asked.problem == ""
    assert client.get(url).status_code == 200
    return found
