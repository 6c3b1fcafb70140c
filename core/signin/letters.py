"""The mails around signing in: written in the reader's language, sent by a job, with addresses of the configured base only (N1).

A link that lets somebody in is made by the job that mails it: no task argument, log line or row holds it (C4).
"""

from __future__ import annotations

from typing import Any

from allauth.account.forms import default_token_generator
from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.http import int_to_base36
from django.utils.translation import gettext as _

from core import clock
from core.access.models import User
from core.field.look import Look
from core.organisation.settings import organisation
from core.signin import invitations
from core.signin.models import AuditEntry, EmailChange, Invitation
from core.work.jobs import Run, enqueue

NOTICES = ("password", "factor_on", "factor_off", "codes", "passkey_on", "passkey_off", "factor_reset", "email_asked", "email")


def send_reset(run: Run) -> None:
    """The link to a new password; nothing for an address that nobody here has: the job is there all the same (L6)."""
    user = User.objects.filter(pk=run.args["user"], is_active=True).first()
    if user is not None and user.has_usable_password():
        path = reverse("account_reset_password_from_key", args=[int_to_base36(user.pk), default_token_generator.make_token(user)])
        _send(user, "reset", {"link": settings.BASE_URL + path})


def send_invitation(run: Run) -> None:
    """The link of an invitation that is still open."""
    row = Invitation.objects.select_related("user", "invited_by").filter(pk=run.args["invitation"]).first()
    if row is None or invitations.state(row) != "open" or row.mailed_at:
        return
    _send(row.user, "invitation", {"link": invitations.make_link(row), "by": row.invited_by, "until": row.expires_at})
    Invitation.objects.filter(pk=row.pk).update(mailed_at=clock.now())


def tell(user: User, notice: str) -> None:
    """Have somebody told by mail that the way they sign in was changed: who did not do it learns of it."""
    assert notice in NOTICES
    enqueue("core.signin_notice", args={"user": user.pk, "notice": notice, "at": clock.now().isoformat()})


def tell_old_address(user: User, entry: int) -> None:
    """The same, to the address somebody had before: the line of the audit log knows it."""
    enqueue("core.signin_notice", args={"user": user.pk, "notice": "email", "entry": entry})


def send_notice(run: Run) -> None:
    user = User.objects.filter(pk=run.args["user"]).first()
    if user is not None and run.args["notice"] in NOTICES:
        entry = AuditEntry.objects.filter(pk=run.args.get("entry", 0)).first()
        to = str(entry.changes["email"][0]) if entry is not None else ""
        told = {"notice": run.args["notice"], "at": run.job.created_at, "link": settings.BASE_URL + reverse("my-security")}
        _send(user, "notice", told, to)


def send_confirmation(run: Run) -> None:
    """The link that makes a new address somebody's own, to that address."""
    from core.signin import emails  # which has its letters written here

    row = EmailChange.objects.select_related("user").filter(pk=run.args["change"], mailed_at=None, expires_at__gt=clock.now()).first()
    if row is not None and row.user.is_active:
        _send(row.user, "email", {"link": emails.make_link(row), "email": row.email, "until": row.expires_at}, row.email)
        EmailChange.objects.filter(pk=row.pk).update(mailed_at=clock.now())


def _send(user: User, name: str, context: dict[str, Any], to: str = "") -> None:
    with translation.override(user.language):
        look = Look.of(user)
        shown = {key: look.moment(value) if key in {"until", "at"} else value for key, value in context.items()}
        shown |= {"user": user, "organisation": organisation().name, "base": settings.BASE_URL}
        subject = {
            "reset": _("A new password for Enishi"),
            "invitation": _("Your invitation to Enishi"),
            "notice": _("The way you sign in to Enishi was changed"),
            "email": _("Confirm your new e-mail address for Enishi"),
        }[name]
        body = render_to_string(f"account/mail/{name}.txt", shown).strip() + "\n"
        EmailMessage(subject, body, settings.DEFAULT_FROM_EMAIL, [to or user.email], headers={"Auto-Submitted": "auto-generated"}).send()
