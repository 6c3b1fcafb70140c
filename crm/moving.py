"""What hangs on a lead moves along when it is converted, and back when that is undone.

A feature whose rows hang on leads says once how they move, and both directions follow:

    @moves_with_conversion("social.profiles")
    def profiles(move: Move) -> list[Any]:
        return repoint(SocialProfile, move)

Modules whose records link to a lead and to a contact (activities, tickets) need to say nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import models

from core.actor import Actor
from core.files.models import Attachment, Photo
from core.module.module import Module
from core.module.registry import module, modules
from core.record.models import Note, Tie
from core.record.write import update_many

from .models import Account, Contact, Lead

BATCH = 500


@dataclass(frozen=True)
class Move:
    """From `source` to `target`: lead to contact, or back with `only` what the first way returned."""

    source: Any
    target: Any
    actor: Actor
    account: Account | None = None
    only: list[Any] | None = None


Mover = Callable[[Move], list[Any]]
_movers: dict[str, Mover] = {}


def moves_with_conversion(key: str) -> Callable[[Mover], Mover]:
    """Decorator: call this when a lead is converted. It returns what it moved as plain JSON, and gets that back as
    `move.only` when the conversion is undone."""

    def add(function: Mover) -> Mover:
        _movers[key] = function
        return function

    return add


def move_along(lead: Lead, contact: Contact, account: Account | None, actor: Actor) -> dict[str, list[Any]]:
    """Move everything; what was moved, by mover."""
    made = {key: mover(Move(lead, contact, actor, account)) for key, mover in _movers.items()}
    return {key: moved for key, moved in made.items() if moved}


def move_back(moved: dict[str, list[Any]], lead: Lead, contact: Contact, account: Account | None, actor: Actor) -> None:
    """Move back exactly what was moved. What a feature that is gone once moved stays where it is."""
    for key, only in moved.items():
        if key in _movers:
            _movers[key](Move(contact, lead, actor, account, only))


def repoint(
    model: type[models.Model], move: Move, *, key: str = "module", pk: str = "record_id", unique: tuple[str, ...] = ()
) -> list[int]:
    """Move the rows of a table that names its record by module and id. With `unique` columns, rows whose twin stands at
    the target already stay behind."""
    rows = model._default_manager.filter(**{key: move.source._meta.label_lower, pk: move.source.pk})
    held = model._default_manager.filter(**{key: move.target._meta.label_lower, pk: move.target.pk})
    taken = set(held.values_list(*unique)) if unique else set()
    found = [row for row, *rest in rows.order_by("pk").values_list("pk", *unique) if tuple(rest) not in taken or not unique]
    if move.only is not None:
        found = sorted(set(found) & set(move.only))
    for start in range(0, len(found), BATCH):
        part = model._default_manager.filter(pk__in=found[start : start + BATCH])
        part.update(**{key: move.target._meta.label_lower, pk: move.target.pk})
    return found


@moves_with_conversion("core.notes")
def notes(move: Move) -> list[int]:
    return repoint(Note, move)


@moves_with_conversion("core.attachments")
def attachments(move: Move) -> list[int]:
    return repoint(Attachment, move)


@moves_with_conversion("core.photo")
def photo(move: Move) -> list[int]:
    """A photo fills an empty place only. On the way back goes the one that came, if it is still there."""
    target = Photo.objects.filter(module=move.target._meta.label_lower, record_id=move.target.pk)
    return [] if target.exists() else repoint(Photo, move)


@moves_with_conversion("core.ties")
def ties(move: Move) -> list[int]:
    return repoint(Tie, move, unique=("kind", "other_module", "other_id"))


@moves_with_conversion("core.ties_back")
def ties_back(move: Move) -> list[int]:
    return repoint(Tie, move, key="other_module", pk="other_id", unique=("kind", "module", "record_id"))


@moves_with_conversion("crm.linked")
def linked(move: Move) -> list[Any]:
    """Records that link to the lead: [module, id, which links the conversion set]. Those in the bin move, too."""
    if move.only is not None:
        _linked_back(move)
        return move.only
    made: list[Any] = []
    for one in modules():
        names = _links(one)
        if one.key == "crm.lead" or not {Lead, Contact} <= names.keys():
            continue
        pairs = []
        for record in one.model._default_manager.select_for_update().filter(**{names[Lead]: move.source}).order_by("pk"):
            values = {names[Lead]: None, **_arrival(record, names, move)}
            pairs.append((record, values))
            made.append([one.key, record.pk, sorted(values.keys() - {names[Lead]})])
        if pairs:
            update_many(one, pairs, actor=move.actor)
    return made


def _links(one: Module) -> dict[Any, str]:
    """The module's links to leads, contacts and accounts, by model."""
    found = [column for column in one.model._meta.concrete_fields if isinstance(column, models.ForeignKey)]
    return {column.remote_field.model: column.name for column in reversed(found) if column.remote_field.model in {Lead, Contact, Account}}


def _arrival(record: Any, names: dict[Any, str], move: Move) -> dict[str, int]:
    made = {}
    for cls, target in ((Contact, move.target), (Account, move.account)):
        if cls in names and target is not None and getattr(record, f"{names[cls]}_id") is None:
            made[names[cls]] = target.pk
    return made


def _linked_back(move: Move) -> None:
    by_module: dict[str, dict[int, list[str]]] = {}
    for key, pk, keys in move.only or []:
        by_module.setdefault(key, {})[pk] = keys
    for key, wanted in by_module.items():
        one = module(key)
        names = _links(one)
        set_then = {names.get(Contact): move.source.pk, names.get(Account): move.account.pk if move.account else None}
        pairs = []
        for record in one.model._default_manager.select_for_update().filter(pk__in=wanted).order_by("pk"):
            if getattr(record, f"{names[Lead]}_id") is not None:
                continue
            undone = {name: None for name in wanted[record.pk] if getattr(record, f"{name}_id") == set_then.get(name)}
            pairs.append((record, {names[Lead]: move.target.pk, **undone}))
        if pairs:
            update_many(one, pairs, actor=move.actor)
