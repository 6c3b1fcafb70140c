"""Deleting for good: what hung on records that left the bin, what was removed long ago, and bytes nobody names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.files.storage import default_storage
from django.db.models import QuerySet

from core.files.keeping import FOLDER, discard
from core.files.models import Attachment, File, Photo
from core.mail.models import Enclosure, Mail
from core.record.models import Note
from core.work.jobs import enqueue

BATCH = 200
# Bytes and their row are committed within minutes of each other; what is a day old and has no row never gets one.
DAY = timedelta(days=1)
DAYS_LOOKED_AT = 4


def erase_of(module: str, ids: Sequence[int]) -> None:
    """The attachments, photos and mails of records that are deleted for good, in the caller's transaction."""
    erase(Attachment.every.filter(module=module, record_id__in=ids))
    erase(Photo.objects.filter(module=module, record_id__in=ids))
    _erase_mails(module, ids)


def _erase_mails(module: str, ids: Sequence[int]) -> None:
    """What was written to them goes with them (E3): nobody could reach it any more."""
    mails = Mail.objects.filter(module=module, record_id__in=ids)
    files = list(Enclosure.objects.filter(mail__in=mails).values_list("file_id", flat=True))
    mails.delete()
    if files:
        enqueue("core.sweep_files", args={"files": files})


def erase(rows: QuerySet[Any]) -> None:
    """Delete attachments or photos; their bytes go after the commit, by a job."""
    found = list(rows.values_list("pk", "file_id"))
    if not found:
        return
    rows.model._base_manager.filter(pk__in=[pk for pk, _file in found]).delete()
    enqueue("core.sweep_files", args={"files": [file for _pk, file in found]})


def sweep_removed(before: datetime) -> None:
    """Notes and attachments that were removed before a moment are now gone for good."""
    Note.every.filter(removed_at__lt=before).delete()
    erase(Attachment.every.filter(removed_at__lt=before))


def sweep_files(ids: Sequence[int] | None = None) -> int:
    """Delete files that no attachment, no photo and no mail names, bytes first: cut in between, the row is found again.

    With `ids`, of these alone; without, of all there are (one reading of the table, once a day).
    """
    rows = File.objects.filter(attachment=None, photo=None, enclosures=None).order_by("pk")
    count, after = 0, 0
    while found := list((rows if ids is None else rows.filter(pk__in=ids)).filter(pk__gt=after)[:BATCH]):
        after = found[-1].pk
        for file in found:
            discard(file.places)
        count += len(found)
        File.objects.filter(pk__in=[file.pk for file in found]).delete()
    return count


def sweep_bytes(now: datetime) -> int:
    """Delete bytes of the last days without a row: their transaction was rolled back, or a worker died between the two."""
    count = 0
    for ago in range(1, DAYS_LOOKED_AT + 1):
        folder = f"{FOLDER}/{now - ago * DAY:%Y-%m-%d}"
        if not default_storage.exists(folder):
            continue
        places = sorted(f"{folder}/{name}" for name in default_storage.listdir(folder)[1])
        for start in range(0, len(places), BATCH):
            part = places[start : start + BATCH]
            known = set(File.objects.filter(place__in={one.partition(".")[0] for one in part}).values_list("place", flat=True))
            lost = [one for one in part if one.partition(".")[0] not in known]
            discard(lost)
            count += len(lost)
    return count
