"""When activities take place: the dates of a series, wall time in its zone over changes of the clock, and when to remind.

Pure but for one question: in which zone somebody lives. Everything is bounded: an endless rule is asked for a window.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.conf import settings

from core.access.models import User
from core.field import repeat
from core.stamps import stamped

if TYPE_CHECKING:
    from .models_activity import Activity, Moved

# What is due on a day and has no hour is reminded of as if it were due at this hour of its owner's day.
MORNING = time(9)
MOST = 400
DAY = timedelta(days=1)


@stamped("users")
def _zones() -> dict[int, str]:
    return dict(User.objects.values_list("pk", "time_zone"))


def zone_of(user_id: int | None) -> str:
    """The name of the zone somebody lives in."""
    return known(_zones().get(user_id or 0, "")).key


@lru_cache(maxsize=100)
def known(name: str) -> ZoneInfo:
    """The zone of this name, or the organisation's."""
    try:
        return ZoneInfo(name or settings.TIME_ZONE)
    except (KeyError, ValueError, OSError):
        return ZoneInfo(settings.TIME_ZONE)


@dataclass(frozen=True)
class Date:
    """One date of an activity: `occurs_on` is the day its rule gives, None for what takes place once."""

    starts_at: datetime
    ends_at: datetime
    occurs_on: date | None = None
    moved: bool = False


def local(activity: Any) -> datetime:
    """When it begins, as its zone's clocks show it."""
    return activity.starts_at.astimezone(known(activity.zone))


def day_of(activity: Any) -> date:
    return local(activity).date()


def length(activity: Any) -> timedelta:
    return max(activity.ends_at - activity.starts_at, timedelta(0)) if activity.ends_at else timedelta(0)


def at(activity: Any, day: date) -> datetime:
    """The moment a series begins on a day of its rule. An hour the clocks leap over is read as before the leap (RFC 5545)."""
    return datetime.combine(day, local(activity).time(), known(activity.zone)).astimezone(UTC)


def rule_of(activity: Any) -> repeat.Rule | None:
    try:
        return repeat.read(activity.repeat) if activity.repeat else None
    except repeat.BadRule:
        return None


def end(activity: Any) -> datetime | None:
    """When the last date of a series is over; None if there is no last one."""
    rule = rule_of(activity)
    last = rule.end(day_of(activity)) if rule else None
    return at(activity, last) + length(activity) + DAY if last else None


def happens(activity: Any) -> bool:
    """Whether a rule has any date at all."""
    rule = rule_of(activity)
    return rule is not None and next(rule.dates(day_of(activity)), None) is not None


def standing(activity: Any, moves: Iterable[Moved]) -> list[Moved]:
    """Those of the changed dates that the rule still gives: a series that takes place on other days leaves the old ones behind."""
    rule, anchor = rule_of(activity), day_of(activity)
    return [one for one in moves if rule and next(rule.dates(anchor, one.occurs_on, one.occurs_on), None) is not None]


def dates(activity: Activity, moves: Iterable[Moved], first: datetime, last: datetime, most: int = MOST) -> list[Date]:
    """The dates of an activity that touch the time from `first` to `last`, in order; at most `most`."""
    if activity.starts_at is None:
        return []
    if not activity.is_series:
        one = Date(activity.starts_at, activity.starts_at + length(activity))
        return [one] if _touches(one, first, last) else []
    changed = {one.occurs_on: one for one in standing(activity, moves)}
    found = [one for one in islice(_by_rule(activity, first, last), most) if one.occurs_on not in changed]
    for one in changed.values():
        if not one.off and one.starts_at:
            found.append(Date(one.starts_at, max(one.ends_at or one.starts_at, one.starts_at), one.occurs_on, True))
    return sorted((one for one in found if _touches(one, first, last)), key=lambda one: one.starts_at)[:most]


def _by_rule(activity: Any, first: datetime, last: datetime) -> Iterator[Date]:
    rule, zone = rule_of(activity), known(activity.zone)
    if rule is None:
        return
    lasts = length(activity)
    since, until = (first - lasts).astimezone(zone).date() - DAY, last.astimezone(zone).date() + DAY
    for day in rule.dates(day_of(activity), since, until):
        moment = at(activity, day)
        one = Date(moment, moment + lasts, day)
        if _touches(one, first, last):
            yield one


def _touches(one: Date, first: datetime, last: datetime) -> bool:
    return one.starts_at < last and (one.ends_at > first or one.starts_at >= first)


def following(activity: Activity, moves: Iterable[Moved], after: datetime, days: int = 400 * 5) -> Date | None:
    """The next date that begins later than `after`: within some years, or none."""
    if not activity.is_series:
        return next((one for one in dates(activity, (), after, after + timedelta(days=days)) if one.starts_at > after), None)
    held = list(moves)
    for reach in (8, 40, days):
        for one in dates(activity, held, after, after + timedelta(days=reach), most=len(held) + 3):
            if one.starts_at > after:
                return one
    return None


def next_due(activity: Any, today: date) -> date | None:
    """The next day of a chain of tasks: the first of its rule after the one done, and none that has gone by already."""
    rule = rule_of(activity)
    done = activity.occurs_on or activity.due_on
    if rule is None or done is None:
        return None
    return rule.after(activity.anchor_on or done, max(done, today - DAY))


def moment(activity: Any) -> datetime | None:
    """When what takes place once begins, or falls due."""
    if activity.starts_at is not None:
        return activity.starts_at
    if activity.due_on is None:
        return None
    return datetime.combine(activity.due_on, MORNING, known(activity.zone)).astimezone(UTC)


def armed(activity: Activity, now: datetime) -> datetime | None:
    """When to remind of an activity just written. Not of what is over when it is written; but what was armed stays armed,
    and is reminded of late, if nobody was there to remind in time."""
    if activity.remind_before is None or activity.status == "done":
        return None
    before, done = timedelta(minutes=activity.remind_before), activity.reminded_for
    held = activity.reminder_at
    if activity.is_series:
        moves = list(activity.moves.all()) if activity.pk else []
        if held is not None and held <= now and any(one.starts_at == held + before for one in dates(activity, moves, held, now + before)):
            return held
        found = following(activity, moves, max(now, done + before) if done else now)
        return found.starts_at - before if found else None
    begins = moment(activity)
    if begins is None or begins - before == done:
        return None
    return begins - before if begins > now or begins - before == held else None
