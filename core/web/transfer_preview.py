"""The first rows of an import as they would be, and in numbers what the whole of it would do. Nothing is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from core.access.models import User
from core.field.field import Field
from core.field.look import Look
from core.module.listing import name_records
from core.module.module import Module
from core.record.importing import count
from core.record.importing_decide import ADD, FAIL, SAME, SKIP, UPDATE, Importer, Row
from core.record.importing_links import Coming
from core.record.importing_wishes import Wishes
from core.record.importing_words import Reason, reasons
from core.record.reading import Table
from core.record.transfer_models import RowNote

# So many rows are decided for the numbers, and so many are shown.
TRIED, SHOWN, COLUMNS = 5_000, 12, 2
VERDICTS: dict[str, tuple[Any, int]] = {
    ADD: (lazy("new"), 2),
    UPDATE: (lazy("update"), 1),
    SAME: (lazy("unchanged"), 10),
    SKIP: (lazy("skipped"), 9),
    FAIL: (lazy("not imported"), 4),
}


@dataclass
class Preview:
    """What the page shows of it."""

    heads: list[str]
    lines: list[dict[str, Any]]
    figures: dict[str, int]
    sentence: str
    whole: bool
    reasons: list[Reason] = field(default_factory=list)

    @property
    def coming(self) -> int:
        return self.figures["added"] + self.figures["updated"]


def preview(user: User, module: Module, table: Table, wishes: Wishes, rows: int) -> Preview:
    """Decide the first rows as the run will, and say what would happen."""
    importer = Importer(user, module, table, wishes)
    decided = importer.decide(list(islice(table.rows(), TRIED))) if wishes.columns else []
    shown = _columns(module, importer)
    look = Look.of(user)
    first = decided[:SHOWN]
    _name_links(look, shown, first)
    lines = [_line(one, shown, look, module) for one in first]
    figures = count(decided)
    notes = [RowNote(line=one.line, level=p.level, code=p.code, values=dict(p.values)) for one in decided for p in one.problems]
    whole = rows <= TRIED
    return Preview([one.label for one in shown], lines, figures, _sentence(figures, len(decided), whole), whole, reasons(notes, module))


def _sentence(figures: dict[str, int], tried: int, whole: bool) -> str:
    values = {name: f"{number:,}" for name, number in figures.items()} | {"tried": f"{tried:,}"}
    said = _(
        "%(added)s are added, %(updated)s updated and %(same)s left as they are; %(skipped)s are skipped and %(failed)s cannot be imported."
    )
    if not whole:
        said = _(
            "Of the first %(tried)s rows, %(added)s are added, %(updated)s updated and %(same)s left as they are; "
            "%(skipped)s are skipped and %(failed)s cannot be imported."
        )
    return said % values


def _columns(module: Module, importer: Importer) -> list[Field]:
    """The fields worth showing: the name in one, then what the list would show, then the rest."""
    mapped = {one.key for one in importer.columns.values()} | {
        part for key in importer.whole.values() for part in ("family_name", "given_name") if key == "full_name"
    }
    found: list[Field] = []
    for key in (*module.columns_shown, *module.fields):
        one = module.fields[key]
        if one in found or any(key in other.parts for other in found):
            continue
        if key in mapped or (one.kind.key == "name" and mapped & set(one.parts)):
            found.append(one)
    return found[:COLUMNS]


def _name_links(look: Look, shown: list[Field], rows: list[Row]) -> None:
    wanted: dict[str, set[int]] = {}
    for one in shown:
        if one.kind.key == "link":
            wanted.setdefault(one.target, set()).update(row.values[one.key] for row in rows if isinstance(row.values.get(one.key), int))
    name_records(look, wanted)


def _line(row: Row, shown: list[Field], look: Look, module: Module) -> dict[str, Any]:
    label, hue = VERDICTS[row.verdict]
    cells = [_text(row, one, look) for one in shown]
    return {"line": row.line, "cells": cells, "verdict": label, "hue": hue, "problems": [one.words(module) for one in row.problems]}


def _text(row: Row, one: Field, look: Look) -> str:
    if one.parts:
        return one.kind.text(one, tuple(row.values.get(part, "") for part in one.parts), look)
    value = row.values.get(one.key)
    if value is None:
        return ""
    if isinstance(value, Coming):
        return value.title
    currency = row.values.get("currency") or getattr(row.record, "currency", "")
    return one.kind.text(one.priced(currency) if currency else one, value, look)
