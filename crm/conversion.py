"""What converting a lead would do, decided without touching anything: which value goes where, what fills an empty field
of an existing record, what differs and stays, and what has no place to go (CRM-10, CRM-11)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError

from core.field.field import Field
from core.module.module import Module
from core.module.registry import module
from core.text.companies import email_domain_key, web_domain

from .mapping import taker, takes

_PLACE = "postal_code region city street building country"
_PERSON = (
    "family_name given_name family_kana given_kana job_title department source email email2 phone mobile website "
    f"x_handle facebook linkedin email_opt_out description {_PLACE}"
)
# Target field → the lead's field. Company fields go to the account, person fields to the contact (CRM-11).
TO_ACCOUNT: dict[str, str] = {
    "name": "company",
    **{key: key for key in ("phone", "website", "industry", "employees", "annual_revenue")},
    **{f"billing_{part}": part for part in _PLACE.split()},
}
TO_CONTACT: dict[str, str] = {key: key for key in _PERSON.split()}
TO_DEAL: dict[str, str] = {"source": "source"}
MAPPINGS = {"crm.account": TO_ACCOUNT, "crm.contact": TO_CONTACT, "crm.deal": TO_DEAL}
# An address is one value: half of one and half of another would be a place that does not exist.
_WHOLE = {"crm.account": tuple(f"billing_{part}" for part in _PLACE.split()), "crm.contact": tuple(_PLACE.split())}


@dataclass(frozen=True)
class Difference:
    """A field that keeps its value although the lead holds another."""

    field: Field
    stays: Any
    lead: Any


@dataclass(frozen=True)
class Lost:
    """A value of the lead with no place to go: no such field there, or a choice the target's list lacks."""

    field: Field
    value: Any
    target: Module
    choice: bool = False


@dataclass
class Side:
    """One record as the conversion would make or fill it. `values` by field key are what is written."""

    module: Module
    record: Any = None
    values: dict[str, Any] = field(default_factory=dict)
    differs: list[Difference] = field(default_factory=list)


@dataclass
class Plan:
    """The whole of a conversion before it happens. A side that is not wanted is None."""

    account: Side | None
    contact: Side
    deal: Side | None
    lost: list[Lost]

    @property
    def sides(self) -> list[Side]:
        return [side for side in (self.account, self.contact, self.deal) if side is not None]


def plan(lead: Any, *, account: Any = None, contact: Any = None, to_account: bool = True, new_deal: bool = False) -> Plan:
    """What becomes of `lead` with these existing records; None stands for one to be made."""
    source = module("crm.lead")
    lost: list[Lost] = []
    where = _side(lead, source, module("crm.account"), account, lost) if to_account else None
    who = _side(lead, source, module("crm.contact"), contact, lost)
    what = _side(lead, source, module("crm.deal"), None, lost) if new_deal else None
    lost += _homeless(lead, source, [side.module for side in (where, who, what) if side])
    return Plan(where, who, what, lost)


def _side(lead: Any, source: Module, target: Module, record: Any, lost: list[Lost]) -> Side:
    side = Side(target, record)
    for key, value in _arriving(lead, source, target, lost).items():
        one = target.fields[key]
        held = one.value(record) if record is not None else None
        if one.kind.key == "tags":
            joined = [*(held or []), *(word for word in value if word not in (held or []))]
            if joined != (held or []):
                side.values[key] = joined
        elif record is None or one.kind.is_empty(held):
            side.values[key] = value
        elif not _same(one, held, value):
            side.differs.append(Difference(one, held, value))
    if record is not None:
        _keep_address_whole(side)
    return side


def _arriving(lead: Any, source: Module, target: Module, lost: list[Lost]) -> dict[str, Any]:
    """The lead's values as the target can hold them, by the target's field keys."""
    made: dict[str, Any] = {}
    for key, origin in pairs(source, target):
        value = origin.value(lead)
        if origin.kind.is_empty(value):
            continue
        fitting, left = _fitting(origin, target.fields[key], value)
        if not origin.kind.is_empty(left):
            lost.append(Lost(origin, left, target, choice=True))
        if not origin.kind.is_empty(fitting):
            made[key] = fitting
    return made


def pairs(source: Module, target: Module) -> Iterable[tuple[str, Field]]:
    """(target key, lead's field) of everything that has a place at the target, fields of admins included."""
    mapping = MAPPINGS[target.key]
    for key, name in mapping.items():
        if key in target.fields and name in source.fields:
            yield key, source.fields[name]
    if target.key == "crm.contact":
        yield "tags", source.fields["tags"]
    for origin in source.fields.values():
        if origin.custom and not origin.hidden and (found := taker(origin, target, twin(origin, target))) is not None:
            yield found.key, origin


def twin(origin: Field, target: Module) -> Field | None:
    """The added field of the target that means the same: same kind, and the same label, or the same key if it is a word
    (c3 of one module says nothing about c3 of another)."""
    offered = [one for one in target.fields.values() if one.kind.key == origin.kind.key and takes(origin, one)]
    by_label = [one for one in offered if {name.casefold() for name in one.names} & {name.casefold() for name in origin.names}]
    by_key = [one for one in offered if one.key == origin.key and not re.fullmatch(r"[a-z]{1,2}_?\d+", one.key)]
    return next(iter(by_label or by_key), None)


def _fitting(origin: Field, target: Field, value: Any) -> tuple[Any, Any]:
    """The part of `value` that the target's list of choices has, and the part it lacks. Choices meet by value, then by label."""
    if origin.kind.key not in {"picklist", "multi_picklist"}:
        return _as(origin, target, value)
    words = value if isinstance(value, list) else [value]
    found = {word: _choice(origin, target, word) for word in words}
    kept, left = [there for there in found.values() if there], [word for word, there in found.items() if not there]
    if isinstance(value, list):
        return kept, left
    return (kept[0], "") if kept else ("", value)


def _as(origin: Field, target: Field, value: Any) -> tuple[Any, Any]:
    """`value` in a field of another kind: an address as a text, a number as an amount."""
    if not target.custom or origin.kind.key == target.kind.key:
        return value, None
    try:
        return target.clean(value), None
    except ValidationError:
        return target.kind.empty, value


def _choice(origin: Field, target: Field, word: str) -> str:
    if word in target.options:
        return word
    mine = origin.options.get(word)
    if mine is None:
        return ""
    return next((one.value for one in target.options.values() if (one.en and one.en == mine.en) or (one.ja and one.ja == mine.ja)), "")


def lacking(origin: Field, target: Field) -> list[str]:
    """The labels of the choices of `origin` that the target's list has not."""
    if origin.kind.key not in {"picklist", "multi_picklist"}:
        return []
    return [one.label for one in origin.options.values() if one.active and not _choice(origin, target, one.value)]


def _homeless(lead: Any, source: Module, targets: list[Module]) -> list[Lost]:
    """Added fields with a value and no twin anywhere; and the company's fields when no account is made."""
    placed = {origin.key for target in targets for _key, origin in pairs(source, target)}
    company = {name for name in TO_ACCOUNT.values() if name != "company"}
    made = []
    for one in source.fields.values():
        if one.hidden or one.is_formula or one.key in placed or not (one.custom or one.key in company):
            continue
        value = one.value(lead)
        if not one.kind.is_empty(value):
            made.append(Lost(one, value, targets[0]))
    return made


def _same(one: Field, held: Any, value: Any) -> bool:
    if one.kind.key == "phone":
        return _digits(held) == _digits(value)
    if one.kind.key == "url":
        return str(held).rstrip("/") == str(value).rstrip("/")
    if isinstance(held, str) and isinstance(value, str):
        return held.casefold() == value.casefold()
    return bool(held == value)


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign.isdigit())


def _keep_address_whole(side: Side) -> None:
    """An address is filled only where there is none at all."""
    parts = _WHOLE.get(side.module.key, ())
    country = parts[-1:] if parts else ()
    if any(getattr(side.record, part) for part in parts if part not in country):
        for part in parts:
            if part in side.values:
                value = side.values.pop(part)
                side.differs.append(Difference(side.module.fields[part], "", value))


def company_domains(lead: Any) -> set[str]:
    """The web domains that stand for the lead's company; none for free mail and shared hosts."""
    found = {web_domain(lead.website)} | {email_domain_key(email) for email in (lead.email, lead.email2) if email}
    return found - {""}


def addresses(lead: Any) -> set[str]:
    """The lead's e-mail addresses as they are compared."""
    return {email.casefold() for email in (lead.email, lead.email2) if email}
