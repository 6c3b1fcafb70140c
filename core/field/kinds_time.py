"""Kinds that speak of time to come: how something repeats, and how long before it one is reminded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from core.field import repeat
from core.field.kind import EMPTY, WIDE, Kind, one_line

if TYPE_CHECKING:
    from core.field.field import Field
    from core.field.look import Look

WEEKDAYS = (lazy("Monday"), lazy("Tuesday"), lazy("Wednesday"), lazy("Thursday"), lazy("Friday"), lazy("Saturday"), lazy("Sunday"))
# What the form offers, in minutes. Any other number may come by import or the API.
BEFORE = (0, 5, 10, 15, 30, 60, 120, 1440, 2880, 10_080)
LONGEST = 60 * 24 * 60


class Repeat(Kind):
    """A repeat rule (core.field.repeat), stored as its text."""

    key = "repeat"
    operators = EMPTY
    sortable = False
    inline = False

    def form_field(self, field: Field) -> forms.Field:
        from core.web.widgets import RepeatInput

        return forms.CharField(widget=RepeatInput(), max_length=200)

    def clean(self, field: Field, value: Any) -> Any:
        text = one_line(value or "")
        if not text:
            return ""
        try:
            return repeat.read(text).text()
        except repeat.BadRule as error:
            raise ValidationError(_("This repeat rule cannot be read. Choose how often, and when it ends.")) from error

    def text(self, field: Field, value: Any, look: Look) -> str:
        return words(value, look) if value else ""

    def out(self, field: Field, value: Any, look: Look) -> Any:
        return value or ""


def words(text: str, look: Look) -> str:
    """A rule as people say it."""
    try:
        rule = repeat.read(text)
    except repeat.BadRule:
        return text
    often = _often(rule, look)
    if rule.until:
        return _("%(often)s, until %(day)s") % {"often": often, "day": look.day(rule.until)}
    if rule.count:
        return ngettext("%(often)s, once", "%(often)s, %(count)d times", rule.count) % {"often": often, "count": rule.count}
    return often


def _often(rule: repeat.Rule, look: Look) -> str:
    from core.field.look import many

    said = {
        "DAILY": ngettext("Every day", "Every %(n)d days", rule.interval),
        "WEEKLY": ngettext("Every week", "Every %(n)d weeks", rule.interval),
        "MONTHLY": ngettext("Every month", "Every %(n)d months", rule.interval),
        "YEARLY": ngettext("Every year", "Every %(n)d years", rule.interval),
    }[rule.freq]
    if rule.days:
        said = ngettext("Every week on %(days)s", "Every %(n)d weeks on %(days)s", rule.interval)
    return said % {"n": rule.interval, "days": many((str(WEEKDAYS[day]) for day in rule.days), look.language)}


class Before(Kind):
    """So many minutes before."""

    key = "before"
    operators = EMPTY
    empty = None
    sortable = False

    def form_field(self, field: Field) -> forms.Field:
        return forms.ChoiceField(choices=[("", "—"), *((str(minutes), lead(minutes)) for minutes in BEFORE)])

    def clean(self, field: Field, value: Any) -> Any:
        text = one_line("" if value is None else value).translate(WIDE)
        if not text:
            return None
        if not text.isascii() or not text.isdigit() or int(text[:9]) > LONGEST:
            raise ValidationError(_("Say in minutes how long before; at most 60 days."))
        return int(text)

    def text(self, field: Field, value: Any, look: Look) -> str:
        return "" if value is None else lead(value)

    def out(self, field: Field, value: Any, look: Look) -> Any:
        return "" if value is None else value


def lead(minutes: int) -> str:
    """How long before, in the largest unit that fits."""
    if minutes == 0:
        return _("When it begins or falls due")
    if minutes % 10_080 == 0:
        return ngettext("1 week before", "%(n)d weeks before", minutes // 10_080) % {"n": minutes // 10_080}
    if minutes % 1440 == 0:
        return ngettext("1 day before", "%(n)d days before", minutes // 1440) % {"n": minutes // 1440}
    if minutes % 60 == 0:
        return ngettext("1 hour before", "%(n)d hours before", minutes // 60) % {"n": minutes // 60}
    return ngettext("1 minute before", "%(n)d minutes before", minutes) % {"n": minutes}
