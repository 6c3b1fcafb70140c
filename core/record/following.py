"""What follows from a record's other values: formulas that are kept with it, and fields a choice of a picklist asks for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.utils.translation import gettext as _

from core.field.field import Field
from core.module.arranged import in_order
from core.module.module import Module
from core.module.registry import module as find_module
from core.stamps import stamped


@stamped("fields")
def kept_formulas(key: str) -> tuple[Field, ...]:
    """The formulas of a module whose values are kept, each behind those it reads."""
    fields = find_module(key).fields
    texts = {name: one.formula.text for name, one in fields.items() if one.formula is not None}
    return tuple(fields[name] for name in in_order(fields, texts) if not fields[name].live)


def work_out(module: Module, record: Any) -> bool:
    """Put the values of its formulas into a record that is about to be written; whether any differs from what it held."""
    changed = False
    for one in kept_formulas(module.key):
        assert one.formula is not None
        before = record.extra.get(one.key)
        one.put(record, one.formula.value(record))
        changed = changed or record.extra.get(one.key) != before
    return changed


def recompute(module: Module, ids: Sequence[int]) -> int:
    """Work out the formulas of some records anew, without history: nobody changed the records. Returns how many differed."""
    rows = module.model._default_manager.select_for_update().filter(pk__in=ids).order_by("pk")
    live = [one.key for one in module.fields.values() if one.live]
    differing = []
    for record in rows:
        dropped = [record.extra.pop(key, None) for key in live]
        if work_out(module, record) or any(value is not None for value in dropped):
            differing.append(record)
    module.model._default_manager.bulk_update(differing, ["extra"], batch_size=500)
    return len(differing)


@stamped("fields")
def asking(key: str) -> tuple[tuple[Field, str, tuple[str, ...]], ...]:
    """(picklist, value, keys of fields) of every choice of a module that asks for fields."""
    fields = find_module(key).fields
    return tuple(
        (one, option.value, tuple(name for name in option.more["requires"] if name in fields and not fields[name].hidden))
        for one in fields.values()
        if one.kind.key == "picklist"
        for option in one.options.values()
        if option.more.get("requires")
    )


def missing(module: Module, record: Any, touched: Collection[str] | None = None) -> dict[str, str]:
    """What the choices of a record ask for and it has not, by field key. With `touched` only where one of these fields is
    the picklist or a field it asks for: an old record can still be changed elsewhere."""
    problems: dict[str, str] = {}
    for one, value, keys in asking(module.key):
        if one.value(record) != value or (touched is not None and not {one.key, *keys} & set(touched)):
            continue
        for key in keys:
            needed = module.fields[key]
            if needed.kind.is_empty(needed.value(record)) and key not in problems:
                problems[key] = _("%(needed)s is needed for %(field)s “%(value)s”.") % {
                    "needed": needed.label,
                    "field": one.label,
                    "value": one.options[value].label,
                }
    return problems
