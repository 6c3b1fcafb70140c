"""Japanese eras: 2026-11-22 is 令和8年11月22日. The day an era began belongs to it, as the cabinet orders say."""

from __future__ import annotations

from datetime import date

# First day and name; the first years are 元年. Days before Meiji 6 (1873) follow another calendar and stay western.
ERAS = (
    (date(2019, 5, 1), "令和"),
    (date(1989, 1, 8), "平成"),
    (date(1926, 12, 25), "昭和"),
    (date(1912, 7, 30), "大正"),
    (date(1868, 1, 25), "明治"),
)
_FIRST = date(1873, 1, 1)


def era_year(day: date) -> str:
    """令和8年; empty for days whose calendar was another."""
    if day < _FIRST:
        return ""
    began, name = next(one for one in ERAS if day >= one[0])
    number = day.year - began.year + 1
    return f"{name}{'元' if number == 1 else number}年"


def era_day(day: date) -> str:
    """令和8年11月22日; empty for days whose calendar was another."""
    year = era_year(day)
    return f"{year}{day.month}月{day.day}日" if year else ""
