"""Giving every part of a formula its type, and saying in words what does not fit and where."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from . import reads, signs
from .formula import Formula
from .functions import FUNCTIONS, SPECIAL
from .kinds import DAYS, NAMED, NUMBERS, RESULTS, TYPES, Env, Expr, Nothing, in_words
from .parse import Part, parse
from .words import FormulaError

if TYPE_CHECKING:
    from core.field.field import Field

Fields = Mapping[str, "Field"]
_NAME = {"true": True, "false": False}


@dataclass
class Checker:
    """One formula being checked against the fields of its module; `beyond` gives those of a linked one. It notes what the
    formula reads, and where a text must be written otherwise to be stored (labels as keys, choices as values)."""

    fields: Fields
    beyond: Callable[[str], Fields]
    strict: bool = True
    needs: set[str] = field(default_factory=set)
    far: set[tuple[str, str]] = field(default_factory=set)
    links: dict[str, Field] = field(default_factory=dict)
    live: set[str] = field(default_factory=set)
    rewritten: list[tuple[int, int, str]] = field(default_factory=list)

    def whole(self, text: str) -> Formula:
        """The formula. Raises FormulaError."""
        made = self.expr(parse(text))
        if made.type in NAMED:
            made = self.text(made)
        assert made.type in RESULTS
        return Formula(
            self._canonical(text), made.type, made.run, frozenset(self.needs), frozenset(self.far), tuple(self.links.values()),
            frozenset(self.live),
        )  # fmt: skip

    def _canonical(self, text: str) -> str:
        for start, end, instead in sorted(self.rewritten, reverse=True):
            text = text[:start] + instead + text[end:]
        return text

    def expr(self, part: Part) -> Expr:
        """A part with its type."""
        if part.kind == "number":
            number = Decimal(part.value)
            return Expr("number", lambda env: number, part.start, part.end)
        if part.kind == "text":
            return Expr("text", lambda env: part.value, part.start, part.end, const=part.value)
        if part.kind == "field":
            return self._named(part)
        if part.kind == "sign":
            return signs.sign(self, part)
        if part.value in FUNCTIONS:
            return self._function(part)
        if part.value not in SPECIAL:
            raise self._unknown(part, part.value, [*FUNCTIONS, *SPECIAL], _("There is no function “%(name)s”."))
        special = {"if": self._if, "today": self._today, "empty": self._empty, "coalesce": self._coalesce, "contains": self._contains}
        return special[part.value](part)

    # Fields --------------------------------------------------------------------------------------------------------

    def _named(self, part: Part) -> Expr:
        if part.value.lower() in _NAME and part.value not in self.fields:
            answer = _NAME[part.value.lower()]
            return Expr("yes_no", lambda env: answer, part.start, part.end)
        name, _dot, rest = part.value.partition(".")
        if rest:
            return self._far(part, name.strip(), rest.strip())
        one = self._find(part, part.value, self.fields)
        self._rewrite(part, one.key)
        kind = self._type(part, one)
        self.needs |= {one.key, *one.parts}
        if one.formula is not None:
            self.needs |= one.formula.needs
            self.far |= one.formula.far
            self.live |= one.formula.live
            self.links |= {link.key: link for link in one.formula.links}
        return Expr(kind, reads.own(one), part.start, part.end, of=one)

    def _far(self, part: Part, name: str, rest: str) -> Expr:
        link = self._find(part, name, self.fields)
        if link.kind.key != "link":
            raise FormulaError(
                _("“%(name)s” is no link to a record, so nothing can stand behind its dot."), part.start, part.end, name=link.label
            )
        one = self._find(part, rest, self.beyond(link.target))
        kind = self._type(part, one)
        if one.kind.key == "link" or one.is_formula:
            raise FormulaError(
                _("A formula reads one record further, no more: neither links nor formulas of the other record."), part.start, part.end
            )
        self._rewrite(part, f"{link.key}.{one.key}")
        self.needs.add(link.key)
        self.far.add((link.target, one.key))
        self.links[link.key] = link
        self.live.add("other")
        return Expr(kind, reads.far(link, one), part.start, part.end, of=one)

    def _rewrite(self, part: Part, name: str) -> None:
        if part.value != name or part.end - part.start != len(name):
            self.rewritten.append((part.start, part.end, name))

    def _find(self, part: Part, name: str, fields: Fields) -> Field:
        """A field by key, else by its name in either language."""
        if name in fields:
            return fields[name]
        same = [one for one in fields.values() if name.casefold() in {said.casefold() for said in one.names}]
        if len(same) == 1:
            return same[0]
        known = [*fields, *(said for one in fields.values() for said in one.names)]
        raise self._unknown(part, name, known, _("There is no field “%(name)s”."))

    def _unknown(self, part: Part, name: str, known: list[str], words: Any) -> FormulaError:
        near = difflib.get_close_matches(name, known, 1, 0.7)
        if near:
            words = _("There is no “%(name)s”. Do you mean “%(near)s”?")
        return FormulaError(words, part.start, part.start + len(name) if part.kind == "call" else part.end, name=name, near="".join(near))

    def _type(self, part: Part, one: Field) -> str:
        if not (kind := reads.type_of(one)):
            raise FormulaError(_("“%(name)s” cannot be used in a formula; use its parts."), part.start, part.end, name=one.label)
        return kind

    # What fits -----------------------------------------------------------------------------------------------------

    def text(self, one: Expr) -> Expr:
        """`one` as it stands in a text."""
        run = in_words(one)
        if run is None:
            raise FormulaError(_('A yes or no has no words of its own. Say them: if(…, "yes", "no").'), one.start, one.end)
        if one.type in NAMED:
            self.live.add("words" if one.type in {"choice", "choices"} else "other")
            if one.type == "link" and one.of is not None:
                self.far.add((one.of.target, ""))
                self.links[one.of.key] = one.of
        return Expr("text", run, one.start, one.end, one.const)

    def fits(self, one: Expr, wanted: str) -> Expr:
        """`one` where a value of type `wanted` must stand ("day": a date or a moment, "words": all that has words)."""
        if wanted == "words" or (wanted == "text" and one.type in NAMED):
            return self.text(one)
        good = one.type in {"number": NUMBERS, "day": DAYS}.get(wanted, {wanted})
        if not good:
            raise self.clash(one, TYPES["date" if wanted == "day" else wanted])
        return one

    def clash(self, one: Expr, wanted: Any) -> FormulaError:
        return FormulaError(_("Here stands %(given)s, but %(wanted)s is needed."), one.start, one.end, given=TYPES[one.type], wanted=wanted)

    def alike(self, several: list[Expr]) -> tuple[str, list[Expr]]:
        """Values that stand for one another, as one type: money where one is money, text where one is named."""
        kinds = {one.type for one in several}
        if kinds <= NUMBERS:
            return "money" if "money" in kinds else "number", several
        if kinds & NAMED:
            return "text", [self.text(one) for one in several]
        odd = next((one for one in several if one.type != several[0].type), None)
        if odd is not None:
            raise self.clash(odd, TYPES[several[0].type])
        return several[0].type, several

    def choice(self, one: Expr, word: Expr) -> str:
        """The stored value a text means among the choices of a picklist."""
        assert one.of is not None and word.const is not None
        said = word.const.strip().casefold()
        options = one.of.options
        for option in options.values():
            if said in {option.value.casefold(), option.en.casefold(), option.ja.casefold()} and said:
                self.rewritten.append((word.start, word.end, f'"{option.value}"'))
                return option.value
        if said and self.strict:
            raise FormulaError(
                _("“%(value)s” is not among the choices of “%(name)s”."), word.start, word.end, value=word.const, name=one.of.label
            )
        return word.const.strip()

    # Functions -----------------------------------------------------------------------------------------------------

    def counted(self, part: Part, least: int, most: int) -> None:
        if not least <= len(part.parts) <= most:
            words = _("%(name)s takes %(least)d values, here are %(given)d.")
            if most > least:
                words = _("%(name)s takes %(least)d to %(most)d values, here are %(given)d.")
            raise FormulaError(words, part.start, part.end, name=part.value, least=least, most=most, given=len(part.parts))

    def _function(self, part: Part) -> Expr:
        one = FUNCTIONS[part.value]
        self.counted(part, one.least or len(one.takes), one.most or len(one.takes))
        takes = [*one.takes, *([one.takes[-1]] * (len(part.parts) - len(one.takes)))]
        made = [self.fits(self.expr(p), wanted) for p, wanted in zip(part.parts, takes, strict=False)]
        gives = one.gives if one.gives != "same" else self.alike(made if part.value != "round" else made[:1])[0]
        runs = [each.run for each in made]
        return Expr(gives, lambda env: one.run(*[run(env) for run in runs]), part.start, part.end)

    def _if(self, part: Part) -> Expr:
        self.counted(part, 3, 3)
        question = self.fits(self.expr(part.parts[0]), "yes_no")
        kind, (yes, no) = self.alike([self.expr(part.parts[1]), self.expr(part.parts[2])])
        return Expr(kind, lambda env: yes.run(env) if question.run(env) else no.run(env), part.start, part.end)

    def _today(self, part: Part) -> Expr:
        self.counted(part, 0, 0)
        self.live.add("day")
        return Expr("date", lambda env: env.today, part.start, part.end)

    def _empty(self, part: Part) -> Expr:
        self.counted(part, 1, 1)
        one = self.expr(part.parts[0])
        if one.type == "yes_no":
            raise FormulaError(_("A yes or no is never empty."), one.start, one.end)
        return Expr("yes_no", lambda env: _is_empty(one, env), part.start, part.end)

    def _coalesce(self, part: Part) -> Expr:
        self.counted(part, 2, 20)
        kind, several = self.alike([self.expr(one) for one in part.parts])

        def first(env: Env) -> Any:
            found = next((one for one in several[:-1] if not _is_empty(one, env)), several[-1])
            return found.run(env)

        return Expr(kind, first, part.start, part.end)

    def _contains(self, part: Part) -> Expr:
        self.counted(part, 2, 2)
        whole, piece = self.expr(part.parts[0]), self.expr(part.parts[1])
        if whole.type == "choices" and piece.const is not None:
            value = self.choice(whole, piece)
            return Expr("yes_no", lambda env: value in (whole.run(env) or []), part.start, part.end)
        whole, piece = self.fits(whole, "text"), self.fits(piece, "text")
        return Expr("yes_no", lambda env: piece.run(env).casefold() in whole.run(env).casefold(), part.start, part.end)


def _is_empty(one: Expr, env: Env) -> bool:
    try:
        return one.run(env) in (None, "", [])
    except Nothing as nothing:
        if nothing.why in {"empty", "unseen"}:
            return True
        raise


def mentioned(text: str, fields: Fields) -> set[str]:
    """The keys of the fields of its own module a formula names, whether or not it makes sense otherwise."""
    try:
        open_ = [parse(text)]
    except FormulaError:
        return set()
    found: set[str] = set()
    while open_:
        part = open_.pop()
        open_ += part.parts
        if part.kind == "field":
            name = part.value.partition(".")[0].strip()
            same = {name} & fields.keys() or {
                key for key, one in fields.items() if name.casefold() in {said.casefold() for said in one.names}
            }
            found |= same
    return found


def circle(key: str, text: str, fields: Fields, texts: Mapping[str, str]) -> list[str]:
    """The way from field `key`, if its formula were `text`, back to itself, as keys; empty if there is none."""
    reads = {name: mentioned(said, fields) & {*texts, key} for name, said in {**texts, key: text}.items()}
    ways = [[key]]
    seen: set[str] = set()
    while ways:
        way = ways.pop(0)
        for name in sorted(reads.get(way[-1], ())):
            if name == key:
                return [*way, key]
            if name not in seen:
                seen.add(name)
                ways.append([*way, name])
    return []
