"""Merging two to ten records into one: field by field, with all that hung on them, in one transaction (PLT-16)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core import clock
from core.access.gate import can, may_hand_on, queryset
from core.access.gate import fields as gate_fields
from core.access.models import User
from core.access.opened import look_up
from core.actor import Actor
from core.event.models import Event
from core.field.field import Field
from core.identity import moving, store
from core.identity.models import IdentityKey, Merge
from core.identity.obstacles import plain_row
from core.module.module import Module
from core.record import write
from core.record.models import Tie
from core.record.write import Refused

LEAST, MOST = 2, 10
TIE = "merged"
_AS_IT_IS = {"tags"}  # tags of all come together; nothing is chosen


class Changed(Refused):
    """Somebody changed some of the records since they were shown."""

    def __init__(self, records: Sequence[Any]) -> None:
        super().__init__(_("Someone else changed this meanwhile: %(titles)s.") % {"titles": ", ".join(one.title for one in records)})
        self.records = list(records)


@dataclass
class Choice:
    """One field, or one group of fields that are one value, of which a value is to be chosen."""

    key: str
    label: str
    fields: list[Field]
    values: dict[int, tuple[Any, ...]] = field(default_factory=dict)
    best: int = 0

    @property
    def differs(self) -> bool:
        return len({repr(value) for value in self.values.values()}) > 1

    def empty(self, pk: int) -> bool:
        return all(one.kind.is_empty(value) for one, value in zip(self.fields, self.values[pk], strict=True))


@dataclass
class Plan:
    """What a merge would do, for a page to show: the records, who may be kept, and the fields to choose."""

    module: Module
    records: list[Any]
    winners: list[int]
    winner: int
    choices: list[Choice]


def reachable(user: User, module: Module, ids: Sequence[int]) -> list[Any]:
    """Those of the records that this person may see and that can be merged, in the order asked for."""
    found = {record.pk: record for record in queryset(user, module).filter(pk__in=ids)}
    return [found[pk] for pk in dict.fromkeys(ids) if pk in found]


def possible_winners(user: User, module: Module, records: Sequence[Any]) -> list[int]:
    """Which of them may be the one that stays: any, for who may change them all. The right to delete is not asked for: a merge
    loses nothing and can be undone, and whoever looks after customers meets twins every day. Only what was merely shared with
    this person does not go: it can stay, and take the others in."""
    look_up(module, records)
    if module.identity is None or not all(can(user, module, "edit", record) for record in records):
        return []
    kept = [record.pk for record in records if not may_hand_on(user, module, record)]
    return kept[:1] if len(kept) == 1 else [] if kept else [record.pk for record in records]


def plan(user: User, module: Module, records: Sequence[Any], winner: int | None = None) -> Plan:
    """What the page offers. The fullest record stays if nothing else is said, of two the one that was here first; of every
    field its value, or where it has none the one that was changed last."""
    winners = possible_winners(user, module, records)
    choices = _choices(user, module, records)
    if winner not in winners:
        full = {r.pk: sum(not one.empty(r.pk) for one in choices) for r in records}
        winner = max(winners, key=lambda pk: (full[pk], -pk)) if winners else records[0].pk
    newest = [r.pk for r in sorted(records, key=lambda r: (r.pk != winner, -r.changed_at.timestamp()))]
    for one in choices:
        filled = [pk for pk in newest if not one.empty(pk)]
        one.best = max(filled, key=lambda pk: len(str(one.values[pk][0]))) if _long(one) and filled else (filled or newest)[0]
    return Plan(module, list(records), winners, winner, choices)


def _long(one: Choice) -> bool:
    return one.fields[0].kind.key == "long_text"


def _choices(user: User, module: Module, records: Sequence[Any]) -> list[Choice]:
    """The fields this person may change, what is one value (a name, an address) as one, as far as any record has a value."""
    open_ = {key: one for key, one in gate_fields(user, module, edit=True).items() if key not in _AS_IT_IS}
    made: list[Choice] = []
    whole = {part: one for one in module.fields.values() if one.parts for part in one.parts}
    for laid in module.sections():
        for one in laid.fields:
            if one.key not in open_:
                continue
            group = whole.get(one.key)
            parts = [open_[part] for part in group.parts if part in open_] if group else [one]
            key = group.key if group else one.key
            if any(choice.key == key for choice in made):
                continue
            values = {record.pk: tuple(part.value(record) for part in parts) for record in records}
            choice = Choice(key, group.label if group else one.label, parts, values)
            if any(not choice.empty(pk) for pk in values):
                made.append(choice)
    return made


@transaction.atomic
def merge(
    module: Module, winner_id: int, ids: Sequence[int], *, actor: Actor, versions: Mapping[int, int], chosen: Mapping[str, int]
) -> Merge:
    """Merge the records `ids` into `winner_id`, one of them. `versions` are those the person saw; `chosen` says by the key of
    a choice from which record its value comes. Raises Changed, Refused and Invalid; then nothing was done."""
    user = actor.user
    records = _held(module, ids, user)
    stale = [one for one in records if versions.get(one.pk) != one.version]
    if stale:
        raise Changed(stale)
    if user is not None and winner_id not in possible_winners(user, module, records):
        raise Refused(_("You may merge records only if you may change all of them, and those that were only shared with you have to stay."))
    winner = next(one for one in records if one.pk == winner_id)
    losers = [one for one in records if one.pk != winner_id]
    before = plain_row(winner)
    values = _values(module, records, winner, user, chosen)
    touched = _touched(module, winner.pk, [one.pk for one in losers])
    keys = _keys(touched)
    moved = moving.move(module, winner.pk, [one.pk for one in losers], actor)
    winner.__dict__.pop("_tag_words", None)
    detail = {"merged": [one.pk for one in losers], "titles": [one.title for one in losers]}
    write.update_many(module, [(winner, values)], actor=actor, kind="merged", detail=detail)
    _borrow(module, winner, losers)
    act = uuid.uuid4()
    write.delete_many(module, [one.pk for one in losers], actor=actor, act=act)
    Tie.objects.bulk_create(
        [Tie(kind=TIE, module=module.key, record_id=one.pk, other_module=module.key, other_id=winner.pk) for one in losers],
        ignore_conflicts=True,
    )
    after = plain_row(module.model._default_manager.get(pk=winner.pk))
    return Merge.objects.create(
        module=module.key,
        winner_id=winner.pk,
        losers=[one.pk for one in losers],
        at=clock.now(),
        by_id=actor.user_id,
        act=act,
        version=winner.version,
        before=before,
        changed={name: [value, after[name]] for name, value in before.items() if after[name] != value},
        moved=moved,
        keys={"made": sorted(_keys(touched) - keys), "event": _told(module, winner.pk)},
    )


def _told(module: Module, pk: int) -> int:
    """The event that says so in the history of the winner: what comes behind it came later, though the clock stood still."""
    found = Event.objects.filter(module=module.key, record_id=pk, kind="merged").order_by("-pk").values_list("pk", flat=True).first()
    return found or 0


def _held(module: Module, ids: Sequence[int], user: User | None) -> list[Any]:
    """All of the records, held until we are done; in one order, so that two merges wait for each other."""
    wanted = sorted(set(ids))
    if not LEAST <= len(wanted) <= MOST:
        raise Refused(_("Choose two to ten records to merge."))
    rows = module.model._default_manager.select_for_update(of=("self",)).filter(pk__in=wanted, deleted_at__isnull=True)
    records = list(rows.order_by("pk"))
    aside = module.stands_aside(records)
    seen = {one.pk for one in (queryset(user, module).filter(pk__in=wanted) if user is not None else records)}
    if len(records) != len(wanted) or aside or not seen >= set(wanted):
        raise Refused(_("One of these records is no longer here. Look again which are to be merged."))
    return records


def _values(module: Module, records: Sequence[Any], winner: Any, user: User | None, chosen: Mapping[str, int]) -> dict[str, Any]:
    """What is written to the winner: the values chosen, and for fields that are not the person's to choose what it lacks."""
    by_id, own = {one.pk: one for one in records}, {one.pk for one in records}
    wanted: dict[str, Any] = {}
    offered: set[str] = set()
    for choice in _choices(user, module, records) if user is not None else []:
        offered |= {part.key for part in choice.fields}
        source = by_id.get(chosen.get(choice.key, winner.pk), winner)
        wanted |= {part.key: part.value(source) for part in choice.fields}
    for key, one in module.fields.items():
        if key in offered or one.parts or not one.editable or key in {"owner", "tags"} or not one.kind.is_empty(one.value(winner)):
            continue
        filled = [value for other in records if not one.kind.is_empty(value := one.value(other))]
        if filled:
            wanted[key] = filled[0]
    for key, one in module.fields.items():  # nobody reports to, or stands below, themselves
        if one.kind.key == "link" and one.target == module.key and wanted.get(key, one.value(winner)) in own:
            wanted[key] = None
    return write.changes_of(module, winner, wanted)


def _borrow(module: Module, winner: Any, losers: Sequence[Any]) -> None:
    """By what the others were known, the winner was known, too."""
    held = set(IdentityKey.objects.filter(module=module.key, record_id=winner.pk).values_list("kind", "value"))
    who = IdentityKey.objects.filter(module=module.key, record_id=winner.pk).values_list("who", flat=True).first() or ""
    rows = IdentityKey.objects.filter(module=module.key, record_id__in=[one.pk for one in losers]).order_by("pk")
    fresh = {(kind, value) for kind, value in rows.values_list("kind", "value")} - held
    IdentityKey.objects.bulk_create(
        [IdentityKey(module=module.key, record_id=winner.pk, kind=kind, value=value, who=who, past=True) for kind, value in sorted(fresh)]
    )
    store.mark(module, [winner.pk])


def _touched(module: Module, winner: int, losers: Sequence[int]) -> list[tuple[str, list[int]]]:
    """The records whose identity keys a merge may add to: the winner, and people who change their company with it."""
    found = [(module.key, [winner])]
    for other, column in store.employees(module):
        found.append((other.key, list(other.model._default_manager.filter(**{f"{column}__in": losers}).values_list("pk", flat=True))))
    return found


def _keys(touched: Sequence[tuple[str, Sequence[int]]]) -> set[int]:
    return {pk for key, ids in touched for pk in IdentityKey.objects.filter(module=key, record_id__in=ids).values_list("pk", flat=True)}


def into(user: User, module: Module, pk: int) -> Any:
    """The record that this one was merged into, if the person may see it; else None. Merges of merges are followed."""
    tie = Tie.objects.filter(kind=TIE, module=module.key, record_id=pk, other_module=module.key).first()
    if tie is None or module.model._default_manager.filter(pk=pk, deleted_at__isnull=True).exists():
        return None
    return queryset(user, module).filter(pk=tie.other_id).first()
