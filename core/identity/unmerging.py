"""Taking a merge back: every row it touched as it was, or a list of what stands in the way. Nothing is undone by half."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import models, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from core import clock
from core.access.gate import can
from core.access.models import User
from core.actor import Actor
from core.event.emit import emit_one
from core.field.field import Field
from core.identity import moving, store
from core.identity.merging import TIE
from core.identity.models import IdentityKey, Merge
from core.identity.obstacles import Obstacle, Piece, obstacles, plain_row, written
from core.module.module import Module
from core.module.registry import module as find_module
from core.record import write
from core.record.following import missing, work_out
from core.record.models import Tie
from core.record.write import Refused

UNDO_DAYS = 30


class InTheWay(Refused):
    """A merge that can no longer be taken back, and why."""

    def __init__(self, found: list[Obstacle]) -> None:
        super().__init__(" ".join(one.said for one in found))
        self.obstacles = found


def undoable(user: User, module: Module, record: Any) -> Merge | None:
    """The last merge into this record that may still be undone by this person."""
    if module.identity is None or not can(user, module, "edit") or not can(user, module, "edit", record):
        return None
    rows = Merge.objects.filter(module=module.key, winner_id=record.pk, undone_at=None, at__gte=clock.now() - timedelta(days=UNDO_DAYS))
    return rows.order_by("-pk").first()


@transaction.atomic
def undo(row: Merge, *, actor: Actor) -> Any:
    """Take a merge back; gives the record that stayed. Raises InTheWay, and then nothing was done."""
    row = Merge.objects.select_for_update().get(pk=row.pk)
    module = find_module(row.module)
    if row.undone_at is not None or row.at < clock.now() - timedelta(days=UNDO_DAYS):
        raise Refused(_("This merge was undone already, or is too long ago to undo it."))
    list(module.model._default_manager.select_for_update().filter(pk__in=[row.winner_id, *row.losers]).order_by("pk").values_list("pk"))
    if found := obstacles(row, actor.user):
        raise InTheWay(found)
    Tie.objects.filter(kind=TIE, module=row.module, record_id__in=row.losers, other_module=row.module, other_id=row.winner_id).delete()
    IdentityKey.objects.filter(pk__in=row.keys.get("made", [])).delete()
    winner, changes = _restored(module, row, actor)
    write.restore(row.act, actor=actor)
    moving.back(module, row.moved, row.winner_id, actor)
    write._index(module, [winner])
    store.changed(module, [winner])
    store.mark(module, [row.winner_id, *row.losers])
    emit_one(module.key, winner, "unmerged", actor, changes, merged=row.losers)
    row.undone_at, row.undone_by_id = clock.now(), actor.user_id
    row.save(update_fields=["undone_at", "undone_by"])
    return winner


def _restored(module: Module, row: Merge, actor: Actor) -> tuple[Any, dict[str, list[Any]]]:
    """The winner with what the merge wrote put back, and what that changed. Untouched since, it is its old row to the last
    column; else what others wrote since stays. Its version only grows: a form opened in between is never taken for one of before."""
    winner = module.model._default_manager.get(pk=row.winner_id)
    now, rows = plain_row(winner), module.model._default_manager.filter(pk=row.winner_id)
    values = {one.key: plain_value(one, winner) for one in module.fields.values() if not one.parts and one.key != "tags"}
    if winner.version == row.version:
        back = row.before
    else:
        back = {"changed_at": str(clock.now()), "changed_by_id": actor.user_id, "extra": dict(winner.extra)}
        for piece in written(module, row):
            if piece.now(now) == piece.made:
                _put(back, piece)
    columns = {column.attname: column for column in module.model._meta.concrete_fields if not column.primary_key}
    for name in back.keys() & columns.keys() - {"version"}:
        setattr(winner, name, _value(columns[name], back[name]))
    if back is not row.before:
        winner.derive()
        work_out(module, winner)
        if problems := {**missing(module, winner), **{key: str(said) for key, said in winner.refuse().items()}}:
            raise InTheWay(
                [Obstacle(_("With its old values the record could not be kept: %(why)s") % {"why": " ".join(problems.values())})]
            )
    rows.update(**{name: getattr(winner, name) for name in columns if name != "version"}, version=F("version") + 1)
    winner = rows.get()
    after = {one.key: plain_value(one, winner) for one in module.fields.values() if one.key in values}
    return winner, {key: [values[key], value] for key, value in after.items() if value != values[key]}


def _put(back: dict[str, Any], piece: Piece) -> None:
    if not piece.key:
        back[piece.column] = piece.was
    elif piece.was is None:
        back["extra"].pop(piece.key, None)
    else:
        back["extra"][piece.key] = piece.was


def plain_value(one: Field, record: Any) -> Any:
    """A field's value as history keeps it."""
    return one.kind.plain(one.value(record))


def _value(column: models.Field[Any, Any], stored: Any) -> Any:
    target = column.target_field if isinstance(column, models.ForeignKey) else column
    return target.to_python(stored)
