"""What the help desk keeps of a customer (E3)."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q
from django.utils.translation import gettext as _

from core.personal.held import Held, Ids, holds

from .models import Entry, Thread, Ticket


@holds
def held(ids: Ids) -> Iterable[Held]:
    tickets = Ticket.objects.filter(Q(contact__in=ids.get("crm.contact", [])) | Q(lead__in=ids.get("crm.lead", [])))
    yield Held("helpdesk.ticket", _("Tickets"), tickets, {"subject": _("Erased"), "description": "", "extra": {}})
    said = Entry.objects.filter(ticket__in=tickets)
    yield Held("helpdesk.entry", _("What was said in tickets"), said, {"text": "—", "name": "", "handle": "", "link": ""})
    yield Held("helpdesk.thread", _("Conversations of tickets"), Thread.objects.filter(ticket__in=tickets))
