"""Business hours: when the house, or one of its apps, is open on a day, as a reader elsewhere sees it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.organisation.settings import house_zone, setting

DAY = timedelta(days=1)


def opening(day: date, app: str = "") -> tuple[time, time] | None:
    """From when to when the house is open on a day of its own zone; None on a day off, and where nobody set hours."""
    held = setting("hours", app).get(str(day.weekday()))
    return (time.fromisoformat(held[0]), time.fromisoformat(held[1])) if held else None


def are_set(app: str = "") -> bool:
    """Whether somebody has said when the house is open."""
    return bool(setting("hours", app))


def open_hours(day: date, zone: ZoneInfo, app: str = "") -> list[int] | None:
    """The hours of a day in the reader's zone in which the house is open at all; empty on a day off, None where nobody set any.
    A day of the reader may have parts of two days of the house."""
    if not are_set(app):
        return None
    home, midnight = house_zone(app), datetime.combine(day, time.min, zone)
    found: set[int] = set()
    for there in (day - DAY, day, day + DAY):
        held = opening(there, app)
        if held is None:
            continue
        start, end = (datetime.combine(there, at, home).astimezone(zone) for at in held)
        first, last = max(start, midnight), min(end, datetime.combine(day + DAY, time.min, zone)) - timedelta(microseconds=1)
        if first <= last:
            found |= set(range(first.hour, last.hour + 1))
    return sorted(found)
