"""The types of formulas: which kind of field has which, what each is called, and how a value of one becomes text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from core import clock
from core.organisation.settings import house_zone

if TYPE_CHECKING:
    from core.field.field import Field
    from core.field.look import Look

TYPES: dict[str, Any] = {
    "number": _("a number"),
    "money": _("an amount of money"),
    "text": _("a text"),
    "date": _("a date"),
    "moment": _("a date and time"),
    "yes_no": _("a yes or no"),
    "choice": _("a choice of a picklist"),
    "choices": _("several choices of a picklist"),
    "user": _("a user"),
    "link": _("a record"),
}
# Kind of field → type. A kind that is not named cannot be used in a formula.
OF_KIND = {
    **dict.fromkeys(("text", "long_text", "email", "phone", "postal", "handle", "url", "name", "time"), "text"),
    **dict.fromkeys(("number", "percent", "running"), "number"),
    "money": "money",
    "date": "date",
    "datetime": "moment",
    "yes_no": "yes_no",
    "picklist": "choice",
    "multi_picklist": "choices",
    "user": "user",
    "link": "link",
}
# Type of the result → the kind of field it shows, filters and sorts as.
RESULTS = {"number": "number", "money": "money", "text": "text", "date": "date", "moment": "datetime", "yes_no": "yes_no"}
NUMBERS = {"number", "money"}
DAYS = {"date", "moment"}
# Whose words depend on who reads: a label has two languages, a name is somebody else's record.
NAMED = {"choice", "choices", "user", "link"}

WHY_EMPTY: dict[str, Any] = {
    "empty": _("“%(name)s” is empty."),
    "zero": _("It divides by zero."),
    "unseen": _("It reads a record that is not there or that you may not see."),
    "large": _("The result is too large."),
    "long": _("The result has more than %(limit)d characters."),
    "day": _("There is no such day in the calendar."),
    "broken": _("The formula no longer works: %(name)s"),
}
LONGEST = 500


class Nothing(Exception):
    """The formula has no value for this record. `why` is a key of WHY_EMPTY, `field` the one it is about."""

    def __init__(self, why: str, field: Field | None = None, name: str = "") -> None:
        super().__init__(why)
        self.why, self.field, self.name = why, field, name

    def sentence(self) -> str:
        """The reason in the words of the reader's language."""
        name = self.field.label if self.field is not None else self.name
        return str(WHY_EMPTY[self.why]) % {"name": name, "limit": LONGEST}


@dataclass
class Env:
    """One record being worked out. Without a `look` there is no reader: what depends on one is empty."""

    record: Any
    look: Look | None = None

    @property
    def today(self) -> date:
        return self.look.now.astimezone(self.look.zone).date() if self.look else clock.today()

    def titled(self, one: Field, pk: Any) -> str:
        """The title of a linked record, if the reader may see it; nothing for no link."""
        return str(self.linked(one, pk).title) if pk is not None else ""

    def linked(self, one: Field, pk: Any) -> Any:
        """The linked record, through the gate. Lists load those of a page at once (core.module.listing.prepare)."""
        if pk is None:
            raise Nothing("empty", one)
        if self.look is None:
            raise Nothing("unseen")
        slot = (one.target, pk)
        if slot not in self.look.records:
            self.look.gather(one.target, {pk})
        if (found := self.look.records.get(slot)) is None:
            raise Nothing("unseen")
        return found


@dataclass(frozen=True)
class Expr:
    """A checked part of a formula: what it gives, and how. `const` is the text of a literal; `of` the field it reads, if it is
    a field and nothing else."""

    type: str
    run: Callable[[Env], Any]
    start: int
    end: int
    const: str | None = None
    of: Field | None = None


def number_text(value: Decimal) -> str:
    """A number inside a text: no thousands, no needless zeros."""
    plain = format(value, "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def local(value: datetime) -> datetime:
    """A moment by the clock of the organisation (its time zone in the console), so that a kept value means the same to all."""
    return value.astimezone(house_zone())


def day(value: Any) -> date:
    """The day of a date or a moment."""
    return local(value).date() if isinstance(value, datetime) else value


def in_words(one: Expr) -> Callable[[Env], str] | None:
    """How a value of this type stands inside a text; None where it has no words."""
    if one.type == "text":
        return one.run
    if one.type in NUMBERS:
        return lambda env: number_text(one.run(env))
    if one.type == "date":
        return lambda env: one.run(env).isoformat()
    if one.type == "moment":
        return lambda env: f"{local(one.run(env)):%Y-%m-%d %H:%M}"
    if one.type == "link":
        return lambda env: env.titled(one.of, one.run(env))  # type: ignore[arg-type]
    if one.type in NAMED:
        return lambda env: _named(one, env)
    return None


def _named(one: Expr, env: Env) -> str:
    if env.look is None:
        raise Nothing("unseen")
    assert one.of is not None
    return one.of.kind.text(one.of, one.run(env), env.look)
