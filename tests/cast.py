"""The cast of the story tests: ann answers, bob leads her, carol is another team, dave lacks the apps, root runs it all."""

from __future__ import annotations

from typing import Any

from django.test import Client

from core.access.models import AppAccess, Profile, Role, User
from core.access.people import place
from core.defaults import install
from core.stamps import bump

APPS = ("crm", "social", "helpdesk")


def role(name: str, above: Role | None = None) -> Role:
    made = Role.objects.create(name=name, parent=above)
    place(made)
    return made


def person(name: str, at: Role | None, apps: tuple[str, ...] = APPS, profile: str = "Standard", **more: Any) -> User:
    user = User.objects.create_user(f"{name.lower()}@example.com", "pw", family_name=name, given_name="", role=at, **more)
    user.profile = Profile.objects.get(name=profile)
    user.save()
    for app in apps:
        AppAccess.objects.create(user=user, app=app, is_admin=profile == "Administrator")
    return User.objects.anew(user.pk)


def cast() -> dict[str, User]:
    """Everybody, in a fresh database."""
    install()
    top = role("Head")
    sales = role("Sales", top)
    found = {
        "root": person("Root", top, profile="Administrator", level="account"),
        "bob": person("Bob", sales),
        "ann": person("Ann", role("Seller", sales)),
        "carol": person("Carol", role("Other", top)),
        "dave": person("Dave", sales, apps=("crm",)),
    }
    bump("users")
    return found


def page_of(user: User, *, fresh: bool = False) -> Client:
    """A browser of this person; `fresh` after typing the password again."""
    client = Client()
    client.force_login(user)
    if fresh:
        assert client.post("/me/security/again", {"current_password": "pw"}).status_code == 302
    return client
