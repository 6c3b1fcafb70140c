"""The facts of a record page: the fields of its sections as they are read, and those that stand in its head."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.safestring import SafeString

from core.field.field import Field
from core.field.look import Look
from core.html import built
from core.module.module import Module
from core.web.forms import says_the_same


def sections_of(
    module: Module, record: Any, look: Look, known: Mapping[str, Field], editable: Mapping[str, Field]
) -> list[tuple[Any, list[dict[str, Any]]]]:
    """The sections of a record page with the facts in them: of the fields the reader may see (`known`), and whether they may
    change each (`editable`). Sections without any are left out."""
    wholes = {part: one for one in known.values() for part in one.parts}
    made = [
        (laid, _facts(laid.title, [one for one in laid.fields if one.key in known], wholes, record, look, editable))
        for laid in module.sections()
    ]
    return [(laid, facts) for laid, facts in made if facts]


def _facts(
    title: str, members: list[Field], wholes: Mapping[str, Field], record: Any, look: Look, editable: Mapping[str, Field]
) -> list[dict[str, Any]]:
    """Names and addresses as one, the rest each for itself."""
    made: dict[str, dict[str, Any]] = {}
    for member in members:
        one = wholes.get(member.key, member)
        if one.key in made:
            continue
        made[one.key] = {
            "field": one,
            # Every value is escaped where it is made (core.field.kinds).
            "html": built(one.html(record, look)),
            "why": one.formula.why_empty(record, look) if one.formula is not None else "",
            "wide": one.kind.key in {"address", "long_text"},
            "titled": False,
            "edit": any(key in editable for key in one.parts or (one.key,)),
        }
    if len(made) == 1:  # a section of one fact that says the same says it once
        alone = next(iter(made.values()))
        alone["titled"] = says_the_same(title, alone["field"].label)
    return list(made.values())


def furigana_of(module: Module, record: Any, known: Mapping[str, Field]) -> str:
    """How the name is read, as far as the reader may see it."""
    parts = [key for key in ("family_kana", "given_kana", "name_kana") if key in known and key in module.fields]
    return " ".join(text for key in parts if (text := getattr(record, key, "")))


def key_facts(module: Module, record: Any, look: Look, known: Mapping[str, Field]) -> list[tuple[Field, SafeString]]:
    """The few values below the title, those that are empty left out."""
    return [(one, built(html)) for key in module.facts.split() if (one := known.get(key)) and (html := one.html_alone(record, look))]
