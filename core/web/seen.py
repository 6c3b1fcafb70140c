"""What a record held when somebody opened its form (PLT-11): against that, not against what it holds now, is seen what they changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.event.models import Event
from core.module.module import Module
from core.text.numbers import whole

# Older forms than that many changes are taken as they are.
_MOST = 500


def base_of(data: Mapping[str, Any]) -> str:
    """The version at which the form was opened. A page that asks about a clash keeps it beside the version it asked at."""
    return str(data.get("base") or data.get("version") or "")


def base_to_keep(data: Mapping[str, Any], shown: Mapping[str, Any]) -> str:
    """What a page keeps as `base`: it asks about a clash, or did before. Of a record that was merged it knows another one's version."""
    if "merged" in shown:
        return ""
    return str(data.get("base") or (data.get("version", "") if "clashes" in shown else ""))


def since(module: Module, record: Any, seen: str) -> dict[str, Any]:
    """What each field held at version `seen`, for fields changed by others since. Without a version: what they hold now."""
    if not whole(seen):
        return {key: one.kind.plain(one.value(record)) for key, one in module.fields.items() if not one.parts}
    newer = record.version - int(seen)
    events = (
        list(Event.objects.filter(module=module.key, record_id=record.pk).exclude(changes={}).order_by("-id")[: max(newer, 0)])
        if 0 < newer < _MOST
        else []
    )
    held: dict[str, Any] = {}
    for event in events:  # newest first, so the oldest "before" wins
        held.update({key: pair[0] for key, pair in event.changes.items()})
    return held
