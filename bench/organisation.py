"""A large organisation beside the small one: with it, 500 people, 200 roles ten deep, 50 sharing rules, a group, and shares by hand.

`rep` stands in the lowest role, `mid` in the fifth, `top` in the second, each with rules of every kind that open something.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

MEASURED = {"rep": "a rep", "mid": "a manager in the middle", "top": "a manager near the top"}
PEOPLE, ROLES, DEEP, RULES = 500, 200, 10, 50
_STATUSES = ("new", "contacted", "qualified", "later", "unqualified")
_RATINGS = ("hot", "warm", "cold")
# As many employees as only one company has.
RARE = 1_234_567


def make() -> None:
    """Before the records, so that these people own them, too."""
    from core.access.models import Group, GroupMember, Role, User

    roles = _roles()
    _people(roles)
    group = Group.objects.create(name="Key accounts")
    mid = User.objects.get(email="mid@bench.example")
    GroupMember.objects.bulk_create(
        [
            GroupMember(group=group, party=f"role:{Role.objects.order_by('path').last().pk}"),
            GroupMember(group=group, party=f"user:{mid.pk}"),
        ]  # type: ignore[union-attr]
    )
    _rules(roles, group.pk)


def _roles() -> list[Any]:
    """Rows of ten roles below one another, side by side below one chief; together with those there are, 200."""
    from core.access.models import Role
    from core.access.people import place

    top = Role.objects.create(name="Group chief")
    place(top)
    made = [top]
    parent, depth = top, 1
    while Role.objects.count() < ROLES:
        if depth == DEEP:
            # Every second row begins halfway down another one, so that the tree is bushy in its middle.
            parent, depth = (top, 1) if len(made) % 2 else (made[4], 5)
        one = Role.objects.create(name=f"Unit {len(made)}", parent=parent)
        place(one)
        made.append(one)
        parent, depth = one, depth + 1
    return made


def _people(roles: list[Any]) -> None:
    from core.access.models import AppAccess, Profile, User

    standard = Profile.objects.get(name="Standard")
    number = PEOPLE - User.objects.count()
    names = {0: "top", 1: "mid", 2: "rep"}
    where = {0: roles[1], 1: roles[4], 2: roles[9]}
    users = User.objects.bulk_create(
        [
            User(
                email=f"{names.get(n, f'member{n}')}@bench.example",
                family_name=names.get(n, f"Member {n}").capitalize(),
                password="!",
                profile=standard,
                role=where.get(n, roles[n % len(roles)]),
            )
            for n in range(number)
        ]
    )
    AppAccess.objects.bulk_create([AppAccess(user=one, app="crm") for one in users])


def _rules(roles: list[Any], group: int) -> None:
    """Half by owner, half by what stands in the record; to everybody, to roles with those below, and to a group."""
    from core.access.models import SharingRule

    def criteria(n: int) -> dict[str, Any]:
        leaves = [{"field": "status", "op": "is", "value": _STATUSES[n % 5]}, {"field": "rating", "op": "is", "value": _RATINGS[n % 3]}]
        return {"all": [*leaves, {"field": "employees", "op": "is", "value": 10 + n}]}

    targets = ["all", f"below:{roles[1].pk}", f"below:{roles[4].pk}", f"role:{roles[9].pk}", f"group:{group}"]
    rules = []
    for n in range(RULES):
        target = targets[n % 5] if n % 2 else f"below:{roles[(n * 7) % len(roles)].pk}"
        by_owner = n % 4 < 2
        rules.append(
            SharingRule(
                module="crm.deal" if n % 10 == 9 else "crm.lead",
                source=f"role:{roles[(n * 11) % len(roles)].pk}" if by_owner else "",
                criteria={} if by_owner or n % 10 == 9 else criteria(n),
                target=target,
                level="write" if n % 3 == 0 else "read",
            )
        )
    SharingRule.objects.bulk_create(rules)


def share() -> None:
    """After the records: three hundred leads lent to the rep by hand."""
    from core import clock
    from core.access.models import Share, User
    from crm.models import Lead

    rep = User.objects.get(email="rep@bench.example")
    if not Share.objects.exists():
        ids = Lead.objects.order_by("pk").values_list("pk", flat=True)[1000:1300]
        rows = [Share(module="crm.lead", record_id=pk, whom=f"user:{rep.pk}", level="read", at=clock.now()) for pk in ids]
        Share.objects.bulk_create(rows)


def changing(pk: int) -> list[tuple[str, Callable[[], Any], Callable[[], Any]]]:
    """Changes of rights that open a lead to the rep, each with what closes it again."""
    from core.access import changes
    from core.access.models import Role, SharingRule, User
    from core.access.people import place
    from core.actor import Actor
    from core.module.registry import module
    from crm.models import Lead

    leads, actor, rep = module("crm.lead"), Actor.system(), User.objects.get(email="rep@bench.example")
    apart, _made = Role.objects.get_or_create(name="Moved")
    place(apart)
    values = {"family_name": "Moved", "password": "!", "role": apart}
    owner, _made = User.objects.get_or_create(email="moved@bench.example", defaults=values)
    Lead.objects.filter(pk=pk).update(owner=owner, employees=RARE)

    def move(parent: Role | None) -> None:
        changes.move_role(apart, parent, actor=actor)

    def add() -> None:
        changes.add_rule(leads, actor=actor, source=f"user:{owner.pk}", target=f"user:{rep.pk}", level="read")

    def by_content() -> None:
        asked = {"all": [{"field": "employees", "op": "is", "value": RARE}]}
        changes.add_rule(leads, actor=actor, criteria=asked, target=f"user:{rep.pk}", level="read")

    def remove() -> None:
        changes.remove_rule(SharingRule.objects.get(target=f"user:{rep.pk}"), actor=actor)

    return [
        ("moving a role", lambda: move(rep.role), lambda: move(None)),
        ("a sharing rule by owner", add, remove),
        ("a sharing rule by what stands in the record", by_content, remove),
    ]
