"""What stands in the way of taking a merge back: a later change of just what an undo would have to put back. Any other later
change stays with the record that was kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from core.access.gate import fields as gate_fields
from core.access.gate import queryset
from core.access.models import User
from core.event.models import Event
from core.field.field import Field
from core.field.look import Look
from core.identity import moving
from core.identity.models import Merge
from core.module.module import Module
from core.module.registry import module as find_module
from core.record.models import Tagging

# Written by every change; they say when, not what.
_MARKS = {"changed_at", "changed_by_id", "version"}
# How many of one kind are named; more than that nobody reads.
NAMED = 10


@dataclass
class Obstacle:
    """One thing that stands in the way; with an address only if the reader may see it."""

    said: str
    url: str = ""


@dataclass(frozen=True)
class Piece:
    """One value that a merge wrote to the winner. `key` names it inside `extra`; `field` is None for what follows from others."""

    column: str
    key: str
    was: Any
    made: Any
    field: Field | None

    def now(self, row: dict[str, Any]) -> Any:
        """What it is in a row of plain columns."""
        return row["extra"].get(self.key) if self.key else row[self.column]


def plain_row(record: Any) -> dict[str, Any]:
    """A record's columns in JSON, to the microsecond."""
    return {column.attname: plain(getattr(record, column.attname)) for column in record._meta.concrete_fields}


def plain(value: Any) -> Any:
    """A column's value in JSON."""
    if isinstance(value, dict | list):
        return deepcopy(value)
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def written(module: Module, row: Merge) -> Iterator[Piece]:
    """What a merge wrote to the winner, value by value."""
    known = {one.path: one for one in module.fields.values() if not one.parts and not one.custom and one.editable}
    for column, (was, made) in row.changed.items():
        if column == "extra":
            for key in sorted(was.keys() | made.keys()):
                if was.get(key) != made.get(key):
                    one = module.fields.get(key)
                    yield Piece(column, key, was.get(key), made.get(key), one if one is not None and not one.is_formula else None)
        elif column not in _MARKS:
            yield Piece(column, "", was, made, known.get(column))


def touched(module: Module, winner: Any, row: Merge) -> list[Field]:
    """The fields the merge wrote that hold something else again since. One that is back at its old value is in nobody's way."""
    now = plain_row(winner)
    found = [piece.field for piece in written(module, row) if piece.field is not None and piece.now(now) not in (piece.was, piece.made)]
    return list(dict.fromkeys(found))


class Teller:
    """Says who changed what since a merge, in the words of one reader."""

    def __init__(self, row: Merge, user: User | None) -> None:
        self.row, self.user, self.look = row, user, Look.of(user) if user is not None else Look()
        self.after = int(row.keys.get("event", 0))

    def since(self, module: str, pk: int) -> models.QuerySet[Event]:
        """What happened to a record after the merge, the newest first."""
        return Event.objects.filter(module=module, record_id=pk, pk__gt=self.after, at__gte=self.row.at).order_by("-pk")

    def by(self, actor_id: int | None, at: datetime | None) -> dict[str, str]:
        return {"who": self.look.person(actor_id) if actor_id else _("Enishi"), "when": self.look.moment(at)}

    def field(self, module: Module, winner: Any, key: str, label: str) -> Obstacle:
        """A field of the winner that was changed since."""
        seen = self.user is None or key in gate_fields(self.user, module)
        names = {"field": label if seen else _("A field that you may not see"), "title": winner.title}
        event = next((one for one in self.since(module.key, winner.pk)[:200] if key in one.changes), None)
        if event is None:
            return Obstacle(_("%(title)s: %(field)s was changed since.") % names, module.url(winner.pk))
        said = _("%(title)s: %(field)s was changed by %(who)s on %(when)s.")
        return Obstacle(said % {**names, **self.by(event.actor_id, event.at)}, module.url(winner.pk))

    def record(self, record: Any, place: moving.Place) -> Obstacle:
        """A record that the merge moved, and that was given away or binned since."""
        other = find_module(record._meta.label_lower)
        binned = record.deleted_at is not None
        seen = self.user is None or queryset(self.user, other, aside=True, binned=binned).filter(pk=record.pk).exists()
        names = {"kind": capfirst(other.label), "title": record.title if seen else _("(one that you may not see)")}
        name = place.column.removesuffix("_id")
        event = next(
            (one for one in self.since(other.key, record.pk)[:200] if (one.kind == "deleted" if binned else name in one.changes)), None
        )
        by = self.by(event.actor_id, event.at) if event else {"who": _("Enishi"), "when": self.look.moment(record.changed_at)}
        said = (
            _("%(kind)s %(title)s was put into the bin by %(who)s on %(when)s.")
            if binned
            else _("%(kind)s %(title)s was given to another record by %(who)s on %(when)s.")
        )
        return Obstacle(said % {**names, **by}, other.url(record.pk) if seen and not binned else "")

    def removed(self, row: Any) -> Obstacle:
        """A note or a file that was taken off since, and can still be brought back."""
        actor = getattr(row, "removed_by_id", None)
        if actor is None:
            told = self.since(row.module, row.record_id).filter(kind="note_removed")[:50]
            actor = next((one.actor_id for one in told if one.detail.get("note") == row.pk), None)
        names = {"kind": capfirst(_called(type(row))), "title": str(row), **self.by(actor, row.removed_at)}
        return Obstacle(_("%(kind)s “%(title)s” was removed by %(who)s on %(when)s.") % names)


def obstacles(row: Merge, user: User | None) -> list[Obstacle]:
    """What was done since that an undo would run over."""
    module, teller = find_module(row.module), Teller(row, user)
    winner = module.model._default_manager.filter(pk=row.winner_id).first()
    if winner is None or winner.deleted_at is not None:
        return [Obstacle(_("The record that the others were merged into is in the bin or was deleted for good."))]
    found = [teller.field(module, winner, one.key, one.label) for one in touched(module, winner, row)]
    if not row.changed and winner.version != row.version:  # merged by an earlier Enishi, which did not note what it wrote
        found.append(Obstacle(_("%(title)s was changed since.") % {"title": winner.title}, module.url(winner.pk)))
    gone = len(row.losers) - module.model._default_manager.filter(pk__in=row.losers, deleted_with=row.act).count()
    if gone:
        found.append(Obstacle(_("%(count)d of the merged records is no longer in the bin.") % {"count": gone}))
    elif user is not None and queryset(user, module, "edit", aside=True, binned=True).filter(pk__in=row.losers).count() < len(row.losers):
        found.append(Obstacle(_("You may not bring back all of the merged records.")))
    for place, entries in moving.noted(module, row.moved):
        found += (_records if place.is_record else _rows)(teller, place, entries, winner, module)
    return found


def _records(teller: Teller, place: moving.Place, entries: Sequence[Sequence[Any]], winner: Any, module: Module) -> list[Obstacle]:
    strayed, gone = moving.strayed(place, entries, winner.pk)
    found = [teller.record(record, place) for record in strayed[:NAMED]]
    label = capfirst(find_module(place.model._meta.label_lower).label)
    return found + ([_gone(label, gone)] if gone else [])


def _rows(teller: Teller, place: moving.Place, entries: Sequence[Sequence[Any]], winner: Any, module: Module) -> list[Obstacle]:
    """Rows that are no records: notes, files, roles, links. Of tags the history of the record knows more."""
    strayed, gone = moving.strayed(place, entries, winner.pk)
    if gone and place.model is Tagging:
        return [teller.field(module, winner, "tags", module.fields["tags"].label)]
    removed = [row for row in strayed if getattr(row, "removed_at", None) is not None]
    found = [teller.removed(row) for row in removed[:NAMED]]
    if given := len(strayed) - len(removed):
        said = _("%(kind)s: %(count)d of a merged record stands at another one since.")
        found.append(Obstacle(said % {"kind": capfirst(_called(place.model)), "count": given}))
    return found + ([_gone(capfirst(_called(place.model)), gone)] if gone else [])


def _gone(label: str, count: int) -> Obstacle:
    return Obstacle(_("%(kind)s: %(count)d of a merged record was deleted since.") % {"kind": label, "count": count})


def _called(model: type[models.Model]) -> str:
    """What people call a row of a table that is no module."""
    return str(getattr(model, "called", model._meta.verbose_name))


def staying(row: Merge, user: User) -> list[str]:
    """The labels of the fields that others changed on the winner since: an undo leaves them as they are now."""
    module, teller = find_module(row.module), Teller(row, user)
    winner = module.model._default_manager.filter(pk=row.winner_id).first()
    if winner is None:
        return []
    own = {piece.field.key for piece in written(module, row) if piece.field is not None}
    seen = gate_fields(user, module)
    keys = dict.fromkeys(key for event in teller.since(module.key, winner.pk)[:200] for key in event.changes)
    return [seen[key].label for key in keys if key in seen and key not in own]
