"""The mail of a notification: once. It is noted as handed over before it is; a server that refuses it is asked again."""

from __future__ import annotations

import smtplib
import socket

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import translation
from django.utils.translation import gettext as _

from core import clock
from core.access.models import User
from core.field.look import Look
from core.work.jobs import Run

from .models import Notification
from .tell import shown


def send(run: Run) -> None:
    """Work off one `core.notify.mail`. Between the mark and the sending the worker may die: then the bell alone tells."""
    with run.step():
        rows = Notification.objects.filter(pk=run.args["id"], mailed_at=None)
        mine = rows.update(mailed_at=clock.now())
    row = Notification.objects.select_related("user").filter(pk=run.args["id"]).first()
    if not mine or row is None or not row.user.is_active:
        return
    try:
        _message(row).send()
    except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused, ConnectionRefusedError, socket.gaierror):
        # The server said no, or there was none: the next attempt of the job may send it. A line that was cut leaves it
        # unclear whether the mail was taken; that one is not sent again.
        Notification.objects.filter(pk=row.pk).update(mailed_at=None)
        raise


def _message(row: Notification) -> EmailMessage:
    user = User.objects.select_related("profile", "role").get(pk=row.user_id)
    with translation.override(user.language):
        one = shown([row], Look.of(user))[0]
        where = f"{settings.BASE_URL}{one.url}" if one.url else settings.BASE_URL
        footer = _("You get this mail because you have an account at Enishi: %(address)s") % {"address": settings.BASE_URL}
        subject = " ".join(one.text.split())[:200]
        return EmailMessage(
            subject, f"{one.text}\n\n{where}\n\n-- \n{footer}\n", to=[user.email], headers={"Auto-Submitted": "auto-generated"}
        )
