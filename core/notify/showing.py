"""Notifications as their reader sees them: in words, through the gate, and only those that are still true."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from core.access.gate import queryset
from core.access.models import User
from core.field.look import Look
from core.module.registry import UnknownModule, module
from core.worded import worded

from .kinds import Place, kind_of, place_of
from .models import Notification

Seen = Mapping[tuple[str, int], Place]


@dataclass
class Shown:
    """A notification as its reader sees it, and where it leads."""

    row: Notification
    icon: str
    text: str
    url: str


def ids_of(row: Notification) -> list[int]:
    """The records a notification is about."""
    return [row.record_id] if row.record_id else [pk for pk in row.data.get("ids", []) if isinstance(pk, int)]


def seen(user: User, rows: Iterable[Notification]) -> dict[tuple[str, int], Place]:
    """What the rows are about, as far as this person may see it: one query a module."""
    wanted: dict[str, set[int]] = {}
    for row in rows:
        wanted.setdefault(row.module, set()).update(ids_of(row))
    made: dict[tuple[str, int], Place] = {}
    for key, ids in wanted.items():
        made.update({(key, pk): place for pk, place in _of_module(user, key, ids).items()})
    return made


def _of_module(user: User, key: str, ids: set[int]) -> Mapping[int, Place]:
    own = place_of(key)
    if own is not None:
        return own(user, ids)
    try:
        one = module(key)
    except UnknownModule:  # of an app that is no more
        return {}
    records = queryset(user, one, aside=True).filter(pk__in=ids)
    return {record.pk: Place(record.title, one.url(record.pk), record) for record in records}


def standing(user: User, rows: Iterable[Notification], places: Seen | None = None) -> list[Notification]:
    """Those of the rows that this person still may read, and that are still true."""
    held = list(rows)
    known = seen(user, held) if places is None else places
    left = [row for row in held if kind_of(row.kind) and any((row.module, pk) in known for pk in ids_of(row))]
    true = {row.pk for row in left}
    for key in {row.kind for row in left}:
        kind = kind_of(key)
        if kind is not None and kind.still is not None:
            mine = [row for row in left if row.kind == key]
            true -= {row.pk for row in mine} - kind.still(mine, known)
    return [row for row in left if row.pk in true]


def shown(rows: Iterable[Notification], look: Look) -> list[Shown]:
    """Rows in words, those that stand; the records of all in one query a module."""
    held = list(rows)
    assert look.user is not None
    places = seen(look.user, held)
    return [_shown(row, look, places) for row in standing(look.user, held, places)]


def _shown(row: Notification, look: Look, places: Seen) -> Shown:
    kind = kind_of(row.kind)
    place = places.get((row.module, row.record_id)) if row.record_id else None
    title = place.title if place else ""
    url = place.url if place else _many(row)
    if kind is None:
        return Shown(row, "bell", title or _("Something happened."), url)
    return Shown(row, kind.icon, kind.sentence({**row.data, "module": row.module}, look, title), url)


def _many(row: Notification) -> str:
    """Where many records of one act are found: among the reader's own."""
    one = module(row.module)
    return f"{one.url()}?view=mine" if any(view.key == "mine" for view in one.views) else one.url()


def unread(user: User) -> int:
    """How many wait in the bell, up to a hundred."""
    return len(_unread(user.pk))


@worded()
def _unread(user: int) -> QuerySet[Notification, int]:
    return Notification.objects.filter(user_id=user, read_at=None, page=True, gone=False).order_by().values_list("pk", flat=True)[:100]
