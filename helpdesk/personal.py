"""What the help desk keeps of a customer (E3)."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q
from django.utils.translation import gettext as _

from core.exchange.models import Delivery
from core.personal.held import Held, Ids, holds, of_records
from core.record.models import Tie

from .models import Entry, Thread, Ticket


@holds
def held(ids: Ids) -> Iterable[Held]:
    # Those of the person's records, and those that something they said has become.
    said = Tie.objects.filter(of_records(ids), kind="ticket", other_module="helpdesk.ticket").values("other_id")
    asked = Q(contact__in=ids.get("crm.contact", [])) | Q(lead__in=ids.get("crm.lead", [])) | Q(pk__in=said)
    tickets = Ticket.objects.filter(asked)
    yield Held("helpdesk.ticket", _("Tickets"), tickets, {"subject": _("Erased"), "description": "", "extra": {}})
    entries = Entry.objects.filter(ticket__in=tickets)
    yield Held("helpdesk.entry", _("What was said in tickets"), entries, {"text": "—", "name": "", "handle": "", "link": ""})
    answers = Delivery.objects.filter(module="helpdesk.ticket", record_id__in=tickets.values("pk"))
    yield Held("helpdesk.answers", _("Answers at networks"), answers, {"text": "", "target": {}})
    yield Held("helpdesk.thread", _("Conversations of tickets"), Thread.objects.filter(ticket__in=tickets))
