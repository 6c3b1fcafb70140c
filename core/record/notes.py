"""Notes: written, changed, pinned, removed and brought back by people; whoever is mentioned and may see the record is told."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core import clock
from core.access.audience import who_may_see
from core.actor import Actor
from core.event.emit import Told, emit, emit_one
from core.field.look import user_names
from core.module.registry import module as find_module
from core.record.mentions import find
from core.record.models import Note
from core.record.write import Refused
from core.text.names import shown_name

MOST, PINS, TOLD = 20_000, 10, 50


def clean(text: str) -> str:
    """What is kept of what was typed. Raises Refused for nothing."""
    text = text.replace("\x00", "").replace("\r\n", "\n").strip()[:MOST]
    if not text:
        raise Refused(_("The note is empty; nothing was saved."))
    return text


@transaction.atomic
def write(module: str, record: Any, text: str, *, actor: Actor) -> tuple[Note, str]:
    """Write a note; with a remark about those it mentions who may not see the record. Raises Refused."""
    note = Note(module=module, record_id=record.pk, author=actor.user, text=clean(text), at=clock.now())
    note.mentions = [pk for pk in dict.fromkeys(one.user_id for one in find(note.text)) if pk != actor.user_id][:TOLD]
    note.save()
    return note, _tell(note, record, set(note.mentions), actor)


@transaction.atomic
def change(note: Note, record: Any, text: str, *, actor: Actor) -> str:
    """Change what a note says. Only those it did not mention before are told. Raises Refused."""
    text = clean(text)
    if text == note.text:
        return ""
    before = set(note.mentions)
    mentions = [pk for pk in dict.fromkeys(one.user_id for one in find(text)) if pk != actor.user_id][:TOLD]
    held = Note.objects.filter(pk=note.pk).update(text=text, mentions=mentions, edited_at=clock.now())
    if not held:
        raise Refused(_("This note was removed in the meantime."))
    note.text, note.mentions = text, mentions
    # Not what it said: who takes back a word wants it gone from everywhere.
    emit_one(note.module, record, "note_changed", actor, note=note.pk)
    return _tell(note, record, set(mentions) - before, actor)


@transaction.atomic
def remove(note: Note, record: Any, *, actor: Actor) -> None:
    """Take a note off. It can be brought back until it is swept."""
    if Note.objects.filter(pk=note.pk).update(removed_at=clock.now(), pinned_at=None):
        emit_one(note.module, record, "note_removed", actor, note=note.pk)


@transaction.atomic
def bring_back(note: Note, record: Any, *, actor: Actor) -> None:
    if Note.every.filter(pk=note.pk, removed_at__isnull=False).update(removed_at=None):
        emit_one(note.module, record, "note_restored", actor, note=note.pk)


def pin(note: Note, *, on: bool) -> None:
    """Keep a note on top, or no longer. Raises Refused beyond ten: what is all on top is not on top."""
    if on and Note.objects.filter(module=note.module, record_id=note.record_id, pinned_at__isnull=False).count() >= PINS:
        raise Refused(_("Up to %(count)d notes can stand on top. Unpin one first.") % {"count": PINS})
    Note.objects.filter(pk=note.pk).update(pinned_at=clock.now() if on else None)


def _tell(note: Note, record: Any, ids: set[int], actor: Actor) -> str:
    """One event `mentioned` for each who may see the record: {"user": id, "note": id}. A remark names the others."""
    if not ids:
        return ""
    told = who_may_see(find_module(note.module), record, ids)
    rows: list[Told] = [(note.module, record, {}, {"user": pk, "note": note.pk}) for pk in sorted(told)]
    if rows:
        emit(rows, "mentioned", actor)
    names = [shown_name(*user_names().get(pk, ("", ""))) for pk in sorted(ids - told)]
    if not names:
        return ""
    return _("They may not see this record and were not told: %(names)s.") % {"names": ", ".join(names)}
