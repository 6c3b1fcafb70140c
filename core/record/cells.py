"""Turns what people type into cells into typed values, or says in their words why it cannot be done."""

import datetime
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

DayOrder = Literal["dmy", "mdy"]


class BadCell(ValueError):
    """The cell does not hold what its field needs; the text is for the person who filled it in."""

    def __init__(self, message: str | Promise, **values: object) -> None:
        super().__init__(message)
        self.message = message
        self.values = values

    def __str__(self) -> str:
        return str(self.message) % self.values


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a picklist and what it is called in each language."""

    value: str
    label_en: str = ""
    label_ja: str = ""


_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\uff0d", "-"))
_TRUE = frozenset(
    [
        "yes",
        "y",
        "true",
        "t",
        "1",
        "on",
        "ok",
        "はい",
        "有",
        "有り",
        "あり",
        "する",
        "真",
        "可",
        "済",
        "済み",
        "○",
        "〇",
        "◯",
        "●",
        "✓",
        "✔",
        "☑",
        "レ",
    ]
)
_FALSE = frozenset(
    ["no", "n", "false", "f", "0", "off", "いいえ", "無", "無し", "なし", "しない", "偽", "不可", "未", "×", "✕", "✗", "✘", "x", "☐", "-"]
)
_CURRENCY = re.compile(r"^([+\-]?)\s*(?:[¥$€£]|(?:jpy|usd|eur|gbp)(?![a-z]))\s*|\s*(?:円|jpy|usd|eur|gbp|[¥$€£])$", re.IGNORECASE)
_GROUPED = re.compile(r"[+\-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_GROUPED_EU = re.compile(r"[+\-]?\d{1,3}(?:[. ]\d{3})+(?:,\d+)?|[+\-]?\d+,\d{1,2}")
_GROUPED_DOTS = re.compile(r"[+\-]?\d{1,3}(?:\.\d{3}){2,}|[+\-]?\d{1,3}(?:\.\d{3})+,\d+|[+\-]?\d{1,3}(?: \d{3})+(?:,\d+)?")
_PLAIN = re.compile(r"[+\-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+\-]?\d{1,3})?", re.IGNORECASE)

_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925, "大正": 1911, "明治": 1867, "r": 2018, "h": 1988, "s": 1925, "t": 1911, "m": 1867}
_YEAR_FIRST = re.compile(r"(\d{4})\s*[-/.]\s*(\d{1,2})\s*[-/.]\s*(\d{1,2})")
_COMPACT = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)")
_KANJI = re.compile(r"(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日?")
_ERA = re.compile(r"(令和|平成|昭和|大正|明治)\s*(\d{1,2}|元)\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日?")
_ERA_SHORT = re.compile(r"([RHSTM])\.?\s*(\d{1,2})[./\-](\d{1,2})[./\-](\d{1,2})", re.IGNORECASE)
_YEAR_LAST = re.compile(r"(\d{1,2})\s*([-/.])\s*(\d{1,2})\s*[-/.]\s*(\d{4})")
_MONTHS = {
    name: at for at, name in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], start=1)
}
_NAMED = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[\s.\-]+([a-z]{3})[a-z]*\.?,?[\s\-]+(\d{4})", re.IGNORECASE)
_NAMED_US = re.compile(r"([a-z]{3})[a-z]*\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})", re.IGNORECASE)
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
_WEEKDAY = re.compile(r"\s*\((?:[月火水木金土日]|mon|tue|wed|thu|fri|sat|sun)\)\s*", re.IGNORECASE)
_CLOCK = re.compile(
    r"(?P<half>午前|午後)?\s*(?P<hour>\d{1,2})(?:[:時]\s*(?P<minute>\d{1,2}))?(?:[:分]\s*(?P<second>\d{1,2}))?[時分秒]?(?:\.\d+)?"
    r"\s*(?P<meridiem>am|pm|a\.m\.|p\.m\.)?\s*(?P<zone>z|utc|[+\-]\d\d:?\d\d)?",
    re.IGNORECASE,
)
_LISTED = re.compile(r"[;、\n|]")
# Excel counts days from here; its day 60 is a 29 February 1900 that never was, so the first weeks are not offered.
_EXCEL_START = datetime.datetime(1899, 12, 30)


def tidy(text: str) -> str:
    """`text` with full-width signs made ordinary, one kind of hyphen and no spaces at the ends."""
    return unicodedata.normalize("NFKC", text.translate(_DASHES)).translate(_DASHES).strip()


def number(text: str) -> Decimal | None:
    """A number as written in Japanese, English or, when it can be nothing else, continental fashion."""
    cell = tidy(text)
    if not cell:
        return None
    negative = cell.startswith(("△", "▲")) or (cell.startswith("(") and cell.endswith(")"))
    cell = _CURRENCY.sub(r"\1", cell.strip("△▲()").replace("\\", "¥").strip())
    cell = _CURRENCY.sub(r"\1", cell).strip()
    if _GROUPED.fullmatch(cell):
        cell = cell.replace(",", "")
    elif _GROUPED_DOTS.fullmatch(cell) or (_GROUPED_EU.fullmatch(cell) and "," in cell):
        cell = cell.replace(".", "").replace(" ", "").replace(",", ".")
    if not _PLAIN.fullmatch(cell):
        raise BadCell(_("“%(cell)s” is not a number."), cell=short(text))
    try:
        value = Decimal(cell)
    except InvalidOperation as error:
        raise BadCell(_("“%(cell)s” is not a number."), cell=short(text)) from error
    return -value if negative else value


def percentage(text: str) -> Decimal | None:
    """A number with or without a percent sign."""
    return number(tidy(text).removesuffix("%"))


def integer(text: str) -> int | None:
    """A whole number."""
    value = number(text)
    if value is None:
        return None
    if abs(value) >= 10**18 or value != value.to_integral_value():
        raise BadCell(_("“%(cell)s” is not a whole number."), cell=short(text))
    return int(value)


def boolean(text: str) -> bool | None:
    """Yes or no, as people of both languages tick it."""
    cell = tidy(text).casefold()
    if not cell:
        return None
    if cell in _TRUE or text.strip() in _TRUE:
        return True
    if cell in _FALSE or text.strip() in _FALSE:
        return False
    raise BadCell(_("“%(cell)s” is neither yes nor no."), cell=short(text))


def day_order(cells: Iterable[str]) -> DayOrder | None:
    """Whether the dates of one column put the day or the month first; None if no date tells."""
    firsts = seconds = 0
    for cell in cells:
        match = _YEAR_LAST.match(tidy(cell))
        if match and match[2] != ".":
            firsts += int(match[1]) > 12
            seconds += int(match[3]) > 12
    if firsts == seconds:
        return None
    return "dmy" if firsts > seconds else "mdy"


def date(text: str, order: DayOrder | None = None) -> datetime.date | None:
    """A day; `order` is what `day_order` said of the column. Ambiguous dates are refused when it is None."""
    cell = _WEEKDAY.sub(" ", tidy(text)).strip()
    if not cell:
        return None
    found = _day(cell, text, order)
    if found:
        return found
    try:
        moment_found = moment(text, order)
    except BadCell as error:
        raise BadCell(_("“%(cell)s” is not a date. Write it as 2026-11-21."), **{**error.values, "cell": short(text)}) from error
    return moment_found.date() if moment_found else None


def moment(text: str, order: DayOrder | None = None) -> datetime.datetime | None:
    """A day with or without a time; naive unless the cell names a zone."""
    cell = _WEEKDAY.sub(" ", tidy(text)).strip()
    if not cell:
        return None
    if _SERIAL.fullmatch(cell):
        return _EXCEL_START + datetime.timedelta(seconds=round(float(cell) * 86_400))
    for pattern in (_YEAR_FIRST, _KANJI, _ERA, _ERA_SHORT, _YEAR_LAST, _NAMED, _NAMED_US, _COMPACT):
        match = pattern.match(cell)
        if not match:
            continue
        found, rest = _day(match[0].strip(), text, order), cell[match.end() :].lstrip(" T\t,")
        if found and not rest:
            return datetime.datetime.combine(found, datetime.time())
        if found and (clock := _time(rest, text)):
            return datetime.datetime.combine(found, clock)
    raise BadCell(_("“%(cell)s” is not a date and time. Write it as 2026-11-21 13:30."), cell=short(text))


def choice(text: str, choices: Sequence[Choice]) -> str | None:
    """The value of the choice that `text` names by value or by its label in either language."""
    if not text.strip():
        return None
    found = _choices_by_name(choices).get(folded(text))
    if found is None:
        raise BadCell(_("“%(cell)s” is not one of the choices."), cell=short(text))
    return found


def several(text: str, choices: Sequence[Choice]) -> list[str]:
    """The values of the choices that `text` lists, in its order and each once."""
    names = _choices_by_name(choices)
    if folded(text) in names:
        return [names[folded(text)]]
    parts = [part for part in _LISTED.split(text.replace("；", ";")) if part.strip()]
    if len(parts) == 1:
        parts = [part for part in re.split(r"[,，/／]", text) if part.strip()]
    return list(dict.fromkeys(found for part in parts if (found := choice(part, choices)) is not None))


def folded(text: str) -> str:
    """`text` for comparing: width, case, spaces and kinds of hyphen make no difference."""
    return "".join(tidy(text).casefold().replace("_", " ").split())


def short(text: str, length: int = 40) -> str:
    """`text` in one line, short enough to stand in a message."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1] + "…"


def _choices_by_name(choices: Sequence[Choice]) -> Mapping[str, str]:
    names: dict[str, str] = {}
    for each in choices:
        for name in (each.value, each.label_en, each.label_ja):
            if name:
                names.setdefault(folded(name), each.value)
    return names


def _day(cell: str, text: str, order: DayOrder | None) -> datetime.date | None:
    """The date all of `cell` is, or None if it has another form; raises for 2026-02-30."""
    match = _YEAR_FIRST.fullmatch(cell) or _KANJI.fullmatch(cell) or _COMPACT.fullmatch(cell)
    if match:
        return _calendar(int(match[1]), int(match[2]), int(match[3]), text)
    match = _ERA.fullmatch(cell) or _ERA_SHORT.fullmatch(cell)
    if match:
        year = _ERAS[match[1].lower()] + (1 if match[2] == "元" else int(match[2]))
        return _calendar(year, int(match[3]), int(match[4]), text)
    match = _NAMED.fullmatch(cell)
    if match and match[2].lower() in _MONTHS:
        return _calendar(int(match[3]), _MONTHS[match[2].lower()], int(match[1]), text)
    match = _NAMED_US.fullmatch(cell)
    if match and match[1].lower() in _MONTHS:
        return _calendar(int(match[3]), _MONTHS[match[1].lower()], int(match[2]), text)
    match = _YEAR_LAST.fullmatch(cell)
    return _year_last(match, text, order) if match else None


def _year_last(match: re.Match[str], text: str, order: DayOrder | None) -> datetime.date:
    first, second, year = int(match[1]), int(match[3]), int(match[4])
    if match[2] == "." or (first > 12 and second <= 12) or first == second:
        return _calendar(year, second, first, text)
    if second > 12:
        return _calendar(year, first, second, text)
    if order is None:
        raise BadCell(_("“%(cell)s” could be two dates. Say whether the day or the month comes first."), cell=short(text))
    return _calendar(year, second, first, text) if order == "dmy" else _calendar(year, first, second, text)


def _calendar(year: int, month: int, day: int, text: str) -> datetime.date:
    try:
        return datetime.date(year, month, day)
    except ValueError as error:
        raise BadCell(_("“%(cell)s” is a day the calendar does not have."), cell=short(text)) from error


def _time(cell: str, text: str) -> datetime.time | None:
    match = _CLOCK.fullmatch(cell)
    if not match:
        return None
    hour, later = int(match["hour"]), (match["meridiem"] or "").lower().startswith("p") or match["half"] == "午後"
    if match["meridiem"] or match["half"]:
        hour = hour % 12 + 12 * later if hour <= 12 else hour
    try:
        return datetime.time(hour, int(match["minute"] or 0), int(match["second"] or 0), tzinfo=_zone(match["zone"]))
    except ValueError as error:
        raise BadCell(_("“%(cell)s” has a time the clock does not have."), cell=short(text)) from error


def _zone(name: str | None) -> datetime.timezone | None:
    if not name:
        return None
    if name.lower() in ("z", "utc"):
        return datetime.UTC
    minutes = int(name[1:3]) * 60 + int(name[-2:])
    return datetime.timezone(datetime.timedelta(minutes=minutes if name[0] == "+" else -minutes))
