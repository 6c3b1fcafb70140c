"""Records that somebody was given and has not opened yet: what the view "Unread" shows (PLT-9)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from core.actor import Actor
from core.event.emit import Happened, listens
from core.record.hanging import hangs, may_have
from core.record.models import Unopened


@listens("created", "arrived", "updated", "merged", "converted", "unconverted")
def given(told: Sequence[Happened], actor: Actor) -> None:
    """Whoever owns a record now by somebody else's doing has it unread; whoever owned it before has it no more."""
    mine = [one for one in told if "owner" in one.event.changes]
    handed: dict[tuple[str, int | None], list[int]] = defaultdict(list)
    for one in mine:
        if one.event.kind == "updated":
            handed[one.event.module, getattr(one.record, "owner_id", None)].append(one.record.pk)
    for (key, owner), ids in handed.items():
        Unopened.objects.filter(module=key, record_id__in=ids).exclude(user_id=owner or 0).delete()
    if actor.way == "system":  # the demonstration, and what the house does to itself
        return
    fresh = [
        Unopened(user_id=one.record.owner_id, module=one.event.module, record_id=one.record.pk)
        for one in mine
        if getattr(one.record, "owner_id", None) not in {None, actor.user_id}
    ]
    if fresh:
        Unopened.objects.bulk_create(fresh, ignore_conflicts=True, batch_size=500)


@hangs("unopened")
def _unopened(module: str) -> tuple[Any, str]:
    return Unopened.objects.filter(module=module), "record_id"


def opened(user_id: int, module: str, record: Any) -> None:
    """Somebody opens a record: for them it is unread no more. It is for its owner alone, so that nobody else asks anything."""
    if getattr(record, "owner_id", None) == user_id and may_have(record, "unopened"):
        Unopened.objects.filter(module=module, record_id=record.pk, user_id=user_id).delete()
