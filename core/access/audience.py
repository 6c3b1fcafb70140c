"""Who may see a record, among many of us at once: a fixed number of queries."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from core.access.gate import can, rights
from core.access.models import AppAccess, User
from core.module.module import Module


def who_may_see(module: Module, record: Any, ids: Iterable[int]) -> set[int]:
    """Those of the users who may view the record, asked of the gate one by one."""
    users = list(User.objects.filter(pk__in=list(ids), is_active=True).select_related("profile", "role"))
    apps: dict[int, dict[str, bool]] = {user.pk: {} for user in users}
    for pk, app, is_admin in AppAccess.objects.filter(user__in=users).values_list("user_id", "app", "is_admin"):
        apps[pk][app] = is_admin
    for user in users:
        rights(user).__dict__["apps"] = apps[user.pk]
    return {user.pk for user in users if can(user, module, "view", record)}
