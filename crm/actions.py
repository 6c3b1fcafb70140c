"""What is done to the CRM's records: calls and tasks, primary contacts, roles in deals. Conversion has its own file."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from core.access.gate import can, queryset
from core.action.registry import Forbidden, Refused, action
from core.actor import Actor
from core.event.emit import emit_one
from core.event.timeline import KINDS
from core.record.write import create, lock, update

from . import actions_activity, actions_conversion  # noqa: F401 - declare their actions
from .forms import CallForm, DropRoleForm, RoleForm, TaskForm
from .models import Account, Contact, Deal, DealRole, ties

EVERYWHERE = "crm.lead crm.contact crm.account crm.deal"
KINDS |= {"role": ("users", lazy("set a contact's role")), "role_gone": ("users", lazy("took a contact off this deal"))}


@action("crm.log_call", on=EVERYWHERE, label=lazy("Log a call"), needs="crm.activity:create", form=CallForm, icon="phone")
def log_call(record: Any, *, actor: Actor, next_subject: str = "", next_due_on: Any = None, **values: Any) -> None:
    """Keep a call that took place, and set down what is to be done next if something is."""
    create("crm.activity", actor=actor, **{**values, "kind": "call", "status": "done", **ties(record)})
    if next_subject:
        wanted = {"kind": "task", "status": "open", "subject": next_subject, "due_on": next_due_on, **ties(record)}
        create("crm.activity", actor=actor, strict=False, **wanted)


@action("crm.add_task", on=EVERYWHERE, label=lazy("Add a task"), needs="crm.activity:create", form=TaskForm, icon="list-checks")
def add_task(record: Any, *, actor: Actor, **values: Any) -> None:
    """Set down what is to be done next."""
    create("crm.activity", actor=actor, **{**values, "kind": "task", "status": "open", **ties(record)})


def _not_first(contact: Contact) -> bool:
    return contact.account_id is not None and not Account.objects.filter(pk=contact.account_id, primary_contact=contact.pk).exists()


@action(
    "crm.make_primary",
    on="crm.contact",
    label=lazy("Make primary contact"),
    needs="crm.account:edit",
    icon="star",
    when=_not_first,
    menu=False,
)
def make_primary(contact: Contact, *, actor: Actor) -> Account:
    """Make this contact the first person of its account."""
    account = Account.objects.filter(pk=contact.account_id or 0, deleted_at=None).first()
    if account is None:
        raise Refused(_("%(title)s belongs to no account.") % {"title": contact.title})
    if actor.user is not None and not can(actor.user, "crm.account", "edit", account):
        raise Forbidden("crm.make_primary")
    return update(lock(account), actor=actor, primary_contact=contact.pk)


@action("crm.set_role", on="crm.deal", label=lazy("Add a contact"), needs="crm.deal:edit", form=RoleForm, icon="users")
def set_role(deal: Deal, *, actor: Actor, contact: int, role: str = "") -> None:
    """Give a contact a part in a deal, or another one than it had."""
    if actor.user is not None and not queryset(actor.user, "crm.contact").filter(pk=contact).exists():
        raise Refused(_("There is no such record."))
    lock(deal)
    DealRole.objects.update_or_create(deal=deal, contact_id=contact, defaults={"role": role})
    emit_one("crm.deal", deal, "role", actor, contact=contact, role=role)


@action("crm.drop_role", on="crm.deal", label=lazy("Take off this deal"), needs="crm.deal:edit", form=DropRoleForm, menu=False)
def drop_role(deal: Deal, *, actor: Actor, contact: int) -> None:
    """Take a contact off a deal."""
    gone, _rows = DealRole.objects.filter(deal=deal, contact_id=contact).delete()
    if gone:
        emit_one("crm.deal", deal, "role_gone", actor, contact=contact)
