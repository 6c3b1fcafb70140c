"""The functions of formulas: how many values each takes, and what it does. The table is also the help on the page."""

from __future__ import annotations

import calendar
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, DecimalException
from typing import Any

from django.utils.translation import gettext_lazy as _

from .kinds import Nothing, day
from .reads import in_calendar


@dataclass(frozen=True)
class Function:
    """`takes` names the type each value must have ("number", "text", "day" for a date or a moment); the last one repeats up to
    `most` values. `gives` is the type of the result; "same" is that of the values, money where one of them is."""

    takes: tuple[str, ...]
    gives: str
    run: Callable[..., Any]
    help: Any
    least: int = 0
    most: int = 0


def rounded(number: Decimal, places: Decimal = Decimal(0)) -> Decimal:
    """Half away from zero, as people round."""
    step = Decimal(1).scaleb(-max(-12, min(6, int(places))))
    try:
        return number.quantize(step, ROUND_HALF_UP)
    except DecimalException as error:
        raise Nothing("large") from error


def add_days(first: Any, days: Decimal) -> date:
    try:
        return in_calendar(day(first) + timedelta(int(days)))
    except OverflowError as error:
        raise Nothing("day") from error


def add_months(first: Any, months: Decimal) -> date:
    """The same day of a later month, or its last one."""
    start = day(first)
    if abs(months) > 6000:
        raise Nothing("day")
    index = start.year * 12 + start.month - 1 + int(months)
    year, month = index // 12, index % 12 + 1
    if not 1800 <= year <= 2200:
        raise Nothing("day")
    return date(year, month, min(start.day, calendar.monthrange(year, month)[1]))


def make_date(year: Decimal, month: Decimal, number: Decimal) -> date:
    try:
        return in_calendar(date(int(year), int(month), int(number)))
    except (ValueError, OverflowError) as error:
        raise Nothing("day") from error


def between(first: Any, second: Any) -> Decimal:
    return Decimal((day(second) - day(first)).days)


FUNCTIONS: dict[str, Function] = {
    "round": Function(("number", "number"), "same", rounded, _("A number rounded, to so many decimals if you say so."), 1, 2),
    "abs": Function(("number",), "same", abs, _("A number without its minus.")),
    "min": Function(("number",), "same", lambda *all_: min(all_), _("The smallest of several numbers."), 1, 20),
    "max": Function(("number",), "same", lambda *all_: max(all_), _("The largest of several numbers."), 1, 20),
    "len": Function(("text",), "number", lambda text: Decimal(len(text)), _("How many characters a text has.")),
    "upper": Function(("text",), "text", str.upper, _("A text in capital letters.")),
    "lower": Function(("text",), "text", str.lower, _("A text in small letters.")),
    "concat": Function(("words",), "text", lambda *all_: "".join(all_), _("Several values as one text, like &."), 1, 20),
    "days_between": Function(("day", "day"), "number", between, _("How many days lie between a first and a second date.")),
    "add_days": Function(("day", "number"), "date", add_days, _("The date so many days later.")),
    "add_months": Function(("day", "number"), "date", add_months, _("The same day so many months later.")),
    "date": Function(("number", "number", "number"), "date", make_date, _("A date of year, month and day.")),
    "year": Function(("day",), "number", lambda one: Decimal(day(one).year), _("The year of a date.")),
    "month": Function(("day",), "number", lambda one: Decimal(day(one).month), _("The month of a date, 1 to 12.")),
    "day": Function(("day",), "number", lambda one: Decimal(day(one).day), _("The day of the month of a date.")),
}
# Those that are no plain function of their values; core.field.formula.check knows each.
SPECIAL: dict[str, Any] = {
    "if": _("if(question, value if yes, value if no)"),
    "empty": _("Whether a field has no value."),
    "coalesce": _("The first of several values that is not empty."),
    "contains": _("Whether a text holds another, or a picklist one of its choices."),
    "today": _("The day it is for who reads."),
}
