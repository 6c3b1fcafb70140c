"""Mails on the timeline, with how they stand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from core.event.telling import origins
from core.event.timeline import Asked, Item, source
from core.html import built, escape
from core.record.hanging import hangs

from .models import SENT, Enclosure, Mail


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
    rows = asked.newest(Mail.objects.filter(which), "created_at", "mail")
    files = _files(rows)
    return [_item(asked, one, files) for one in rows]


@hangs("mails")
def _mails(module: str) -> tuple[QuerySet[Mail], str]:
    return Mail.objects.filter(module=module), "record_id"


def _files(rows: Sequence[Mail]) -> dict[tuple[str, int], list[Enclosure]]:
    """What went with these mails, by whose it is: one query, and only where something did."""
    sent = [row for row in rows if row.files]
    found: dict[tuple[str, int], list[Enclosure]] = defaultdict(list)
    if sent:
        own = Q(mail__in=[row.pk for row in sent if not row.mailing_id]) | Q(mailing__in={row.mailing_id for row in sent if row.mailing_id})
        for one in Enclosure.objects.filter(own).order_by("pk"):
            found["mail" if one.mail_id else "mailing", one.mail_id or one.mailing_id or 0].append(one)
    return found


def _linked(row: Mail, one: Enclosure) -> SafeString:
    # The name is escaped here, the rest is ours.
    return built(f'<a href="{reverse("mail-file", args=[row.pk, one.pk])}">{escape(one.name)}</a>')


def _item(asked: Asked, row: Mail, files: dict[tuple[str, int], list[Enclosure]]) -> Item:
    state = _("In the mail tray") if row.tray and row.state == SENT else str(row.get_state_display())
    item = Item(
        row.created_at, "mail", asked.look.person(row.user_id) or _("Enishi"), _("wrote to many") if row.mailing_id else _("wrote a mail")
    )
    item.source, item.pk, item.url, item.title = "mail", row.pk, reverse("mail", args=[row.pk]), row.subject
    item.body = row.body if len(row.body) <= 300 else f"{row.body[:300]}…"
    held = files.get(("mailing", row.mailing_id) if row.mailing_id else ("mail", row.pk), []) if row.files else []
    item.lines = [_linked(row, one) for one in held]
    item.badge = (row.tone, state)
    item.subject = asked.about(row.module, row.record_id)
    return item
