"""One record shared by hand: with a person, a role or a group, for reading or editing, for good or until a moment (PLT-24).

Whoever may edit a record may share it. Somebody to whom it was only lent for a time lends it no longer than that.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core import clock
from core.access import parties
from core.access.gate import can, rights
from core.access.models import Share, User
from core.access.opened import LEVELS
from core.actor import Actor
from core.event.emit import Told, emit, emit_one
from core.module.module import Module
from core.module.registry import UnknownModule
from core.module.registry import module as find_module
from core.record.write import Refused

# Each share costs the gate a little at every page its receiver opens.
MOST_OF_ONE = 50
WITH = ("user", "role", "below", "group")


def shares_of(module: Module, pk: int) -> list[Share]:
    """The shares of a record that still hold, the newest first."""
    rows = Share.objects.filter(module=module.key, record_id=pk).select_related("by").order_by("-pk")
    now = clock.now()
    return [one for one in rows if one.until is None or one.until > now]


def lent_until(user: User, module: Module, record: Any) -> datetime | None:
    """Until when this person may edit the record, where they may only because it was shared with them for a time."""
    held = rights(user)
    reach = held.reach(module, "edit")
    if reach.everything or record.owner_id in reach.owners:
        return None
    rows = Share.objects.filter(module=module.key, record_id=record.pk, level="write", whom__in=sorted(held.keys))
    ends = [until for until in rows.values_list("until", flat=True) if until is None or until > clock.now()]
    told = [until for until in ends if until is not None]
    return max(told) if told and len(told) == len(ends) else None


@transaction.atomic
def share(record: Any, whom: str, level: str, *, actor: Actor, until: datetime | None = None) -> Share:
    """Share a record with a party, or change how it is shared with them. Raises Refused with a sentence for people."""
    module = find_module(record._meta.label_lower)
    list(module.model._default_manager.select_for_update(of=("self",)).filter(pk=record.pk).only("pk"))  # of two at once, one
    _checked(module, record, whom, level, until, actor)
    now = clock.now()
    row: Share | None = Share.objects.select_for_update().filter(module=module.key, record_id=record.pk, whom=whom).first()
    if row is None:
        if Share.objects.filter(module=module.key, record_id=record.pk).count() >= MOST_OF_ONE:
            raise Refused(_("This record is shared %(count)d times. Share it with a group instead.") % {"count": MOST_OF_ONE})
        row = Share(module=module.key, record_id=record.pk, whom=whom, by=actor.user, at=now)
    elif (row.level, row.until) == (level, until):
        return row
    row.level, row.until, row.by, row.at = level, until, actor.user, now
    row.save()
    emit_one(
        module.key, record, "shared", actor, whom=whom, name=parties.label(whom), level=level, until=until.isoformat() if until else ""
    )
    return row


def _checked(module: Module, record: Any, whom: str, level: str, until: datetime | None, actor: Actor) -> None:
    if level not in LEVELS or not parties.exists(whom) or parties.split(whom)[0] not in WITH:
        raise Refused(_("Choose with whom to share this record, and what they may do."))
    if until is not None and until <= clock.now():
        raise Refused(_("The last day lies in the past."))
    if record.deleted_at is not None:
        raise Refused(_("%(title)s is in the bin. Restore it first.") % {"title": record.title})
    if whom == f"user:{record.owner_id}":
        raise Refused(_("%(name)s owns this record already.") % {"name": parties.label(whom)})
    kind, pk = parties.split(whom)
    if kind == "user":
        user = User.objects.anew(pk)
        if not can(user, module, "view" if level == "read" else "edit"):
            words = {"name": parties.label(whom), "kind": module.plural}
            raise Refused(
                _("%(name)s may not see this kind of record at all: %(kind)s. An administrator can change that.") % words
                if level == "read"
                else _("%(name)s may not edit this kind of record at all: %(kind)s. An administrator can change that.") % words
            )
    if actor.user is not None and (end := lent_until(actor.user, module, record)) and (until is None or until > end):
        raise Refused(_("This record was shared with you for a time. You can share it no longer than that."))


@transaction.atomic
def take_back(row: Share, *, actor: Actor) -> None:
    """End a share before its time."""
    record = find_module(row.module).model._default_manager.filter(pk=row.record_id).first()
    gone, _rows = Share.objects.filter(pk=row.pk).delete()
    if gone and record is not None:
        emit_one(row.module, record, "unshared", actor, whom=row.whom, name=parties.label(row.whom), level=row.level)


@transaction.atomic
def copy_shares(source: Any, targets: Sequence[Any], *, actor: Actor) -> None:
    """What a record becomes (a lead its contact) is shared with the same people: they keep seeing whom they work with."""
    held = shares_of(find_module(source._meta.label_lower), source.pk)
    made = [
        (record._meta.label_lower, record, one)
        for record in targets
        for one in held
        if one.whom != f"user:{record.owner_id}" and not Share.objects.filter(**_place(record), whom=one.whom).exists()
    ]
    now = clock.now()
    Share.objects.bulk_create(
        [Share(**_place(record), whom=one.whom, level=one.level, until=one.until, by_id=one.by_id, at=now) for _key, record, one in made]
    )
    told: list[Told] = [
        (key, record, {}, {"whom": one.whom, "name": parties.label(one.whom), "level": one.level}) for key, record, one in made
    ]
    emit(told, "shared", actor)


def _place(record: Any) -> dict[str, Any]:
    return {"module": record._meta.label_lower, "record_id": record.pk}


def end_expired(now: datetime, most: int = 500) -> int:
    """Remove shares whose time is over, with a line in the record's history. The gate looks at the time itself: nobody reads
    anything meanwhile. Returns how many."""
    rows = list(Share.objects.filter(until__lte=now).order_by("pk")[:most])
    for row in rows:
        try:
            take_back(row, actor=Actor.system())
        except UnknownModule:  # its app was taken out
            Share.objects.filter(pk=row.pk).delete()
    return len(rows)
