"""The language of `fields=`: names, modifiers in brackets, and what to show of what hangs below, in braces."""

from dataclasses import dataclass, field

from .problems import Problem

DEEPEST = 5


@dataclass(frozen=True)
class Field:
    """One wish: `comments.limit(5).summary(true){id,message}`."""

    name: str
    args: dict[str, str] = field(default_factory=dict)
    below: tuple["Field", ...] | None = None
    text_below: str = ""


def parse(text: str) -> tuple[Field, ...]:
    """Read a whole list."""
    reader = _Reader(text)
    found = reader.listed(1)
    if not reader.at_end():
        raise reader.problem("Expected end of string")
    return found


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.place = text, 0

    def at_end(self) -> bool:
        return self.place >= len(self.text)

    def problem(self, text: str) -> Problem:
        return Problem("syntax", text=text, place=self.place, fields=self.text)

    def listed(self, depth: int) -> tuple[Field, ...]:
        if depth > DEEPEST:
            raise self.problem("Field expansion is nested too deeply")
        found = [self.one(depth)]
        while self.eat(","):
            found.append(self.one(depth))
        return tuple(found)

    def one(self, depth: int) -> Field:
        name, args = self.word(), {}
        while self.eat("."):
            key = self.word()
            args[key] = self.bracketed()
        below, text_below = None, ""
        if self.eat("{"):
            began = self.place
            below = self.listed(depth + 1)
            text_below = self.text[began : self.place]
            if not self.eat("}"):
                raise self.problem('Expected "}"')
        return Field(name, args, below, text_below)

    def word(self) -> str:
        began = self.place
        while not self.at_end() and (self.text[self.place].isalnum() or self.text[self.place] in "_ "):
            self.place += 1
        word = self.text[began : self.place].strip()
        if not word:
            raise self.problem("Expected a field name")
        return word

    def bracketed(self) -> str:
        if not self.eat("("):
            raise self.problem('Expected "("')
        end = self.text.find(")", self.place)
        if end < 0:
            raise self.problem('Expected ")"')
        value, self.place = self.text[self.place : end], end + 1
        return value.strip().strip("\"'")

    def eat(self, sign: str) -> bool:
        if self.at_end() or self.text[self.place] != sign:
            return False
        self.place += 1
        return True
