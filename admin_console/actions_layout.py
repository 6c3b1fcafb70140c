"""What admins do to a module as a whole: its name, its sections, what a choice asks for. Each act leaves an event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from core.actor import Actor
from core.event.emit import emit_one
from core.field.field import Field
from core.field.models import Choice, CustomField, FieldLabel, ModuleLabel, ModuleLayout
from core.module.module import Module
from core.stamps import bump

from . import actions

NAMES = ("one_en", "many_en", "one_ja", "many_ja")


def _told(kind: str, module: Module, row: Any, actor: Actor, changes: dict[str, list[Any]], act: str) -> None:
    emit_one(kind, row, "configured", actor, changes, act=act, what=f"{module.key}.", label=module.plural)
    bump("fields")


@transaction.atomic
def set_names(module: Module, *, actor: Actor, **values: str) -> None:
    """Call a module something else, in each language; empty is the word that ships."""
    row = ModuleLabel.objects.filter(module=module.key).first() or ModuleLabel(module=module.key)
    changes = {name: [getattr(row, name), values[name]] for name in NAMES if getattr(row, name) != values[name]}
    if not changes:
        return
    for name in changes:
        setattr(row, name, values[name])
    row.save()
    _told("core.modulelabel", module, row, actor, changes, "changed")
    if not any(getattr(row, name) for name in NAMES):
        row.delete()
        bump("fields")


@transaction.atomic
def set_layout(
    module: Module, sections: Sequence[Mapping[str, Any]] | None, flags: Mapping[str, Mapping[str, bool]], *, actor: Actor
) -> None:
    """Arrange a module's sections, and hide or require its fields, in one act. `flags` by field key: hidden, required. Without
    `sections` they stay as they are: those that ship follow their reader's language, which arranged ones do not."""
    row = ModuleLayout.objects.select_for_update().filter(module=module.key).first()
    before = row.sections if row else None
    homes = {name: section["key"] for section in sections or () for name in section["fields"]}
    for custom in CustomField.objects.filter(module=module.key):
        said = flags.get(custom.key, {})
        values = {"active": not said["hidden"]} if "hidden" in said else {}
        values |= {"required": said["required"]} if "required" in said else {}
        actions.change_field(custom, actor=actor, section=custom.section if sections is None else homes.get(custom.key, ""), **values)
    for key, said in flags.items():
        if key in module.built_in:
            row_ = FieldLabel.objects.filter(module=module.key, field=key).first()
            if row_ is not None or any(said.values()):
                actions.set_label(module, key, actor=actor, **said)
    # Last, since a field that changes its section is put at the end of it.
    if sections is not None and before != list(sections):
        row, _made = ModuleLayout.objects.update_or_create(module=module.key, defaults={"sections": list(sections)})
        _told("core.modulelayout", module, row, actor, {"sections": [_titles(before), _titles(sections)]}, "changed")


def _titles(sections: Sequence[Mapping[str, Any]] | None) -> list[str]:
    return [section["label_en"] or section["label_ja"] for section in sections or []]


@transaction.atomic
def reset_layout(module: Module, *, actor: Actor) -> bool:
    """Back to the sections that ship; which fields are hidden or required stays. Whether there was anything to undo."""
    row = ModuleLayout.objects.select_for_update().filter(module=module.key).first()
    if row is None:
        return False
    known = {section.key for section in module.layout}
    CustomField.objects.filter(module=module.key).exclude(section__in=known).update(section="")
    _told("core.modulelayout", module, row, actor, {"sections": [_titles(row.sections), []]}, "reset")
    row.delete()
    bump("fields")
    return True


@transaction.atomic
def set_needs(module: Module, one: Field, row: Choice, keys: Sequence[str], *, actor: Actor) -> None:
    """Say which fields must be filled in before a record takes this value."""
    before = list(row.more.get("requires", ()))
    if before == list(keys):
        return
    row.more = {**row.more, "requires": list(keys)} if keys else {name: value for name, value in row.more.items() if name != "requires"}
    row.save(update_fields=["more"])
    labels = [[module.fields[key].label if key in module.fields else key for key in group] for group in (before, keys)]
    emit_one(
        "core.choice", row, "configured", actor, {"requires": labels}, act="changed", what=f"{module.key}.{one.key}", label=str(row)
    )  # fmt: skip
    bump("fields")
