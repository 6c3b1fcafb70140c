"""A repeat rule: every so many days, weeks on weekdays, months or years; until a day or so many times, or without end.

Rules speak of days. The time of day belongs to the record and to its zone, so that 9 o'clock stays 9 o'clock when the
clocks change. They are written as RFC 5545 writes them (`FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;UNTIL=20270503`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from dateutil import rrule

FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
MOST_APART, MOST_TIMES = 99, 999
_NUMBER = {"DAILY": rrule.DAILY, "WEEKLY": rrule.WEEKLY, "MONTHLY": rrule.MONTHLY, "YEARLY": rrule.YEARLY}
_KNOWN = {"FREQ", "INTERVAL", "BYDAY", "UNTIL", "COUNT"}
# The calendar of this house ends here, as do its dates (core.field.kinds_size).
LAST_YEAR = 2200


class BadRule(ValueError):
    """A text that is no rule of ours."""


@dataclass(frozen=True)
class Rule:
    """`days` are weekdays from 0 (Monday), for weeks alone; none of them means the weekday it begins on. `until` is a
    day that still counts. Without `until` and `count` it never ends."""

    freq: str
    interval: int = 1
    days: tuple[int, ...] = ()
    until: date | None = None
    count: int | None = None

    @property
    def endless(self) -> bool:
        return self.until is None and self.count is None

    def text(self) -> str:
        parts = [f"FREQ={self.freq}"]
        if self.interval > 1:
            parts.append(f"INTERVAL={self.interval}")
        if self.days:
            parts.append("BYDAY=" + ",".join(WEEKDAYS[day] for day in self.days))
        if self.until:
            parts.append(f"UNTIL={self.until:%Y%m%d}")
        if self.count:
            parts.append(f"COUNT={self.count}")
        return ";".join(parts)

    def clamped(self, anchor: date) -> dict[str, Any]:
        """What holds a rule that begins on the 31st to the last day of shorter months, and one of 29 February to the 28th."""
        if self.freq == "MONTHLY" and anchor.day > 28:
            return {"bymonthday": tuple(range(28, anchor.day + 1)), "bysetpos": -1}
        if self.freq == "YEARLY" and (anchor.month, anchor.day) == (2, 29):
            return {"bymonth": 2, "bymonthday": (28, 29), "bysetpos": -1}
        return {}

    def standard(self, anchor: date) -> dict[str, Any]:
        """The parts of an RRULE of RFC 5545 that gives the same days as this rule does from `anchor` on, but for those `beside`;
        without UNTIL, whose form depends on the event. Only what simple programs understand: several leave BYSETPOS out."""
        made: dict[str, Any] = {"FREQ": self.freq, "INTERVAL": self.interval, "WKST": "MO"}
        if self.freq == "WEEKLY":
            made["BYDAY"] = [WEEKDAYS[day] for day in self.days or (anchor.weekday(),)]
        if self.freq == "MONTHLY" and anchor.day > 28:
            made["BYMONTHDAY"] = -1 if anchor.day == 31 else anchor.day
        if self.freq == "YEARLY" and (anchor.month, anchor.day) == (2, 29):
            made |= {"BYMONTH": 2, "BYMONTHDAY": -1}
        if self.count:
            made["COUNT"] = self.count
        return made

    def beside(self, anchor: date, last: date) -> list[date]:
        """The days up to `last` that `standard` leaves out: of a rule on the 29th or 30th the last day of February."""
        if self.freq != "MONTHLY" or anchor.day not in {29, 30}:
            return []
        return [day for day in self.dates(anchor, None, last) if day.day != anchor.day]

    def dates(self, anchor: date, first: date | None = None, last: date | None = None) -> Iterator[date]:
        """The days of the rule from `anchor` on, those between `first` and `last`; endless ones are skipped to, not walked."""
        end = min(last or date(LAST_YEAR, 12, 31), self.until or date.max, date(LAST_YEAR, 12, 31))
        start = self._skipped(anchor, first) if first else anchor
        if start > end:
            return
        weekdays = {"byweekday": self.days or (anchor.weekday(),)} if self.freq == "WEEKLY" else {}
        rule = rrule.rrule(
            _NUMBER[self.freq],
            dtstart=datetime(start.year, start.month, start.day),
            interval=self.interval,
            wkst=rrule.MO,
            until=None if self.count else datetime(end.year, end.month, end.day),
            count=self.count,
            **weekdays,
            **self.clamped(anchor),
        )
        for moment in rule:
            day = moment.date()
            if day > end:
                return
            if first is None or day >= first:
                yield day

    def _skipped(self, anchor: date, first: date) -> date:
        """A beginning shortly before `first` that gives the same days: whole steps after `anchor`."""
        step = {"DAILY": self.interval, "WEEKLY": 7 * self.interval}.get(self.freq, 0)
        if not step or self.count or first <= anchor:
            return anchor
        whole = max(0, (first - anchor).days // step - 1)
        return anchor + timedelta(days=whole * step)

    def after(self, anchor: date, day: date) -> date | None:
        """The first day of the rule later than `day`."""
        return next(self.dates(anchor, day + timedelta(days=1)), None)

    def end(self, anchor: date) -> date | None:
        """The last day, None for a rule without end. A rule that ends before it begins has none: gives `anchor`."""
        if self.endless:
            return None
        if self.count:
            days = list(islice(self.dates(anchor), self.count))
            return days[-1] if days else anchor
        return self.until


def read(text: str) -> Rule:
    """The rule a text says. Raises BadRule for what is not one of ours."""
    parts: dict[str, str] = {}
    for part in text.strip().upper().removeprefix("RRULE:").split(";"):
        name, _, value = part.partition("=")
        if name not in _KNOWN | {"WKST"} or not value or name in parts:
            raise BadRule(text)
        parts[name] = value
    freq = parts.get("FREQ", "")
    days = tuple(sorted({WEEKDAYS.index(day) for day in parts["BYDAY"].split(",") if day in WEEKDAYS})) if "BYDAY" in parts else ()
    if freq not in FREQUENCIES or ("BYDAY" in parts and (not days or freq != "WEEKLY")) or {"UNTIL", "COUNT"} <= parts.keys():
        raise BadRule(text)
    return Rule(
        freq,
        _whole(parts.get("INTERVAL", "1"), MOST_APART),
        days,
        _day(parts["UNTIL"]) if "UNTIL" in parts else None,
        _whole(parts["COUNT"], MOST_TIMES) if "COUNT" in parts else None,
    )


def _whole(text: str, most: int) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:6]) <= most:
        raise BadRule(text)
    return int(text)


def _day(text: str) -> date:
    try:
        return datetime.strptime(text[:8], "%Y%m%d").date()
    except ValueError as error:
        raise BadRule(text) from error
