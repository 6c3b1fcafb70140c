"""The three levels and what each may do in the console (ADM-1, ADM-2): one table that pages, acts and tests read.

An account admin looks after the organisation, suite admins after all apps, app admins after theirs. `may` answers whether
somebody holds an operation; `above` whether somebody stands higher, whose own access nobody below changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.access.gate import rights
from core.access.models import User

YES, NO, OWN, GRANTED = "yes", "no", "own", "granted"
# The profile feature that lets an app admin see the subscription.
GRANT = "manage_users"
# What touches the whole house, and so no app admin's own apps alone.
WHOLE = frozenset({"*"})
LEVELS = {"account": _("Account admin"), "suite": _("Suite admin")}
_HEIGHT = {"account": 3, "suite": 2, "": 0}


@dataclass(frozen=True)
class Operation:
    """One row of the table. A cell is YES, NO, OWN (own apps alone) or GRANTED (with the profile's feature `GRANT`)."""

    number: int
    label: Any
    account: str
    suite: str
    app: str


OPERATIONS: dict[str, Operation] = {
    "account_admin": Operation(1, _("Change the account admin"), YES, NO, NO),
    "portal_url": Operation(2, _("Change the portal address"), YES, NO, OWN),
    "organisation": Operation(3, _("Change the organisation's information"), YES, NO, OWN),
    "suite_admins": Operation(4, _("Add and remove suite admins"), YES, YES, NO),
    "add_users": Operation(5, _("Add users"), YES, YES, OWN),
    "activate": Operation(6, _("Activate and deactivate users"), YES, YES, NO),
    "invite_again": Operation(7, _("Invite again"), YES, YES, OWN),
    "export": Operation(8, _("Export user data"), YES, YES, NO),
    "delete": Operation(9, _("Delete users"), YES, YES, NO),
    "switch": Operation(10, _("Switch a user's access to an app on and off"), YES, YES, OWN),
    "user_in_app": Operation(11, _("Change a user's information in an app"), YES, YES, OWN),
    "see_subscription": Operation(12, _("See the subscription"), YES, YES, GRANTED),
    "change_subscription": Operation(13, _("Change the subscription"), YES, YES, NO),
}
# Beside the table: who decides what profiles grant, how roles stand and what is shared.
FURTHER = {"rights": Operation(0, _("Change profiles, roles and sharing"), YES, YES, NO)}
WORDS = {
    YES: pgettext_lazy("level", "yes"),
    NO: pgettext_lazy("level", "no"),
    OWN: _("own apps"),
    GRANTED: _("with the right “Manage users”"),
}


def own_apps(user: User) -> set[str]:
    """The apps this person administers as an app admin."""
    return {app for app, is_admin in rights(user).apps.items() if is_admin} if user.is_active else set()


def operation_of(key: str) -> Operation:
    """A row of the table, or of what stands beside it."""
    return OPERATIONS.get(key) or FURTHER[key]


def cell(user: User, operation: str) -> str:
    """The table's cell for this person's level."""
    row = operation_of(operation)
    if not user.is_active:
        return NO
    if user.level in LEVELS:
        return row.account if user.level == "account" else row.suite
    return row.app if own_apps(user) else NO


def may(user: User, operation: str, apps: set[str] | frozenset[str] | None = None) -> bool:
    """Whether `user` holds the operation; `apps` are those it would touch, None asks whether there is any."""
    found = cell(user, operation)
    if found == OWN:
        return apps is None or (bool(apps) and apps <= own_apps(user))
    return found == YES or (found == GRANTED and rights(user).feature(GRANT))


def above(user: User, other: User) -> bool:
    """Whether `other` stands on a wider level than `user`: what is theirs is not `user`'s to change."""
    return _HEIGHT.get(other.level, 0) > _HEIGHT.get(user.level, 0)
