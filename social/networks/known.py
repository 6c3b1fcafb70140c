"""What we keep still of people at a network that lets itself be asked for each of them only so often a day."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from core import clock

from ..models import Profile
from .items import Person


def seen_lately(network: str, outside_ids: Collection[str], within: timedelta | None) -> dict[str, Person]:
    """Those of these people that were seen within a time, and have a name."""
    rows = Profile.objects.filter(network=network, outside_id__in=list(outside_ids)).exclude(name="")
    rows = rows.filter(seen_at__gt=clock.now() - within) if within else rows
    return {one.outside_id: Person(one.outside_id, one.handle, one.name) for one in rows}
