"""The mail tray: Django's mail back end of an installation without a mail server. Everything stays here, to be looked at."""

from __future__ import annotations

from collections.abc import Sequence
from email.header import decode_header, make_header
from email.message import Message
from typing import Any

from django.core.mail.backends.base import BaseEmailBackend

from core import clock
from core.mail.models import Mail, TrayMail

KEPT = 500


class Backend(BaseEmailBackend):
    """Keeps the newest 500 messages in the database."""

    def send_messages(self, email_messages: Sequence[Any]) -> int:
        now = clock.now()
        for one in email_messages:
            to = ", ".join(one.recipients())[:1000]
            files = [
                [part.get_filename() or "", len(part.get_payload(decode=True) or b"")]
                for part in one.attachments
                if isinstance(part, Message)
            ]
            mail = Mail.objects.filter(message_id=one.extra_headers.get("Message-ID", "")).first()
            TrayMail.objects.create(
                sender=str(make_header(decode_header(one.from_email)))[:300],
                to=to,
                subject=one.subject[:300],
                body=one.body,
                files=files,
                mail=mail,
                at=now,
            )
        oldest = TrayMail.objects.order_by("-pk").values_list("pk", flat=True)[KEPT : KEPT + 1].first()
        if oldest is not None:
            TrayMail.objects.filter(pk__lte=oldest).delete()
        return len(email_messages)
