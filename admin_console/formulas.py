"""Formulas in the console: understood against the fields of a module, tried on real records, kept apart from circles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from core.access.gate import fields as gate_fields
from core.access.gate import queryset
from core.field.field import Field
from core.field.formula.check import Checker, circle
from core.field.formula.formula import LIVE, Formula
from core.field.formula.functions import FUNCTIONS, SPECIAL
from core.field.formula.kinds import RESULTS, TYPES, Nothing
from core.field.formula.reads import type_of
from core.field.formula.words import FormulaError
from core.field.kinds import KINDS
from core.field.look import Look, many
from core.field.models import CustomField
from core.module.arranged import simple_fields
from core.module.module import Module
from core.module.registry import modules

SAMPLES = 3
EXAMPLE = 'if(empty(created_at), "—", days_between(created_at, today()) & " d")'


def understand(module: Module, row: CustomField | None, text: str) -> Formula:
    """The formula `text` would be in field `row` (None: a new one). Raises FormulaError, for a circle with its way."""
    fields = module.fields
    if row is not None:
        texts = {key: one.formula.text for key, one in fields.items() if one.formula is not None and key != row.key}
        if way := circle(row.key, text, fields, texts):
            names = " → ".join(fields[key].label for key in way)
            raise FormulaError(_("This formula would read its own result: %(way)s."), 0, len(text), way=names)
    ready = {key: one for key, one in fields.items() if not one.is_formula or one.formula is not None}
    made = Checker(ready, simple_fields).whole(text)
    if row is not None and row.result and made.kind != row.result:
        was = next(name for name, kind in RESULTS.items() if kind == row.result)
        raise FormulaError(
            _("So far this field gave %(was)s, and now it would give %(now)s. Views and filters rely on that: add another field instead."),
            0,
            len(text),
            was=TYPES[was],
            now=TYPES[made.type],
        )
    return made


@dataclass(frozen=True)
class Trial:
    """What a formula does, or what is wrong with it, for the page: the text before, in and behind the place that is wrong."""

    formula: Formula | None
    problem: str = ""
    marked: tuple[str, str, str] = ("", "", "")
    place: int = 0
    lines: tuple[tuple[str, str, str], ...] = ()
    kind: str = ""
    live: str = ""


def tried(user: Any, module: Module, row: CustomField | None, text: str) -> Trial:
    """Try a formula on the newest records this admin may see."""
    try:
        made = understand(module, row, text)
    except FormulaError as error:
        return Trial(None, str(error), (text[: error.start], text[error.start : error.end], text[error.end :]), error.start + 1)
    look = Look.of(user)
    shown = Field(module.key, "trial", ("", ""), KINDS[made.kind], "", custom=True, is_formula=True, formula=made)
    lines = []
    if not made.needs <= gate_fields(user, module).keys() | {part for one in module.fields.values() for part in one.parts}:
        return Trial(made, kind=str(TYPES[made.type]), live=live_words(made, look))
    for record in queryset(user, module).order_by("-changed_at", "-pk")[:SAMPLES]:
        try:
            value, why = made.worked_out(record, look), ""
        except Nothing as nothing:
            value, why = None, nothing.sentence()
        priced = shown._in_currency(record)
        lines.append((record.title, "" if why else shown.kind.text(priced, value, look), why))
    return Trial(made, lines=tuple(lines), kind=str(TYPES[made.type]), live=live_words(made, look))


def live_words(made: Formula, look: Look) -> str:
    """Why its value is worked out for each reader; empty if it is kept with the record."""
    return many([str(LIVE[why]) for why in sorted(made.live)], look.language)


def readers(module: Module, key: str) -> list[Field]:
    """The formulas that read field `key` of `module`, in whatever module they stand."""
    found = []
    for other in modules():
        for one in other.fields.values():
            if one.formula is None or (other is module and one.key == key):
                continue
            if (other is module and key in one.formula.needs) or (module.key, key) in one.formula.far:
                found.append(one)
    return found


def relies_on(module: Module, one: Field, value: str) -> Field | None:
    """A formula that compares picklist `one` with this value."""
    return next((each for each in readers(module, one.key) if each.formula is not None and f'"{value}"' in each.formula.text), None)


def help_lines(module: Module) -> dict[str, Any]:
    """What may stand in a formula of this module: its fields with their types, those one link further, and the functions."""
    known = module.fields
    fields = [(one.key, one.label, TYPES[type_of(one)]) for one in known.values() if type_of(one)]
    links = [
        (one.key, one.label, _first_text(simple_fields(one.target))) for one in known.values() if one.kind.key == "link" and one.target
    ]
    functions = [(name, one.help) for name, one in FUNCTIONS.items()] + list(SPECIAL.items())
    return {"example": EXAMPLE, "fields": fields, "links": links, "functions": sorted(functions, key=lambda pair: pair[0])}


def _first_text(fields: Mapping[str, Field]) -> str:
    return next((one.key for one in fields.values() if type_of(one) and one.kind.key != "link"), "name")
