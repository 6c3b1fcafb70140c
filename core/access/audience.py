"""Rights of many of us at once, in a fixed number of queries; and who may see a record."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from core.access import opened
from core.access.gate import can, opened_to, rights
from core.access.models import AppAccess, Share, User
from core.module.module import Module


def everybody() -> list[User]:
    """All active people, with what their rights are worked out from."""
    return gathered(User.objects.filter(is_active=True).order_by("family_name", "given_name", "pk"))


def gathered(rows: Any) -> list[User]:
    """These users with profile, role and apps read for all of them together."""
    users = list(rows.select_related("profile", "role"))
    apps: dict[int, dict[str, bool]] = {user.pk: {} for user in users}
    for pk, app, is_admin in AppAccess.objects.filter(user__in=users).values_list("user_id", "app", "is_admin"):
        apps[pk][app] = is_admin
    for user in users:
        rights(user).__dict__["apps"] = apps[user.pk]
    return users


def turned_to(users: Iterable[User], module: Module, record: Any) -> None:
    """Read for all of these people together what decides about one record: who it is shared with, who takes part in it,
    which rules name it. Their rights then answer for this record alone."""
    guests = opened_to(module, record.pk)
    shares = Share.objects.filter(module=module.key, record_id=record.pk).values_list("whom", "record_id", "level", "until")
    opened.met(module, record)
    by_party: dict[str, list[Any]] = defaultdict(list)
    for whom, *rest in shares:
        by_party[whom].append(tuple(rest))
    for user in users:
        held = rights(user)
        held._given[module.key] = frozenset({record.pk}) if user.pk in guests else frozenset()
        mine = [row for key in by_party.keys() & held.keys for row in by_party[key]]
        held._by_hand = {module.key: tuple(mine)} if mine else {}


def who_may_see(module: Module, record: Any, ids: Iterable[int]) -> set[int]:
    """Those of the users who may view the record, asked of the gate one by one."""
    users = gathered(User.objects.filter(pk__in=list(ids), is_active=True))
    turned_to(users, module, record)
    return {user.pk for user in users if can(user, module, "view", record)}
