"""The mail tray: Django's mail back end of an installation without a mail server. Everything stays here, to be looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.mail.backends.base import BaseEmailBackend

from core import clock
from core.mail.models import TrayMail

KEPT = 500


class Backend(BaseEmailBackend):
    """Keeps the newest 500 messages in the database."""

    def send_messages(self, email_messages: Sequence[Any]) -> int:
        now = clock.now()
        for one in email_messages:
            to = ", ".join(one.recipients())[:1000]
            TrayMail.objects.create(sender=one.from_email[:300], to=to, subject=one.subject[:300], body=one.body, at=now)
        oldest = TrayMail.objects.order_by("-pk").values_list("pk", flat=True)[KEPT : KEPT + 1].first()
        if oldest is not None:
            TrayMail.objects.filter(pk__lte=oldest).delete()
        return len(email_messages)
