"""A day, a week or a month on the screen: which days it has, what stands on each, and where back and forward lead.

Knows no records: pages put `Entry`s into it (core.web.calendar for any module with a date, the CRM's own calendar).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from babel.dates import format_skeleton, get_day_names
from django.utils.dateparse import parse_date

from core import clock
from core.field.look import Look
from core.organisation.hours import open_hours

VIEWS = ("day", "week", "month")
DAY = timedelta(days=1)
# A month and a week show so many of a day; the rest stands behind a link to the day. What has an hour and what has none
# each keep half of it, where there are enough of both: twenty things that are due hide no appointment.
SHOWN = {"month": 4, "week": 24}
# Hours a day shows in any case, and when something new begins, where nobody set business hours.
MORNING, EVENING, OPENS = 8, 18, 9
FIRST_YEAR, LAST_YEAR = 1801, 2199


class Entry(NamedTuple):
    """Something that stands on one or more days. `starts_at` is empty for what has a day and no hour; `hue` is a colour of
    data; `detail` a word more: a place, with whom."""

    title: str
    url: str
    on: date
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    icon: str = ""
    hue: int = 10
    detail: str = ""
    who: str = ""
    late: bool = False
    done: bool = False
    record: Any = None
    time: str = ""


@dataclass
class Day:
    """One day, what stands on it, and what of it there is room for."""

    date: date
    name: str
    entries: list[Entry] = field(default_factory=list)
    today: bool = False
    outside: bool = False
    shown: list[Entry] = field(default_factory=list)
    # The hours in which the house is open; empty on a day off, None where nobody set any.
    open: list[int] | None = None

    @property
    def off(self) -> bool:
        return self.open == []

    @property
    def opens(self) -> str:
        """When something new on this day begins, unless somebody says otherwise."""
        return f"{min(self.open) if self.open else OPENS:02}:00"

    @property
    def more(self) -> int:
        return len(self.entries) - len(self.shown)

    def fold(self, most: int | None) -> None:
        """Bring what stands here into its order, and choose what is shown of it: at most so many."""
        self.entries.sort(key=lambda entry: (bool(entry.time), entry.time))
        self.shown = self.entries
        if most is not None and len(self.entries) > most:
            whole = sum(not entry.time for entry in self.entries)
            first = max(min(whole, most // 2), most - (len(self.entries) - whole))
            self.shown = self.entries[:first] + self.entries[whole : whole + most - first]


@dataclass(frozen=True)
class Span:
    """The days from `first` up to, not including, `last`, around `on`, in the zone of `look`."""

    view: str
    on: date
    first: date
    last: date
    look: Look

    @property
    def starts_at(self) -> datetime:
        return self._midnight(self.first)

    @property
    def ends_at(self) -> datetime:
        return self._midnight(self.last)

    def _midnight(self, day: date) -> datetime:
        """Where the day begins. On the day the clocks change it has 23 or 25 hours."""
        return datetime.combine(day, time.min, self.look.zone).astimezone(UTC)

    @property
    def today(self) -> date:
        return clock.now().astimezone(self.look.zone).date()

    @property
    def before(self) -> date:
        return self._beside(-1)

    @property
    def after(self) -> date:
        return self._beside(1)

    def _beside(self, way: int) -> date:
        """The day on which the span before or after this one stands."""
        if self.view == "month":
            first = self.on.replace(day=1)
            return _clamped((first - DAY if way < 0 else first + 32 * DAY).replace(day=1))
        return _clamped(self.on + way * DAY * (7 if self.view == "week" else 1))

    @property
    def title(self) -> str:
        if self.view == "month":
            return format_skeleton("yMMMM", self.on, locale=self.look.language)
        if self.view == "week":
            return f"{self.look.day(self.first)} – {self.look.day(self.last - DAY)}"
        name = get_day_names("abbreviated", locale=self.look.language)[self.on.weekday()]
        return f"{self.look.day(self.on)}（{name}）" if self.look.language == "ja" else f"{name} {self.look.day(self.on)}"

    @property
    def weekdays(self) -> list[str]:
        names = get_day_names("abbreviated", locale=self.look.language)
        return [names[(self.first + n * DAY).weekday()] for n in range(7)]

    def days(self, entries: Iterable[Entry], app: str = "") -> list[Day]:
        """Every day with its entries: those without an hour first, then by the hour. What lasts stands on each of its days.
        `app` is whose business hours are asked."""
        names, today = get_day_names("abbreviated", locale=self.look.language), self.today
        made = {}
        for number in range((self.last - self.first).days):
            at = self.first + number * DAY
            outside = self.view == "month" and at.month != self.on.month
            made[at] = Day(at, names[at.weekday()], today=at == today, outside=outside, open=open_hours(at, self.look.zone, app))
        for entry in sorted(entries, key=_order):
            for day, shown in self._placed(entry):
                if day in made:
                    made[day].entries.append(shown)
        for filled in made.values():
            filled.fold(SHOWN.get(self.view))
        return list(made.values())

    def _placed(self, entry: Entry) -> Iterable[tuple[date, Entry]]:
        if entry.starts_at is None:
            return [(entry.on, entry)]
        zone = self.look.zone
        begins, ends = entry.starts_at.astimezone(zone), (entry.ends_at or entry.starts_at).astimezone(zone)
        # What ends at midnight does not reach into the day that begins there.
        last = max(begins.date(), (ends - timedelta(microseconds=1)).date() if ends > begins else begins.date())
        day, found = max(begins.date(), self.first), []
        while day <= min(last, self.last):
            found.append((day, entry._replace(time=f"{begins:%H:%M}") if day == begins.date() else entry))
            day += DAY
        return found


def _order(entry: Entry) -> tuple[Any, ...]:
    return (entry.starts_at is not None, entry.starts_at or datetime.min.replace(tzinfo=UTC), entry.title)


def _clamped(day: date) -> date:
    return min(max(day, date(FIRST_YEAR, 1, 1)), date(LAST_YEAR, 12, 31))


def read(asked: Mapping[str, str], look: Look, view: str = "month") -> Span:
    """The span an address asks for; what cannot be read is today, in the usual view."""
    chosen = asked.get("view", "")
    view = chosen if chosen in VIEWS else view
    try:
        on = parse_date(asked.get("on", "")) or None
    except ValueError:
        on = None
    return span(view, _clamped(on or clock.now().astimezone(look.zone).date()), look)


def span(view: str, on: date, look: Look) -> Span:
    """A month shows whole weeks. Weeks begin on Sunday in Japanese calendars, on Monday in others (ISO 8601)."""
    if view == "day":
        return Span(view, on, on, on + DAY, look)
    start = on.replace(day=1) if view == "month" else on
    first = start - timedelta(days=(start.weekday() + 1) % 7 if look.language == "ja" else start.weekday())
    if view == "week":
        return Span(view, on, first, first + 7 * DAY, look)
    following = (start + 32 * DAY).replace(day=1)
    weeks = -(-(following - first).days // 7)
    return Span(view, on, first, first + weeks * 7 * DAY, look)


class Hour(NamedTuple):
    """An hour of a day, what begins in it, and whether the house is closed."""

    time: str
    entries: list[Entry]
    closed: bool


def by_hour(day: Day) -> tuple[list[Entry], list[Hour]]:
    """A day's entries without an hour, and its hours with what begins in each."""
    timed = [one for one in day.entries if one.time]
    hours = [int(one.time[:2]) for one in timed] + (day.open or [MORNING, EVENING])
    rows = [
        Hour(f"{hour:02}:00", [one for one in timed if int(one.time[:2]) == hour], day.open is not None and hour not in day.open)
        for hour in range(min(hours), max(hours) + 1)
    ]
    return [one for one in day.entries if not one.time], rows
