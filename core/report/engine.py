"""The figures of a report: visible rows, criteria, group and sum, in one SELECT."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, DateField, F, FloatField, IntegerField, Max, Min, Q, QuerySet, Sum
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, ExtractMonth, ExtractYear, Floor, Trunc, Upper
from django.utils.translation import gettext as _

from core.access.gate import queryset
from core.access.models import User
from core.criteria.compile import Asker, compile_group
from core.criteria.tree import BadCriteria
from core.field.look import Look
from core.money import rates
from core.organisation.settings import home_currency, organisation

from .definition import By, Definition, Measure

# So many groups are read at most; what lies beyond is still in the totals.
CAP = 20_000
Key = Any
_MONTHS = {"quarter": 3, "fiscal": 12}


@dataclass
class Figures:
    """The measures of one group: how many records, and for each measure and currency its sum and, for an average, how many
    had a value."""

    keys: tuple[Key, ...]
    count: int = 0
    parts: dict[tuple[int, str], list[Any]] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)  # how a text group is written

    def value(self, number: int, measure: Measure, currency: str) -> Any:
        """One figure; None where nothing had a value."""
        if measure.field is None:
            return self.count
        total, filled = self.parts.get((number, currency), (None, 0))
        if total is None or measure.function == "sum":
            return total
        return total / filled if filled else None

    def add(self, other: Figures) -> None:
        self.count += other.count
        for slot, (total, filled) in other.parts.items():
            held = self.parts.setdefault(slot, [None, 0])
            if total is not None:
                held[0] = total if held[0] is None else held[0] + total
            held[1] += filled


@dataclass
class Result:
    """All groups of a report, their totals, and the currencies met, the home currency first."""

    definition: Definition
    groups: list[Figures]
    total: Figures
    currencies: list[str]
    more: bool = False
    problem: str = ""

    @property
    def converted(self) -> list[str]:
        """The currencies whose amounts the figures in the home currency hold, where there are any."""
        return rates.codes() if has_currency(self.definition) else []


def rows(definition: Definition, user: User) -> QuerySet[Any]:
    """The records a report counts. Raises BadCriteria for a value that is none of its field's."""
    found = queryset(user, definition.module)
    if definition.broken:
        return found.none()
    return found.filter(compile_group(definition.criteria, Asker(user)))


def run(definition: Definition, user: User, found: QuerySet[Any] | None = None) -> Result:
    """The figures of a report as `user` may see them; or of those records that were `found` for them already."""
    problem = definition.broken
    try:
        found = rows(definition, user) if found is None or problem else found
    except BadCriteria:
        found, problem = queryset(user, definition.module).none(), _("A value in this report's filter is not of its kind.")
    read = _select(found, definition, definition.by, user)
    groups: dict[tuple[Key, ...], Figures] = {}
    seen: Counter[str] = Counter()
    whole, more = Figures(()), False
    for one in read:
        whole.add(one)
        if one.keys not in groups and len(groups) == CAP:
            more = True
            continue
        seen.update(code for (_number, code), (total, _filled) in one.parts.items() if code and total is not None)
        if one.keys in groups:
            groups[one.keys].add(one)
        else:
            groups[one.keys] = one
    if more:
        whole = Figures(())
        for one in _select(found, definition, (), user):
            whole.add(one)
    for (_number, code), (amount, _filled) in whole.parts.items():
        if code and amount is not None:
            seen[code] += 0
    home = home_currency()
    currencies = sorted(seen, key=lambda code: (code != home, -seen[code], code)) or [home]
    return Result(definition, list(groups.values()), whole, currencies, more, problem)


def has_currency(definition: Definition) -> bool:
    return any(m.money and m.field and not m.field.custom for m in definition.show) and hasattr(definition.module.model, "currency")


def _select(found: QuerySet[Any], definition: Definition, by: tuple[By, ...], user: User) -> list[Figures]:
    """One SELECT, a group a row, the largest groups first so that a cap keeps what matters.

    Amounts that can be told in the home currency (core.money) are summed apart from the others; grouping by currency as
    well would make PostgreSQL sort the whole table. Only where a group mixes several others does a second SELECT read those
    few rows again.
    """
    split, zone = has_currency(definition), Look.of(user).zone
    keys: dict[str, Any] = {f"g{n}": expression(one, zone) for n, one in enumerate(by)}
    sums = _sums(definition, by, split, rates.counted())
    if keys:
        read = list(found.order_by().values(**keys).annotate(**sums).order_by("-n", *keys)[: CAP + 1])
    else:
        read = [found.order_by().aggregate(**sums)]
    mixed = split and any(row["low"] != row["high"] for row in read)
    made = [_figures(row, definition, by, split and not mixed) for row in read]
    return made + _others(found, definition, by, keys) if mixed else made


def _sums(definition: Definition, by: tuple[By, ...], split: bool, home: Q) -> dict[str, Any]:
    sums: dict[str, Any] = {"n": Count("pk")}
    for n, one in enumerate(by):
        if one.field.kind.key == "text":
            sums[f"w{n}"] = Min(_plain(one.field))
    if split:
        sums |= {"low": Min("currency", filter=~home), "high": Max("currency", filter=~home)}
    for n, measure in enumerate(definition.show):
        if measure.field is None:
            continue
        number = Cast(_plain(measure.field), FloatField()) if measure.field.custom else F(measure.field.path)
        apart = split and measure.money and not measure.field.custom
        worth = rates.worth(definition.module.model, measure.field.path) if apart else number
        parts = {"": (worth, home), "x": (number, ~home)} if split and measure.money else {"": (number, None)}
        for mark, (value, only) in parts.items():
            sums[f"s{n}{mark}"] = Sum(value, filter=only)
            if measure.function == "avg":
                sums[f"c{n}{mark}"] = Count(number, filter=only)
    return sums


def _figures(row: dict[str, Any], definition: Definition, by: tuple[By, ...], others: bool) -> Figures:
    """A row as figures; with `others` also the amounts of the one other currency it has."""
    made = Figures(tuple(normal(one, row[f"g{n}"]) for n, one in enumerate(by)), row["n"])
    made.names = {n: row[f"w{n}"] for n, one in enumerate(by) if one.field.kind.key == "text"}
    for n, measure in enumerate(definition.show):
        if measure.field is not None:
            total = rates.rounded(row[f"s{n}"]) if measure.money and not measure.field.custom else row[f"s{n}"]
            made.parts[n, home_currency() if measure.money else ""] = [total, row.get(f"c{n}", 0)]
        if measure.money and others and row["low"]:
            made.parts[n, row["low"]] = [row.get(f"s{n}x"), row.get(f"c{n}x", 0)]
    return made


def _others(found: QuerySet[Any], definition: Definition, by: tuple[By, ...], keys: dict[str, Any]) -> list[Figures]:
    """The amounts that cannot be told in the home currency, by group and currency; they count no records."""
    sums: dict[str, Any] = {}
    for n, measure in enumerate(definition.show):
        if measure.money and measure.field and not measure.field.custom:
            sums |= {f"s{n}": Sum(measure.field.path), f"c{n}": Count(measure.field.path)}
    made = []
    for row in found.exclude(rates.counted()).order_by().values(**keys, g_currency=F("currency")).annotate(**sums):
        one = Figures(tuple(normal(part, row[f"g{n}"]) for n, part in enumerate(by)))
        one.parts = {(n, row["g_currency"]): [row[f"s{n}"], row[f"c{n}"]] for n in range(len(definition.show)) if f"s{n}" in row}
        made.append(one)
    return made


def _plain(one: Any) -> Any:
    return KeyTextTransform(one.key, "extra") if one.custom else F(one.path)


def expression(by: By, zone: Any) -> Any:
    """What the database groups by, so that each group is exactly what a condition of the list would find."""
    plain, kind = _plain(by.field), by.field.kind.key
    if kind in {"date", "datetime"}:
        day = Cast(plain, DateField()) if by.field.custom else plain
        within = {"tzinfo": zone} if kind == "datetime" else {}
        if by.bucket in {"quarter", "fiscal"}:
            return _fiscal(day, by.bucket, within)
        return Trunc(day, by.bucket, output_field=DateField(), **within)
    # "Is" pays no heed to case in text, so neither do groups.
    return Upper(plain) if kind == "text" else plain


def _fiscal(day: Any, bucket: str, within: dict[str, Any]) -> Any:
    """Quarters and years of the organisation's own year, as whole numbers: how many have begun since the year 0."""
    months = ExtractYear(day, **within) * 12 + ExtractMonth(day, **within) - organisation().fiscal_month
    return Cast(Floor(Cast(months, FloatField()) / _MONTHS[bucket]), IntegerField())


def _first(index: int, bucket: str) -> date:
    """The first day of a quarter or fiscal year that `_fiscal` gave the number of."""
    months = index * _MONTHS[bucket] + organisation().fiscal_month - 1
    return date(months // 12, months % 12 + 1, 1)


def normal(by: By, value: Any) -> Key:
    """One form for equal keys, None for all that is empty."""
    kind = by.field.kind.key
    if kind == "yes_no":
        return value in (True, 1, "1", "true")
    if value is None or value == "":
        return None
    if by.bucket in _MONTHS:
        return _first(value, by.bucket)
    if kind in {"date", "datetime"}:
        return value.date() if isinstance(value, datetime) else value if isinstance(value, date) else date.fromisoformat(str(value)[:10])
    if by.field.custom and kind in {"number", "percent"}:
        number = Decimal(str(value))
        return int(number) if number == number.to_integral_value() else float(number)
    return int(value) if kind in {"user", "link"} else value
