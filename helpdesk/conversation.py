"""How what is said outside finds its ticket: by itself, by the conversation it continues, or as a new one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from core.actor import Actor
from core.module.registry import module
from core.record.messages import Message, answerer, message_of
from core.record.models import Tie
from core.record.write import create, lock, update_many

from .models import CLOSED, CUSTOMER, OPEN, Entry, Thread, Ticket

TIE = "ticket"
_MENTIONS = re.compile(r"^(?:\s*[@＠][A-Za-z0-9_]{1,15}[\s、,]*)+")
SUBJECT = 80


def ticket_of(record: Any) -> Ticket | None:
    """The ticket a message has become or was added to."""
    tied = Tie.objects.filter(kind=TIE, module=record._meta.label_lower, record_id=record.pk, other_module="helpdesk.ticket")
    return Ticket.objects.filter(pk__in=tied.values("other_id"), deleted_at__isnull=True).order_by("pk").first()


def continued(message: Message) -> Ticket | None:
    """The ticket a message goes on with: its author speaks on in a conversation that an open ticket follows, or answers
    what we said in a ticket. Somebody else in the same conversation is another matter."""
    threads = Thread.objects.filter(source=message.source, author=message.author_id)
    alive = Ticket.objects.filter(deleted_at__isnull=True)
    if message.conversation:
        same = threads.filter(conversation=message.conversation)
        found = alive.exclude(status=CLOSED).filter(pk__in=same.values("ticket")).order_by("-pk").first()
        if found is not None:
            return found
    if message.answers:
        answered = Entry.objects.filter(source=message.source, outside_id=message.answers).values("ticket")
        return alive.filter(pk__in=answered).filter(pk__in=threads.values("ticket")).first()
    return None


def heard(speakers: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of these speakers, as (source, id), a ticket listens to: what nobody else says can continue one."""
    said: dict[str, set[str]] = {}
    for source, author in speakers:
        said.setdefault(source, set()).add(author)
    return {
        (source, author)
        for source, authors in said.items()
        for author in Thread.objects.filter(source=source, author__among=list(authors)).values_list("author", flat=True).distinct()
    }


def append(ticket: Ticket, record: Any, message: Message, actor: Actor) -> bool:
    """Put a message into a ticket, once; the ticket is open again and tied to it. In the caller's transaction."""
    values = {
        "ticket": ticket,
        "kind": CUSTOMER,
        "text": message.text,
        "name": message.author,
        "handle": message.handle,
        "at": message.at,
        "source": message.source,
        "outside_id": message.outside_id,
        "link": message.link,
        "module": record._meta.label_lower,
        "record_id": record.pk,
    }
    if Entry.objects.filter(source=message.source, outside_id=message.outside_id).exists():
        return False
    Entry.objects.create(**values)
    Thread.objects.get_or_create(ticket=ticket, source=message.source, conversation=message.conversation, author=message.author_id)
    tie = {"module": record._meta.label_lower, "record_id": record.pk, "other_module": "helpdesk.ticket", "other_id": ticket.pk}
    Tie.objects.get_or_create(kind=TIE, **tie)
    changes = {"last_said_at": max(message.at, ticket.last_said_at or message.at)}
    if ticket.status != OPEN:
        changes["status"] = OPEN
    update_many(module("helpdesk.ticket"), [(ticket, changes)], actor=actor, kind="said")
    return True


def place(record: Any, actor: Actor, **values: Any) -> Ticket:
    """The ticket of a message: the one it has, the one it continues, else a new one with these values.

    The message's row is held meanwhile, so that two who convert it at once get the same ticket (SOC-37).
    """
    record = lock(record)
    held = ticket_of(record)
    if held is not None:
        return held
    message = message_of(record)
    assert message is not None
    ticket = continued(message)
    if ticket is None:
        wanted = {"owner": None, "subject": subject(message), "channel": _channel(message), **person_values(record), **values}
        ticket = create("helpdesk.ticket", actor=actor, strict=False, **wanted)  # a rule that is refused loses the customer
    else:
        ticket = lock(ticket)
    append(ticket, record, message, actor)
    return ticket


def follow(record: Any, actor: Actor) -> Ticket | None:
    """Add a message that arrived to the ticket it continues; None if it continues none (a rule or a person decides)."""
    message = message_of(record)
    if message is None or ticket_of(record) is not None:
        return None
    ticket = continued(message)
    if ticket is not None:
        append(lock(ticket), record, message, actor)
    return ticket


def person_values(record: Any) -> dict[str, int]:
    """Contact, lead and account of a message's author, where they are known."""
    known = answerer(record._meta.label_lower)
    made: dict[str, int] = {}
    for key, pk in known.people(record) if known else []:
        column = key.split(".")[1]
        if column in {"contact", "lead", "account"}:
            made.setdefault(column, pk)
    if "contact" in made and "account" not in made:
        account = module("crm.contact").model._default_manager.filter(pk=made["contact"]).values_list("account_id", flat=True).first()
        made.update({"account": account} if account else {})
    return made


def subject(message: Message) -> str:
    """The first words of a message, without the names it is addressed to."""
    words = " ".join(_MENTIONS.sub("", message.text).split()) or message.author or message.handle
    return words if len(words) <= SUBJECT else f"{words[: SUBJECT - 1]}…"


def _channel(message: Message) -> str:
    known = module("helpdesk.ticket").fields["channel"].options
    return message.channel if message.channel in known else "other"
