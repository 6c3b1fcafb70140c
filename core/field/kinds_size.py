"""Kinds that have an order: numbers, amounts, days and moments; and yes or no."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext_lazy as _

from core.field.kind import DAYS, EMPTY, SIZE, WIDE, Kind, one_line
from core.html import escape

if TYPE_CHECKING:
    from core.field.field import Field
    from core.field.look import Look


class Number(Kind):
    key = "number"
    operators = SIZE
    empty = None
    right = True
    limit = 10**15

    def form_field(self, field: Field) -> forms.Field:
        return forms.CharField(max_length=24, widget=forms.TextInput(attrs={"inputmode": "decimal", "class": "num"}))

    def clean(self, field: Field, value: Any) -> Any:
        if value is None or str(value).strip() == "":
            return None
        try:
            number = Decimal(str(value).translate(WIDE).replace(",", "").replace(" ", "").lstrip("¥￥$"))
        except InvalidOperation as error:
            raise ValidationError(_("This is not a number.")) from error
        if not number.is_finite() or abs(number) >= self.limit:
            raise ValidationError(_("This number is too large."))
        return self.fit(field, number)

    def fit(self, field: Field, number: Decimal) -> Any:
        if not field.custom:
            if number != number.to_integral_value():
                raise ValidationError(_("Use a whole number."))
            if not 0 <= number < 2**31:
                raise ValidationError(_("This number is too large.") if number > 0 else _("Use a number of zero or more."))
            return int(number)
        return int(number) if number == number.to_integral_value() else float(round(number, 6))

    def text(self, field: Field, value: Any, look: Look) -> str:
        return look.number(value)

    def out(self, field: Field, value: Any, look: Look) -> Any:
        return value


class Running(Number):
    """A running number: no thousands, a # in front."""

    key = "running"
    right = False

    def clean(self, field: Field, value: Any) -> Any:
        return super().clean(field, str(value).lstrip("#＃") if value is not None else None)

    def text(self, field: Field, value: Any, look: Look) -> str:
        return "" if value is None else f"#{value}"


class Percent(Number):
    key = "percent"

    def fit(self, field: Field, number: Decimal) -> Any:
        if not 0 <= number <= 100 or number != number.to_integral_value():
            raise ValidationError(_("Use a whole number from 0 to 100."))
        return int(number)

    def text(self, field: Field, value: Any, look: Look) -> str:
        return "" if value is None else f"{value}%"


class Money(Number):
    key = "money"
    exact = 9 * 10**13  # up to here a JSON number keeps two decimals

    def fit(self, field: Field, number: Decimal) -> Any:
        if field.custom and abs(number) >= self.exact:
            raise ValidationError(_("This number is too large."))
        return number.quantize(Decimal("0.01"))

    def plain(self, value: Any) -> Any:
        return str(value) if isinstance(value, Decimal) else value

    def stored(self, value: Any) -> Any:
        return float(value)

    def back(self, value: Any) -> Any:
        return None if value is None else Decimal(str(value))

    def text(self, field: Field, value: Any, look: Look) -> str:
        return look.money(Decimal(str(value)), field.currency) if value is not None else ""

    def out(self, field: Field, value: Any, look: Look) -> Any:
        if value is None:
            return None
        number = Decimal(str(value))
        return int(number) if number == number.to_integral_value() else number.normalize()


class Date(Kind):
    key = "date"
    operators = DAYS
    empty = None

    def form_field(self, field: Field) -> forms.Field:
        return forms.CharField(max_length=20, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def clean(self, field: Field, value: Any) -> Any:
        if value in (None, ""):
            return None
        if isinstance(value, datetime):
            value = value.date()
        if not isinstance(value, date):
            try:
                value = parse_date(one_line(str(value).translate(WIDE)).replace("/", "-"))
            except ValueError:
                value = None
        if value is None or not 1800 <= value.year <= 2200:
            raise ValidationError(_("This is not a date. Write it like 2026-11-21."))
        return value

    def plain(self, value: Any) -> Any:
        return value.isoformat() if value else None

    def back(self, value: Any) -> Any:
        return parse_date(value) if value else None

    def text(self, field: Field, value: Any, look: Look) -> str:
        return look.day(value)

    def out(self, field: Field, value: Any, look: Look) -> Any:
        return value.isoformat() if value else ""


class DateTime(Kind):
    key = "datetime"
    operators = DAYS
    empty = None

    def form_field(self, field: Field) -> forms.Field:
        return forms.CharField(max_length=40, widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"))

    def clean(self, field: Field, value: Any) -> Any:
        if value in (None, ""):
            return None
        if not isinstance(value, datetime):
            try:
                value = parse_datetime(one_line(str(value).translate(WIDE)).replace("/", "-"))
            except ValueError:
                value = None
        if value is None or not 1800 <= value.year <= 2200:
            raise ValidationError(_("This is not a date and time. Write it like 2026-11-21 14:30."))
        from django.utils import timezone

        return value if value.tzinfo else timezone.make_aware(value)

    def plain(self, value: Any) -> Any:
        # Always UTC, so that two of them compare as text.
        return value.astimezone(UTC).isoformat() if value else None

    def back(self, value: Any) -> Any:
        return parse_datetime(value) if value else None

    def text(self, field: Field, value: Any, look: Look) -> str:
        return look.moment(value)

    def html(self, field: Field, value: Any, look: Look) -> str:
        return (
            f'<time datetime="{value.isoformat()}" title="{escape(look.moment(value))}">{escape(look.ago(value))}</time>' if value else ""
        )

    def out(self, field: Field, value: Any, look: Look) -> Any:
        return value.astimezone(look.zone).isoformat(sep=" ", timespec="seconds") if value else ""


class Time(Kind):
    """A time of day without a day, as "09:30": it means the same in every zone, and compares as text."""

    key = "time"
    operators = ("is", "is_not", "before", "after", "between", *EMPTY)
    empty = None
    pattern = re.compile(r"(\d{1,2})(?:[:.時h](\d{2})?分?(?::\d{2})?)?", re.IGNORECASE)

    def form_field(self, field: Field) -> forms.Field:
        return forms.CharField(max_length=20, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))

    def clean(self, field: Field, value: Any) -> Any:
        if value in (None, ""):
            return None
        found = self.pattern.fullmatch(one_line(str(value).translate(WIDE)))
        hour, minute = (int(found[1]), int(found[2] or 0)) if found else (24, 0)
        if hour > 23 or minute > 59:
            raise ValidationError(_("This is not a time of day. Write it like 14:30."))
        return f"{hour:02}:{minute:02}"


class YesNo(Kind):
    key = "yes_no"
    operators = ("is",)
    empty = False

    def form_field(self, field: Field) -> forms.Field:
        return forms.BooleanField()

    def clean(self, field: Field, value: Any) -> Any:
        if isinstance(value, str):
            word = value.strip().translate(WIDE).lower()
            if word in {"", "0", "no", "n", "false", "off", "いいえ", "×", "無"}:
                return False
            if word in {"1", "yes", "y", "true", "on", "はい", "○", "◯", "有"}:
                return True
            raise ValidationError(_("Answer yes or no."))
        return bool(value)

    def is_empty(self, value: Any) -> bool:
        return not value

    def text(self, field: Field, value: Any, look: Look) -> str:
        return str(_("Yes") if value else _("No"))
