"""What the help desk hears: messages that arrive, answers that went out or did not, people who became known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from core.access.gate import can
from core.actor import Actor
from core.event.emit import Happened, listens
from core.event.timeline import KINDS
from core.exchange.models import FAILED, HELD, SENT, UNKNOWN, Delivery
from core.exchange.outbox import delivered, guards
from core.module.registry import module
from core.record.messages import speaker_of
from core.record.models import Tie
from core.record.write import lock, update_many

from .conversation import TIE, follow, heard, person_values
from .models import OPEN, WAITING, Entry, Ticket

KINDS.update(
    {
        "said": ("message-square", lazy("a message came in")),
        "answered": ("reply", lazy("answered")),
        "sent": ("send", lazy("the answer went out")),
        "unsent": ("triangle-alert", lazy("the answer did not go out")),
    }
)


@listens("arrived")
def message_arrived(told: Sequence[Happened], actor: Actor) -> None:
    """What continues an open ticket goes into it, whether a rule would have caught it or not (SOC-37)."""
    said = [(one.record, speaker) for one in told if (speaker := speaker_of(one.record)) is not None]
    known = heard(speaker for _record, speaker in said)
    for record, speaker in said:
        if speaker in known:
            follow(record, actor)


@listens("known")
def author_known(told: Sequence[Happened], actor: Actor) -> None:
    """The author of a message became a lead or contact: the ticket of the message learns it."""
    for one in told:
        ties = Tie.objects.filter(kind=TIE, module=one.event.module, record_id=one.event.record_id, other_module="helpdesk.ticket")
        for ticket in Ticket.objects.filter(pk__in=ties.values("other_id"), contact=None, lead=None, deleted_at__isnull=True):
            values = person_values(one.record)
            if values:
                update_many(module("helpdesk.ticket"), [(ticket, values)], actor=actor)


@delivered
def answer_settled(delivery: Delivery) -> None:
    """An answer went out: its id is noted, and the first one stops the clock. One that did not brings the ticket back."""
    entry = Entry.objects.select_related("ticket").filter(delivery=delivery).first()
    if entry is None:
        return
    # Held, so that what the agent does meanwhile is no conflict.
    ticket, changes, kind = lock(entry.ticket), {}, "sent"
    if delivery.state == SENT:
        if delivery.outside_id:
            Entry.objects.filter(pk=entry.pk).update(source=delivery.network, outside_id=delivery.outside_id)
        if ticket.first_answered_at is None:
            changes["first_answered_at"] = delivery.sent_at
    elif delivery.state in {FAILED, HELD, UNKNOWN} and ticket.status == WAITING:
        changes["status"], kind = OPEN, "unsent"
    if changes:
        values: dict[str, Any] = changes
        update_many(module("helpdesk.ticket"), [(ticket, values)], actor=Actor.system("system"), kind=kind)


@guards
def still_allowed(delivery: Delivery) -> str:
    """Who may not answer tickets any more does not answer them from the queue either (reliability F23)."""
    if delivery.module != "helpdesk.ticket" or delivery.asked_by is None:
        return ""
    ticket = Ticket.objects.filter(pk=delivery.record_id).first()
    if ticket is not None and can(delivery.asked_by, "helpdesk.ticket", "edit", ticket):
        return ""
    return _("The person who wrote this may not answer tickets any more.")
