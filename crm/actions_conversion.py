"""Converting a lead into account, contact and deal, and undoing it: each in one transaction, with nothing half done."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from core import clock
from core.access.gate import can
from core.access.gate import fields as gate_fields
from core.access.sharing import copy_shares
from core.action.registry import Forbidden, Refused, action
from core.actor import Actor
from core.event.emit import emit_one
from core.module.registry import module
from core.record.models import Tie
from core.record.turns import take_turn
from core.record.write import changes_of, create, delete_many, lock, update_many

from .conversion import Plan, Side, addresses, company_domains, plan
from .models import Account, Contact, Conversion, Deal, DealRole, Lead
from .moving import move_along, move_back
from .queries import Obstacle, matches, obstacles, reach

NEW, MATCH, NONE = "new", "match", "none"
UNDO_DAYS = 30
Choice = int | str


class AlreadyConverted(Refused):
    """Someone was first. `lead` leads to what they made."""

    def __init__(self, lead: Lead) -> None:
        super().__init__(_("%(title)s was already converted.") % {"title": lead.title})
        self.lead = lead


class InTheWay(Refused):
    """A conversion that can no longer be undone, and why, record by record."""

    def __init__(self, found: list[Obstacle]) -> None:
        super().__init__(" ".join(one.said for one in found))
        self.obstacles = found


@dataclass
class _Making:
    """A conversion while it happens."""

    lead: Lead
    actor: Actor
    row: Conversion
    typed: Mapping[str, Mapping[str, Any]]

    @property
    def owner(self) -> int | None:
        return self.lead.owner_id or self.actor.user_id

    def make(self, key: str, values: Mapping[str, Any]) -> Any:
        """A new record, recorded as made. Values typed on the page win over those of the lead."""
        if self.actor.user is not None and not can(self.actor.user, key, "create"):
            raise Forbidden(f"{key}:create")
        wanted = {"owner": self.owner, **values, **self.typed.get(key, {})}
        record = create(key, actor=self.actor, detail={"lead": self.lead.pk}, **wanted)
        self.row.made[key] = record.version
        return record

    def fill(self, record: Any, values: Mapping[str, Any]) -> None:
        """Write what is empty on a record that was there before; only fields the actor may change."""
        one, user = module(record._meta.label_lower), self.actor.user
        if user is not None:
            open_ = gate_fields(user, one, edit=True) if can(user, one, "edit", record) else {}
            values = {key: value for key, value in values.items() if key in open_}
        changed = changes_of(one, record, values)
        if not changed:
            return
        filled = self.row.filled.setdefault(one.key, {})
        for key, value in changed.items():
            kind = one.fields[key].kind
            filled[key] = [kind.plain(one.fields[key].value(record)), kind.plain(value)]
        update_many(one, [(record, changed)], actor=self.actor)


def wait_for(lead: Lead) -> None:
    """Until the transaction ends, no other lead of the same company or person is converted: what was made of one is there
    for the next to be matched with, though neither found anything when its page was opened."""
    names = {f"company {lead.company_key}"} if lead.company_key else set()
    names |= {f"domain {name}" for name in company_domains(lead)} | {f"address {name}" for name in addresses(lead)}
    take_turn(*names)


def _open(lead: Lead) -> bool:
    return lead.converted_at is None


@action(
    "crm.convert_lead",
    on="crm.lead",
    label=lazy("Convert"),
    needs="crm.lead:edit",
    feature="convert",
    page="crm-convert",
    primary=True,
    icon="arrow-right-left",
    bulk=lazy("Convert %(kind)s"),
    when=_open,
)
def convert_lead(
    lead: Lead,
    *,
    actor: Actor,
    account: Choice = MATCH,
    contact: Choice = MATCH,
    deal: Choice = NONE,
    role: str = "",
    typed: Mapping[str, Mapping[str, Any]] | None = None,
) -> Contact | None:
    """Make a contact of a lead, at a new or existing account, with a new, an existing or no deal.

    Choices are the id of a record, "new", "none" (no account, no deal) or "match": the one that surely fits, else a new
    one. `typed` holds further values by module key for what is made. Raises AlreadyConverted when someone was first.
    """
    lead = lock(lead)
    if lead.converted_at is not None:
        raise AlreadyConverted(lead)
    if lead.deleted_at is not None:
        raise Refused(_("%(title)s is in the bin. Restore it first.") % {"title": lead.title})
    wait_for(lead)
    now = clock.now()
    making = _Making(lead, actor, Conversion(lead=lead, at=now, by_id=actor.user_id), typed or {})
    where, who = _places(making, account, contact)
    decided = plan(lead, account=where, contact=who, to_account=where is not None or account not in {NONE}, new_deal=deal == NEW)
    where = _company(making, decided, where)
    who = _person(making, decided, who, where)
    what = _business(making, decided, deal, where, who, role)
    making.row.moved |= move_along(lead, who, where, actor)
    _finish(making, where, who, what)
    return who


def _places(making: _Making, account: Choice, contact: Choice) -> tuple[Account | None, Contact | None]:
    """The existing records chosen, locked parent first; None for those to be made."""
    user = making.actor.user
    if MATCH in {account, contact}:
        found = matches(making.lead, user)
        contact = next((m.record.pk for m in found.contacts if m.sure), NEW) if contact == MATCH else contact
        if account == MATCH:
            account = next((m.record.pk for m in found.accounts if m.sure), NEW if making.lead.company else NONE)
    where, who = None, None if contact == NEW else _reached("crm.contact", contact, making.actor)
    if account not in {NEW, NONE}:
        own = who is not None and who.account_id == account
        where = _reached("crm.account", account, making.actor, "view" if own else "edit", hold=True)
    if who is not None:
        who = _reached("crm.contact", who.pk, making.actor, hold=True)
    if who is not None and who.account_id is not None and (where is None or where.pk != who.account_id):
        raise Refused(_("%(title)s already belongs to another account. Choose that account, or make a new contact.") % {"title": who.title})
    return where, who


def _reached(key: str, pk: Choice, actor: Actor, right: str = "edit", *, hold: bool = False) -> Any:
    """The record chosen, if the actor may reach it; with `hold` nobody else writes it until we are done."""
    rows = reach(actor.user, key, right)
    record = (rows.select_for_update() if hold else rows).filter(pk=pk).first()
    if record is None:
        raise Refused(_("%(kind)s: this record no longer exists, or you may not change it.") % {"kind": capfirst(module(key).label)})
    return record


def _company(making: _Making, decided: Plan, where: Account | None) -> Account | None:
    if decided.account is None:
        return None
    if where is None:
        if "name" not in decided.account.values and "name" not in making.typed.get("crm.account", {}):
            return None
        return making.make("crm.account", decided.account.values)
    making.fill(where, decided.account.values)
    return where


def _person(making: _Making, decided: Plan, who: Contact | None, where: Account | None) -> Contact:
    values = {**decided.contact.values, **({"account": where.pk} if where is not None and (who is None or who.account_id is None) else {})}
    if who is None:
        who = making.make("crm.contact", values)
    else:
        making.fill(who, values)
    # The first person of an account is its primary contact (CRM-4).
    if where is not None and where.primary_contact_id is None and who.account_id == where.pk:
        if "crm.account" in making.row.made:
            update_many(module("crm.account"), [(where, {"primary_contact": who.pk})], actor=making.actor)
        else:
            making.fill(where, {"primary_contact": who.pk})
    return who


def _business(making: _Making, decided: Plan, deal: Choice, where: Account | None, who: Contact, role: str) -> Deal | None:
    if deal == NONE:
        return None
    if where is None:
        raise Refused(_("A deal belongs to an account. Choose an account, or convert without a deal."))
    if deal == NEW:
        side: Side = decided.deal  # type: ignore[assignment]
        name = side.values.get("name") or making.lead.company or making.lead.title
        what: Deal = making.make("crm.deal", {**side.values, "name": name, "account": where.pk, "contact": who.pk})
        if role:
            making.row.moved["role"] = [DealRole.objects.create(deal=what, contact=who, role=role[:60]).pk]
        return what
    what = _reached("crm.deal", deal, making.actor, hold=True)
    if what.account_id != where.pk or what.outcome != "open":
        raise Refused(_("%(title)s is not an open deal of this account.") % {"title": what.title})
    making.fill(what, {"contact": who.pk} if what.contact_id is None else {})
    joined, new = DealRole.objects.get_or_create(deal=what, contact=who, defaults={"role": role[:60]})
    if new:
        making.row.moved["role"] = [joined.pk]
    return what


def _finish(making: _Making, where: Account | None, who: Contact, what: Deal | None) -> None:
    """Tie the lead to what it became, take it out of the lists, and remember everything for the way back."""
    lead, row, actor, leads = making.lead, making.row, making.actor, module("crm.lead")
    row.account, row.contact, row.deal = where, who, what
    ends: list[Any] = [record for record in (where, who, what) if record is not None]
    Tie.objects.bulk_create(
        [Tie(kind="became", module="crm.lead", record_id=lead.pk, other_module=end._meta.label_lower, other_id=end.pk) for end in ends],
        ignore_conflicts=True,
    )
    gone = {
        "converted_at": row.at,
        "converted_by": actor.user_id,
        "account": where and where.pk,
        "contact": who.pk,
        "deal": what and what.pk,
    }
    update_many(leads, [(lead, changes_of(leads, lead, gone))], actor=actor, kind="converted")
    for end in ends:
        emit_one(end._meta.label_lower, end, "converted", actor, lead=lead.pk)
        if end._meta.label_lower in row.made:
            row.made[end._meta.label_lower] = end.version
    copy_shares(lead, [end for end in ends if end._meta.label_lower in row.made], actor=actor)
    row.save()


def conversion_of(lead: Lead) -> Conversion | None:
    """The conversion of a lead that stands and may still be undone."""
    edge = clock.now() - timedelta(days=UNDO_DAYS)
    return Conversion.objects.select_related("account", "contact", "deal").filter(lead=lead, undone_at=None, at__gte=edge).first()


def _undoable(lead: Lead) -> bool:
    return lead.converted_at is not None and clock.now() - lead.converted_at <= timedelta(days=UNDO_DAYS)


@action(
    "crm.undo_conversion",
    on="crm.lead",
    label=lazy("Undo the conversion"),
    needs="crm.lead:edit",
    feature="convert",
    page="crm-undo-conversion",
    icon="undo-2",
    when=_undoable,
)
def undo_conversion(lead: Lead, *, actor: Actor) -> Lead:
    """Bring a converted lead back as it was, if nothing was changed since on what it became (CRM-13)."""
    lead = lock(lead)
    row = conversion_of(lead) if lead.converted_at is not None else None
    if row is None:
        raise Refused(_("%(title)s is not converted, or was converted too long ago to undo it.") % {"title": lead.title})
    for name in ("account", "contact", "deal"):
        if getattr(row, name) is not None:
            setattr(row, name, lock(getattr(row, name)))
    if found := obstacles(row, actor.user):
        raise InTheWay(found)
    DealRole.objects.filter(pk__in=row.moved.get("role", [])).delete()
    if row.contact is not None:
        move_back(row.moved, lead, row.contact, row.account, actor)
    for name in ("account", "contact", "deal"):
        if getattr(row, name) is not None:
            _unfill(getattr(row, name), row.filled.get(f"crm.{name}", {}), actor)
    Tie.objects.filter(kind="became", module="crm.lead", record_id=lead.pk).delete()
    leads = module("crm.lead")
    back = dict.fromkeys(("converted_at", "converted_by", "account", "contact", "deal"))
    update_many(leads, [(lead, changes_of(leads, lead, back))], actor=actor, kind="unconverted")
    act = uuid.uuid4()
    for key in ("crm.deal", "crm.contact", "crm.account"):
        if key in row.made:
            delete_many(module(key), [getattr(row, f"{key.split('.')[1]}_id")], actor=actor, act=act)
    row.undone_at = clock.now()
    row.save(update_fields=["undone_at"])
    return lead


def _unfill(record: Any, filled: Mapping[str, list[Any]], actor: Actor) -> None:
    """Empty again what the conversion filled, where nobody wrote something else meanwhile."""
    one, wanted = module(record._meta.label_lower), {}
    if record.deleted_at is not None:
        return
    for key, (before, after) in filled.items():
        if key not in one.fields:
            continue
        field = one.fields[key]
        now = field.value(record)
        if key == "tags":
            added = set(after) - set(before or [])
            wanted[key] = [word for word in now if word not in added]
        elif now == field.kind.back(after):
            wanted[key] = field.kind.back(before)
    changed = changes_of(one, record, wanted)
    if changed:
        update_many(one, [(record, changed)], actor=actor)
