"""Reminders: what is due to be reminded of becomes one notification for each person concerned, and says so when it is late."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from core.access.models import User
from core.actor import Actor
from core.event.emit import emit_one
from core.field.look import Look
from core.notify.kinds import Place
from core.notify.models import Notification
from core.notify.tell import notify, say

from . import series
from .models import Activity, Moved, Participant

logger = logging.getLogger(__name__)
BATCH = 500
# A worker that is a little behind is not late.
LATE = timedelta(minutes=5)


def due(now: datetime) -> int:
    """Remind of all that is due by `now`, a batch at a time. Gives how many activities."""
    rows = Activity.objects.filter(reminder_at__lte=now, deleted_at=None)
    done = 0
    for activity in rows.order_by("reminder_at", "pk")[:BATCH]:
        try:
            done += remind(activity, now)
        except Exception:  # one that cannot be reminded of stops no other
            logger.exception("Reminder of activity %s", activity.pk)
            Activity.objects.filter(pk=activity.pk).update(reminder_at=None)
    return done


@transaction.atomic
def remind(activity: Activity, now: datetime) -> bool:
    """Remind of one activity, unless another worker did. Dates of a series that went by while nobody reminded make one
    reminder, of the last of them."""
    at, before = activity.reminder_at, timedelta(minutes=activity.remind_before or 0)
    if at is None:
        return False
    moves = list(Moved.objects.filter(activity=activity)) if activity.is_series else []
    missed = [one.starts_at for one in series.dates(activity, moves, at + before, now + before + timedelta(seconds=1))]
    begins = max((one for one in missed if at + before <= one <= now + before), default=at + before)
    activity.reminded_for, activity.reminder_at = begins - before, None
    following = series.armed(activity, max(now, begins)) if activity.is_series else None
    mine = Activity.objects.filter(pk=activity.pk, reminder_at=at).update(reminder_at=following, reminded_for=begins - before)
    if not mine:
        return False
    if activity.status == "done" or activity.remind_before is None:
        return False
    # What was only written when it was already due is not late.
    late = now - max(begins - before, activity.changed_at) > LATE
    for user in _people(activity):
        tell(activity, user, begins, late)
    emit_one("crm.activity", activity, "reminded", Actor.system(), late=late)
    return True


def _people(activity: Activity) -> list[User]:
    """The owner, and those of us who take part."""
    wanted = {activity.owner_id, *Participant.objects.filter(activity=activity, user__isnull=False).values_list("user_id", flat=True)}
    return list(User.objects.filter(pk__in=wanted - {None}, is_active=True).order_by("pk"))


def tell(activity: Activity, user: User, begins: datetime, late: bool) -> None:
    """One reminder for one person, in the page and by mail; once for each date, however often this is called."""
    data = {"at": begins.astimezone(UTC).isoformat(), "late": late, "day": activity.starts_at is None}
    notify(user, "crm.reminder", activity, data, key=f"reminder:{activity.pk}:{begins:%Y%m%d%H%M}")


def _still_open(rows: Iterable[Notification], seen: Mapping[tuple[str, int], Place]) -> set[int]:
    """Nobody is reminded of what is done."""
    return {row.pk for row in rows if (place := seen.get((row.module, row.record_id))) and place.record.status != "done"}


def sentence(data: Mapping[str, Any], look: Look, title: str) -> str:
    """A reminder in the words and the zone of its reader."""
    at = parse_datetime(str(data.get("at", "")))
    when = "" if at is None else look.day(at.astimezone(look.zone)) if data.get("day") else look.moment(at)
    words = {"title": title, "when": when}
    if data.get("late"):
        return _("Late reminder: %(title)s, %(when)s. Nothing could be sent in time.") % words
    return _("Reminder: %(title)s, %(when)s") % words


say("crm.reminder", lazy("Reminders of my activities"), icon="alarm-clock", sentence=sentence, grace=timedelta(0), still=_still_open)
