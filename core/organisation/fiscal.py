"""Fiscal years: which one a day lies in, where its quarters begin. A fiscal year is named by the calendar year it begins in."""

from __future__ import annotations

from datetime import date

from django.utils.translation import get_language

from core.organisation.settings import organisation


def months_on(first: date, months: int) -> date:
    """The first of the month `months` after the month of `first`."""
    index = first.year * 12 + first.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def year_of(day: date) -> date:
    """The first day of the fiscal year that `day` lies in."""
    start = organisation().fiscal_month
    return date(day.year if day.month >= start else day.year - 1, start, 1)


def quarter_of(day: date) -> date:
    """The first day of the fiscal quarter that `day` lies in."""
    first = year_of(day)
    months = (day.year - first.year) * 12 + day.month - first.month
    return months_on(first, months // 3 * 3)


def is_calendar() -> bool:
    """Whether fiscal years are calendar years."""
    return organisation().fiscal_month == 1


def quarter_number(first: date) -> int:
    """1 to 4: which quarter of its fiscal year begins on `first`."""
    begin = year_of(first)
    return ((first.year - begin.year) * 12 + first.month - begin.month) // 3 + 1


def fiscal_label(first: date, *, quarter: bool = False) -> str:
    """A fiscal year or one of its quarters by its first day: FY2026/27 Q1, 2026年度 第1四半期."""
    begin = year_of(first)
    # English names both calendar years, for countries disagree which one names it; Japanese 年度 is the year it begins in.
    named = {"year": begin.year, "years": begin.year if is_calendar() else f"{begin.year}/{(begin.year + 1) % 100:02}"}
    japanese = get_language() == "ja"
    if not quarter:
        return f"{named['year']}年度" if japanese else f"FY{named['years']}"
    number = quarter_number(first)
    return f"{named['year']}年度 第{number}四半期" if japanese else f"FY{named['years']} Q{number}"
