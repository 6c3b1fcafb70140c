"""From cells to values: one reader per column, made once a file, which gives what will be stored or a Problem.

A cell that cannot be read costs its value, not its row. Readers remember what they have read: a column of prefectures or
states has few different cells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from babel import Locale
from django.core.exceptions import ValidationError
from django.utils import timezone

from core.field.columns import CountryColumn
from core.field.field import Field
from core.field.look import Look
from core.record import cells
from core.record.importing_links import Coming, Links, People
from core.record.importing_words import Problem
from core.record.writing import undefuse

Reader = Callable[[str], Any]
_KEPT = 2_000
_ONE_LINE_KINDS = {"text", "long_text"}


@dataclass
class Tools:
    """What readers need beyond the cell, and what they find out: choices nobody has yet, by field and value."""

    look: Look
    people: People
    links: Links
    defused: bool = False  # a CSV file: spreadsheets' apostrophes are taken off again
    numbers: set[int] = field(default_factory=set)  # columns of a workbook that hold numbers: leading zeros are gone
    order: str = ""
    new_choices: bool = False
    choices: dict[str, dict[str, str]] = field(default_factory=dict)
    stored: set[tuple[str, str]] = field(default_factory=set)

    def forget(self) -> None:
        """After a step that was rolled back: what it made is not there."""
        self.links.forget()
        self.stored.clear()


def reader(one: Field, at: int, sample: Iterable[str], tools: Tools) -> Reader:
    """How the cells of column `at` are read into `one`. The reader gives None for an empty cell."""
    read = _MAKERS.get(one.kind.key, _texts)(one, at, sample, tools)
    if one.kind.key == "link":  # looked up a chunk at a time
        return lambda cell: read(text) if (text := _bare(cell, tools)) else None
    kept: dict[str, Any] = {}

    def remembering(cell: str) -> Any:
        if not cell:
            return None
        if cell in kept:
            return kept[cell]
        text = _bare(cell, tools)
        value = read(text) if text else None
        if len(kept) < _KEPT:
            kept[cell] = value
        return value

    return remembering


def _bare(cell: str, tools: Tools) -> str:
    return (undefuse(cell) if tools.defused else cell).strip()


def _texts(one: Field, at: int, sample: Iterable[str], tools: Tools) -> Reader:
    if isinstance(one.column, CountryColumn):
        return lambda text: _countries().get(cells.folded(text)) or Problem("not_choice", {"field": one.key, "cell": text[:60]})
    limit = 20_000 if one.kind.key == "long_text" else one.max_length
    padded = _zeros(one, at, tools)

    def read(text: str) -> Any:
        try:
            return one.clean(padded(text)) or None
        except ValidationError as error:
            if limit and len(text) > limit and one.kind.key in _ONE_LINE_KINDS:
                return Shortened(one.clean(text[:limit]), limit)
            return Problem("bad_value", {"field": one.key, "message": " ".join(error.messages)})

    return read


@dataclass(frozen=True)
class Shortened:
    """A text that was longer than its field."""

    value: str
    limit: int


def _zeros(one: Field, at: int, tools: Tools) -> Callable[[str], str]:
    """A workbook that holds 0312345678 as a number has lost its first zero."""
    if at not in tools.numbers:
        return lambda text: text
    if one.kind.key == "phone":
        return lambda text: f"0{text}" if text.isdigit() and len(text) in {9, 10} and text[0] != "0" else text
    if one.kind.key == "postal":
        return lambda text: text.zfill(7) if text.isdigit() and 5 <= len(text) < 7 else text
    return lambda text: text


def _emails(one: Field, at: int, sample: Iterable[str], tools: Tools) -> Reader:
    def read(text: str) -> Any:
        try:
            return one.clean(text)
        except ValidationError:
            return Problem("bad_email", {"field": one.key})

    return read


def _numbers(one: Field, at: int, sample: Iterable[str], tools: Tools) -> Reader:
    number = cells.percentage if one.kind.key == "percent" else cells.number

    def read(text: str) -> Any:
        try:
            found = number(text)
        except cells.BadCell:
            return Problem("bad_number", {"field": one.key})
        try:
            return None if found is None else one.clean(found)
        except ValidationError as error:
            return Problem("bad_value", {"field": one.key, "message": " ".join(error.messages)})

    return read


def _dates(one: Field, at: int, sample: Iterable[str], tools: Tools) -> Reader:
    order = tools.order or cells.day_order(sample)
    whole: Callable[..., Any] = cells.date if one.kind.key == "date" else cells.moment

    def read(text: str) -> Any:
        try:
            found = whole(text, order)
        except cells.BadCell:
            try:
                whole(text, "dmy")
            except cells.BadCell:
                return Problem("bad_date", {"field": one.key})
            return Problem("bad_date" if order else "which_date", {"field": one.key})
        if found is not None and one.kind.key == "datetime" and found.tzinfo is None:
            found = timezone.make_aware(found, tools.look.zone)
        try:
            return None if found is None else one.clean(found)
        except ValidationError:
            return Problem("bad_date", {"field": one.key})

    return read


def _answers(one: Field, at: int, sample: Iterable[str], tools: Tools) -> Reader:
    def read(text: str) -> Any:
        try:
            return cells.boolean(text)
        except cells.BadCell:
            return Problem("bad_answer", {"field": one.key})

    return read


def _choices(one: Field, at: int, sample: Iterable[str], tools: Tools) -> Reader:
    known = [cells.Choice(option.value, option.en, option.ja) for option in one.options.values()]

    def read(text: str) -> Any:
        try:
            return cells.choice(text, known)
        except cells.BadCell:
            return _new_choice(one, text, tools)

    return read


def _new_choice(one: Field, text: str, tools: Tools) -> Any:
    if not tools.new_choices:
        return Problem("not_choice", {"field": one.key, "cell": cells.short(text, 60)})
    fresh = tools.choices.setdefault(one.key, {})
    return fresh.setdefault(cells.folded(text), cells.short(cells.tidy(text), 60))


def _several(one: Field, at: int, sample: Iterable[str], tools: Tools) -> Reader:
    known = [cells.Choice(option.value, option.en, option.ja) for option in one.options.values()]

    def read(text: str) -> Any:
        try:
            return one.clean(cells.several(text, known)) or None
        except cells.BadCell:
            return Problem("not_choice", {"field": one.key, "cell": cells.short(text, 60)})

    return read


def _users(one: Field, at: int, sample: Iterable[str], tools: Tools) -> Reader:
    return lambda text: tools.people.find(text, one.key)


def _linked(one: Field, at: int, sample: Iterable[str], tools: Tools) -> Reader:
    def read(text: str) -> int | Coming | Problem:
        return tools.links.find(text, one)

    return read


def _tags(one: Field, at: int, sample: Iterable[str], tools: Tools) -> Reader:
    def read(text: str) -> Any:
        try:
            return one.clean(text) or None
        except ValidationError as error:
            return Problem("bad_value", {"field": one.key, "message": " ".join(error.messages)})

    return read


@cache
def _countries() -> dict[str, str]:
    found: dict[str, str] = {}
    for language in ("en", "ja"):
        found.update({cells.folded(name): code for code, name in Locale(language).territories.items() if len(code) == 2 and code.isalpha()})
    found.update({code.lower(): code for code in list(found.values())})
    return found | {"usa": "US", "uk": "GB", "日本国": "JP"}


_MAKERS: dict[str, Callable[[Field, int, Iterable[str], Tools], Reader]] = {
    "email": _emails,
    "number": _numbers,
    "percent": _numbers,
    "money": _numbers,
    "date": _dates,
    "datetime": _dates,
    "yes_no": _answers,
    "picklist": _choices,
    "multi_picklist": _several,
    "user": _users,
    "link": _linked,
    "tags": _tags,
}
