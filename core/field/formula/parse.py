"""From words to a tree: what belongs to what. Types are not asked here.

or < and < not < = != < <= > >= < & < + - < * / % < minus < value, name, {label}, function( … )
"""

from __future__ import annotations

from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from .words import FormulaError, Word, words

DEEPEST, BRACKETS = 60, 30
_COMPARE = {"=", "!=", "<", "<=", ">", ">="}
_STEPS: list[tuple[set[str], str]] = [({"&"}, "sign"), ({"+", "-"}, "sign"), ({"*", "/", "%"}, "sign")]


@dataclass(frozen=True)
class Part:
    """One node: "number", "text", "field", "sign" (an operator) or "call" (a function), with its place in the text."""

    kind: str
    value: str
    start: int
    end: int
    parts: tuple[Part, ...] = field(default=())
    depth: int = 1


def parse(text: str) -> Part:
    """The tree of a formula. Raises FormulaError."""
    return _Reader(words(text)).whole()


class _Reader:
    def __init__(self, found: list[Word]) -> None:
        self.words, self.at, self.open = found, 0, 0

    @property
    def word(self) -> Word:
        return self.words[self.at]

    def whole(self) -> Part:
        if self.word.kind == "end":
            raise FormulaError(_("Write a formula."), 0, 0)
        made = self.either()
        if self.word.kind != "end":
            raise FormulaError(
                _("A sign is missing before “%(word)s”, or it is one too many."), self.word.start, self.word.end, word=self.word.value
            )
        return made

    def take(self, *signs: str) -> Word | None:
        """The next word if it is one of these signs or words."""
        found = self.word
        if found.kind in {"sign", "name"} and found.value.lower() in signs:
            self.at += 1
            return found
        return None

    def call(self, name: str, start: int, end: int, *parts: Part, kind: str = "sign") -> Part:
        depth = 1 + max((part.depth for part in parts), default=0)
        if depth > DEEPEST:
            raise FormulaError(_("This formula has too many steps. Divide it into two fields."), start, end)
        return Part(kind, name, start, end, parts, depth)

    def either(self) -> Part:
        self.open += 1
        if self.open > BRACKETS:
            raise FormulaError(_("This formula has too many steps. Divide it into two fields."), self.word.start, self.word.end)
        made = self.both()
        while self.take("or"):
            right = self.both()
            made = self.call("or", made.start, right.end, made, right)
        self.open -= 1
        return made

    def both(self) -> Part:
        made = self.negated()
        while self.take("and"):
            right = self.negated()
            made = self.call("and", made.start, right.end, made, right)
        return made

    def negated(self) -> Part:
        nots = []
        while found := self.take("not"):
            nots.append(found)
        made = self.compared()
        for found in reversed(nots):
            made = self.call("not", found.start, made.end, made)
        return made

    def compared(self) -> Part:
        made = self.step(0)
        if not (sign := self.take(*_COMPARE)):
            return made
        right = self.step(0)
        if self.word.kind == "sign" and self.word.value in _COMPARE:
            raise FormulaError(_("Compare two values at a time and join them with “and”."), self.word.start, self.word.end)
        return self.call(sign.value, made.start, right.end, made, right)

    def step(self, level: int) -> Part:
        if level == len(_STEPS):
            return self.signed()
        made = self.step(level + 1)
        while sign := self.take(*_STEPS[level][0]):
            right = self.step(level + 1)
            made = self.call(sign.value, made.start, right.end, made, right)
        return made

    def signed(self) -> Part:
        minus = []
        while found := self.take("-", "+"):
            minus.append(found)
        made = self.single()
        for found in reversed(minus):
            if found.value == "-":
                made = self.call("minus", found.start, made.end, made)
        return made

    def single(self) -> Part:
        word = self.word
        self.at += word.kind != "end"
        if word.kind in {"number", "text"}:
            return Part(word.kind, word.value, word.start, word.end)
        if word.kind == "label":
            return Part("field", word.value, word.start, word.end)
        if word.kind == "name" and self.word.kind == "sign" and self.word.value == "(":
            return self.function(word)
        if word.kind == "name" and word.value.lower() not in {"and", "or", "not"}:
            return Part("field", word.value, word.start, word.end)
        if word.kind == "sign" and word.value == "(":
            made = self.either()
            self.close(word)
            return made
        if word.kind == "end":
            raise FormulaError(_("The formula ends where a value is missing."), max(0, word.start - 1), word.start)
        raise FormulaError(_("A value is missing before “%(word)s”."), word.start, word.end, word=word.value)

    def function(self, name: Word) -> Part:
        opened = self.word
        parts: list[Part] = []
        self.at += 1
        while not (self.word.kind == "sign" and self.word.value == ")"):
            if parts and not self.take(","):
                break
            parts.append(self.either())
        return self.call(name.value.lower(), name.start, self.close(opened), *parts, kind="call")

    def close(self, opened: Word) -> int:
        found = self.word
        if not (found.kind == "sign" and found.value == ")"):
            raise FormulaError(_("This bracket is not closed."), opened.start, opened.end)
        self.at += 1
        return found.end
