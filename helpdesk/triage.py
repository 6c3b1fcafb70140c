"""What the triage page shows: the queue, the conversation with the fate of every answer, and the person."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Case, F, QuerySet, Value, When
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.access.gate import can, fields, queryset
from core.access.models import User
from core.exchange.models import FAILED, HELD, SENT, UNKNOWN, Delivery
from core.field.look import Look
from core.html import built
from core.identity.keys import HANDLE
from core.identity.twins import Twin, holders
from core.module.registry import module

from .models import CLOSED, COMMENT, CUSTOMER, Entry, Ticket

QUEUE, ENTRIES, BESIDE = 40, 200, 5


@dataclass
class Fate:
    """What became of an answer: icon, tone, words, and what a person can do about it."""

    icon: str
    tone: str
    words: str
    ask: bool = False  # "it was sent" or "send again"
    again: bool = False
    mend: bool = False


@dataclass
class Said:
    """One entry as the page shows it."""

    entry: Entry
    name: str
    initial: str
    hue: int
    fate: Fate | None = None


@dataclass
class Waiting:
    """One ticket in the queue."""

    ticket: Ticket
    who: str
    note: str
    net: str
    url: str
    new: bool = False
    here: bool = False


@dataclass
class Beside:
    """Who the customer is: the record, its deals, its other tickets."""

    record: Any = None
    label: str = ""
    url: str = ""
    facts: list[tuple[str, SafeString]] = field(default_factory=list)
    deals: list[dict[str, Any]] = field(default_factory=list)
    tickets: list[Ticket] = field(default_factory=list)
    name: str = ""
    handle: str = ""
    add_url: str = ""
    know_url: str = ""
    perhaps: list[Twin] = field(default_factory=list)  # who had this handle once


def fate_of(delivery: Delivery | None, look: Look) -> Fate | None:
    """The fate of an answer in words. Five different failures read as five (SOC-19): the reason is the network's own."""
    if delivery is None:
        return None
    if delivery.state == SENT:
        return Fate("check", "ok", _("Sent %(time)s") % {"time": look.moment(delivery.sent_at)})
    if delivery.state == FAILED:
        return Fate("triangle-alert", "bad", _("Not sent: %(reason)s") % {"reason": delivery.why}, again=True)
    if delivery.state == HELD:
        return Fate("triangle-alert", "bad", _("Held: %(reason)s") % {"reason": delivery.why}, again=True, mend=True)
    if delivery.state == UNKNOWN:
        return Fate("circle-question-mark", "warn", delivery.why, ask=True)
    if delivery.why:
        return Fate("clock", "warn", _("Waiting: %(reason)s") % {"reason": delivery.why})
    return Fate("clock", "", _("On its way"))


def conversation(ticket: Ticket, look: Look) -> list[Said]:
    """Everything said in a ticket, in the order of the network's time (F8)."""
    rows = list(ticket.entries.select_related("author", "delivery").order_by("-at", "-pk")[:ENTRIES])[::-1]
    made = []
    for entry in rows:
        name = look.person(entry.author_id) if entry.author_id else (entry.name or entry.handle or _("Enishi"))
        hue = (entry.author_id if entry.author_id else sum(map(ord, name))) % 9 + 1
        made.append(Said(entry, name, name[:1].upper(), hue, fate_of(entry.delivery, look)))
    return made


def mark(ticket: Ticket, said: list[Said], language: str) -> str:
    """Changes whenever the conversation looks different: for a page that asks again and again."""
    rows = [f"{one.entry.pk}:{one.fate.words if one.fate else ''}" for one in said]
    return hashlib.sha256("|".join([str(ticket.version), language, *rows]).encode()).hexdigest()[:20]


def newest(said: list[Said]) -> int:
    """The last thing a customer or a colleague said in public: an answer written on less is held for a look (HD-4)."""
    return max((one.entry.pk for one in said if one.entry.kind != COMMENT), default=0)


def waiting(user: User, only_mine: bool) -> QuerySet[Any]:
    """The tickets still to be worked on, unassigned first, then by the last message (HD-8)."""
    rows = queryset(user, "helpdesk.ticket").exclude(status=CLOSED)
    rows = rows.filter(owner=user) if only_mine else rows
    unassigned_first = Case(When(owner=None, then=Value(0)), default=Value(1)).asc()
    return rows.order_by(unassigned_first, F("last_said_at").desc(nulls_last=True), "-pk")


def queue(user: User, look: Look, *, only_mine: bool, here: int = 0) -> list[Waiting]:
    """The queue as the page shows it: a fixed number of queries."""
    tickets = list(waiting(user, only_mine)[:QUEUE])
    said: dict[int, Entry] = {}
    for entry in Entry.objects.filter(ticket__in=tickets, kind=CUSTOMER).order_by("at", "pk"):
        said[entry.ticket_id] = entry
    one, made = module("helpdesk.ticket"), []
    known = fields(user, one)
    query = "?mine=1" if only_mine else ""
    for ticket in tickets:
        entry = said.get(ticket.pk)
        holder = look.person(ticket.owner_id) if ticket.owner_id else _("Unassigned")
        words = [ticket.short, holder]
        if ticket.status != "open" and "status" in known:
            words.append(known["status"].text(ticket, look))
        who = (entry.name or entry.handle) if entry else ticket.subject
        net = known["channel"].text(ticket, look) if "channel" in known else ""
        made.append(Waiting(ticket, who, " · ".join(words), net, one.url(ticket.pk) + query, ticket.owner_id is None, ticket.pk == here))
    return made


def beside(user: User, ticket: Ticket, look: Look) -> Beside:
    """The person pane: only what this agent may see of the CRM."""
    made = Beside()
    links = fields(user, module("helpdesk.ticket"))
    for column, key in (("contact", "crm.contact"), ("lead", "crm.lead"), ("account", "crm.account")):
        pk = getattr(ticket, f"{column}_id") if column in links else None
        record = queryset(user, key, aside=True).filter(pk=pk).first() if pk else None
        if record is not None:
            one = module(key)
            look.want_faces(key, [pk])
            made.record, made.label, made.url = record, str(one.label), one.url(pk)
            seen = fields(user, one)
            known = [seen[name] for name in ("company", "phone", "email", "x_handle") if name in seen]
            made.facts = [(each.label, built(each.html(record, look))) for each in known if each.text(record, look)]
            made.deals = _deals(user, column, pk, look)
            rows = queryset(user, "helpdesk.ticket").filter(**{f"{column}_id": pk}).exclude(pk=ticket.pk)
            made.tickets = list(rows.order_by("-last_said_at", "-pk")[:BESIDE])
            break
    first = ticket.entries.filter(kind=CUSTOMER).order_by("at", "pk").first()
    if first is not None:
        made.name, made.handle = first.name, first.handle
        if made.record is None and first.module == "social.post" and can(user, first.module, "view"):
            do = f"{module(first.module).url(first.record_id)}do/social."
            made.add_url = f"{do}add_lead" if can(user, "crm.lead", "create") else ""
            if first.source == "x" and first.handle:
                made.perhaps = holders(user, {HANDLE: {first.handle}}).get((HANDLE, first.handle), [])
                made.know_url = f"{do}know" if can(user, first.module, "edit") else ""
    return made


def _deals(user: User, column: str, pk: int, look: Look) -> list[dict[str, Any]]:
    one = module("crm.deal")
    known = fields(user, one)
    if column not in known or not can(user, one, "view"):
        return []
    rows = queryset(user, one).filter(**{f"{column}_id": pk}).order_by("-changed_at", "-pk")[:BESIDE]
    made = []
    for deal in rows:
        money = known["amount"].text(deal, look) if "amount" in known else ""
        stage = built(known["stage"].html(deal, look)) if "stage" in known else ""
        made.append({"deal": deal, "url": one.url(deal.pk), "stage": stage, "money": money})
    return made
