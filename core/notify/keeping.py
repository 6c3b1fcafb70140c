"""Notifications grow old: what is ninety days old goes, and the bell is set right where somebody lost sight of a record."""

from __future__ import annotations

from datetime import datetime, timedelta

from core.access.models import User

from .models import Letter, Notification
from .showing import standing

KEEP = timedelta(days=90)
AT_A_TIME, LOOKED_AT = 5_000, 200


def forget(now: datetime) -> None:
    """Delete notifications and letters of more than ninety days ago."""
    old = Notification.objects.filter(at__lt=now - KEEP).values_list("pk", flat=True)[:AT_A_TIME]
    Notification.objects.filter(pk__in=list(old)).delete()
    letters = Letter.objects.filter(made_at__lt=now - KEEP).values_list("pk", flat=True)[:AT_A_TIME]
    Letter.objects.filter(pk__in=list(letters)).delete()


def recount() -> None:
    """Of the newest unread ones of everybody, those that are no longer theirs to read count no more, and the other way round."""
    unread = Notification.objects.filter(read_at=None, page=True)
    for user in User.objects.entitled().filter(is_active=True, pk__in=unread.values("user")).order_by("pk"):
        rows = list(unread.filter(user=user).order_by("-pk")[:LOOKED_AT])
        true = {row.pk for row in standing(user, rows)}
        for gone in (True, False):
            wrong = [row.pk for row in rows if row.gone != gone and (row.pk in true) != gone]
            if wrong:
                Notification.objects.filter(pk__in=wrong).update(gone=gone)
