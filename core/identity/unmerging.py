"""Taking a merge back: every row as it was, or a list of what stands in the way. Nothing is undone by half."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import models, transaction
from django.db.models import F
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from core import clock
from core.access.gate import can, queryset
from core.access.models import User
from core.actor import Actor
from core.event.emit import emit_one
from core.event.models import Event
from core.field.look import Look
from core.identity import moving, store
from core.identity.merging import TIE
from core.identity.models import IdentityKey, Merge
from core.module.module import Module
from core.module.registry import module as find_module
from core.record import write
from core.record.models import Tie
from core.record.write import Refused

UNDO_DAYS = 30


@dataclass
class Obstacle:
    """One thing that stands in the way; with an address only if the reader may see it."""

    said: str
    url: str = ""


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


def obstacles(row: Merge, user: User | None) -> list[Obstacle]:
    """What was done since that an undo would run over."""
    module, look = find_module(row.module), Look.of(user) if user is not None else Look()
    winner = module.model._default_manager.filter(pk=row.winner_id).first()
    if winner is None or winner.deleted_at is not None:
        return [Obstacle(_("The record that the others were merged into is in the bin or was deleted for good."))]
    found = [_changed(module, winner, row, look)] if winner.version != row.version else []
    gone = len(row.losers) - module.model._default_manager.filter(pk__in=row.losers, deleted_with=row.act).count()
    if gone:
        found.append(Obstacle(_("%(count)d of the merged records is no longer in the bin.") % {"count": gone}))
    elif user is not None and queryset(user, module, "edit", aside=True, binned=True).filter(pk__in=row.losers).count() < len(row.losers):
        found.append(Obstacle(_("You may not bring back all of the merged records.")))
    for place, entries in moving.noted(module, row.moved):
        for record in moving.strayed(place, entries, row.winner_id):
            other = find_module(record._meta.label_lower)
            seen = user is None or queryset(user, other, aside=True).filter(pk=record.pk).exists()
            said = _("%(kind)s %(title)s was given to another record since.") % {
                "kind": capfirst(other.label),
                "title": record.title if seen else _("(one that you may not see)"),
            }
            found.append(Obstacle(said, other.url(record.pk) if seen else ""))
    return found


def _changed(module: Module, winner: Any, row: Merge, look: Look) -> Obstacle:
    """Who changed what on the winner since."""
    since = Event.objects.filter(module=module.key, record_id=winner.pk, at__gte=row.at).exclude(kind__in=["merged", "deleted"])
    events = [event for event in since.order_by("-id")[:20] if event.changes or event.kind not in {"noted"}]
    keys = dict.fromkeys(key for event in reversed(events) for key in event.changes)
    labels = ", ".join(module.fields[key].label for key in keys if key in module.fields)
    who = look.person(events[0].actor_id) if events and events[0].actor_id else _("Enishi")
    when = look.moment(events[0].at if events else winner.changed_at)
    said = _("%(title)s was changed by %(who)s on %(when)s: %(fields)s.") if labels else _("%(title)s was changed by %(who)s on %(when)s.")
    return Obstacle(said % {"title": winner.title, "who": who, "when": when, "fields": labels}, module.url(winner.pk))


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
    winner = _restored(module, row)
    write.restore(row.act, actor=actor)
    moving.back(module, row.moved, row.winner_id, actor)
    write._index(module, [winner])
    store.changed(module, [winner])
    store.mark(module, [row.winner_id, *row.losers])
    emit_one(module.key, winner, "unmerged", actor, merged=row.losers)
    row.undone_at, row.undone_by_id = clock.now(), actor.user_id
    row.save(update_fields=["undone_at", "undone_by"])
    return winner


def _restored(module: Module, row: Merge) -> Any:
    """The winner's row as it was. Its version only grows: a form opened in between is never taken for one of before."""
    columns: list[models.Field[Any, Any]] = [c for c in module.model._meta.concrete_fields if not c.primary_key and c.attname != "version"]
    values = {c.attname: _value(c, row.before[c.attname]) for c in columns if c.attname in row.before}
    rows = module.model._default_manager.filter(pk=row.winner_id)
    rows.update(**values, version=F("version") + 1)
    return rows.get()


def _value(column: models.Field[Any, Any], stored: Any) -> Any:
    target = column.target_field if isinstance(column, models.ForeignKey) else column
    return target.to_python(stored)
