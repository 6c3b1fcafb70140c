"""What can be counted about a person beside the fields: done activities, mails, posts; later opens, clicks and visits.

An app adds what it knows in its `scoring.py`:

    @signal("social.posts", _("Posts to us"), changed=posts_changed)
    def posts(module: str, ids: Sequence[int], since: datetime | None, user: User | None = None) -> dict[int, int]:
        ...

The function says how often it was so for each of these records of the module, since a moment or ever: one query for a
thousand records. With a `user` it counts what this person may see: the number a page shows (PLT-24).
`changed(module, since)` is a lazy query of one column, the ids of records to count anew since then.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.db.models import Count, QuerySet
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

from core.access.gate import queryset
from core.access.models import User
from core.mail.models import SENT, Mail

Counts = Callable[[str, Sequence[int], datetime | None, User | None], dict[int, int]]
Changed = Callable[[str, datetime], QuerySet[Any]]


@dataclass(frozen=True)
class Signal:
    """One thing that can be counted."""

    key: str
    label: Any
    count: Counts
    changed: Changed


_signals: dict[str, Signal] = {}


def signal(key: str, label: Any, *, changed: Changed) -> Callable[[Counts], Counts]:
    """Decorator: make a signal known. Two of one key stop the start."""

    def add(function: Counts) -> Counts:
        if key in _signals and _signals[key].count is not function:
            raise ValueError(f"Two signals {key!r}.")
        _signals[key] = Signal(key, label, function, changed)
        return function

    return add


def signals() -> dict[str, Signal]:
    """All signals by key, those of other apps included."""
    _load()
    return _signals


@cache
def _load() -> None:
    autodiscover_modules("scoring")


def _link(module: str) -> str:
    """The column by which an activity points at a record of this module: `lead_id` or `contact_id`."""
    return f"{module.rsplit('.', 1)[1]}_id"


def _activities_changed(module: str, since: datetime) -> QuerySet[Any]:
    from crm.models import Activity

    rows = Activity.objects.filter(deleted_at__isnull=True, changed_at__gte=since, **{f"{_link(module)}__isnull": False})
    return rows.values_list(_link(module), flat=True)


@signal("crm.activities", _("Activities done with them"), changed=_activities_changed)
def activities(module: str, ids: Sequence[int], since: datetime | None, user: User | None = None) -> dict[int, int]:
    """Tasks, events and calls that were done, by the moment they were."""
    from crm.models import Activity

    link = _link(module)
    rows = Activity.objects.filter(deleted_at__isnull=True) if user is None else queryset(user, "crm.activity")
    rows = rows.filter(done_at__isnull=False, **{f"{link}__in": ids})
    rows = rows.filter(done_at__gte=since) if since else rows
    return dict(rows.order_by().values_list(link).annotate(Count("pk")))


def _mails_changed(module: str, since: datetime) -> QuerySet[Any]:
    return Mail.objects.filter(module=module, sent_at__gte=since).values_list("record_id", flat=True)


@signal("core.mails", _("Mails sent to them"), changed=_mails_changed)
def mails(module: str, ids: Sequence[int], since: datetime | None, user: User | None = None) -> dict[int, int]:
    """Mails that left, written on the record. Who sees the record sees its mails."""
    rows = Mail.objects.filter(module=module, record_id__in=ids, state=SENT)
    rows = rows.filter(sent_at__gte=since) if since else rows
    return dict(rows.order_by().values_list("record_id").annotate(Count("pk")))
