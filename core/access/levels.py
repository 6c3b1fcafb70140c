"""Asking the table of levels (core.access.operations): an account admin looks after the organisation, suite admins after all
apps, app admins after theirs.

`may` answers whether somebody holds an operation; `above` whether somebody stands higher, whose own access nobody below changes.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from core.access.features import FEATURES
from core.access.gate import rights
from core.access.models import User
from core.access.operations import FURTHER, GRANTED, LEVELS, NO, OPERATIONS, OWN, WORDS, YES, Operation

__all__ = ["FURTHER", "LEVELS", "OPERATIONS", "WHOLE", "above", "cell", "may", "operation_of", "own_apps", "words_of"]

# What touches the whole house, and so no app admin's own apps alone.
WHOLE = frozenset({"*"})
_HEIGHT = {"account": 3, "suite": 2, "": 0}


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
    return row.cell(user.level) if user.level in LEVELS or own_apps(user) else NO


def may(user: User, operation: str, apps: set[str] | frozenset[str] | None = None) -> bool:
    """Whether `user` holds the operation; `apps` are those it would touch, None asks whether there is any."""
    found = cell(user, operation)
    if found == OWN:
        return apps is None or (bool(apps) and apps <= own_apps(user))
    return found == YES or (found == GRANTED and rights(user).feature(operation_of(operation).grant))


def words_of(row: Operation, found: str) -> str:
    """A cell of a row in words."""
    if found == GRANTED:
        return _("with the right “%(right)s”") % {"right": FEATURES[row.grant].label}
    return str(WORDS[found])


def above(user: User, other: User) -> bool:
    """Whether `other` stands on a wider level than `user`: what is theirs is not `user`'s to change."""
    return _HEIGHT.get(other.level, 0) > _HEIGHT.get(user.level, 0)
