"""What stands below a list: its numbers added up, those of the page or, when asked for, of all that match (PLT-8)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import FloatField, Sum
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from core.field.field import Field
from core.field.look import Look
from core.module import listing
from core.module.patience import TookTooLong, patience
from core.money import rates

_ADDED = {"money", "number"}


@dataclass
class Totals:
    """A cell for each column after the first; `whole` says that they stand for all that match, `late` that this took too long."""

    cells: list[list[str]]
    labels: list[str]
    whole: bool
    note: str = ""
    late: bool = False

    @property
    def lines(self) -> list[tuple[str, list[str]]]:
        """Each cell with the name of its column, which a phone shows beside it."""
        return list(zip(self.labels, self.cells, strict=True))


def totals(asked: listing.State, records: list[Any], look: Look, *, complete: bool, everything: bool) -> Totals | None:
    """The sums below the list; None where no column can be added up. `complete` says that the page holds all rows there are."""
    _first, *rest = asked.columns
    if not records or not any(one.kind.key in _ADDED for one in rest):
        return None
    late = False
    if everything and not complete:
        try:
            return _made(asked, _of_all(asked, rest), look, whole=True)
        except TookTooLong:
            late = True
    made = _made(asked, [_of_page(one, records, look) for one in rest], look, whole=complete)
    made.late = late
    return made


def _made(asked: listing.State, sums: list[rates.Total | None], look: Look, *, whole: bool) -> Totals:
    cells = [_texts(one, total, look) for one, total in zip(asked.columns[1:], sums, strict=True)]
    priced = [total for one, total in zip(asked.columns[1:], sums, strict=True) if total is not None and _split(one, asked.module.model)]
    return Totals(cells, [one.label for one in asked.columns[1:]], whole, rates.said(asked.module.model, priced, look) if priced else "")


def _texts(one: Field, total: rates.Total | None, look: Look) -> list[str]:
    if total is None:
        return []
    if one.kind.key == "number":
        return [one.kind.text(one, total.home, look)] if total.home is not None else []
    return total.texts(look)


def _split(one: Field, model: type[Any]) -> bool:
    """Whether each record has a currency of its own for this amount."""
    return one.kind.key == "money" and not one.custom and hasattr(model, "currency")


def _of_page(one: Field, records: list[Any], look: Look) -> rates.Total | None:
    if one.kind.key not in _ADDED:
        return None
    total = rates.Total()
    for record in records:
        if (value := one.seen(record, look)) is not None:
            split = _split(one, type(record))
            total.add(record.currency if split else one.currency, Decimal(str(value)), rates.worth_of(record, value) if split else None)
    return total


def _of_all(asked: listing.State, columns: list[Field]) -> list[rates.Total | None]:
    """One SELECT over all that match, a row for each currency. Raises TookTooLong."""
    found = listing.rows(asked)
    model = asked.module.model
    sums: dict[str, Any] = {}
    for n, one in enumerate(columns):
        if one.kind.key in _ADDED and not one.live:
            number = Cast(KeyTextTransform(one.key, "extra"), FloatField()) if one.custom else one.path
            sums[f"s{n}"] = Sum(number)
            if _split(one, model):
                sums[f"w{n}"] = Sum(rates.worth(model, one.path))
    by = "currency" if any(_split(one, model) for one in columns) else "deleted_at"
    with patience(found, settings.LIST_SECONDS):
        read = list(found.order_by().values(by).annotate(**sums))
    made: list[rates.Total | None] = []
    for n in range(len(columns)):
        total = rates.Total() if f"s{n}" in sums else None
        for row in read if total is not None else ():
            split = f"w{n}" in sums
            amount = row[f"s{n}"]
            amount = None if amount is None else Decimal(str(amount))
            total.add(row["currency"] if split else columns[n].currency, amount, row[f"w{n}"] if split else None)  # type: ignore[union-attr]
        made.append(total)
    return made
