"""PLT-24, ADM-11 to ADM-13: over random organisations, the list, `can`, the explanation and the rules told a second time agree."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import clock, stamps
from core.access import explain
from core.access.audience import gathered, who_may_see
from core.access.gate import can, queryset
from core.access.models import AppAccess, Group, GroupMember, ModuleDefault, Profile, Role, Share, SharingRule, User
from core.module.registry import module as find_module
from crm.models import Activity, Participant
from helpdesk.models import Ticket
from tests.access.plain import APPS, Org, granted, may

pytestmark = pytest.mark.django_db
MANY = int(os.environ.get("ENISHI_EXAMPLES", "500" if os.environ.get("CI") else "60"))
RIGHTS = ["view", "edit", "delete", "export", "bulk", "transfer"]
# Both have these, and others that are not asked for here.
KEYS, STATUSES = ("crm.activity", "helpdesk.ticket"), ["open", "other"]
STORED = {0: {"open": "open", "other": "done"}, 1: {"open": "open", "other": "on_hold"}}
small, kinds = st.integers(0, 5), st.integers(0, 1)


def parties(roles: int, users: int, groups: int = 0) -> Any:
    kinds = [st.integers(0, users - 1).map(lambda n: f"user:{n}")]
    if roles:
        kinds += [st.integers(0, roles - 1).map(lambda n: f"role:{n}"), st.integers(0, roles - 1).map(lambda n: f"below:{n}")]
    if groups:
        kinds.append(st.integers(0, groups - 1).map(lambda n: f"group:{n}"))
    return st.one_of(*kinds)


@st.composite
def organisations(draw: Any) -> Org:
    roles: list[tuple[int | None, str]] = []
    for number in range(draw(small)):
        parent = draw(st.integers(-1, number - 1))
        roles.append((parent if parent >= 0 else None, draw(st.sampled_from(["", "", "read", "write"]))))
    some = st.one_of(st.just([*RIGHTS, "create"]), st.lists(st.sampled_from([*RIGHTS, "create"]), unique=True))
    rights = st.one_of(st.lists(some, min_size=2, max_size=2), st.none())
    features = st.lists(st.sampled_from(["export", "export", "see_all"]), max_size=1)
    people = st.fixed_dictionaries(
        {
            "role": st.integers(-1, len(roles) - 1).map(lambda n: n if n >= 0 else None),
            "rights": rights,
            "features": features,
            "active": st.integers(0, 9).map(bool),
            "apps": st.sampled_from([APPS, APPS, APPS, APPS[:1], APPS[1:], ()]),
            "level": st.sampled_from(["", "", "suite", "account"]),
        }
    )
    users = draw(st.lists(people, min_size=1, max_size=5))
    groups = draw(st.lists(st.lists(parties(len(roles), len(users)), max_size=3, unique=True), max_size=2))
    party, level = parties(len(roles), len(users), len(groups)), st.sampled_from(["read", "write"])
    rule = {"source": st.one_of(st.just(""), party), "status": st.sampled_from(["", *STATUSES]), "target": st.one_of(party, st.just("all"))}
    rule |= {"kind": kinds, "but": st.booleans()}
    rules = draw(st.lists(st.fixed_dictionaries({**rule, "level": level}), max_size=3))
    owner = st.integers(-1, len(users) - 1).map(lambda n: n if n >= 0 else None)
    record = {"kind": kinds, "owner": owner, "status": st.sampled_from(STATUSES)}
    records = draw(st.lists(st.fixed_dictionaries(record), min_size=1, max_size=5))
    share = {"record": st.integers(0, len(records) - 1), "whom": party, "level": level, "over": st.booleans()}
    shares = draw(st.lists(st.fixed_dictionaries(share), max_size=4, unique_by=lambda one: (one["record"], one["whom"])))
    guests = set()
    if events := [number for number, one in enumerate(records) if one["kind"] == 0]:
        guests = set(draw(st.lists(st.tuples(st.integers(0, len(users) - 1), st.sampled_from(events)), max_size=2)))
    defaults = draw(st.lists(st.sampled_from(["private", "private", "private", "read", "write"]), min_size=2, max_size=2))
    return Org(roles, users, groups, rules, shares, defaults, records, guests)


def built(org: Org) -> tuple[list[User], list[Any]]:
    """The organisation in the tables."""
    now = clock.now()
    roles: list[Role] = []
    for parent, peers in org.roles:
        role = Role.objects.create(name=f"R{len(roles)}", parent=roles[parent] if parent is not None else None, peers=peers)
        role.path = f"{role.parent.path if role.parent else '/'}{role.pk}/"
        role.save()
        roles.append(role)
    profiles = [
        Profile(name=f"P{n}", rights=dict(zip(KEYS, one["rights"], strict=True)), features=one["features"]) if one["rights"] else None
        for n, one in enumerate(org.users)
    ]
    Profile.objects.bulk_create([one for one in profiles if one])
    users = User.objects.bulk_create(
        [
            User(
                email=f"u{n}@example.com",
                password="!",
                family_name=f"U{n}",
                is_active=one["active"],
                role=roles[one["role"]] if one["role"] is not None else None,
                profile=profiles[n],
                level=one["level"],
            )
            for n, one in enumerate(org.users)
        ]
    )
    AppAccess.objects.bulk_create([AppAccess(user=users[n], app=app) for n, one in enumerate(org.users) for app in one["apps"]])
    groups = [Group.objects.create(name=f"G{n}") for n in range(len(org.groups))]

    def party(text: str) -> str:
        if text in {"all", ""}:
            return text
        kind, number = text.split(":")
        rows: Any = {"user": users, "role": roles, "below": roles, "group": groups}[kind]
        return f"{kind}:{rows[int(number)].pk}"

    GroupMember.objects.bulk_create([GroupMember(group=groups[n], party=party(one)) for n, held in enumerate(org.groups) for one in held])
    SharingRule.objects.bulk_create(
        [
            SharingRule(
                module=KEYS[one["kind"]],
                source=party(one["source"]),
                target=party(one["target"]),
                level=one["level"],
                criteria=_asked(one),
            )
            for one in org.rules
        ]
    )
    common = {"created_at": now, "changed_at": now}
    records: list[Any] = []
    for n, one in enumerate(org.records):
        values = {"subject": f"A{n}", "owner": users[one["owner"]] if one["owner"] is not None else None, **common}
        values["status"] = STORED[one["kind"]][one["status"]]
        row = Ticket(number=n + 1, **values) if one["kind"] else Activity(**values)
        records += type(row).objects.bulk_create([row])
    Participant.objects.bulk_create([Participant(activity=records[record], user=users[user]) for user, record in sorted(org.guests)])
    ends = {True: now - timedelta(seconds=1), False: None}
    Share.objects.bulk_create(
        [
            Share(
                module=KEYS[org.records[one["record"]]["kind"]],
                record_id=records[one["record"]].pk,
                whom=party(one["whom"]),
                level=one["level"],
                at=now,
                until=ends[one["over"]],
            )
            for one in org.shares
        ]
    )
    for key, default in zip(KEYS, org.defaults, strict=True):
        ModuleDefault.objects.update_or_create(module=key, defaults={"default": default})
    return users, records


def _asked(rule: dict[str, Any]) -> dict[str, Any]:
    if not rule["status"] or rule["source"]:
        return {}
    return {"all": [{"field": "status", "op": "is_not" if rule["but"] else "is", "value": STORED[rule["kind"]][rule["status"]]}]}


def agree(org: Org) -> None:
    built_users, records = built(org)
    for kind, key in enumerate(KEYS):
        _agree(org, kind, key, built_users, {n: row for n, row in enumerate(records) if org.records[n]["kind"] == kind})


def _agree(org: Org, kind: int, key: str, built_users: list[User], records: dict[int, Any]) -> None:
    """Both about each record of a kind, and about the kind as a whole."""
    module = find_module(key)
    numbers = {row.pk: n for n, row in records.items()}
    with stamps.held():
        users = sorted(gathered(User.objects.filter(pk__in=[one.pk for one in built_users])), key=lambda one: one.pk)
        for n, user in enumerate(users):
            for right in [*RIGHTS, "create"]:
                assert can(user, module, right) is granted(org, n, right, kind), (right, n)
                assert explain.right(user, module, right).allowed is granted(org, n, right, kind), (right, n)
            for right in RIGHTS:
                told = {record for record in records if may(org, n, right, record)}
                listed = {numbers[pk] for pk in queryset(user, module, right).values_list("pk", flat=True)}
                one_by_one = {n for n, row in records.items() if can(user, module, right, row)}
                explained = {n for n, row in records.items() if explain.record(user, module, row, right).allowed}
                assert listed == told, (right, n)
                assert one_by_one == told, (right, n)
                assert explained == told, (right, n)
        seen_by = {n: {u for u in range(len(users)) if may(org, u, "view", n)} for n in records}
        for n, row in records.items():
            assert {users.index(user) for user, _why in explain.people(module, row)} == seen_by[n]
            assert {u for u, user in enumerate(users) if user.pk in who_may_see(module, row, [one.pk for one in users])} == seen_by[n]


@settings(max_examples=MANY, deadline=None, suppress_health_check=list(HealthCheck))
@given(org=organisations())
def test_list_can_and_explanation_say_what_the_rules_say(org: Org) -> None:
    """PLT-24, ADM-12: five ways to ask who sees what give one answer, for every right, person and record."""
    with transaction.atomic():
        agree(org)
        transaction.set_rollback(True)
    stamps._cache.clear()
    stamps.forget()
