"""Mails on the timeline, with how they stand."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from core.event.telling import origins
from core.event.timeline import Asked, Item, source
from core.record.hanging import hangs

from .models import SENT, Mail


@source("mail", lazy("Mails"))
def mails(asked: Asked) -> list[Item]:
    """Those written on this record, on its people, and on the lead it came from."""
    if not asked.wants("mail"):
        return []
    told = [(one, ids) for one, ids in asked.having("mails") if any(field.kind.key == "email" for field in one.fields.values())]
    told += [(one, [pk]) for one, pk in origins(asked.user, asked.module, asked.record)]
    if not told:
        return []
    which = Q()
    for one, ids in told:
        which |= Q(module=one.key, record_id__in=ids)
    return [_item(asked, one) for one in asked.newest(Mail.objects.filter(which), "created_at", "mail")]


@hangs("mails")
def _mails(module: str) -> tuple[QuerySet[Mail], str]:
    return Mail.objects.filter(module=module), "record_id"


def _item(asked: Asked, row: Mail) -> Item:
    state = _("In the mail tray") if row.tray and row.state == SENT else str(row.get_state_display())
    item = Item(row.created_at, "mail", asked.look.person(row.user_id) or _("Enishi"), _("wrote a mail"))
    item.source, item.pk, item.url, item.title = "mail", row.pk, reverse("mail", args=[row.pk]), row.subject
    item.body = row.body if len(row.body) <= 300 else f"{row.body[:300]}…"
    item.badge = (row.tone, state)
    item.subject = asked.about(row.module, row.record_id)
    return item
