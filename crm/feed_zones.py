"""The rules of a time zone as programs read them (RFC 5545, 3.6.5): by yearly rules where there are such, else by dates.

Several programs (Outlook; all that are made with ical.js) understand rules, and of a list of dates only the first. So a zone is
told as it is kept now and henceforth, from 1970 on; what it was decades ago matters to no calendar that reaches back weeks.
"""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard, vRecur

from core import clock

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
# So many years of changes are looked at to know a rule; where there is none, so many are listed.
LOOKED_AT, LISTED = 6, 15


class Change(NamedTuple):
    """The clocks change: when, by the clock of before and without its zone; from which to which offset; and what it is called then."""

    at: datetime
    before: timedelta
    after: timedelta
    name: str
    summer: bool


def timezone(name: str) -> Timezone:
    """The component of a zone, the same all year long."""
    return _timezone(name, clock.today().year)


@lru_cache(maxsize=200)
def _timezone(name: str, year: int) -> Timezone:
    made, zone = Timezone(), ZoneInfo(name)
    made.add("tzid", name)
    changes = changes_of(zone, year - 1, year - 1 + LOOKED_AT)
    if not changes:
        now = datetime(year, 1, 1, tzinfo=zone)
        made.add_component(_part(Change(datetime(1970, 1, 1), _offset(now), _offset(now), now.tzname() or name, False)))
        return made
    kinds: dict[tuple[timedelta, timedelta, str, bool], list[Change]] = defaultdict(list)
    for one in changes:
        kinds[one[1:]].append(one)
    rules = {kind: rule_of(found) for kind, found in kinds.items()}
    if all(rules.values()):
        for kind, found in kinds.items():
            part = _part(found[0]._replace(at=_first(rules[kind], found[0].at)))
            part.add("rrule", vRecur(rules[kind]))
            made.add_component(part)
    else:
        for one in changes_of(zone, year - 2, year + LISTED):
            made.add_component(_part(one))
    return made


def changes_of(zone: ZoneInfo, first: int, last: int) -> list[Change]:
    """The changes of a zone's clocks in these years, to the minute."""
    found, at, end = [], datetime(first, 1, 1, tzinfo=UTC), datetime(last, 1, 1, tzinfo=UTC)
    while at < end:
        after = at + timedelta(days=1)
        if _offset(at.astimezone(zone)) != _offset(after.astimezone(zone)):
            found.append(_change(zone, at, after))
        at = after
    return found


def _change(zone: ZoneInfo, low: datetime, high: datetime) -> Change:
    before, after = _offset(low.astimezone(zone)), _offset(high.astimezone(zone))
    while high - low > timedelta(minutes=1):
        middle = low + (high - low) // 2
        low, high = (low, middle) if _offset(middle.astimezone(zone)) != before else (middle, high)
    moment = high.replace(second=0, microsecond=0)
    there = moment.astimezone(zone)
    return Change((moment + before).replace(tzinfo=None), before, after, there.tzname() or "", bool(there.dst()))


def rule_of(found: list[Change]) -> dict[str, object]:
    """The yearly rule that these changes follow, on the second Sunday of March at two; empty if they follow none."""
    first = found[0].at
    alike = {(one.at.month, one.at.weekday(), one.at.time()) for one in found}
    years = [one.at.year for one in found]
    if len(alike) > 1 or years != list(range(first.year, first.year + len(years))) or len(years) < LOOKED_AT - 1:
        return {}
    weeks = {(one.at.day - 1) // 7 + 1 for one in found}
    if all(one.at.day + 7 > monthrange(one.at.year, one.at.month)[1] for one in found):
        week = -1
    elif len(weeks) == 1:
        week = weeks.pop()
    else:
        return {}
    return {"FREQ": "YEARLY", "BYMONTH": first.month, "BYDAY": f"{week}{WEEKDAYS[first.weekday()]}"}


def _first(rule: dict[str, object], like: datetime) -> datetime:
    """The moment of the rule in 1970."""
    week, days = int(str(rule["BYDAY"])[:-2]), monthrange(1970, like.month)[1]
    fitting = [day for day in range(1, days + 1) if datetime(1970, like.month, day).weekday() == like.weekday()]
    return like.replace(year=1970, day=fitting[week if week < 0 else week - 1])


def _offset(moment: datetime) -> timedelta:
    return moment.utcoffset() or timedelta(0)


def _part(one: Change) -> TimezoneStandard | TimezoneDaylight:
    made = TimezoneDaylight() if one.summer else TimezoneStandard()
    made.add("dtstart", one.at)
    made.add("tzoffsetfrom", one.before)
    made.add("tzoffsetto", one.after)
    made.add("tzname", one.name)
    return made
