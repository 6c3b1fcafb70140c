"""Cutting a formula into words with their places, whatever width they were typed in; and what is wrong with one, with its place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

LONGEST = 2_000
_WORD = re.compile(
    r"""(?P<blank>\s+)|(?P<number>\d+(?:\.\d+)?)|(?P<text>"(?:[^"]|"")*"|'(?:[^']|'')*')|(?P<label>\{[^{}]*\})"""
    r"""|(?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)?)|(?P<sign><=|>=|<>|!=|==|[-+*/%&=<>(),≤≥≠])""",
    re.ASCII,
)
# One sign for one sign, so that places stay what they were.
_PLAIN = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {
    ord(was): ord(now)
    for was, now in {"\u3000": " ", "“": '"', "”": '"', "‘": "'", "’": "'", "、": ",", "×": "*", "÷": "/", "−": "-"}.items()
}
_SAME = {"==": "=", "<>": "!=", "≠": "!=", "≤": "<=", "≥": ">="}


class FormulaError(ValueError):
    """What is wrong with a formula, in words an admin understands; `start` and `end` are its place in the text."""

    def __init__(self, message: Any, start: int, end: int, **values: Any) -> None:
        super().__init__(str(message) % values if values else str(message))
        self.start, self.end = start, max(end, start + 1)


@dataclass(frozen=True)
class Word:
    """A number, a text, a name, a {label}, a sign; or the end."""

    kind: str
    value: str
    start: int
    end: int


def plain(text: str) -> str:
    """`text` with what Japanese keyboards type made plain ASCII, except inside quotation marks and {labels}."""
    made, inside = [], ""
    for sign in text:
        bare = chr(_PLAIN.get(ord(sign), ord(sign)))
        if inside:
            if bare == inside:
                inside = ""
                made.append(bare)
            else:
                made.append(" " if sign in "\r\n" else sign)
            continue
        inside = {'"': '"', "'": "'", "{": "}"}.get(bare, "")
        made.append(bare)
    return "".join(made)


def words(text: str) -> list[Word]:
    """The words of a formula, an "end" last. Raises FormulaError."""
    if len(text) > LONGEST:
        raise FormulaError(_("A formula has at most %(limit)d characters. Divide it into two fields."), 0, len(text), limit=LONGEST)
    bare, at, made = plain(text), 0, []
    while at < len(bare):
        found = _WORD.match(bare, at)
        if found is None:
            raise _strange(bare, at)
        kind, value = str(found.lastgroup), found[0]
        if kind == "text":
            value = value[1:-1].replace(value[0] * 2, value[0])
        elif kind == "label":
            value = value[1:-1].strip()
        elif kind == "sign":
            value = _SAME.get(value, value)
        if kind != "blank":
            made.append(Word(kind, value, at, found.end()))
        at = found.end()
    return [*made, Word("end", "", len(bare), len(bare))]


def _strange(text: str, at: int) -> FormulaError:
    if text[at] in "\"'":
        return FormulaError(_("This text has no closing quotation mark."), at, len(text))
    if text[at] == "{":
        return FormulaError(_("This field name has no closing brace."), at, len(text))
    return FormulaError(_("The sign “%(sign)s” means nothing in a formula. Put words into quotation marks."), at, at + 1, sign=text[at])
