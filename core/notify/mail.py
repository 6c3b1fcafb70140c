"""The mails of notifications: single ones a minute after their cause, and one a day when the house opens, in the reader's zone.

A letter is claimed before it is handed over, so that it leaves once: a worker that dies in between leaves it `unknown`, and
the bell alone tells. What it says is what is still true and still to be seen at that moment (security A7).
"""

from __future__ import annotations

import smtplib
from contextlib import suppress
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import clock
from core.access.models import User
from core.field.look import Look
from core.organisation.hours import are_set, opening
from core.work.jobs import Run, enqueue
from core.work.run import backoff

from .models import DAILY, DROPPED, FAILED, QUEUED, SENDING, SENT, UNKNOWN, Letter, Notification
from .showing import Shown, shown

TRY_FOR = timedelta(hours=24)
# Where nobody set business hours.
DIGEST_AT = time(8, 0)
MOST = 100


def send(run: Run) -> None:
    """One turn at one letter."""
    letter = Letter.objects.filter(pk=run.args["letter"]).first()
    if letter is None:  # it grew old before anybody could send it, and was forgotten
        return None
    if letter.state == SENDING:  # a worker died between the claim and the result
        return _settle(run, letter, UNKNOWN, "cut")
    if letter.state != QUEUED:
        return None
    if letter.due_at > max(run.now, clock.now()):  # its act goes on
        return run.later(letter.due_at)
    with run.step():
        mine = Letter.objects.filter(pk=letter.pk, state=QUEUED).update(state=SENDING, sending_at=clock.now())
    if not mine:
        return None
    try:
        message = _message(letter)
    except Exception:  # nothing was said to a server yet: the next attempt may do better
        _back(letter)
        raise
    if message is None:
        return _settle(run, letter, DROPPED, "nothing left")
    return _hand_over(run, letter, message)


def _hand_over(run: Run, letter: Letter, message: EmailMessage) -> None:
    connection = get_connection(timeout=30) if "smtp" in settings.EMAIL_BACKEND else get_connection()
    try:
        connection.open()
    except (smtplib.SMTPException, OSError):  # nothing was said yet
        return _later(run, letter, "no server")
    try:
        connection.send_messages([message])
    except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused) as error:  # it said no
        codes = (
            [code for code, _words in error.recipients.values()] if isinstance(error, smtplib.SMTPRecipientsRefused) else [error.smtp_code]
        )
        refused = f"refused {codes[0]}"
        return _later(run, letter, refused) if all(400 <= code < 500 for code in codes) else _settle(run, letter, FAILED, refused)
    except (smtplib.SMTPException, OSError):  # nobody knows whether it was taken
        return _settle(run, letter, UNKNOWN, "cut")
    finally:
        with suppress(smtplib.SMTPException, OSError):  # what was said stands
            connection.close()
    return _settle(run, letter, SENT)


def _settle(run: Run, letter: Letter, state: str, reason: str = "") -> None:
    with run.step():
        sent_at = clock.now() if state == SENT else None
        Letter.objects.filter(pk=letter.pk, state=SENDING).update(state=state, reason=reason, sent_at=sent_at)
        run.finish()


def _later(run: Run, letter: Letter, reason: str) -> None:
    """Nothing was taken: it is tried again for a day."""
    if clock.now() - letter.made_at >= TRY_FOR:
        return _settle(run, letter, FAILED, reason)
    again = clock.now() + max(backoff(min(run.job.attempts + 5, 12)), timedelta(seconds=30))
    with run.step():
        _back(letter, reason=reason, due_at=again)
        run.later(again)
    return None


def _back(letter: Letter, **values: object) -> None:
    """Queued again. Where another about the same record was opened meanwhile, that one takes what this one had to say."""
    try:
        with transaction.atomic():
            Letter.objects.filter(pk=letter.pk, state=SENDING).update(state=QUEUED, **values)
    except IntegrityError:
        other = Letter.objects.get(user_id=letter.user_id, about=letter.about, day=None, state=QUEUED)
        Notification.objects.filter(letter=letter).update(letter=other)
        Letter.objects.filter(pk=letter.pk, state=SENDING).update(state=DROPPED, reason="joined")


def _message(letter: Letter) -> EmailMessage | None:
    """What the letter says; None if there is nothing to say, or nobody there to read it."""
    user = User.objects.anew(letter.user_id)
    if not user.is_active or not user.email:
        return None
    rows = Notification.objects.filter(letter=letter, read_at=None, gone=False).order_by("pk")
    with translation.override(user.language):
        items = shown(rows[: MOST + 1], Look.of(user))
        if not items:
            return None
        subject = _digest_subject(len(items)) if letter.day else " ".join(items[-1].text.split())[:200]
        body = "\n\n".join([*(_line(one) for one in items[:MOST]), *_rest(items)])
        return EmailMessage(subject, f"{body}\n\n-- \n{_footer()}\n", to=[user.email], headers={"Auto-Submitted": "auto-generated"})


def _digest_subject(count: int) -> str:
    return ngettext("%(count)d notification from Enishi", "%(count)d notifications from Enishi", count) % {"count": count}


def _line(one: Shown) -> str:
    return f"{one.text}\n{settings.BASE_URL}{one.url}"


def _rest(items: list[Shown]) -> list[str]:
    return [_("There are more: %(address)s") % {"address": f"{settings.BASE_URL}/me/notifications/"}] if len(items) > MOST else []


def _footer() -> str:
    address = f"{settings.BASE_URL}/me/notifications/settings"
    return _("You get this mail because you have an account at Enishi. Choose what you are told: %(address)s") % {"address": address}


def digests(now: datetime) -> int:
    """Open the mail of the day for everybody at whose place the house has opened, of what was told before. Gives how many."""
    waiting = Notification.objects.filter(mail=DAILY, letter=None, read_at=None, gone=False)
    people = User.objects.filter(pk__in=waiting.values("user"), is_active=True)
    return sum(_digest(user, now) for user in people.order_by("pk"))


def _digest(user: User, now: datetime) -> bool:
    zone: ZoneInfo = Look.of(user).zone
    today = now.astimezone(zone)
    opened = opening(today.date())
    if opened is None and are_set():
        return False  # a day off: it comes with the next working day
    begins = datetime.combine(today.date(), opened[0] if opened else DIGEST_AT, zone)
    if now < begins:
        return False
    rows = Notification.objects.filter(user=user, mail=DAILY, letter=None, read_at=None, gone=False, at__lt=begins)
    if not rows.exists():
        return False
    with transaction.atomic():
        letter, made = Letter.objects.get_or_create(user=user, day=today.date(), defaults={"due_at": now, "made_at": now})
        if not made:
            return False
        rows.update(letter=letter)
        enqueue("core.notify.mail", key=f"letter:{letter.pk}", args={"letter": letter.pk})
    return True
