"""What a formula reads: how the value of a field enters, and how the result becomes the value of one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, TypeVar

from .kinds import LONGEST, OF_KIND, Env, Nothing

if TYPE_CHECKING:
    from core.field.field import Field

T = TypeVar("T")
_MOST = {"number": Decimal(10**15), "money": Decimal(9 * 10**13)}


def type_of(one: Field) -> str:
    """The type of a field; empty where its kind cannot be read."""
    return OF_KIND.get(one.kind.key, "")


def own(one: Field) -> Callable[[Env], Any]:
    """Reads a field of the record itself."""
    read = _entering(one)
    if one.formula is not None and one.live:
        formula = one.formula
        return lambda env: formula.run(env)
    return lambda env: read(one.value(env.record))


def far(link: Field, one: Field) -> Callable[[Env], Any]:
    """Reads a field of the record that `link` points at, if the reader may see it."""
    read = _entering(one)
    return lambda env: read(one.value(env.linked(link, link.value(env.record))))


def _entering(one: Field) -> Callable[[Any], Any]:
    kind = type_of(one)
    if kind in {"number", "money"}:
        return lambda value: Decimal(str(value)) if value is not None else _missing(one)
    if kind in {"date", "moment"}:
        return lambda value: value if value is not None else _missing(one)
    if kind == "yes_no":
        return bool
    if one.kind.key == "name":
        return lambda value: one.kind.text(one, value, None)  # type: ignore[arg-type]
    if kind == "text":
        return lambda value: value or ""
    return lambda value: value


def _missing(one: Field) -> Any:
    raise Nothing("empty", one)


def leaving(kind: str, value: Any) -> Any:
    """The result as a field of this type holds it. Raises Nothing for what no field can hold."""
    if kind in _MOST:
        return _number(kind, value)
    if kind == "text":
        text = " ".join(str(value).replace("\x00", "").split())
        if len(text) > LONGEST:
            raise Nothing("long")
        return text
    if kind in {"date", "moment"}:
        return in_calendar(value)
    return value


def in_calendar(value: T) -> T:
    """A date or moment that fields can hold."""
    if isinstance(value, date | datetime) and not 1800 <= value.year <= 2200:
        raise Nothing("day")
    return value


def _number(kind: str, value: Decimal) -> Any:
    try:
        if not value.is_finite() or abs(value) >= _MOST[kind]:
            raise Nothing("large")
        if kind == "money":
            return value.quantize(Decimal("0.01"), ROUND_HALF_UP)
        rounded = round(value, 6)
    except InvalidOperation as error:
        raise Nothing("large") from error
    return int(rounded) if rounded == rounded.to_integral_value() else float(rounded)
