"""Passwords and accounts: what changes them ends every other session and token at once (L5)."""

from __future__ import annotations

from typing import Any

from django.core.cache import cache
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.access.models import User
from core.actor import Actor
from core.signin import audit, factor, letters, sessions
from core.stamps import bump
from core.work.jobs import enqueue

FACTOR_RESET = audit.says("user.factor_reset", _("Took the second factor of %(name)s off"))
SESSION_ENDED = audit.says("user.session_ended", _("Ended a session of %(name)s"))
ALL_ENDED = audit.says("user.sessions_ended", _("Ended all sessions of %(name)s"))
SHUT = audit.says("user.deactivated", _("Deactivated %(name)s"))
OPENED = audit.says("user.activated", _("Activated %(name)s"))
# A person is asked for the password again when it was typed longer ago than this.
FRESH_SECONDS = 600
_TRIES, _WITHIN = 8, 300


def changed_password(user: User, *, keep: str | None = None) -> None:
    """After a password was set: everything else that lets this person in ends, and they are told by mail."""
    sessions.end_all(user, keep=keep)
    letters.tell(user, "password")


@transaction.atomic
def deactivate(user: User, *, actor: Actor) -> None:
    """Shut an account: no session and no token of it works from now on. Handing over records is the caller's step."""
    if user.is_active:
        User.objects.filter(pk=user.pk).update(is_active=False)
        user.is_active = False
        audit.note(actor, SHUT, user, {"active": True}, {"active": False})
        bump("users")
    sessions.end_all(user)


@transaction.atomic
def activate(user: User, *, actor: Actor) -> None:
    """Open an account again; its old sessions stay ended."""
    if not user.is_active:
        User.objects.filter(pk=user.pk).update(is_active=True)
        user.is_active = True
        audit.note(actor, OPENED, user, {"active": False}, {"active": True})
        bump("users")


@transaction.atomic
def reset_factor(user: User, *, actor: Actor) -> None:
    """For somebody who lost telephone and codes: an admin takes the second factor off. All sessions end."""
    if factor.remove_all(user):
        audit.note(actor, FACTOR_RESET, user)
        sessions.end_all(user)
        letters.tell(user, "factor_reset")


@transaction.atomic
def end_session(row: Any, *, actor: Actor) -> None:
    """An admin ends somebody's session."""
    sessions.end(row)
    audit.note(actor, SESSION_ENDED, row.user, label=str(row.user), device=row.device, address=row.address)


@transaction.atomic
def end_sessions(user: User, *, actor: Actor) -> int:
    """An admin ends all sessions of somebody."""
    count = sessions.end_all(user, tokens=False)
    audit.note(actor, ALL_ENDED, user, count=count)
    return count


def ask_reset(email: str) -> None:
    """Have the link to a new password mailed, if somebody has this address. Takes the same time either way (L6)."""
    user = User.objects.filter(email__iexact=email.strip(), is_active=True).first()
    enqueue("core.reset_password", args={"user": user.pk if user else 0})


class TooOften(Exception):
    """The password was asked for too often and was wrong."""


def is_password(user: User, typed: str) -> bool:
    """Whether this is the person's password, for a sensitive act. Raises TooOften after eight wrong ones in five minutes."""
    key = f"signin.again.{user.pk}"
    cache.add(key, 0, _WITHIN)
    # Counted before it is looked at: many at the same moment are so many tries.
    if _counted(key) > _TRIES:
        raise TooOften
    if user.check_password(typed):
        cache.delete(key)
        return True
    return False


def _counted(key: str) -> int:
    try:
        return int(cache.incr(key))
    except ValueError:  # its time ran out between the two
        cache.add(key, 1, _WITHIN)
        return 1
