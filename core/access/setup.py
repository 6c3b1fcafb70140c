"""The first person of an empty installation. Whoever holds the token printed by `bin/up` (or `manage.py setup_link`)
makes the account admin; once there is a person, neither the page nor the token does anything (security L10)."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from core.access.models import AppAccess, Profile, Role, Stamp, User
from core.access.people import place
from core.actor import Actor
from core.organisation.changing import change


class SetUpAlready(Exception):
    """There is somebody already."""


def token() -> str:
    """The set-up token of this installation: follows from its secret key, so it is stored nowhere."""
    return salted_hmac("enishi.setup", settings.SECRET_KEY, algorithm="sha256").hexdigest()[:32]


def link() -> str:
    return f"{settings.BASE_URL}/setup/?token={token()}"


def fits(given: str) -> bool:
    return constant_time_compare(given, token())


def is_empty() -> bool:
    """Whether nobody is here yet."""
    return not User.objects.exists()


@transaction.atomic
def first_person(
    email: str, password: str, family_name: str, given_name: str, language: str, apps: list[str], organisation: str = ""
) -> User:
    """Make the organisation and its account admin with every app. Raises SetUpAlready; of two at once, one wins."""
    Stamp.objects.get_or_create(pk="setup")
    Stamp.objects.select_for_update().get(pk="setup")
    if not is_empty():
        raise SetUpAlready
    top = Role.objects.create(name="CEO")
    place(top)
    admin = Profile.objects.get(name="Administrator")
    values = {"family_name": family_name, "given_name": given_name, "language": language}
    user = User.objects.create_user(email, password, level="account", profile=admin, role=top, **values)
    AppAccess.objects.bulk_create([AppAccess(user=user, app=app, is_admin=True) for app in apps])
    if organisation:
        change(Actor(user), name=organisation)
    return user
