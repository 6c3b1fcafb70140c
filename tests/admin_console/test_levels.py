"""The table of ADM-2, asked cell by cell: in the declaration, and at the doors people use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from admin_console.models import AccountOffer, Subscription
from core import clock
from core.access.levels import FURTHER, OPERATIONS, may
from core.access.models import AppAccess, Profile, Role, User
from core.organisation.models import AppSetting, Organisation
from core.signin.models import Invitation
from tests import factories

pytestmark = pytest.mark.django_db
KINDS = ("account", "suite", "app", "other", "plain")

# Written by hand from the requirement, so that the declaration is tested against something else than itself: account admin,
# suite admin, app admin in their own app, app admin in somebody else's app, plain user.
SPEC = {
    1: ("yes", "no", "no", "no", "no"),
    2: ("yes", "no", "yes", "no", "no"),
    3: ("yes", "no", "yes", "no", "no"),
    4: ("yes", "yes", "no", "no", "no"),
    5: ("yes", "yes", "yes", "no", "no"),
    6: ("yes", "yes", "no", "no", "no"),
    7: ("yes", "yes", "yes", "no", "no"),
    8: ("yes", "yes", "no", "no", "no"),
    9: ("yes", "yes", "no", "no", "no"),
    10: ("yes", "yes", "yes", "no", "no"),
    11: ("yes", "yes", "yes", "no", "no"),
    12: ("yes", "yes", "grant", "grant", "no"),
    13: ("yes", "yes", "no", "no", "no"),
}
CELLS = [(row, kind) for row in SPEC for kind in KINDS]
PLANS = {"plan": "own"}


@pytest.fixture
def world(db: None) -> dict[str, User]:
    """One of each kind, who all have the Administrator profile so that only the level decides; and those acted upon: mia has
    the CRM, ivy is invited to it, max has left, sue is a suite admin, chief another account admin."""
    made = {
        "account": factories.make_user("acc", profile="Administrator", level="account"),
        "suite": factories.make_user("sui", profile="Administrator", level="suite"),
        "app": factories.make_user("app", profile="Administrator", apps=("crm",), admin_of=("crm",)),
        "other": factories.make_user("oth", profile="Administrator", apps=("helpdesk",), admin_of=("helpdesk",)),
        "plain": factories.make_user("pla", profile="Administrator", apps=("crm",)),
        "mia": factories.make_user("mia", apps=("crm",)),
        "ivy": factories.make_user("ivy", apps=("crm",), is_active=False),
        "max": factories.make_user("max", apps=("crm",), is_active=False, left_at=clock.now()),
        "sue": factories.make_user("sue", apps=("crm",), level="suite"),
        "chief": factories.make_user("chief", level="account"),
    }
    ivy = made["ivy"]
    ivy.set_unusable_password()
    ivy.save()
    Invitation.objects.create(user=ivy, email=ivy.email, made_at=clock.now(), expires_at=clock.now() + clock_day())
    for name in ("app", "other"):  # without the right “Manage users”
        held = Profile.objects.get(name="Administrator")
        own = Profile.objects.create(
            name=f"All but it {name}", rights=held.rights, features=[f for f in held.features if f != "manage_users"]
        )
        User.objects.filter(pk=made[name].pk).update(profile=own)
    Subscription.objects.create(pk=1, plan="own", since=clock.now())
    Role.objects.create(name="Place", path="/1/")
    return made


def clock_day() -> Any:
    from datetime import timedelta

    return timedelta(days=1)


def _organisation(**names: str) -> dict[str, str]:
    return {"name": "New name", "language": "ja", "time_zone": "Asia/Tokyo", "fiscal_month": "4", "honorific": "sama", **names}


def _posts(world: dict[str, User]) -> dict[int, tuple[str, dict[str, Any], Callable[[], bool]]]:
    """By row of the table: where somebody posts, what, and how one sees that it was done. Rows 2 and 3 are done in the whole
    house by the account admin, and in the CRM by its admin: see `_own`."""
    mia, ivy, gone, sue, chief = (world[name] for name in ("mia", "ivy", "max", "sue", "chief"))
    base, again = "/admin_console", {"password": factories.PASSWORD}

    def fresh(person: User) -> User:
        return User.objects.get(pk=person.pk)

    return {
        1: (f"{base}/account/{chief.pk}/suite", again, lambda: fresh(chief).level == "suite"),
        2: (f"{base}/organisation/", _organisation(portal_url="https://help.example.com"), lambda: _org().portal_url != ""),
        3: (f"{base}/organisation/", _organisation(), lambda: _org().name == "New name"),
        4: (f"{base}/users/{sue.pk}/do/plain", {}, lambda: fresh(sue).level == ""),
        5: (
            f"{base}/users/new",
            {"email": "new@example.com", "family_name": "New", "language": "en", "profile": str(_standard()), "apps": ["crm"]},
            lambda: User.objects.filter(email="new@example.com", apps__app="crm").exists(),
        ),
        6: (f"{base}/users/{gone.pk}/do/activate", {}, lambda: fresh(gone).is_active),
        7: (f"{base}/users/{ivy.pk}/do/again", {}, lambda: Invitation.objects.filter(user=ivy).count() == 2),
        8: (f"{base}/users/export", {}, lambda: False),
        9: (f"{base}/users/{mia.pk}/leave/delete", {}, lambda: fresh(mia).deleted_at is not None),
        10: (f"{base}/users/{mia.pk}/", {"app": "crm:0", "sure": "1"}, lambda: not AppAccess.objects.filter(user=mia).exists()),
        11: (
            f"{base}/users/{mia.pk}/",
            {"save": "facts", "family_name": "Nakamura", "language": "en", "time_zone": "Asia/Tokyo"},
            lambda: fresh(mia).family_name == "Nakamura",
        ),
        12: (f"{base}/subscription/", {}, lambda: False),
        13: (f"{base}/subscription/", {"plan": "trial"}, lambda: Subscription.objects.get().plan == "trial"),
    }


def _also(world: dict[str, User]) -> list[tuple[int, str, dict[str, Any], Callable[[], bool]]]:
    """The other pages by which the same rows are done: (row, where, what, how one sees that it was done)."""
    mia, ivy = world["mia"], world["ivy"]
    base, again = "/admin_console", {"password": factories.PASSWORD}
    people = {"language": "en", "profile": str(_standard()), "apps": ["crm"], "text": "E-mail\nfile@example.com", "do": "add"}
    place = {"save": "rights", "profile": str(mia.profile_id), "role": str(Role.objects.get(name="Place").pk), "sure": "1"}

    def has() -> bool:
        return AppAccess.objects.filter(user=mia, app="crm").exists()

    return [
        (1, f"{base}/account/", {"to": str(mia.pk), "then": "leave", **again}, lambda: AccountOffer.objects.filter(to=mia).exists()),
        (4, f"{base}/users/{mia.pk}/raise/suite", again, lambda: User.objects.get(pk=mia.pk).level == "suite"),
        (5, f"{base}/users/import", people, lambda: User.objects.filter(email="file@example.com").exists()),
        (6, f"{base}/users/{mia.pk}/leave/deactivate", {}, lambda: not User.objects.get(pk=mia.pk).is_active),
        (7, f"{base}/users/{ivy.pk}/do/withdraw", {}, lambda: not User.objects.filter(pk=ivy.pk).exists()),
        (10, f"{base}/apps/", {"app": f"{mia.pk}:crm:0", "sure": "1"}, lambda: not has()),
        (10, f"{base}/apps/crm/", {"off": str(mia.pk), "sure": "1"}, lambda: not has()),
        (
            10,
            f"{base}/users/{mia.pk}/raise/crm",
            {**again, "on": "1"},
            lambda: AppAccess.objects.filter(user=mia, app="crm", is_admin=True).exists(),
        ),
        (11, f"{base}/users/{mia.pk}/", place, lambda: User.objects.get(pk=mia.pk).role_id is not None),
    ]


def _own(world: dict[str, User]) -> dict[int, tuple[str, dict[str, Any], Callable[[], bool]]]:
    """What rows 2 and 3 are for the admin of an app."""
    where = "/admin_console/organisation/crm/"

    def held(name: str) -> Any:
        row = AppSetting.objects.filter(pk="crm").first()
        return row.values.get(name) if row else None

    return {
        2: (where, {"portal_url": "https://crm.example.com"}, lambda: held("portal_url") == "https://crm.example.com"),
        3: (where, {"name": "CRM house"}, lambda: held("name") == "CRM house"),
    }


def _org() -> Organisation:
    return Organisation.objects.filter(pk=1).first() or Organisation(pk=1)


def _standard() -> int:
    return Profile.objects.get(name="Standard").pk


@pytest.mark.parametrize(("row", "kind"), CELLS)
def test_the_declared_table_says_what_the_requirement_says(row: int, kind: str, world: dict[str, User]) -> None:
    """ADM-2, A8: 13 operations by 5 kinds of people, against a copy of the table written by hand."""
    key = next(key for key, one in OPERATIONS.items() if one.number == row)

    found = may(User.objects.anew(world[kind].pk), key, frozenset({"crm"}))

    assert found == (SPEC[row][KINDS.index(kind)] == "yes")


def test_an_app_admin_sees_the_subscription_with_the_right_to_manage_users(world: dict[str, User]) -> None:
    """ADM-2 row 12: only then."""
    User.objects.filter(pk=world["app"].pk).update(profile=Profile.objects.get(name="Administrator"))

    client = _client(world["app"])

    assert client.get("/admin_console/subscription/").status_code == 200
    assert client.post("/admin_console/subscription/", {"plan": "trial"}).status_code == 403


def _client(user: User) -> Client:
    client = Client()
    client.force_login(User.objects.anew(user.pk))
    return client


@pytest.mark.parametrize(("row", "kind"), CELLS)
def test_the_pages_do_what_the_table_says(row: int, kind: str, world: dict[str, User]) -> None:
    """ADM-2, A2, A3: each cell by the page people use; who may not, changes nothing."""
    where, body, done = (_own(world) if row in {2, 3} and kind in {"app", "other"} else _posts(world))[row]
    client, allowed = _client(world[kind]), SPEC[row][KINDS.index(kind)] == "yes"

    answer = client.get(where) if row == 12 else client.post(where, body)

    if allowed:
        assert answer.status_code in ({200} if row in {8, 12} else {302}), answer.content[:600]
        assert done() or row in {8, 12}
        if row == 8:
            assert "mia@example.com" in answer.content.decode()
    else:
        # The admin of another app is not offered this one: the form says so and adds nobody.
        assert answer.status_code in ({422} if (row, kind) == (5, "other") else {403, 404}), answer.status_code
        assert not done()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("number", range(9))
def test_the_other_pages_of_the_same_rows_hold_to_the_table_as_well(number: int, kind: str, world: dict[str, User]) -> None:
    """ADM-2, A2: offering the account, making suite and app admins, files, deactivating, withdrawing, the grid, an app's page."""
    row, where, body, done = _also(world)[number]
    assert not done()

    answer = _client(world[kind]).post(where, body)

    allowed = SPEC[row][KINDS.index(kind)] == "yes"
    assert done() is allowed, (answer.status_code, answer.content[:600])
    assert answer.status_code in ({302} if allowed else {422} if (row, kind) == (5, "other") else {403, 404})


def test_an_app_admin_opens_no_field_that_is_shut_to_themselves(world: dict[str, User]) -> None:
    """ADM-2 row 11, A4: who may not see a field gives nobody a profile that shows it."""
    held = Profile.objects.get(name="Standard")
    shut = {"crm.lead": {"annual_revenue": "hidden"}}
    User.objects.filter(pk=world["app"].pk).update(profile=Profile.objects.create(name="Shut", rights=held.rights, fields=shut))
    open_one = Profile.objects.create(name="Open", rights=held.rights)
    same = Profile.objects.create(name="Same", rights=held.rights, fields=shut)
    User.objects.filter(pk=world["mia"].pk).update(profile=same)
    client, body = _client(world["app"]), {"save": "rights", "role": "", "sure": "1"}

    refused = client.post(f"/admin_console/users/{world['mia'].pk}/", {**body, "profile": str(open_one.pk)})
    User.objects.filter(pk=world["mia"].pk).update(profile=open_one)
    taken = client.post(f"/admin_console/users/{world['mia'].pk}/", {**body, "profile": str(same.pk)})

    assert (refused.status_code, taken.status_code) == (422, 403)
    assert User.objects.get(pk=world["mia"].pk).profile == open_one


@pytest.mark.parametrize("level", ["account", "suite", "", "app"])
def test_the_level_decides_who_changes_settings_whatever_the_profile(level: str) -> None:
    """ADM-2, ADM-10, ADM-11, ADM-13: with the profile Standard an account and a suite admin change profiles, roles, sharing,
    security, currencies and fields; an admin of the CRM needs the switch for its fields, and never touches the rest."""
    who = factories.make_user("who", level="" if level == "app" else level, admin_of=("crm",) if level == "app" else ())
    client, standard = _client(who), Profile.objects.get(name="Standard")
    asked = {
        "role": ("/admin_console/roles/new", {"name": "Anew"}),
        "profile": (f"/admin_console/profiles/{standard.pk}/clone", {"name": "Anew"}),
        "rule": ("/admin_console/sharing/crm.lead/new", {"of": "all", "target": "all", "level": "read", "sure": "1"}),
        "rate": ("/admin_console/currencies/", {"currency": "EUR", "rate": "170", "valid_from": "2026-01-01"}),
        "field": ("/admin_console/fields/crm.lead/new", {"kind": "text", "label_en": "Anew", "section": ""}),
    }

    told = {name: client.post(where, body).status_code for name, (where, body) in asked.items()}
    told["security"] = client.get("/admin_console/security/").status_code

    wide = level in {"account", "suite"}
    assert told == dict.fromkeys(asked, 302 if wide else 403) | {"security": 200 if wide else 403}
    assert (Role.objects.filter(name="Anew").exists(), Profile.objects.filter(name="Anew").exists()) == (wide, wide)
    assert ("/admin_console/fields/crm.lead/new" in client.get("/admin_console/fields/crm.lead/").content.decode()) is wide
    if level == "app":
        User.objects.filter(pk=who.pk).update(profile=Profile.objects.create(name="Sets", rights=standard.rights, features=["settings"]))
        client = _client(who)
        again = {name: client.post(where, body).status_code for name, (where, body) in asked.items()}
        assert again == {**dict.fromkeys(asked, 403), "field": 302}


def test_the_page_of_admins_shows_the_whole_table(world: dict[str, User]) -> None:
    """ADM-2: all that the table decides stands there in words, what a profile's switch adds for an admin of an app included."""
    page = _client(world["suite"]).get("/admin_console/account/").content.decode()

    for one in (*OPERATIONS.values(), *FURTHER.values()):
        assert str(one.label).replace("'", "&#x27;") in page
    assert "with the right “Manage users”" in page and "with the right “Change settings”" in page
