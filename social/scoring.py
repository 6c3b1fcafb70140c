"""What social knows about a person for the score of leads and contacts: what they wrote to us (CRM-19)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet
from django.utils.translation import gettext_lazy as _

from core.access.gate import queryset
from core.access.models import User
from core.record.models import Tie
from crm.scoring.signals import signal

from .models import Post
from .people import PROFILE, TIE


def _ties(module: str) -> QuerySet[Any]:
    return Tie.objects.filter(kind=TIE, module=PROFILE, other_module=module)


def _theirs() -> QuerySet[Any]:
    return Post.objects.filter(deleted_at__isnull=True, ours=False, theirs=False)


def _changed(module: str, since: datetime) -> QuerySet[Any]:
    fresh = _theirs().filter(created_at__gte=since).values("profile_id")
    return _ties(module).filter(record_id__in=fresh).values_list("other_id", flat=True)


@signal("social.posts", _("Posts they wrote to us"), changed=_changed)
def posts(module: str, ids: Sequence[int], since: datetime | None, user: User | None = None) -> dict[int, int]:
    """Posts of all profiles tied to each record, by the moment they were said."""
    held: dict[int, list[int]] = defaultdict(list)
    for profile, pk in _ties(module).filter(other_id__in=ids).values_list("record_id", "other_id"):
        held[profile].append(pk)
    if not held:
        return {}
    rows = (_theirs() if user is None else queryset(user, "social.post").filter(ours=False, theirs=False)).filter(profile__in=list(held))
    rows = rows.filter(said_at__gte=since) if since else rows
    made: dict[int, int] = defaultdict(int)
    for profile, count in rows.order_by().values_list("profile_id").annotate(Count("pk")):
        for pk in held[profile]:
            made[pk] += count
    return dict(made)
