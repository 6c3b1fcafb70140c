"""To whom a text to many would go, and to whom not and why: the same answer for the page that asks and the job that sends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.access.gate import can, queryset, rights
from core.access.models import User
from core.module.module import Module
from core.text.emails import clean_email

from .merge import email_fields
from .models import Suppression

# Why a record gets none, in the order they are asked and told; the sentences stand in core.record.importing_words.
HIDDEN, NONE, WRONG, OPTED_OUT, STOPPED, TWICE = "mail_hidden", "mail_none", "mail_wrong", "mail_opted_out", "mail_stopped", "mail_twice"
REASONS = (NONE, WRONG, OPTED_OUT, STOPPED, TWICE, HIDDEN)
RIGHT = "bulk"
_PART = 2_000


def may_mail(user: User, module: Module) -> bool:
    """Whether this person may write to many records of a module at once."""
    return bool(user.is_active and can(user, module, RIGHT) and rights(user).feature("mass_mail") and email_fields(user, module))


@dataclass
class Survey:
    """Each record chosen has an address in `to` or a reason in `left`."""

    to: dict[int, str] = field(default_factory=dict)
    left: dict[int, str] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        """How many are left out, by reason."""
        made = dict.fromkeys(REASONS, 0)
        for reason in self.left.values():
            made[reason] += 1
        return made


def survey(user: User, module: Module, ids: Sequence[int]) -> Survey:
    """Look at every record chosen, as it stands now. A few questions for thousands."""
    made, seen = Survey(), set[str]()
    keys = email_fields(user, module) if may_mail(user, module) else []
    out = "email_opt_out" in module.built_in
    for part in _parts(sorted(ids)):
        rows = {row[0]: row[1:] for row in _rows(user, module, part, keys, out)} if keys else {}
        shut = _suppressed([value for row in rows.values() for value in row[1:] if value])
        for pk in part:
            row = rows.get(pk)
            email = next((value for value in row[1:] if value), "") if row else ""
            if reason := _reason(row, email, shut, seen):
                made.left[pk] = reason
            else:
                made.to[pk] = email
                seen.add(email.casefold())
    return made


def _rows(user: User, module: Module, part: Sequence[int], keys: list[str], out: bool) -> Iterator[tuple[Any, ...]]:
    """(id, opted out, addresses …) of those that may be written to."""
    rows = queryset(user, module, RIGHT, aside=True).filter(pk__in=part)
    for pk, *values in rows.values_list("pk", *(["email_opt_out"] if out else []), *keys):
        yield (pk, *(values if out else [False, *values]))


def _reason(row: tuple[Any, ...] | None, email: str, shut: set[str], seen: set[str]) -> str:
    if row is None:
        return HIDDEN
    if not email:
        return NONE
    if clean_email(email)[1] == "invalid":
        return WRONG
    if row[0]:
        return OPTED_OUT
    folded = email.casefold()
    return STOPPED if folded in shut else TWICE if folded in seen else ""


def _suppressed(emails: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for part in _parts([one.casefold() for one in emails]):
        found |= set(Suppression.objects.filter(email__in=part).values_list("email", flat=True))
    return found


def _parts(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), _PART):
        yield values[start : start + _PART]
