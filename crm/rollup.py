"""What is tied to the people of an account shows on the account's page, too (CRM-9)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from core.access.gate import queryset
from core.access.models import User
from core.event.timeline import Item, source
from core.field.look import Look
from core.module.module import Module
from core.module.registry import module as find_module
from core.record.models import Note

from .models import Account

# So many people of one company are looked at, those changed last: an account of thousands must not slow its page down.
MOST = 500


def people_at(user: User, account: Account) -> list[int]:
    """The ids of an account's contacts that this reader may see; read once for a page."""
    held: tuple[int, list[int]] | None = account.__dict__.get("_people")
    if held is None or held[0] != user.pk:
        rows = queryset(user, "crm.contact").filter(account_id=account.pk).order_by("-changed_at", "-pk")
        held = account.__dict__["_people"] = (user.pk, list(rows.values_list("pk", flat=True)[:MOST]))
    return held[1]


@source
def notes_of_people(user: User, module: Module, record: Any, look: Look, edge: datetime | None, limit: int) -> list[Item]:
    """Notes on an account's people, each with the person it is about."""
    if module.key != "crm.account" or not (ids := people_at(user, record)):
        return []
    rows = Note.objects.filter(module="crm.contact", record_id__in=ids)
    notes = list((rows.filter(at__lt=edge) if edge else rows).order_by("-pk")[:limit])
    contacts = find_module("crm.contact")
    names = {one.pk: one.title for one in queryset(user, contacts).filter(pk__in={note.record_id for note in notes})} if notes else {}
    what = _("wrote a note")
    return [
        Item(
            note.at, "file-text", look.person(note.author_id) or _("Enishi"), what, note.text,
            url=contacts.url(note.record_id), title=names[note.record_id],
        )
        for note in notes
        if note.record_id in names
    ]  # fmt: skip
