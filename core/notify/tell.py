"""Telling a person something: one row for the bell, and a job for the mail, both in the transaction of their cause.

A kind is declared once, with its icon and its sentence, and told from anywhere above:

    say("crm.reminder", icon="bell", sentence=lambda data, look, title: …)
    notify(user, "crm.reminder", activity, {"at": …}, key=f"reminder:{activity.pk}:{at}", mail=True)

Titles are read through the gate when the sentence is shown: who lost sight of the record meanwhile reads no name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core import clock
from core.access.models import User
from core.field.look import Look
from core.module.listing import name_records
from core.module.registry import UnknownModule, module

from .models import Notification

Sentence = Callable[[Mapping[str, Any], Look, str], str]


@dataclass(frozen=True)
class Said:
    """How one kind is told: its icon, and its sentence from data, reader and the record's title."""

    icon: str
    sentence: Sentence


_kinds: dict[str, Said] = {}


def say(kind: str, *, icon: str, sentence: Sentence) -> None:
    """Declare a kind of notification."""
    _kinds[kind] = Said(icon, sentence)


@transaction.atomic
def notify(
    user: User, kind: str, record: Any, data: Mapping[str, Any] | None = None, *, key: str = "", mail: bool = False
) -> Notification | None:
    """Tell `user` about `record`. The same `key` is told once: the second time gives None. With `mail` one is sent after the
    commit. Raises LookupError for a kind nobody declared."""
    if kind not in _kinds:
        raise LookupError(f"No notification kind {kind!r}.")
    row = Notification(
        user=user, kind=kind, module=record._meta.label_lower, record_id=record.pk, data=dict(data or {}), key=key, at=clock.now()
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:  # told before
        return None
    if mail:
        from core.work.jobs import enqueue  # jobs know users, whose module would wait for this one

        enqueue("core.notify.mail", key=f"notification:{row.pk}", args={"id": row.pk})
    return row


@dataclass
class Shown:
    """A notification as its reader sees it. `url` is empty when the record is no longer there for them."""

    row: Notification
    icon: str
    text: str
    url: str


def shown(rows: Iterable[Notification], look: Look) -> list[Shown]:
    """Rows in words; the titles of all records in one query a module."""
    held, wanted = list(rows), {}
    for row in held:
        wanted.setdefault(row.module, set()).add(row.record_id)
    known = {key: ids for key, ids in wanted.items() if _exists(key)}
    name_records(look, known)
    return [_shown(row, look) for row in held]


def _exists(key: str) -> bool:
    try:
        return module(key) is not None
    except UnknownModule:
        return False


def _shown(row: Notification, look: Look) -> Shown:
    said = _kinds.get(row.kind)
    title = look.names.get((row.module, row.record_id), "")
    url = module(row.module).url(row.record_id) if title else ""
    if said is None:
        return Shown(row, "bell", title or _("Something happened."), url)
    return Shown(row, said.icon, said.sentence(row.data, look, title or _("a record that you no longer see")), url)


def unread(user: User) -> int:
    """How many wait, up to a hundred."""
    return Notification.objects.filter(user=user, read_at=None).order_by()[:100].count()
