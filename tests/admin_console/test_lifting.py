"""A role that sharing rules, groups or shares by hand name shows more than its place in the tree: an app admin gives nobody more
than they see themselves (A8, ADM-2 rows 5 and 11)."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from admin_console import adding, people
from admin_console.models import Subscription
from core import clock
from core.access.gate import queryset
from core.access.models import Group, GroupMember, ModuleDefault, Profile, Role, Share, SharingRule, User
from core.actor import Actor
from core.record.write import Refused
from tests.factories import make_lead, make_role, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def named(db: None, ann: User) -> Role:
    """A role beside that of the app admin, with nobody in it and nobody below."""
    Subscription.objects.create(pk=1, plan="own", since=clock.now())
    return make_role("Back office", ann.role.parent if ann.role else None)


@pytest.fixture
def boss(named: Role, roles: Any) -> User:
    return make_user("boss", role=roles["seller"], apps=("crm",), admin_of=("crm",))


def shared(how: str, role: Role, owner: User) -> Any:
    """A lead of `owner` that is open to whoever is in the role."""
    lead, target = make_lead(owner, status="new"), f"role:{role.pk}"
    if "group" in how:
        group = Group.objects.create(name="Desk")
        GroupMember.objects.create(group=group, party=target)
        target = f"group:{group.pk}"
    if "below" in how:
        target = f"below:{role.pk}"
    if "by hand" in how:
        Share.objects.create(module="crm.lead", record_id=lead.pk, whom=target, level="read", at=clock.now())
    elif "criteria" in how:
        criteria = {"all": [{"field": "status", "op": "is", "value": "new"}]}
        SharingRule.objects.create(module="crm.lead", criteria=criteria, target=target, level="read")
    else:
        SharingRule.objects.create(module="crm.lead", source=f"user:{owner.pk}", target=target, level="read")
    return lead


HOW = ["rule", "rule, below", "rule, group", "criteria", "criteria, group", "by hand", "by hand, group"]


@pytest.mark.parametrize("how", HOW)
def test_an_app_admin_gives_no_role_that_sees_more_than_they_do(how: str, boss: User, named: Role, carol: User, client_of: Any) -> None:
    """A8: by no form, file or act, to themselves or others; the form says why a role is missing."""
    person, standard, client = make_user("here", apps=("crm",)), Profile.objects.get(name="Standard"), client_of(boss)
    where, body = f"/admin_console/users/{person.pk}/", {"save": "rights", "profile": str(standard.pk), "role": str(named.pk), "sure": "1"}
    assert f'<option value="{named.pk}"' in client.get(where).content.decode()
    lead = shared(how, named, carol)

    page = client.get(where).content.decode()

    assert f'<option value="{named.pk}"' not in page and "Roles that see records which you do not see are not offered." in page
    assert client.post(where, body).status_code == 422
    for one in (person, boss):
        with pytest.raises(PermissionDenied):
            people.set_profile_and_role(one, standard, named, actor=Actor(User.objects.anew(boss.pk)))
    wish = adding.Wish("x@example.com", "X", profile=standard, role=named, apps=("crm",))
    with pytest.raises(Refused):
        adding.add([wish], actor=Actor(User.objects.anew(boss.pk)))
    User.objects.filter(pk=person.pk).update(role=named)
    seen = queryset(User.objects.anew(person.pk), "crm.lead").filter(pk=lead.pk)
    assert seen.exists() and not queryset(User.objects.anew(boss.pk), "crm.lead").filter(pk=lead.pk).exists()


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("why", ["theirs", "open to all"])
def test_what_they_see_themselves_they_may_give(how: str, why: str, boss: User, named: Role, ann: User, carol: User) -> None:
    """ADM-2 row 11: the same rule names the admin, or everybody sees these records anyway."""
    shared(how, named, carol)
    if why == "open to all":
        ModuleDefault.objects.update_or_create(module="crm.lead", defaults={"default": "read"})
    for row in [*SharingRule.objects.all(), *Share.objects.all()] if why == "theirs" else ():
        row.pk = None
        row.__dict__["target" if isinstance(row, SharingRule) else "whom"] = f"user:{boss.pk}"
        row.save()

    person, standard = make_user("here", apps=("crm",)), Profile.objects.get(name="Standard")
    people.set_profile_and_role(person, standard, named, actor=Actor(User.objects.anew(boss.pk)))

    assert User.objects.anew(person.pk).role == named


def test_to_edit_is_more_than_to_read(boss: User, named: Role, carol: User) -> None:
    """A8: who may read somebody's records gives nobody the right to change them."""
    for target, level in ((f"user:{boss.pk}", "read"), (f"role:{named.pk}", "write")):
        SharingRule.objects.create(module="crm.lead", source=f"user:{carol.pk}", target=target, level=level)
    person, standard = make_user("here", apps=("crm",)), Profile.objects.get(name="Standard")

    with pytest.raises(PermissionDenied):
        people.set_profile_and_role(person, standard, named, actor=Actor(User.objects.anew(boss.pk)))
    SharingRule.objects.filter(level="write").update(level="read")
    people.set_profile_and_role(person, standard, named, actor=Actor(User.objects.anew(boss.pk)))
