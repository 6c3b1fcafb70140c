"""The photo of a person: put there, taken off, and found for a whole page in one query."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from core import clock
from core.actor import Actor
from core.event.emit import emit_one
from core.files.keeping import stage
from core.files.models import Photo
from core.files.pictures import squares
from core.files.sweeping import erase
from core.module.module import Module
from core.module.registry import module as find_module
from core.record.hanging import hangs
from core.record.write import Refused, lock
from core.worded import worded

# Sides in pixels: in lists, and at the head of a page.
SIDES = (64, 256)
MOST_MB = 10


def has_photo(module: Module) -> bool:
    """Whether records of the module are people, who have faces."""
    return "family_name" in module.built_in


def set_photo(module: str, record: Any, upload: Any, *, actor: Actor) -> Photo:
    """Make the middle of a picture the record's photo, in place of the one it had. Raises Refused.

    Kept are the squares alone: not the picture, and nothing of what the camera wrote into it. `upload` has `size` and is
    read from its beginning.
    """
    most = min(MOST_MB, settings.ATTACHMENT_MAX_MB)
    if upload.size > most * 1024 * 1024:
        raise Refused(_("A photo may have up to %(limit)d MB.") % {"limit": most})
    upload.seek(0)
    made = squares(upload, SIDES)
    large = io.BytesIO(made[max(SIDES)])
    file = stage(large, large.getbuffer().nbytes, "image/jpeg", {size: data for size, data in made.items() if size != max(SIDES)})
    with transaction.atomic():
        lock(record)  # two at once: the later one wins
        erase(Photo.objects.filter(module=module, record_id=record.pk))
        file.save()
        row = Photo.objects.create(file=file, module=module, record_id=record.pk, by_id=actor.user_id, at=clock.now())
        emit_one(module, record, "photo_set", actor)
    return row


@transaction.atomic
def remove_photo(module: str, record: Any, *, actor: Actor) -> bool:
    """Take the photo off. False if there is none."""
    lock(record)
    rows = Photo.objects.filter(module=module, record_id=record.pk)
    if not rows.exists():
        return False
    erase(rows)
    emit_one(module, record, "photo_removed", actor)
    return True


def wanted(faces: Mapping[str, set[int]]) -> dict[str, set[int]]:
    """Of the records a page shows, those that can have a photo."""
    return {key: ids for key, ids in faces.items() if ids and has_photo(find_module(key))}


def photos_of(module: str, ids: Iterable[int]) -> dict[int, int]:
    """Ids of photos by record id."""
    return dict(_photos(module, tuple(ids)))


@worded()
def _photos(module: str, ids: tuple[int, ...]) -> QuerySet[Any, Any]:
    return Photo.objects.filter(module=module, record_id__in=ids).values_list("record_id", "pk")


@hangs("photo")
def _photo(module: str) -> tuple[QuerySet[Any], str]:
    return Photo.objects.filter(module=module), "record_id"
