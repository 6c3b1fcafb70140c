"""From columns of the database to export cells without making records of them: one writer per field, made once a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from core.access.gate import queryset
from core.field.field import Field
from core.field.look import Look
from core.module.module import Module
from core.module.registry import module as find_module
from core.record.models import Tagging

Row = Any
Write = Callable[[Row], Any]
_KEPT = 100_000


@dataclass
class Names:
    """What stands in other tables for a page of rows: titles behind ids, tags."""

    look: Look
    module: Module
    links: list[Field] = field(default_factory=list)
    tagged: bool = False
    titles: dict[tuple[str, int], str] = field(default_factory=dict)
    tags: dict[int, list[str]] = field(default_factory=dict)
    read: dict[str, Field] = field(default_factory=dict)  # links whose records formulas read

    def load(self, rows: Sequence[Row]) -> None:
        """One query per linked module and page, through the gate: a name one may not see is not in the file."""
        if len(self.titles) > _KEPT:
            self.titles.clear()
        for one in self.links:
            ids = {value for row in rows if (value := _raw(one, row)) and (one.target, value) not in self.titles}
            if not ids or self.look.user is None:
                continue
            found = queryset(self.look.user, find_module(one.target), aside=True).filter(pk__in=ids)
            self.titles.update({(one.target, pk): "" for pk in ids})
            self.titles.update({(one.target, record.pk): record.title for record in found})
        if len(self.look.records) > _KEPT:
            self.look.records.clear()
            self.look.names.clear()
        for one in self.read.values():
            self.look.gather(one.target, {value for row in rows if (value := _raw(one, row))})
        if self.tagged:
            self.tags = {}
            held = Tagging.objects.filter(module=self.module.key, record_id__in=[row.pk for row in rows]).order_by("pk")
            for record_id, word in held.values_list("record_id", "tag__word"):
                self.tags.setdefault(record_id, []).append(word)


def columns_of(one: Field, module: Module) -> list[str]:
    """The columns of the database a field's cell is made of."""
    if one.kind.key == "tags":
        return []
    if one.live and one.formula is not None:
        needed = [module.fields[key] for key in sorted(one.formula.needs)]
        return ["extra", *(name for need in needed if not need.live for name in columns_of(need, module))]
    if one.custom:
        return ["extra"]
    return list(one.parts) or [one.path]


def writer(one: Field, names: Names) -> Write:
    """How the cell of `one` is made from a row."""
    if one.kind.key == "tags":
        names.tagged = True
        return lambda row: ", ".join(names.tags.get(row.pk, ()))
    if one.kind.key == "link":
        names.links.append(one)
        return lambda row: names.titles.get((one.target, _raw(one, row)), "")
    if one.parts:
        return lambda row: one.kind.text(one, tuple(getattr(row, part) for part in one.parts), names.look)
    cell = _cell(one, names.look)
    if one.live and one.formula is not None:
        names.read |= {link.key: link for link in one.formula.links}
        return lambda row: cell(one.seen(row, names.look))
    if one.custom:
        key, back = one.key, one.kind.back
        return lambda row: cell(back(row.extra.get(key)))
    path = one.path
    return lambda row: cell(getattr(row, path))


def _raw(one: Field, row: Row) -> Any:
    return row.extra.get(one.key) if one.custom else getattr(row, one.path)


def _cell(one: Field, look: Look) -> Callable[[Any], Any]:
    kind = one.kind.key
    if kind in {"text", "long_text", "email", "phone", "postal", "url", "number", "percent"}:
        return _as_it_is
    if kind == "date":
        return _as_it_is  # typed: a date cell in a workbook, ISO in CSV
    if kind == "datetime":
        zone = look.zone
        return lambda value: value.astimezone(zone) if value else None
    if kind == "money":
        return _money
    if kind == "handle":
        return lambda value: f"@{value}" if value else ""
    if kind in {"picklist", "yes_no", "user"}:
        kept: dict[Any, str] = {}

        def remembered(value: Any) -> str:
            if value not in kept:
                kept[value] = "" if value is None else one.kind.text(one, value, look)
            return kept[value]

        return remembered
    return lambda value: one.kind.out(one, value, look)


def _as_it_is(value: Any) -> Any:
    return value


def _money(value: Any) -> Any:
    if value is None:
        return None
    number = value if isinstance(value, Decimal) else Decimal(str(value))
    return int(number) if number == number.to_integral_value() else number.normalize()
