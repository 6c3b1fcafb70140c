"""Mail goes out once: row first (with its Message-ID), then the mail server, then the result on the row (CRM-16).

    waiting → sending (committed) → sent | waiting, not before … | failed | unknown

A mail server has no idempotency keys either: where the line was cut after the message, or a worker died while sending,
nobody can know, and nothing is sent again without a person saying so (reliability F11).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from email.utils import make_msgid
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import clock
from core.access.gate import can
from core.actor import Actor
from core.event.emit import emit_one
from core.module.registry import UnknownModule
from core.module.registry import module as find_module
from core.organisation.settings import house_language
from core.record.write import Refused
from core.text.emails import clean_email
from core.work.jobs import Run, enqueue, job
from core.work.run import backoff

from .delivering import Line, Outcome, note_gone
from .enclosing import Named, enclose, too_much
from .message import Unwritable, app_of, message
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


def stopped(emails: list[str], *, mass: bool = False) -> str:
    """Why one of these addresses gets no mail from us; empty if all may. Who asked for no mass mail still gets other mail."""
    rows = Suppression.objects.filter(email__in=[one.casefold() for one in emails])
    row = (rows if mass else rows.exclude(why=Suppression.ASKED)).first()
    return _("%(email)s gets no mail from us: %(why)s") % {"email": row.email, "why": row.get_why_display()} if row else ""


@guards
def nobody_suppressed(mail: Mail) -> str:
    """Asked again where mail leaves: an address may have been stopped while the mail waited."""
    return stopped([mail.to, *addresses(mail.cc)], mass=mail.mailing_id is not None)


@guards
def writer_is_here(mail: Mail) -> str:
    """A mail may wait for a day: whoever lost the app or sight of the record meanwhile writes no more about it (A9)."""
    if mail.user is None:
        return ""
    if not mail.user.is_active:
        return _("The person who asked for this has no access any more.")
    try:
        module = find_module(mail.module)
    except UnknownModule:
        return ""
    record = module.model._default_manager.filter(pk=mail.record_id).first()
    if record is None or not can(mail.user, module, "view", record):
        return _("The person who asked for this may not see the record any more.")
    return ""


def new_message_id() -> str:
    """Given before the first try, so that a try that is repeated carries the same."""
    return make_msgid(domain=urlsplit(settings.BASE_URL).hostname or "localhost")


def plain(text: str) -> str:
    """A text as it is kept: line ends of one kind, and nothing a mail may not hold (I5)."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


def write_mail(record: Any, *, actor: Actor, to: str, subject: str, body: str, key: str, cc: str = "", files: Sequence[Named] = ()) -> Mail:
    """A mail and its job in the caller's transaction; the same `key` gives the same mail. Raises Refused."""
    receivers, copies = addresses(to), addresses(cc)
    if len(receivers) != 1:
        raise Refused(_("Name one address to write to; further ones go into Cc."))
    if len(copies) > CC_MOST:
        raise Refused(_("At most %(count)d addresses can be in Cc.") % {"count": CC_MOST})
    if reason := stopped([*receivers, *copies]):
        raise Refused(reason)
    if problem := too_much(files):
        raise Refused(problem)
    wish = {
        "module": record._meta.label_lower,
        "record_id": record.pk,
        "to": receivers[0],
        "cc": ", ".join(copies),
        "subject": " ".join(plain(subject).split())[:200],
        "body": plain(body),
        "files": len(files),
        "user": actor.user,
        "message_id": new_message_id(),
        "created_at": clock.now(),
    }
    with transaction.atomic():
        row, made = Mail.objects.get_or_create(key=key, defaults=wish)
        if made:
            enclose(files, mail=row)
            emit_one(row.module, record, "mailed", actor, mail=row.pk, subject=row.subject)
            send_by_itself(row)
    return row


def send_by_itself(row: Mail, due_at: datetime | None = None) -> None:
    """The job of one mail."""
    enqueue(KIND, key=f"mail:{row.pk}", args={"mail": row.pk}, user=row.user, due_at=due_at)


@job(KIND, label=gettext_lazy("Send mail"), stoppable=False)
def send(run: Run) -> None:
    """One turn at one mail."""
    row = Mail.objects.select_related("user", "mailing").get(pk=run.args["mail"])
    with translation.override(row.user.language if row.user else house_language(app_of(row))):
        if row.state == SENDING:  # a worker died between the claim and the result
            _settle(run, row, UNKNOWN, cut())
        elif row.state == WAITING:
            reason, made = prepared(row)
            if made is None:
                _settle(run, row, FAILED, reason, old=WAITING)
            elif _begin(run, row):
                _send(run, row, made)


def cut() -> str:
    return _("The work was cut while it was being sent. Ask the receiver before you send it again.")


def prepared(row: Mail) -> tuple[str, EmailMessage | None]:
    """The message, made before anything is claimed; or the reason why it may not leave."""
    if reason := next((words for guard in _guards if (words := guard(row))), ""):
        return reason, None
    try:
        return "", message(row)
    except Unwritable as error:
        return str(error), None


def claim(row: Mail) -> bool:
    """Say that a mail is on its way, in the caller's transaction. False if it stands differently by now."""
    claimed = Mail.objects.filter(pk=row.pk, state=WAITING).update(state=SENDING, sending_at=clock.now(), attempts=row.attempts + 1)
    row.attempts += 1
    return bool(claimed)


def _begin(run: Run, row: Mail) -> bool:
    """Claim the row and commit that it is on its way."""
    with run.step():
        return claim(row)


def _send(run: Run, row: Mail, made: EmailMessage) -> None:
    line = Line()
    outcome = line.hand_over(made)
    line.close()
    if outcome.state == WAITING:
        return _later(run, row, outcome.reason)
    with run.step():
        settle(row, outcome)
        run.finish()
    return None


def settle(row: Mail, outcome: Outcome) -> None:
    """Write down what became of a mail that was on its way, in the caller's transaction."""
    more = {"sent_at": clock.now(), "tray": "tray" in settings.EMAIL_BACKEND} if outcome.state == SENT else {}
    Mail.objects.filter(pk=row.pk, state=SENDING).update(state=outcome.state, reason=outcome.reason[:300], **more)
    note_gone(outcome)


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
            send_by_itself(row)
    return bool(changed)


def confirm_sent(row: Mail) -> bool:
    """A person knows that it arrived."""
    return bool(Mail.objects.filter(pk=row.pk, state=UNKNOWN).update(state=SENT, sent_at=row.sending_at, reason=""))


def call_off(row: Mail) -> bool:
    """Not wanted any more. False if it left."""
    return bool(Mail.objects.filter(pk=row.pk, state=WAITING).update(state=FAILED, reason=_("Called off.")))
