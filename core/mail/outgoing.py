"""Mail goes out once: row first (with its Message-ID), then the mail server, then the result on the row (CRM-16).

    waiting → sending (committed) → sent | waiting, not before … | failed | unknown

A mail server has no idempotency keys either: where the line was cut after the message, or a worker died while sending,
nobody can know, and nothing is sent again without a person saying so (reliability F11).
"""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from email.utils import formataddr, make_msgid
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import clock
from core.actor import Actor
from core.event.emit import emit_one
from core.record.write import Refused
from core.text.emails import clean_email
from core.work.jobs import Run, enqueue, job
from core.work.run import backoff

from .models import FAILED, SENDING, SENT, UNKNOWN, WAITING, Mail, Suppression

KIND = "mail.send"
TRY_FOR = timedelta(hours=24)
CC_MOST = 10
Guard = Callable[[Mail], str]
_guards: list[Guard] = []


def guards(guard: Guard) -> Guard:
    """Register `fn(mail) -> ""`, or the reason (for people) why it may not leave."""
    _guards.append(guard)
    return guard


def addresses(text: str) -> list[str]:
    """The addresses of a line, separated by commas. Raises Refused with the one that is none."""
    made = []
    for part in filter(None, (one.strip() for one in text.replace(";", ",").replace("、", ",").split(","))):
        cleaned, problem = clean_email(part)
        if problem == "invalid" or any(sign in cleaned for sign in "\r\n\0"):
            raise Refused(_("“%(text)s” is not an e-mail address.") % {"text": part})
        made.append(cleaned)
    return made


def stopped(emails: list[str]) -> str:
    """Why one of these addresses gets no mail from us; empty if all may."""
    row = Suppression.objects.filter(email__in=[one.casefold() for one in emails]).first()
    return _("%(email)s gets no mail from us: %(why)s") % {"email": row.email, "why": row.get_why_display()} if row else ""


@guards
def nobody_suppressed(mail: Mail) -> str:
    """Asked again where mail leaves: an address may have been stopped while the mail waited."""
    return stopped([mail.to, *addresses(mail.cc)])


@guards
def writer_is_here(mail: Mail) -> str:
    return _("The person who asked for this has no access any more.") if mail.user and not mail.user.is_active else ""


def write_mail(record: Any, *, actor: Actor, to: str, subject: str, body: str, key: str, cc: str = "") -> Mail:
    """A mail and its job in the caller's transaction; the same `key` gives the same mail. Raises Refused."""
    receivers, copies = addresses(to), addresses(cc)
    if len(receivers) != 1:
        raise Refused(_("Name one address to write to; further ones go into Cc."))
    if len(copies) > CC_MOST:
        raise Refused(_("At most %(count)d addresses can be in Cc.") % {"count": CC_MOST})
    if reason := stopped([*receivers, *copies]):
        raise Refused(reason)
    host = urlsplit(settings.BASE_URL).hostname or "localhost"
    wish = {
        "module": record._meta.label_lower,
        "record_id": record.pk,
        "to": receivers[0],
        "cc": ", ".join(copies),
        "subject": " ".join(subject.split())[:200],
        "body": body.replace("\r\n", "\n").replace("\0", ""),
        "user": actor.user,
        "message_id": make_msgid(domain=host),
        "created_at": clock.now(),
    }
    with transaction.atomic():
        row, made = Mail.objects.get_or_create(key=key, defaults=wish)
        if made:
            emit_one(row.module, record, "mailed", actor, mail=row.pk, subject=row.subject)
            _enqueue(row)
    return row


def _enqueue(row: Mail) -> None:
    enqueue(KIND, key=f"mail:{row.pk}", args={"mail": row.pk}, user=row.user)


@job(KIND, label=gettext_lazy("Send mail"), stoppable=False)
def send(run: Run) -> None:
    """One turn at one mail."""
    row = Mail.objects.select_related("user").get(pk=run.args["mail"])
    with translation.override(row.user.language if row.user else "en"):
        if row.state == SENDING:  # a worker died between the claim and the result
            _settle(run, row, UNKNOWN, _("The work was cut while it was being sent. Ask the receiver before you send it again."))
        elif row.state == WAITING and _begin(run, row):
            _send(run, row)


def _begin(run: Run, row: Mail) -> bool:
    """Claim the row and commit that it is on its way. False if it may not leave."""
    reason = next((words for guard in _guards if (words := guard(row))), "")
    if reason:
        _settle(run, row, FAILED, reason, old=WAITING)
        return False
    with run.step():
        claimed = Mail.objects.filter(pk=row.pk, state=WAITING).update(state=SENDING, sending_at=clock.now(), attempts=row.attempts + 1)
    row.refresh_from_db()
    return bool(claimed)


def message(row: Mail) -> EmailMessage:
    """The message of a row: from the organisation's address in the writer's name, answers go to the writer."""
    name = str(row.user) if row.user else ""
    sender = formataddr((name, settings.DEFAULT_FROM_EMAIL)) if "<" not in settings.DEFAULT_FROM_EMAIL else settings.DEFAULT_FROM_EMAIL
    headers = {"Message-ID": row.message_id}
    reply = [row.user.email] if row.user else None
    return EmailMessage(row.subject, row.body, sender, [row.to], cc=addresses(row.cc), reply_to=reply, headers=headers)


def _send(run: Run, row: Mail) -> None:
    connection = get_connection(timeout=30) if "smtp" in settings.EMAIL_BACKEND else get_connection()
    try:
        connection.open()
    except (smtplib.SMTPException, OSError) as error:  # nothing was said yet
        return _later(run, row, _no_server(error))
    try:
        connection.send_messages([message(row)])
    except smtplib.SMTPRecipientsRefused as error:
        return _receivers_refused(run, row, error)
    except smtplib.SMTPResponseException as error:
        words = _("The mail server said: %(code)s %(words)s") % {"code": error.smtp_code, "words": _words(error.smtp_error)}
        return _later(run, row, words) if 400 <= error.smtp_code < 500 else _settle(run, row, FAILED, words)
    except (smtplib.SMTPException, OSError):
        words = _("The connection was cut while it was being sent. It may have arrived; ask the receiver before you send it again.")
        return _settle(run, row, UNKNOWN, words)
    finally:
        with suppress(smtplib.SMTPException, OSError):  # what was said stands
            connection.close()
    return _settle(run, row, SENT, sent_at=clock.now(), tray="tray" in settings.EMAIL_BACKEND)


def _no_server(error: BaseException) -> str:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return _("The mail server does not accept our user and password. An administrator has to set them right.")
    return _("The mail server cannot be reached.")


def _words(raw: Any) -> str:
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw)
    return " ".join(text.split())[:200]


def _receivers_refused(run: Run, row: Mail, error: smtplib.SMTPRecipientsRefused) -> None:
    """Who is refused for good is not written to again."""
    code, words = next(iter(error.recipients.values()))
    said = _("The mail server refused the address: %(code)s %(words)s") % {"code": code, "words": _words(words)}
    if 400 <= code < 500:
        return _later(run, row, said)
    with transaction.atomic():
        for email, (one, why) in error.recipients.items():
            if one in {550, 551, 553} and b"5.1." in (why if isinstance(why, bytes) else str(why).encode()):
                wish = {"why": Suppression.BOUNCED, "note": _words(why)[:200], "at": clock.now()}
                Suppression.objects.get_or_create(email=email.casefold(), defaults=wish)
        return _settle(run, row, FAILED, said)


def _later(run: Run, row: Mail, words: str) -> None:
    """Nothing was taken; it is tried again for a day."""
    if clock.now() - row.created_at >= TRY_FOR:
        return _settle(run, row, FAILED, words)
    again = clock.now() + max(backoff(row.attempts), timedelta(seconds=5))
    with run.step():
        Mail.objects.filter(pk=row.pk, state=SENDING).update(state=WAITING, reason=words[:300])
        run.later(again)
    return None


def _settle(run: Run, row: Mail, state: str, reason: str = "", *, old: str = SENDING, **more: Any) -> None:
    with run.step():
        Mail.objects.filter(pk=row.pk, state=old).update(state=state, reason=reason[:300], **more)
        run.finish()


def send_again(row: Mail) -> bool:
    """A person decided that it did not arrive. False if it is on its way or sent."""
    with transaction.atomic():
        changed = Mail.objects.filter(pk=row.pk, state__in=[FAILED, UNKNOWN]).update(state=WAITING, reason="", created_at=clock.now())
        if changed:
            _enqueue(row)
    return bool(changed)


def confirm_sent(row: Mail) -> bool:
    """A person knows that it arrived."""
    return bool(Mail.objects.filter(pk=row.pk, state=UNKNOWN).update(state=SENT, sent_at=row.sending_at, reason=""))


def call_off(row: Mail) -> bool:
    """Not wanted any more. False if it left."""
    return bool(Mail.objects.filter(pk=row.pk, state=WAITING).update(state=FAILED, reason=_("Called off.")))
