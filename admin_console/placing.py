"""The layout page as it stands and as it was sent back: sections in order, fields in sections, and what may not be so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from core.field.field import Field
from core.module.arranged import layout
from core.module.module import Module
from core.text.numbers import whole

STEP = 10


@dataclass
class Line:
    """One field on the page. `may_hide` and `may_require` say whether the admin has a choice."""

    field: Field
    number: int
    hidden: bool
    required: bool
    may_hide: bool
    may_require: bool


@dataclass
class Part:
    """One section on the page, empty names for a new one."""

    key: str
    en: str
    ja: str
    columns: int
    number: int
    lines: list[Line] = field(default_factory=list)


@dataclass
class Found:
    """All sections, the fields in none of them, and what is wrong."""

    parts: list[Part]
    rest: list[Line]
    problems: list[str] = field(default_factory=list)

    def stored(self) -> list[dict[str, Any]]:
        """The layout in the form in which it is stored."""
        return [
            {
                "key": one.key,
                "label_en": one.en,
                "label_ja": one.ja,
                "columns": one.columns,
                "fields": [line.field.key for line in one.lines],
            }
            for one in self.parts
        ]

    def flags(self) -> dict[str, dict[str, bool]]:
        """What is hidden and required, by field key, where the admin has a choice."""
        made: dict[str, dict[str, bool]] = {}
        for line in [*(line for one in self.parts for line in one.lines), *self.rest]:
            said = {}
            if line.may_hide:
                said["hidden"] = line.hidden
            if line.may_require:
                said["required"] = line.required
            made[line.field.key] = said
        return made


def _line(module: Module, one: Field, number: int) -> Line:
    from .fields import titles_of  # the pages of fields know what a record is called by, and offer this page

    base = module.built_in.get(one.key)
    fixed = base is not None and (base.required or bool(base.parts))
    may_require = one.editable and not fixed and one.kind.key != "yes_no" and not one.parts
    return Line(one, number, one.hidden, one.required, not fixed and one.key not in titles_of(module), may_require)


def _placeable(module: Module) -> dict[str, Field]:
    """Compound fields show where their parts stand; they have no place of their own."""
    inner = {key for key, one in module.built_in.items() if one.hidden}
    return {key: one for key, one in module.fields.items() if not one.parts and key not in inner}


def standing(module: Module) -> Found:
    """The layout as it is."""
    fields, parts = _placeable(module), []
    for number, section in enumerate(layout(module.key), 1):
        lines = [_line(module, fields[key], at * STEP) for at, key in enumerate(section.fields, 1) if key in fields]
        parts.append(Part(section.key or "more", *section.names, section.columns, number * STEP, lines))
    placed = {line.field.key for one in parts for line in one.lines}
    rest = [_line(module, one, at * STEP) for at, one in enumerate((f for f in fields.values() if f.key not in placed), 1)]
    return Found(parts, rest)


def posted(module: Module, data: Any) -> Found:
    """The layout as it was sent; what the page did not hold (a field another admin just added) stays where it was."""
    before = standing(module)
    parts = [_part(one, data) for one in before.parts]
    if (new := _new(parts, data)) is not None:
        parts.append(new)
    by_key = {one.key: one for one in parts}
    rest: list[Line] = []
    for home, line in [*((one.key, line) for one in before.parts for line in one.lines), *(("", line) for line in before.rest)]:
        key = line.field.key
        if f"f-{key}" in data:
            home = data.get(f"f-{key}", "")
            line.number = _number(data.get(f"n-{key}"), line.number)
            line.hidden = f"h-{key}" in data if line.may_hide else line.hidden
            line.required = f"r-{key}" in data if line.may_require else line.required
        if home == "+":
            home = new.key if new is not None else ""
        (by_key[home].lines if home in by_key else rest).append(line)
    for one in parts:
        one.lines.sort(key=lambda line: line.number)
    parts.sort(key=lambda one: one.number)
    problems = _problems(parts, rest)
    return Found([one for one in parts if one.en or one.ja or problems], rest, problems)


def _part(one: Part, data: Mapping[str, Any]) -> Part:
    if f"s-{one.key}" not in data:
        return Part(one.key, one.en, one.ja, one.columns, one.number)
    en, ja = (" ".join(str(data.get(f"{word}-{one.key}", "")).replace("\x00", "").split())[:80] for word in ("en", "ja"))
    columns = 1 if data.get(f"c-{one.key}") == "1" else 2
    return Part(one.key, en, ja, columns, _number(data.get(f"s-{one.key}"), one.number))


def _new(parts: list[Part], data: Mapping[str, Any]) -> Part | None:
    en, ja = (" ".join(str(data.get(f"new-{word}", "")).replace("\x00", "").split())[:80] for word in ("en", "ja"))
    if not en and not ja:
        return None
    taken = {one.key for one in parts}
    key = next(name for name in (f"s{n}" for n in range(1, 1000)) if name not in taken)
    return Part(key, en, ja, 1 if data.get("new-columns") == "1" else 2, _number(data.get("new-number"), 10_000))


def _number(text: Any, default: int) -> int:
    return min(whole(str(text or "").strip(), default), 100_000)


def _problems(parts: list[Part], rest: list[Line]) -> list[str]:
    made = []
    names = [name for one in parts for name in {one.en, one.ja} if name]
    if len(names) != len(set(names)):
        made.append(_("Two sections have the same name."))
    for one in parts:
        if not one.en and not one.ja and one.lines:
            made.append(_("A section without a name is removed. Move its fields to another one first."))
    for line in [*(line for one in parts for line in one.lines), *rest]:
        if line.hidden and line.required:
            made.append(_("“%(name)s” is required, so it cannot be hidden: nobody could fill it in.") % {"name": line.field.label})
    for line in rest:
        if line.required and not line.hidden and line.field.default is None and line.field.editable:
            made.append(_("“%(name)s” is required, so it needs a section.") % {"name": line.field.label})
    return made
