"""What is done with tickets. The only code that writes them beside the module's own form."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy

from core import clock
from core.access.gate import can
from core.access.models import User
from core.access.people import active_choices
from core.action.registry import action
from core.actor import Actor
from core.module.registry import UnknownModule, module
from core.record.messages import answerer, passing
from core.record.write import Refused, create, lock, update, update_many
from core.web.forms import RecordForm
from crm.forms import needed
from crm.models import Contact

from .conversation import place
from .models import CLOSED, COMMENT, CUSTOMER, OPEN, REPLY, WAITING, Entry, Ticket

NEEDS = "helpdesk.ticket:edit"


def _choices(field: str) -> list[tuple[str, Any]]:
    return [(one.value, one.label) for one in module("helpdesk.ticket").fields[field].options.values() if one.active]


class OpenTicketForm(forms.Form):
    """Which department looks after it."""

    department = forms.ChoiceField(label=lazy("Department"))
    priority = forms.ChoiceField(label=lazy("Priority"), initial="normal")

    def __init__(self, *args: Any, record: Any = None, user: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("department", "priority"):
            self.fields[name].choices = _choices(name)  # type: ignore[attr-defined]


class TextForm(forms.Form):
    """What to say."""

    text = forms.CharField(label=lazy("Text"), widget=forms.Textarea(attrs={"rows": 5}), max_length=20_000)

    def __init__(self, *args: Any, record: Any = None, user: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)


class AssignForm(forms.Form):
    """Who looks after it."""

    agent = forms.TypedChoiceField(label=lazy("Agent"), coerce=int, empty_value=None, required=False)

    def __init__(self, *args: Any, record: Any = None, user: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["agent"].choices = [("", lazy("Nobody")), *active_choices()]  # type: ignore[attr-defined]


@action(
    "helpdesk.open_ticket",
    on="message",
    label=lazy("Convert to ticket"),
    needs="helpdesk.ticket:create",
    form=OpenTicketForm,
    icon="ticket",
    when=lambda record: not passing(record),
)
def open_ticket(record: Any, *, actor: Actor, department: str = "support", priority: str = "normal") -> Ticket:
    """Open a ticket for what was said, or append it to the open ticket it continues; again, give the one it has."""
    if getattr(record, "ours", False):
        raise Refused(_("This is our own message; there is nobody to answer."))
    if why_not := passing(record):
        raise Refused(why_not)
    return place(record, actor, department=department, priority=priority)


class NewTicketForm(RecordForm):
    """What a person or a company asks for, on their own page."""

    def __init__(self, data: Any = None, *, record: Any, user: User) -> None:
        made, shown = module("helpdesk.ticket"), ["subject", "department", "priority", "channel", "description"]
        super().__init__(made, user, data, only=[*shown, *needed(made, {"status", "owner", *_about(record)})])


def _about(record: Any) -> dict[str, int]:
    """Whom a ticket opened on a page is about; a contact's company stands in it, too."""
    made = {record._meta.model_name: record.pk}
    if isinstance(record, Contact) and record.account_id:
        made["account"] = record.account_id
    return made


def _at_hand(record: Any) -> bool:
    """Not a lead that was converted: nobody would look for it there."""
    return not module(record._meta.label_lower).stands_aside([record])


@action(
    "helpdesk.create_ticket",
    on="crm.lead crm.contact crm.account",
    label=lazy("Create a ticket"),
    needs="helpdesk.ticket:create",
    form=NewTicketForm,
    icon="ticket",
    when=_at_hand,
)
def create_ticket(record: Any, *, actor: Actor, **values: Any) -> Ticket:
    """Open a ticket for the person or company whose page is open; a contact's company stands in it, too (CRM-16)."""
    made: Ticket = create("helpdesk.ticket", actor=actor, **{**values, **_about(record)})
    return made


@action("helpdesk.reply", on="helpdesk.ticket", label=lazy("Reply"), needs=NEEDS, form=TextForm, menu=False, icon="reply")
def reply(ticket: Ticket, *, actor: Actor, text: str, speaker: str = "") -> Ticket:
    """Answer the customer: the entry and its delivery in one transaction; a worker sends it (SOC-6, HD-11). `speaker` names the
    account that speaks, where somebody chose another one than the customer wrote to."""
    if not text.strip():
        raise Refused(_("The answer is empty; nothing was sent."))
    ticket, now = lock(ticket), clock.now()
    entry = Entry(ticket=ticket, kind=REPLY, text=text.strip(), author=actor.user, at=now)
    said, way = last_message(ticket)
    if way is not None:
        key = f"ticket:{uuid.uuid4().hex}"
        entry.delivery = way.send(said, text, actor=actor, key=key, module="helpdesk.ticket", record_id=ticket.pk, speaker=speaker)
    entry.save()
    changes: dict[str, Any] = {"last_said_at": now, "status": WAITING}
    if ticket.owner_id is None and actor.user_id:
        changes["owner"] = actor.user_id
    if way is None and ticket.first_answered_at is None:
        changes["first_answered_at"] = now  # nothing goes out from here: it was said on the phone
    update_many(module("helpdesk.ticket"), [(ticket, _differing(ticket, changes))], actor=actor, kind="answered")
    return ticket


def last_message(ticket: Ticket) -> tuple[Any, Any]:
    """The customer's last message that is still there, as its own record, and how it is answered; (None, None) for a ticket by hand.
    One that was binned stands in nobody's way: the answer goes to the one before it."""
    said = ticket.entries.filter(kind=CUSTOMER).exclude(module="")
    found: list[tuple[Any, str]] = []
    for key in said.order_by().values_list("module", flat=True).distinct():
        try:
            rows = module(key).model._default_manager.filter(pk__in=said.filter(module=key).values("record_id"), deleted_at__isnull=True)
        except UnknownModule:
            continue
        here = said.filter(module=key, record_id=OuterRef("pk")).order_by("-at", "-pk")
        rows = rows.annotate(entry_at=Subquery(here.values("at")[:1]), entry=Subquery(here.values("pk")[:1]))
        found += [(one, key) for one in rows.order_by("-entry_at", "-entry")[:1]]
    if not found:
        return None, None
    record, key = max(found, key=lambda one: (one[0].entry_at, one[0].entry))
    way = answerer(key)
    return (record, way) if way is not None else (None, None)


@action("helpdesk.comment", on="helpdesk.ticket", label=lazy("Comment"), needs=NEEDS, form=TextForm, menu=False, icon="message-square")
def comment(ticket: Ticket, *, actor: Actor, text: str) -> Ticket:
    """A word among us; it never goes out."""
    if not text.strip():
        raise Refused(_("The comment is empty; nothing was saved."))
    Entry.objects.create(ticket=ticket, kind=COMMENT, text=text.strip(), author=actor.user, at=clock.now())
    return ticket


@action("helpdesk.close", on="helpdesk.ticket", label=pgettext_lazy("ticket", "Close"), needs=NEEDS, icon="check")
def close(ticket: Ticket, *, actor: Actor) -> Ticket:
    """Nothing more to do. Refused while an answer has not gone out: it would be forgotten."""
    stuck = ticket.entries.filter(kind=REPLY, delivery__state__in=["failed", "unknown", "held"])
    if stuck.exists():
        raise Refused(_("An answer in this ticket has not gone out. Send it again or settle it first."))
    return update(ticket, actor=actor, status=CLOSED)


@action("helpdesk.reopen", on="helpdesk.ticket", label=lazy("Open again"), needs=NEEDS, icon="undo-2")
def reopen(ticket: Ticket, *, actor: Actor) -> Ticket:
    return update(ticket, actor=actor, status=OPEN)


@action("helpdesk.assign", on="helpdesk.ticket", label=lazy("Assign"), needs=NEEDS, form=AssignForm, icon="user-plus")
def assign(ticket: Ticket, *, actor: Actor, agent: int | None = None) -> Ticket:
    """Give it to one of us who can work on it, or to nobody."""
    if agent is not None:
        user = User.objects.filter(pk=agent, is_active=True).first()
        if user is None or not can(user, "helpdesk.ticket", "edit"):
            raise Refused(_("This person does not work in the help desk."))
    return update(ticket, actor=actor, owner=agent)


def _differing(ticket: Ticket, changes: dict[str, Any]) -> dict[str, Any]:
    fields = module("helpdesk.ticket").fields
    return {key: value for key, value in changes.items() if fields[key].value(ticket) != value}
