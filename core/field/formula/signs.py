"""The signs of formulas: + - * / % &, comparisons, and, or, not."""

from __future__ import annotations

import operator
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from .functions import add_days, between
from .kinds import DAYS, NAMED, Env, Expr, Nothing, day
from .words import FormulaError

if TYPE_CHECKING:
    from .check import Checker
    from .parse import Part

_ORDER: dict[str, Callable[[Any, Any], bool]] = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def sign(checker: Checker, part: Part) -> Expr:
    """A sign with its types."""
    values = [checker.expr(one) for one in part.parts]
    if part.value in {"and", "or"}:
        return _joined(checker, part, values)
    if part.value == "not":
        one = checker.fits(values[0], "yes_no")
        return Expr("yes_no", lambda env: not one.run(env), part.start, part.end)
    if part.value == "minus":
        number = checker.fits(values[0], "number")
        return Expr(number.type, lambda env: -number.run(env), part.start, part.end)
    if part.value in {"=", "!="} or part.value in _ORDER:
        return _compared(checker, part, *values)
    if part.value == "&" or (part.value == "+" and any(one.type == "text" or one.type in NAMED for one in values)):
        return _glued(checker, part, *values)
    return _reckoned(checker, part, *values)


def _joined(checker: Checker, part: Part, values: list[Expr]) -> Expr:
    left, right = (checker.fits(one, "yes_no") for one in values)
    if part.value == "and":
        return Expr("yes_no", lambda env: left.run(env) and right.run(env), part.start, part.end)
    return Expr("yes_no", lambda env: left.run(env) or right.run(env), part.start, part.end)


def _glued(checker: Checker, part: Part, left: Expr, right: Expr) -> Expr:
    # "Total " + amount could be meant as a sum: + joins texts alone, & joins everything.
    if part.value == "+":
        for one in (left, right):
            if one.type != "text" and one.type not in NAMED:
                raise FormulaError(
                    _("+ joins texts or adds numbers, not both. Use & to put a number or a date into a text."), one.start, one.end
                )
    first, second = checker.text(left), checker.text(right)
    return Expr("text", lambda env: first.run(env) + second.run(env), part.start, part.end)


def _reckoned(checker: Checker, part: Part, left: Expr, right: Expr) -> Expr:
    if left.type in DAYS and part.value in {"+", "-"}:
        if part.value == "-" and right.type in DAYS:
            return Expr("number", lambda env: between(right.run(env), left.run(env)), part.start, part.end)
        days = checker.fits(right, "number")
        way = 1 if part.value == "+" else -1
        return Expr("date", lambda env: add_days(left.run(env), way * days.run(env)), part.start, part.end)
    a, b = checker.fits(left, "number"), checker.fits(right, "number")
    money = {a.type, b.type} & {"money"}
    kind = "money" if money else "number"
    if part.value == "/" and b.type == "money":
        if a.type != "money":
            raise FormulaError(_("A number cannot be divided by an amount of money."), part.start, part.end)
        kind = "number"
    if part.value == "*" and a.type == b.type == "money":
        raise FormulaError(_("Two amounts of money cannot be multiplied."), part.start, part.end)
    run = _RECKON[part.value]
    return Expr(kind, lambda env: run(a.run(env), b.run(env)), part.start, part.end)


def _divided(a: Decimal, b: Decimal) -> Decimal:
    if not b:
        raise Nothing("zero")
    return a / b


def _rest(a: Decimal, b: Decimal) -> Decimal:
    """What is left of a division, with the sign of the divisor, as calculators of tables do it."""
    if not b:
        raise Nothing("zero")
    rest = a % b
    return rest + b if rest and (rest < 0) != (b < 0) else rest


_RECKON: dict[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divided,
    "%": _rest,
}


def _compared(checker: Checker, part: Part, left: Expr, right: Expr) -> Expr:
    for one, word in ((left, right), (right, left)):
        if one.type == "choice" and word.const is not None and part.value in {"=", "!="}:
            return _equal(part, one.run, _always(checker.choice(one, word)))
        if one.type == "choices":
            raise FormulaError(_('Several choices are asked by contains(…, "one of them").'), one.start, one.end)
    if left.type in DAYS and right.type in DAYS and left.type != right.type:
        return _measured(part, lambda env: day(left.run(env)), lambda env: day(right.run(env)))
    if part.value in {"=", "!="} and left.type == right.type and left.type in {"choice", "user"}:
        return _equal(part, left.run, right.run)
    kind, (a, b) = checker.alike([left, right])
    if kind == "yes_no" and part.value in _ORDER:
        raise FormulaError(_("A yes or no is neither larger nor smaller than another."), part.start, part.end)
    if kind == "text":
        return _measured(part, lambda env: a.run(env).casefold(), lambda env: b.run(env).casefold())
    return _measured(part, a.run, b.run)


def _always(value: str) -> Callable[[Env], str]:
    return lambda env: value


def _equal(part: Part, left: Callable[[Env], Any], right: Callable[[Env], Any]) -> Expr:
    same = part.value == "="
    return Expr("yes_no", lambda env: (left(env) == right(env)) is same, part.start, part.end)


def _measured(part: Part, left: Callable[[Env], Any], right: Callable[[Env], Any]) -> Expr:
    if part.value in {"=", "!="}:
        return _equal(part, left, right)
    test = _ORDER[part.value]
    return Expr("yes_no", lambda env: test(left(env), right(env)), part.start, part.end)
