"""The states of a person in the console: active, invited, deactivated; and deleted, whom only history still names."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.access.models import User

ACTIVE, INVITED, DEACTIVATED = "active", "invited", "deactivated"
WORDS = {ACTIVE: pgettext_lazy("user", "Active"), INVITED: _("Invited"), DEACTIVATED: _("Deactivated")}
HUES = {ACTIVE: 2, INVITED: 3, DEACTIVATED: 10}
# How Django stores that there is no password.
NO_PASSWORD = "!"  # noqa: S105
# Invited: never had a password of their own, and was not turned away.
_INVITED = Q(is_active=False, password__startswith=NO_PASSWORD, last_login__isnull=True, left_at__isnull=True)  # noqa: S106
_OF = {ACTIVE: Q(is_active=True), INVITED: _INVITED, DEACTIVATED: Q(is_active=False) & ~_INVITED}


def state_of(user: User) -> str:
    """One of the three."""
    if user.is_active:
        return ACTIVE
    waits = not user.has_usable_password() and user.last_login is None and user.left_at is None
    return INVITED if waits else DEACTIVATED


def present(rows: QuerySet[User]) -> QuerySet[User]:
    """Without the deleted."""
    return rows.filter(deleted_at__isnull=True)


def in_state(rows: QuerySet[User], state: str) -> QuerySet[User]:
    """Those in one state."""
    return present(rows).filter(_OF[state])


def counted(rows: QuerySet[User]) -> QuerySet[User]:
    """Those who take a licence: who may sign in, and who is invited to."""
    return present(rows).filter(_OF[ACTIVE] | _OF[INVITED])
