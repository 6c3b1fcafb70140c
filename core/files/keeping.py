"""Keeping files and giving them out: bytes first, then the row; the row goes last. What was cut in between is swept."""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Iterable, Mapping
from typing import IO, Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.base import File as Bytes
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _

from core import clock
from core.actor import Actor
from core.event.emit import emit_one
from core.files.models import SIZES, Attachment, File
from core.files.pictures import NoPicture, previews
from core.files.sort import HEAD, Sorted, sort
from core.record.write import Refused
from core.work.jobs import enqueue

logger = logging.getLogger(__name__)
FOLDER = "files"
MOST = 20
_PICTURES = {"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "image/tiff"}


def limit() -> int:
    """The largest attachment in bytes (ATTACHMENT_MAX_MB)."""
    return int(settings.ATTACHMENT_MAX_MB) * 1024 * 1024


def new_place() -> str:
    """A place in the storage nobody can guess, in the folder of its day: a sweep reads the last few days, not everything."""
    return f"{FOLDER}/{clock.now():%Y-%m-%d}/{secrets.token_hex(20)}"


def stage(content: IO[bytes], size: int, type: str, variants: Mapping[int, bytes] | None = None) -> File:
    """Store bytes, outside of any transaction: writing them takes its time. The row is the caller's to save; what is never
    saved is swept a day later."""
    digest = hashlib.sha256()
    content.seek(0)
    while piece := content.read(1024 * 1024):
        digest.update(piece)
    content.seek(0)
    place = default_storage.save(new_place(), Bytes(content))
    file = File(place=place, size=size, digest=digest.hexdigest(), type=type, variants=list(variants or ()), at=clock.now())
    _keep_variants(file, variants or {})
    return file


def _keep_variants(file: File, variants: Mapping[int, bytes]) -> None:
    """Each beside its file, so that a sweep knows whose it is. One a killed job left is written anew."""
    for size, data in variants.items():
        discard([file.variant(size)])
        default_storage.save(file.variant(size), ContentFile(data))


def receive(upload: Any) -> tuple[File, Sorted]:
    """Store what somebody sent, if it may be kept: its bytes and what they are. Raises Refused.

    `upload` has `name`, `size` and is read from its beginning: an uploaded file, or any of Django's files.
    """
    name = str(upload.name or "")
    if upload.size > limit():
        said = _("“%(name)s” is larger than %(limit)d MB.")
        raise Refused(said % {"name": name[:100], "limit": settings.ATTACHMENT_MAX_MB})
    upload.seek(0)
    found = sort(upload.read(HEAD), name)
    return stage(upload, upload.size, found.type), found


@transaction.atomic
def hang(module: str, record: Any, file: File, name: str, *, actor: Actor) -> Attachment:
    """Put stored bytes on a record under a name."""
    file.save()
    row = Attachment.objects.create(file=file, module=module, record_id=record.pk, name=name, by_id=actor.user_id, at=clock.now())
    emit_one(module, record, "attached", actor, attachment=row.pk, name=row.name)
    if file.type in _PICTURES:
        enqueue("core.preview", key=str(file.pk), args={"file": file.pk})
    return row


def attach(module: str, record: Any, upload: Any, *, actor: Actor) -> tuple[Attachment, str]:
    """Put one file on a record; with a remark if it is not what its name said. Raises Refused."""
    file, found = receive(upload)
    return hang(module, record, file, found.name, actor=actor), found.remark


@transaction.atomic
def remove(row: Attachment, record: Any, *, actor: Actor) -> bool:
    """Take an attachment off its record. It can be brought back until it is swept. False if somebody was quicker."""
    held = Attachment.objects.filter(pk=row.pk).update(removed_at=clock.now(), removed_by_id=actor.user_id)
    if held:
        emit_one(row.module, record, "detached", actor, name=row.name)
    return bool(held)


@transaction.atomic
def bring_back(row: Attachment, record: Any, *, actor: Actor) -> bool:
    """Put a removed attachment back on its record."""
    held = Attachment.every.filter(pk=row.pk, removed_at__isnull=False).update(removed_at=None, removed_by_id=None)
    if held:
        emit_one(row.module, record, "attached", actor, attachment=row.pk, name=row.name)
    return bool(held)


def make_previews(file_id: int) -> None:
    """The job behind an attached picture. What cannot be decoded simply has no preview."""
    file = File.objects.filter(pk=file_id).first()
    if file is None or file.variants:
        return
    try:
        with default_storage.open(file.place, "rb") as source:
            made = previews(source, SIZES)
    except (NoPicture, FileNotFoundError):
        return
    _keep_variants(file, made)
    File.objects.filter(pk=file_id).update(variants=list(made))


def opened(place: str) -> IO[bytes] | None:
    """The bytes at a place; None when the storage lost them, which is logged."""
    try:
        return default_storage.open(place, "rb")
    except (FileNotFoundError, OSError):
        logger.error("A stored file is missing: %s", place)
        return None


def discard(places: Iterable[str]) -> None:
    """Delete bytes. One that is gone already is no error."""
    for place in places:
        try:
            default_storage.delete(place)
        except FileNotFoundError:
            continue
