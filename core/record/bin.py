"""Emptying the bin: the only place where records are deleted for good."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from core import clock
from core.access.models import Share
from core.actor import Actor
from core.event.models import Event
from core.files.sweeping import erase_of
from core.identity import store as identity
from core.module.registry import modules
from core.record.models import Note, Tagging, Tie, Unopened
from core.record.ties import let_go

BATCH = 500


def empty_bin(before: datetime | None, *, actor: Actor) -> int:
    """Delete for good what went into the bin before a moment (None: all of it). History stays. Returns how many records.

    Batches commit one by one: stopped in the middle, the rest is simply still in the bin.
    """
    count = 0
    for module in reversed(modules()):  # children are declared after what they hang on
        while True:
            with transaction.atomic():
                rows = module.model._default_manager.filter(deleted_at__isnull=False)
                ids = list((rows.filter(deleted_at__lt=before) if before else rows).order_by("pk").values_list("pk", flat=True)[:BATCH])
                if not ids:
                    break
                Note.every.filter(module=module.key, record_id__in=ids).delete()
                erase_of(module.key, ids)
                Tagging.objects.filter(module=module.key, record_id__in=ids).delete()
                Tie.objects.filter(module=module.key, record_id__in=ids).delete()
                Share.objects.filter(module=module.key, record_id__in=ids).delete()
                Unopened.objects.filter(module=module.key, record_id__in=ids).delete()
                let_go(module.key, ids)
                identity.erased(module, ids)
                module.model._default_manager.filter(pk__in=ids).delete()
                now = clock.now()
                Event.objects.bulk_create(
                    [Event(at=now, module=module.key, record_id=pk, kind="erased", actor_id=actor.user_id, way=actor.way) for pk in ids],
                    batch_size=BATCH,
                )
                count += len(ids)
    return count


def empty_old(now: datetime) -> int:
    """What stood in the bin longer than the setting allows (BIN_DAYS, 60)."""
    return empty_bin(now - timedelta(days=settings.BIN_DAYS), actor=Actor.system())
