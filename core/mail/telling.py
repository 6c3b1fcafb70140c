"""Mails on the timeline, with how they stand."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from core.access.models import User
from core.event.timeline import Item, origins, source
from core.field.look import Look
from core.module.module import Module

from .models import SENT, Mail


@source
def mails(user: User, module: Module, record: Any, look: Look, edge: datetime | None, limit: int) -> list[Item]:
    """Those written on this record, and on the lead it came from."""
    if not any(one.kind.key == "email" for one in module.fields.values()):
        return []
    ours = Q(module=module.key, record_id=record.pk)
    for one, pk in origins(user, module, record):
        ours |= Q(module=one.key, record_id=pk)
    rows = Mail.objects.filter(ours)
    found = (rows.filter(created_at__lt=edge) if edge else rows).order_by("-created_at", "-pk")[:limit]
    return [_item(one, look) for one in found]


def _item(row: Mail, look: Look) -> Item:
    state = _("In the mail tray") if row.tray and row.state == SENT else str(row.get_state_display())
    item = Item(row.created_at, "mail", look.person(row.user_id) or _("Enishi"), _("wrote a mail"))
    item.url, item.title = reverse("mail", args=[row.pk]), row.subject
    item.body = row.body if len(row.body) <= 300 else f"{row.body[:300]}…"
    item.badge = (row.tone, state)
    return item
