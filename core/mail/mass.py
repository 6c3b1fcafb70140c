"""One text to many (CRM-18): a job writes a Mail for each record in batches, then hands one after the other over, at the pace
that is set. A record has one mail of a mass mail, ever: its key says so; what a dying worker left half sent is asked about.

The way out is that of every mail (core.mail.outgoing): guards, the claim, the server, the result on the row.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import QueryDict
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import clock
from core.access.gate import queryset
from core.access.models import User
from core.actor import Actor
from core.event.emit import Told, emit
from core.field.look import Look
from core.module import listing
from core.module.module import Module
from core.module.registry import module as find_module
from core.record.insert import fresh, insert
from core.record.transfer_models import SKIPPED, RowNote
from core.record.write import Refused
from core.stamps import held
from core.uncollected import uncollected
from core.work.jobs import GiveUp, Run, enqueue, job
from core.work.models import Job

from . import outgoing
from .delivering import Line, Outcome
from .merge import Merger
from .models import FAILED, SENDING, SENT, UNKNOWN, WAITING, Mail, Mailing
from .survey import HIDDEN, RIGHT, TWICE, Survey, may_mail, survey

KIND = "mail.mass"
MOST = 10_000
BATCH, AHEAD = 500, 50
DRAFTS = timedelta(days=30)
MINUTE = timedelta(seconds=60)
TRY_FOR = timedelta(hours=24)


@outgoing.guards
def still_meant(mail: Mail) -> str:
    """Of many: asked again for each where it leaves, since hours may lie between the button and the mail (A9)."""
    if mail.mailing_id is None:
        return ""
    if mail.mailing is not None and mail.mailing.called_off_at:
        return _("Called off.")
    user, module = mail.user, find_module(mail.module)
    if user is None or not may_mail(user, module):
        return _("The person who asked for this may not write to many any more.")
    record = queryset(user, module, RIGHT, aside=True).filter(pk=mail.record_id).first()
    if record is None:
        return _("You may not do this to the record.")
    return _("This person does not want campaign mail.") if getattr(record, "email_opt_out", False) else ""


def start(user: User, module: Module, ids: list[int] | None, query: str) -> Mailing:
    """An empty mass mail to these records, or without ids to all that a list's address stands for. Raises Refused."""
    rows = listing.rows(listing.state(user, module, QueryDict(query))) if ids is None else None
    found = ids if rows is None else list(rows.order_by("pk").values_list("pk", flat=True)[: MOST + 1])
    if not found:
        raise Refused(_("Choose at least one record first."))
    if len(found) > MOST:
        raise Refused(_("A mass mail goes to %(count)s records at the most. Narrow the list first.") % {"count": f"{MOST:,}"})
    return Mailing.objects.create(user=user, module=module.key, ids=found, query=query, created_at=clock.now())


@transaction.atomic
def begin(mailing: Mailing) -> Job:
    """Send it; asked twice, it is sent once."""
    row = Mailing.objects.select_for_update().get(pk=mailing.pk)
    if row.job is not None:
        return row.job
    label = _("Mass mail: %(subject)s") % {"subject": row.subject}
    row.job = enqueue(KIND, key=f"mailing:{row.pk}", args={"mailing": row.pk}, user=row.user, total=len(row.ids), label=label)
    row.begun_at = clock.now()
    row.save(update_fields=["job", "begun_at"])
    return row.job


@transaction.atomic
def call_off(mailing: Mailing) -> int:
    """What has not left stays here. Gives how many mails that are."""
    Mailing.objects.filter(pk=mailing.pk, called_off_at=None).update(called_off_at=clock.now())
    return Mail.objects.filter(mailing=mailing, state=WAITING).update(state=FAILED, reason=_("Called off."))


@job(KIND, label=gettext_lazy("Mass mail"), shown=True)
def run_mailing(run: Run) -> None:
    """One turn: write what is not written yet, then send until the pace or the slice says enough."""
    mailing = Mailing.objects.get(pk=run.args["mailing"])
    with translation.override(_person(mailing).language):
        if mailing.called_off_at is None:
            _write(run, mailing)
            _send(run, mailing)


def _person(mailing: Mailing) -> User:
    """Who writes, with the rights of this moment."""
    return User.objects.anew(mailing.user_id)


def _at(run: Run, name: str) -> int:
    return int((run.cursor or {}).get(name, 0))


# Writing ---------------------------------------------------------------------------------------------------------------


def _write(run: Run, mailing: Mailing) -> None:
    ids = sorted(mailing.ids)
    if _at(run, "written") >= len(ids):
        return
    module, user = find_module(mailing.module), _person(mailing)
    plan, files = survey(user, module, ids), mailing.enclosures.count()
    while (at := _at(run, "written")) < len(ids):
        part = ids[at : at + BATCH]
        with uncollected(), held(), run.step() as step:
            user = _person(mailing)
            if not may_mail(user, module):
                raise GiveUp(_("You may not write to many records of this kind at once."))
            left = _write_part(run, mailing, module, user, part, plan, files)
            step.advance(
                done=run.job.done + left,
                cursor={**(run.cursor or {}), "written": at + len(part)},
                kept=run.job.result.get("kept", 0) + left,
            )


def _write_part(run: Run, mailing: Mailing, module: Module, user: User, part: list[int], plan: Survey, files: int) -> int:
    """The mails of one batch, with their events; gives how many records were left out, each noted with its reason."""
    wanted = [pk for pk in part if pk in plan.to]
    records = {one.pk: one for one in queryset(user, module, RIGHT, aside=True).filter(pk__in=wanted)}
    left = {pk: plan.left.get(pk, HIDDEN) for pk in part if pk not in records}
    # Between two turns the first of two records with one address may have gone: what was written stands.
    taken = {to.casefold() for to in Mail.objects.filter(mailing=mailing).values_list("to", flat=True)}
    left |= {pk: TWICE for pk in records if plan.to[pk].casefold() in taken}
    merger = Merger([mailing.subject, mailing.body], user, module, Look.of(user))
    receivers = [records[pk] for pk in wanted if pk not in left]
    merger.prepare(receivers)
    rows = [_row(mailing, one, plan.to[one.pk], merger, user, files) for one in receivers]
    insert(Mail, rows)
    told: list[Told] = [(module.key, one, {}, {"mail": row.pk, "subject": row.subject}) for one, row in zip(receivers, rows, strict=True)]
    emit(told, "mailed", Actor(user, "bulk", run.job.pk))
    notes = [RowNote(job=run.job, record_id=pk, level=SKIPPED, code=code) for pk, code in left.items()]
    RowNote.objects.bulk_create(notes, batch_size=500)
    return len(left)


def _row(mailing: Mailing, record: Any, to: str, merger: Merger, user: User, files: int) -> Mail:
    subject, body = merger.merged(record)
    row: Mail = fresh(Mail)
    row.__dict__.update(
        module=mailing.module, record_id=record.pk, to=to, subject=" ".join(outgoing.plain(subject.text).split())[:200],
        body=outgoing.plain(body.text), user_id=user.pk, mailing_id=mailing.pk, files=files, key=f"mailing:{mailing.pk}:{record.pk}",
        message_id=outgoing.new_message_id(), created_at=clock.now(),
    )  # fmt: skip
    return row


# Sending ---------------------------------------------------------------------------------------------------------------


def next_free(now: datetime) -> datetime:
    """When the next mail of any mass mail may leave (MAIL_PER_MINUTE; 0 is without limit)."""
    pace = settings.MAIL_PER_MINUTE
    if pace <= 0:
        return now
    rows = Mail.objects.filter(mailing__isnull=False, sending_at__gt=now - MINUTE).order_by("-sending_at")
    first: datetime | None = rows.values_list("sending_at", flat=True)[pace - 1 : pace].first()
    return first + MINUTE if first else now


def _send(run: Run, mailing: Mailing) -> None:
    # Whoever had the job before us died with this one in hand.
    half = Mail.objects.filter(mailing=mailing, state=SENDING, pk__gt=_at(run, "sent"))
    half.update(state=UNKNOWN, reason=outgoing.cut())
    line = Line()
    try:
        while rows := list(Mail.objects.filter(mailing=mailing, state=WAITING, pk__gt=_at(run, "sent")).order_by("pk")[:AHEAD]):
            user = _person(mailing)
            for row in rows:
                row.user, row.mailing = user, mailing
                if not _send_one(run, row, line):
                    return
    finally:
        line.close()
    _end(run, mailing)


def _send_one(run: Run, row: Mail, line: Line) -> bool:
    """False if the job has to wait: for the pace, or for a server."""
    now = clock.now()
    if (free := next_free(now)) > now:
        run.later(free)
        return False
    reason, made = outgoing.prepared(row)
    if made is None:
        Mail.objects.filter(pk=row.pk, state=WAITING).update(state=FAILED, reason=reason[:300])
        _step(run, row)
        return True
    with transaction.atomic():
        run.hold()
        if not outgoing.claim(row):
            return True  # called off a moment ago
    outcome = line.hand_over(made)
    if outcome.away:
        Mail.objects.filter(pk=row.pk, state=SENDING).update(state=WAITING, reason=outcome.reason[:300], sending_at=None)
        _wait_for_server(run, row, outcome)
        return False
    with transaction.atomic():
        # Whatever was asked meanwhile: what the server said is written down first.
        outgoing.settle(row, outcome)
        if outcome.state == WAITING:  # this one box is full: it goes its own way, and holds up no other
            outgoing.send_by_itself(row, clock.now() + MINUTE)
    _step(run, row, sent=outcome.state == SENT)
    return True


def _step(run: Run, row: Mail, *, sent: bool = False) -> None:
    with run.step() as step:
        figures = {"sent": run.job.result.get("sent", 0) + 1} if sent else {}
        step.advance(done=run.job.done + 1, cursor={**(run.cursor or {}), "sent": row.pk}, **figures)


def _wait_for_server(run: Run, row: Mail, outcome: Outcome) -> None:
    begun = row.mailing.begun_at if row.mailing else None
    if begun and clock.now() - begun >= TRY_FOR:
        raise GiveUp(outcome.reason)
    run.later(clock.now() + MINUTE)


def _end(run: Run, mailing: Mailing) -> None:
    """Figures for the result, counted: one mail was asked about, another called off, a third went its own way."""
    with run.step() as step:
        step.advance(done=len(mailing.ids), sent=Mail.objects.filter(mailing=mailing, state=SENT).count())


def forget(now: datetime) -> None:
    """Mass mails that were begun from a list and never sent."""
    Mailing.objects.filter(begun_at=None, created_at__lt=now - DRAFTS).delete()
