"""The one place every act of an admin goes through: it asks the table of levels, lets one act at a time pass, holds to the
licences, keeps an account admin in the house and nobody from locking themselves out, and notes what was done.

    with act("switch", actor, APP_GIVEN, target=user, apps={"crm"}) as done:
        AppAccess.objects.get_or_create(user=user, app="crm")
        done.changed("crm", False, True)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from core.access.levels import WHOLE, above, may, operation_of
from core.access.models import Stamp, User
from core.actor import Actor
from core.record.write import Refused
from core.signin import audit
from core.stamps import bump

from . import licences

# Operations that count: they may take a licence, or change how many there are.
TAKES = {"add_users", "activate", "switch", "account_admin", "suite_admins", "change_subscription"}


@dataclass
class Done:
    """What an act tells of itself: the changes, `{what: [before, after]}` in plain JSON, and further words for the log."""

    by: User
    changes: dict[str, list[Any]] = field(default_factory=dict)
    detail: dict[str, Any] = field(default_factory=dict)

    def changed(self, name: str, before: Any, after: Any) -> None:
        if before != after:
            self.changes[name] = [before, after]


def turn() -> None:
    """Wait for one's turn: admins' acts pass one at a time, so that each decides on what is true."""
    Stamp.objects.get_or_create(pk="turn:console")
    Stamp.objects.select_for_update().get(pk="turn:console")


def fresh(user: User) -> User:
    """The person as stored now, with nothing remembered of their rights."""
    return User.objects.anew(user.pk)


def demand(user: User, operation: str, *, target: User | None = None, apps: set[str] | None = None) -> None:
    """PermissionDenied unless the table lets `user` do `operation` to these apps (None: to the whole house), and to `target`."""
    if not may(user, operation, WHOLE if apps is None else apps) or (target is not None and above(user, target)):
        raise PermissionDenied(operation_of(operation).label)


@contextmanager
def act(
    operation: str,
    actor: Actor,
    said: str = "",
    *,
    target: Any = None,
    apps: set[str] | None = None,
) -> Iterator[Done]:
    """One act of an admin, in one transaction. `target` is a person or the row that is changed; `apps` those it touches (None:
    the whole house); `said` is the act's key in the audit log (admin_console.said; empty where what is called notes itself).

    Raises PermissionDenied where the table says no and Refused, with a sentence, where the house's rules do; then nothing
    was changed.
    """
    assert actor.user is not None
    with transaction.atomic():
        turn()
        by = fresh(actor.user)
        person = target if isinstance(target, User) else None
        demand(by, operation, target=fresh(person) if person is not None and person.pk else None, apps=apps)
        done = Done(by)
        short, headed = licences.lacking() if operation in TAKES else 0, _headed()
        yield done
        _hold(operation, by, short, headed)
        if said and (done.changes or done.detail):
            before, after = ({name: pair[at] for name, pair in done.changes.items()} for at in (0, 1))
            audit.note(Actor(by, actor.way, actor.job), said, target or operation, before or None, after or None, **done.detail)
        bump("users")
        bump("access")


def _headed() -> bool:
    """Whether somebody looks after the account."""
    return User.objects.filter(level="account", is_active=True).exists()


def _hold(operation: str, by: User, short: int, headed: bool) -> None:
    """What has to be true after every act."""
    if headed and not _headed():
        raise Refused(_("There has to be an account admin. Name another one first."))
    now = fresh(by)
    if not now.is_active or (by.level and not now.level):
        raise Refused(_("You would lock yourself out. Ask another admin to do this."))
    if operation in TAKES and (lacking := licences.lacking()) > max(short, 0):
        raise licences.NoLicence(lacking)
