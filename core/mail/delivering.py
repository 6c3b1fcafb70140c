"""The talk with the mail server, and what it means for a mail."""

from __future__ import annotations

import smtplib
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.utils.translation import gettext as _

from core import clock

from .models import FAILED, SENT, UNKNOWN, WAITING, Suppression


@dataclass(frozen=True)
class Outcome:
    """What became of a mail: sent, failed, unknown, or waiting (nothing was taken, later it may be). `away` says that no
    server was there at all; `gone` are addresses refused for good, with the server's words."""

    state: str
    reason: str = ""
    away: bool = False
    gone: tuple[tuple[str, str], ...] = ()


class Line:
    """One connection for one mail after the other. Looked at before each: a server that hung up meanwhile is called again,
    so that no mail is unclear for that."""

    def __init__(self) -> None:
        self._held: Any = None

    def _open(self) -> Any:
        if self._held is None:
            self._held = get_connection(timeout=30) if "smtp" in settings.EMAIL_BACKEND else get_connection()
        talk = getattr(self._held, "connection", None)
        if isinstance(talk, smtplib.SMTP):
            try:
                alive = talk.noop()[0] == 250
            except (smtplib.SMTPException, OSError):
                alive = False
            if not alive:
                self.close()
                return self._open()
        self._held.open()
        return self._held

    def close(self) -> None:
        if self._held is not None:
            with suppress(smtplib.SMTPException, OSError):  # what was said stands
                self._held.close()
        self._held = None

    def hand_over(self, message: EmailMessage) -> Outcome:
        """Hand one message over. Never raises for anything a server does."""
        try:
            server = self._open()
        except (smtplib.SMTPException, OSError) as error:  # nothing was said yet
            self.close()
            return Outcome(WAITING, _no_server(error), away=True)
        try:
            server.send_messages([message])
        except smtplib.SMTPRecipientsRefused as error:
            return _refused(error)
        except smtplib.SMTPResponseException as error:
            words = _("The mail server said: %(code)s %(words)s") % {"code": error.smtp_code, "words": _words(error.smtp_error)}
            return Outcome(WAITING if 400 <= error.smtp_code < 500 else FAILED, words)
        except (smtplib.SMTPException, OSError):
            self.close()
            words = _("The connection was cut while it was being sent. It may have arrived; ask the receiver before you send it again.")
            return Outcome(UNKNOWN, words)
        return Outcome(SENT)


def _no_server(error: BaseException) -> str:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return _("The mail server does not accept our user and password. An administrator has to set them right.")
    return _("The mail server cannot be reached.")


def _words(raw: Any) -> str:
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw)
    return " ".join(text.split())[:200]


def _refused(error: smtplib.SMTPRecipientsRefused) -> Outcome:
    code, words = next(iter(error.recipients.values()))
    said = _("The mail server refused the address: %(code)s %(words)s") % {"code": code, "words": _words(words)}
    if 400 <= code < 500:
        return Outcome(WAITING, said)
    gone = [
        (email, _words(why))
        for email, (one, why) in error.recipients.items()
        if one in {550, 551, 553} and b"5.1." in (why if isinstance(why, bytes) else str(why).encode())
    ]
    return Outcome(FAILED, said, gone=tuple(gone))


def note_gone(outcome: Outcome) -> None:
    """Who is refused for good is not written to again."""
    for email, words in outcome.gone:
        wish = {"why": Suppression.BOUNCED, "note": words[:200], "at": clock.now()}
        Suppression.objects.update_or_create(email=email.casefold(), defaults=wish)
