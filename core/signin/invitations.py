"""Inviting people: a link by mail, good once, for 24 hours, for the address it was sent to (L7).

Who is invited is a user already, not active and without a password, so that profile, role and apps can be set before they come.
The link is made by the job that mails it and stands nowhere else; sent again, only the newest one works.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from core import clock
from core.access.models import AppAccess, Profile, Role, User
from core.actor import Actor
from core.record.write import Refused
from core.signin import audit
from core.signin.models import Invitation
from core.stamps import bump
from core.work.jobs import enqueue

GOOD_FOR = timedelta(hours=24)
INVITED = audit.says("user.invited", lazy("Invited %(name)s"))
AGAIN = audit.says("user.invited_again", lazy("Invited %(name)s again"))
WITHDRAWN = audit.says("user.invitation_withdrawn", lazy("Withdrew the invitation of %(name)s"))
ACCEPTED = audit.says("user.joined", lazy("%(name)s accepted the invitation"))


@dataclass(frozen=True)
class Found:
    """What a link leads to: an invitation that can be accepted, or `problem`: unknown, used, withdrawn, replaced, late or moved."""

    invitation: Invitation | None
    problem: str = ""


@transaction.atomic
def invite(
    email: str,
    *,
    actor: Actor,
    family_name: str,
    given_name: str = "",
    profile: Profile | None = None,
    role: Role | None = None,
    apps: dict[str, bool] | None = None,
    level: str = "",
    language: str = "en",
) -> Invitation:
    """Make somebody a user who is not active yet, and mail the link. `apps` says by app whether they administer it.
    Raises Refused when the address is taken. Who may invite whom is for the page to ask."""
    email = email.strip().lower()
    if User.objects.filter(email__iexact=email).exists():
        raise Refused(_("Somebody with this e-mail address is here already."))
    values = {"family_name": family_name, "given_name": given_name, "profile": profile, "role": role, "level": level, "language": language}
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, None, is_active=False, **values)
    except IntegrityError as error:
        raise Refused(_("Somebody with this e-mail address is here already.")) from error
    AppAccess.objects.bulk_create([AppAccess(user=user, app=app, is_admin=admin) for app, admin in (apps or {}).items()])
    bump("users")
    after = {
        "email": email,
        "profile": profile.name if profile else "",
        "role": str(role or ""),
        "level": level,
        "apps": sorted(apps or {}),
    }
    audit.note(actor, INVITED, user, {}, {name: value for name, value in after.items() if value})
    return _write(user, actor)


def _write(user: User, actor: Actor) -> Invitation:
    now = clock.now()
    Invitation.objects.filter(user=user, used_at=None, ended_at=None).update(ended_at=now, replaced=True)
    row = Invitation.objects.create(user=user, email=user.email, invited_by=actor.user, made_at=now, expires_at=now + GOOD_FOR)
    enqueue("core.invite", args={"invitation": row.pk}, label=_("Invitation"))
    return row


@transaction.atomic
def send_again(user: User, *, actor: Actor) -> Invitation:
    """Mail a new link; every older one is worth nothing from now on. Raises Refused for somebody who is here already."""
    user = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    if not is_invited(user):
        raise Refused(_("%(name)s has joined already.") % {"name": user})
    row = _write(user, actor)
    audit.note(actor, AGAIN, user)
    return row


@transaction.atomic
def withdraw(user: User, *, actor: Actor) -> None:
    """Make the open link worthless. The user stays, not active; deleting them is another act."""
    ended = Invitation.objects.filter(user=user, used_at=None, ended_at=None).update(ended_at=clock.now())
    if not ended:
        raise Refused(_("There is no open invitation of %(name)s.") % {"name": user})
    audit.note(actor, WITHDRAWN, user)


def is_invited(user: User) -> bool:
    """Whether somebody was invited and has never come: neither active nor deactivated."""
    return not user.is_active and not user.has_usable_password() and user.invitations.exists()


def latest(users: list[User]) -> dict[int, Invitation]:
    """The newest invitation of each of these people, by user id, in one query: for lists."""
    return {row.user_id: row for row in Invitation.objects.filter(user__in=users).order_by("pk")}


def open_ones() -> QuerySet[Invitation]:
    return Invitation.objects.filter(used_at=None, ended_at=None, expires_at__gt=clock.now())


def state(row: Invitation) -> str:
    """open, used, withdrawn, replaced or late."""
    if row.used_at:
        return "used"
    if row.ended_at:
        return "replaced" if row.replaced else "withdrawn"
    return "late" if row.expires_at <= clock.now() else "open"


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def make_link(row: Invitation) -> str:
    """A fresh link for the mail; one that was made before, by a try that failed half-way, works no more."""
    token = secrets.token_urlsafe(32)
    Invitation.objects.filter(pk=row.pk).update(digest=_digest(token))
    return settings.BASE_URL + reverse("invitation", args=[token])


def find(token: str) -> Found:
    """What the link with this token leads to."""
    row = Invitation.objects.select_related("user", "invited_by").filter(digest=_digest(token)).first() if token else None
    if row is None:
        return Found(None, "unknown")
    if (now := state(row)) != "open":
        return Found(row, now)
    if row.email != row.user.email or row.user.is_active:
        return Found(row, "moved")
    return Found(row)


@transaction.atomic
def accept(token: str, password: str, **values: Any) -> Found:
    """Set the password and make the person active; of two at once, one. `values` are names and language."""
    row = Invitation.objects.select_for_update().filter(digest=_digest(token)).first()
    found = find(token)
    if row is None or found.invitation is None or found.problem:
        return found
    user = User.objects.select_for_update(of=("self",)).get(pk=row.user_id)
    for name in ("family_name", "given_name", "language"):
        if name in values:
            setattr(user, name, values[name])
    user.password, user.is_active = make_password(password), True
    user.save()
    row.used_at = clock.now()
    row.save(update_fields=["used_at"])
    audit.note(Actor(user), ACCEPTED, user)
    bump("users")
    return Found(row)
