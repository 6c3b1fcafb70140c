"""Another e-mail address for oneself: asked for with the password, confirmed by a link mailed to the new address (L7, L8).

The link is made by the job that mails it and stands nowhere else; it is good once, for 24 hours, for the person who asked, and
dies with the next password. Until it is opened one signs in as before. The old address is told of both.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from core import clock
from core.access.models import User
from core.actor import Actor
from core.record.write import Refused
from core.signin import audit, letters
from core.signin.models import EmailChange
from core.signin.sessions import ends_with_credentials
from core.text.emails import clean_email
from core.work.jobs import enqueue

GOOD_FOR = timedelta(hours=24)
CHANGED = audit.says("user.email_changed", lazy("%(name)s signs in with another e-mail address"))


@transaction.atomic
def ask(user: User, email: str) -> EmailChange:
    """Have the link mailed to the new address; what was asked for before is worth nothing. Raises Refused."""
    address, wrong = clean_email(email)
    if wrong == "invalid":
        raise Refused(_("This is no e-mail address."))
    address = address.lower()
    if address == user.email.lower():
        raise Refused(_("This is your address already."))
    if User.objects.filter(email__iexact=address).exists():
        raise Refused(_("Somebody with this e-mail address is here already."))
    now = clock.now()
    User.objects.select_for_update(of=("self",)).get(pk=user.pk)  # of two at once, the later link holds
    EmailChange.objects.filter(user=user).delete()
    row = EmailChange.objects.create(user=user, email=address, made_at=now, expires_at=now + GOOD_FOR)
    enqueue("core.confirm_email", args={"change": row.pk}, label=_("Mail to confirm an address"))
    letters.tell(user, "email_asked")
    return row


def asked_by(user: User) -> EmailChange | None:
    """What this person asked for and has not confirmed yet."""
    return EmailChange.objects.filter(user=user, expires_at__gt=clock.now()).first()


@ends_with_credentials
def call_off(user: User) -> None:
    """What was asked for is worth nothing from now on."""
    EmailChange.objects.filter(user=user).delete()


def make_link(row: EmailChange) -> str:
    """A fresh link for the mail; one that was made before, by a try that failed half-way, works no more."""
    token = secrets.token_urlsafe(32)
    EmailChange.objects.filter(pk=row.pk).update(digest=_digest(token))
    return settings.BASE_URL + reverse("my-email-new", args=[token])


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def find(user: User, token: str) -> EmailChange | None:
    """What the link with this token would change, if it is this person's and still good."""
    return EmailChange.objects.filter(user=user, digest=_digest(token), expires_at__gt=clock.now()).first() if token else None


@transaction.atomic
def confirm(user: User, token: str, *, actor: Actor) -> str:
    """The new address holds from now on; gives it, or nothing where the link is not good any more. Raises Refused where
    somebody else has the address by now. Of two at once, one."""
    held = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    row = EmailChange.objects.select_for_update().filter(user=user, digest=_digest(token), expires_at__gt=clock.now()).first()
    if row is None:
        return ""
    try:
        with transaction.atomic():
            if User.objects.filter(email__iexact=row.email).exclude(pk=user.pk).exists():
                raise IntegrityError
            User.objects.filter(pk=user.pk).update(email=row.email)
    except IntegrityError as error:
        raise Refused(_("Somebody with this e-mail address is here already.")) from error
    row.delete()
    entry = audit.note(actor, CHANGED, user, {"email": held.email}, {"email": row.email})
    if entry is not None:
        letters.tell_old_address(user, entry.pk)
    return row.email


def forget() -> None:
    """What nobody confirmed in time goes (O5)."""
    EmailChange.objects.filter(expires_at__lt=clock.now()).delete()
