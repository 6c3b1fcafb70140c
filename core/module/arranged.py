"""What admins made of a module: its name, its fields and its sections, read once and kept until one of them changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from core.field.field import Field, from_row
from core.field.formula.check import Checker, mentioned
from core.field.formula.formula import Formula, broken
from core.field.formula.kinds import OF_KIND
from core.field.formula.words import FormulaError
from core.field.models import CustomField, FieldLabel, ModuleLabel, ModuleLayout
from core.stamps import stamped


def called(key: str, *, many: bool) -> str:
    """What an admin calls a module, in the language of the reader; empty if nobody named it."""
    row = _names().get(key)
    if row is None:
        return ""
    english, japanese = (row.many_en, row.many_ja) if many else (row.one_en, row.one_ja)
    return japanese if get_language() == "ja" else english


@stamped("fields")
def _names() -> dict[str, ModuleLabel]:
    return {row.module: row for row in ModuleLabel.objects.all()}


@stamped("fields")
def simple_fields(key: str) -> dict[str, Field]:
    """Every field of a module, formulas not understood yet: that needs the fields of linked modules, and theirs ours."""
    from core.module.registry import module  # the registry is made of modules, and they of this

    found = dict(module(key).built_in)
    for row in FieldLabel.objects.filter(module=key):
        if row.field in found:
            base = found[row.field]
            names = (row.label_en or base.names[0], row.label_ja or base.names[1])
            found[row.field] = replace(base, names=names, hidden=row.hidden, required=base.required or row.required)
    for custom in CustomField.objects.filter(module=key):
        found[custom.key] = from_row(custom)
    return found


@stamped("fields")
def all_fields(key: str) -> dict[str, Field]:
    """Every field of a module by key, those of admins included, renamed and required as admins set them."""
    found = dict(simple_fields(key))
    texts = dict(CustomField.objects.filter(module=key, kind="formula").values_list("key", "formula")) if _any_formula(found) else {}
    for name in in_order(found, texts):
        one = found[name]
        found[name] = replace(one, formula=_understood(one, texts[name], found))
    return found


def _any_formula(fields: Mapping[str, Field]) -> bool:
    return any(one.is_formula for one in fields.values())


def _understood(one: Field, text: str, fields: Mapping[str, Field]) -> Formula:
    """A stored formula. One that no longer fits its fields is empty and says so; it never stops a page."""
    try:
        ready = {key: each for key, each in fields.items() if not each.is_formula or each.formula is not None}
        made = Checker(ready, simple_fields, strict=False).whole(text)
    except FormulaError as error:
        return broken(text, OF_KIND[one.kind.key], str(error))
    if made.kind != one.kind.key:
        return broken(text, OF_KIND[one.kind.key], str(lazy("its result is of another kind now")))
    return made


def in_order(fields: Mapping[str, Field], texts: Mapping[str, str]) -> list[str]:
    """The formulas so that each stands behind those it reads. One in a circle stands anywhere: what it reads is missing to it."""
    reads = {key: mentioned(text, fields) & texts.keys() for key, text in texts.items()}
    made: list[str] = []
    open_ = list(texts)
    while open_:
        ready = [key for key in open_ if reads[key] <= set(made)] or open_[:1]
        made += ready
        open_ = [key for key in open_ if key not in ready]
    return made


@dataclass(frozen=True)
class Arranged:
    """A section of a layout: names in English and Japanese, one or two columns, the keys of its fields in order."""

    key: str
    names: tuple[str, str]
    columns: int
    fields: tuple[str, ...]
    said: Any = ""  # the shipped title, in whatever language is asked for

    @property
    def label(self) -> str:
        if self.said:
            return str(self.said)
        first, second = (self.names[1], self.names[0]) if get_language() == "ja" else self.names
        return first or second


def layout(key: str) -> list[Arranged]:
    """The sections of a module with every added field in one of them; those that nobody placed stand last."""
    arranged, loose = _layout(key)
    return [*arranged, Arranged("", (_("More"), _("More")), 2, loose)] if loose else list(arranged)


@stamped("fields")
def _layout(key: str) -> tuple[tuple[Arranged, ...], tuple[str, ...]]:
    from core.module.registry import module  # as above

    fields = all_fields(key)
    row = ModuleLayout.objects.filter(module=key).first()
    homes: dict[str, list[str]] = {}
    names: dict[str, tuple[str, str]] = {}
    columns: dict[str, int] = {}
    for data in row.sections if row else shipped(module(key)):
        homes[data["key"]] = [name for name in data["fields"] if name in fields]
        names[data["key"]] = (data["label_en"] or data["label_ja"], data["label_ja"] or data["label_en"])
        columns[data["key"]] = data["columns"]
    placed = {name for members in homes.values() for name in members}
    loose: list[str] = []
    for one in (one for one in fields.values() if one.custom and one.key not in placed):
        if one.section and (row is None or one.section in homes):
            homes.setdefault(one.section, []).append(one.key)
            names.setdefault(one.section, (one.section, one.section))
        else:
            loose.append(one.key)
    titles = {} if row else {section.key: section.label for section in module(key).layout}
    made = [Arranged(name, names[name], columns.get(name, 2), tuple(keys), titles.get(name, "")) for name, keys in homes.items()]
    return tuple(made), tuple(loose)


def shipped(module: Any) -> list[dict[str, Any]]:
    """The layout a module ships with, in the form in which one is stored."""
    return [
        {"key": one.key, "label_en": one.names[0], "label_ja": one.names[1], "columns": 2, "fields": list(one.fields)}
        for one in module.layout
    ]
