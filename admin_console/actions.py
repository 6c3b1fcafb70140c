"""What admins do to fields and picklists: the only code that writes them. Each act leaves an event with who, before and
after, and is seen by every process at its next request."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from core.actor import Actor
from core.defaults import fixed
from core.event.emit import emit_one
from core.field.choices import WITHIN, home
from core.field.custom import LIMIT, holders, holding, new_key
from core.field.field import Field
from core.field.models import Choice, CustomField, FieldLabel, ModuleLayout
from core.module.module import Module
from core.module.registry import module as find_module
from core.record.write import Refused
from core.stamps import bump
from core.work.jobs import enqueue
from core.work.models import Job

from .formulas import readers, relies_on

CHOOSING = {"picklist", "multi_picklist"}


def _told(row: Any, actor: Actor, changes: dict[str, list[Any]], act: str) -> None:
    """The event of one act, and the news to all processes."""
    what = f"{row.module}.{row.key if isinstance(row, CustomField) else row.field}"
    emit_one(f"core.{type(row).__name__.lower()}", row, "configured", actor, changes, act=act, what=what, label=str(row))
    bump("fields")


def _changed(row: Any, values: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Set `values` on `row`; what differed, before and after."""
    changes = {name: [getattr(row, name), value] for name, value in values.items() if getattr(row, name) != value}
    for name, (_before, after) in changes.items():
        setattr(row, name, after)
    return changes


def _alone(module: Module, row: CustomField | None, values: Mapping[str, Any]) -> None:
    """Two fields of one name could not be told apart, in a filter or in a file to import."""
    taken = {name for one in module.fields.values() if row is None or one.key != row.key for name in one.names}
    if {values.get("label_en"), values.get("label_ja")} & taken - {"", None}:
        raise Refused(_("Another field has this name."))


@transaction.atomic
def add_field(module: Module, *, actor: Actor, kind: str, **values: Any) -> CustomField:
    """A new field at the end of its module."""
    rows = CustomField.objects.filter(module=module.key)
    if rows.count() >= LIMIT:
        raise Refused(_("A module can have %(limit)d fields of its own; this one has them all.") % {"limit": LIMIT})
    _alone(module, None, values)
    position = (rows.aggregate(last=Max("position"))["last"] or 0) + 1
    row = CustomField.objects.create(module=module.key, key=f"new{actor.user_id}", kind=kind, position=position, **values)
    row.key = new_key(row)
    row.save(update_fields=["key"])
    _told(row, actor, {name: [None, value] for name, value in {"kind": kind, **values}.items() if value not in ("", False)}, "added")
    if kind == "formula":
        work_out_all(module, row, actor)
    return row


@transaction.atomic
def change_field(row: CustomField, *, actor: Actor, **values: Any) -> None:
    """Rename, hide, require or move a field to another section. Its kind stays what it is."""
    _alone(find_module(row.module), row, values)
    if changes := _changed(row, values):
        row.save(update_fields=list(changes))
        _told(row, actor, changes, "changed")
        if "section" in changes:
            _place(row)
        if "formula" in changes:
            work_out_all(find_module(row.module), row, actor)


def _place(row: CustomField) -> None:
    """Where an admin arranged the module, a field that changes its section moves to the end of the other one."""
    arranged = ModuleLayout.objects.filter(module=row.module).first()
    if arranged is None:
        return
    for section in arranged.sections:
        section["fields"] = [key for key in section["fields"] if key != row.key]
    home = next((section for section in arranged.sections if section["key"] == row.section), None)
    if home is None and row.section:
        home = {"key": row.section, "label_en": row.section, "label_ja": "", "columns": 2, "fields": []}
        arranged.sections.append(home)
    if home is not None:
        home["fields"].append(row.key)
    arranged.save(update_fields=["sections"])


def work_out_all(module: Module, row: CustomField, actor: Actor) -> Job:
    """A job that puts the values of a formula that is new or changed into all records. Each change has its own: one that
    stands half-way through the table with the old formula must not swallow the new one."""
    return enqueue(
        "console.work_out",
        args={"module": module.key},
        user=actor.user,
        total=module.model._default_manager.count(),
        label=_("Work out %(field)s") % {"field": str(row)},
    )


@transaction.atomic
def move_field(row: CustomField, step: int, *, actor: Actor) -> None:
    """One place up (-1) or down (1) among the fields of its module."""
    rows = list(CustomField.objects.select_for_update().filter(module=row.module))
    at = next(number for number, one in enumerate(rows) if one.pk == row.pk)
    to = max(0, min(len(rows) - 1, at + step))
    if at == to:
        return
    rows.insert(to, rows.pop(at))
    _number(rows)
    _told(row, actor, {"position": [at + 1, to + 1]}, "moved")


def _number(rows: list[Any], places: list[int] | None = None) -> None:
    for position, one in zip(places or range(len(rows)), rows, strict=True):
        one.position = position
    type(rows[0]).objects.bulk_update(rows, ["position"])


@transaction.atomic
def delete_field(module: Module, row: CustomField, *, actor: Actor) -> Job:
    """Delete a field, and by a job the values records hold in it. History keeps what was. A field that formulas read stays."""
    if found := readers(module, row.key):
        raise Refused(
            _("These formulas read this field: %(names)s. Change them first.") % {"names": ", ".join(sorted(one.label for one in found))}
        )
    one, held = module.fields[row.key], {"label_en": [row.label_en, None], "label_ja": [row.label_ja, None], "kind": [row.kind, None]}
    _told(row, actor, held, "deleted")
    Choice.objects.filter(module=module.key, field=row.key).delete()
    CustomField.objects.filter(pk=row.pk).delete()
    total = holders(module.model, one).count()
    return enqueue(
        "console.strip_field",
        key=f"{module.key}.{row.key}",
        args={"module": module.key, "key": row.key},
        user=actor.user,
        total=total,
        label=_("Delete the values of %(field)s") % {"field": one.label},
    )


@transaction.atomic
def set_label(module: Module, key: str, *, actor: Actor, **values: Any) -> None:
    """Rename, hide or require a built-in field."""
    row, made = FieldLabel.objects.get_or_create(module=module.key, field=key)
    changes = _changed(row, values)
    if changes:
        row.save(update_fields=list(changes))
        _told(row, actor, changes, "changed")
    elif made:
        row.delete()


def value_of(label: str, taken: set[str]) -> str:
    """The stored value of a new choice: short Latin letters out of its English label, else a number."""
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:40] or "value"
    value, number = stem, 2
    while value in taken:
        value, number = f"{stem}_{number}", number + 1
    return value


@transaction.atomic
def add_choice(module: Module, one: Field, *, actor: Actor, **values: Any) -> Choice:
    """One more value at the end of a picklist."""
    rows = Choice.objects.filter(module=module.key, field=one.key)
    taken = set(rows.values_list("value", flat=True))
    if len(taken) >= 200:
        raise Refused(_("A picklist can have 200 values; this one has them all."))
    position = (rows.aggregate(last=Max("position"))["last"] or 0) + 1
    value = value_of(values.get("label_en") or values.get("label_ja", ""), taken)
    row = Choice.objects.create(module=module.key, field=one.key, value=value, position=position, **values)
    _told(row, actor, {"value": [None, value], **{name: [None, v] for name, v in values.items() if v not in ("", {})}}, "added")
    return row


@transaction.atomic
def change_choices(module: Module, one: Field, wanted: list[tuple[Choice, dict[str, Any]]], *, actor: Actor) -> int:
    """Labels, colours, offers and the order of all values of one picklist in one act. Returns how many changed."""
    changed = 0
    for row, values in wanted:
        if changes := _changed(row, values):
            row.save(update_fields=list(changes))
            _told(row, actor, changes, "changed")
            changed += 1
    order = [row for row, _values in wanted]
    places = sorted(row.position for row in order)
    before = [row.value for row in sorted(order, key=lambda row: (row.position, row.pk))]
    if order and before != (after := [row.value for row in order]):
        # Stages of one pipeline change places among themselves.
        _number(order, places if len(set(places)) == len(places) else None)
        _told(order[0], actor, {"order": [before, after]}, "ordered")
        changed += 1
    return changed


@transaction.atomic
def remove_choice(module: Module, one: Field, row: Choice, *, actor: Actor, other: str = "") -> Job | None:
    """Delete a value no record holds; one that is held goes when a job has moved its records to `other`."""
    if reason := kept_because(module, one, row):
        raise Refused(reason)
    held = module.holder(one)._default_manager.filter(holding(one, row.value))
    if not held.exists():
        drop_choice(module, one, row, actor)
        return None
    offered = {choice.value for choice in Choice.objects.filter(module=module.key, field=one.key, active=True)} - {row.value}
    if other not in offered:
        raise Refused(_("Records hold this value. Choose the value they get instead."))
    if row.active:
        row.active = False
        row.save(update_fields=["active"])
    _told(row, actor, {"value": [row.value, other]}, "replaced")
    return enqueue(
        "console.replace_choice",
        key=f"{module.key}.{one.key}.{row.value}"[:120],
        args={"module": module.key, "field": one.key, "value": row.value, "other": other},
        user=actor.user,
        total=held.count(),
        label=_("Replace %(old)s in %(field)s") % {"old": str(row), "field": one.label},
    )


def drop_choice(module: Module, one: Field, row: Choice, actor: Actor) -> None:
    """Delete a value that nothing holds, with the choices of other picklists that stand within it."""
    for inner in (module.fields[key] for key, outer in module.within.items() if outer == one.key):
        for member in Choice.objects.filter(module=module.key, field=inner.key, value__in=inner.within(row.value)):
            _told(member, actor, {"value": [member.value, None]}, "deleted")
            member.delete()
    _told(row, actor, {"value": [row.value, None]}, "deleted")
    row.delete()


@transaction.atomic
def add_outer(module: Module, inner: Field, *, actor: Actor, like: str, **values: Any) -> Choice:
    """A new choice of the picklist that `inner` stands within, with the choices of `like` for a beginning: a new pipeline
    with the stages of an old one."""
    assert inner.outer is not None
    row = add_choice(module, inner.outer, actor=actor, **values)
    for one in list(inner.within(like).values()):
        if one.active:
            more = {**one.more, WITHIN: row.value}
            add_choice(module, inner, actor=actor, label_en=one.en, label_ja=one.ja, hue=one.hue, active=True, more=more)
    return row


def kept_because(module: Module, one: Field, row: Choice) -> str:
    """Why a value cannot be removed at all; empty if it can."""
    if one.default == row.value:
        return _("New records begin with this value, so it stays. You can rename it.")
    if not one.editable or row.value in fixed(module.key, one.key):
        return _("Enishi itself works with this value, so it stays. You can rename it.")
    if (reader := relies_on(module, one, row.value)) is not None:
        return _("The formula “%(name)s” works with this value, so it stays. You can rename it.") % {"name": reader.label}
    if "type" in row.more:
        beside = one.within(home(one.options[row.value], str(one.outer.default))) if one.outer else one.options
        if [value for value, c in beside.items() if c.active and c.more.get("type") == row.more["type"]] == [row.value]:
            return _("A pipeline needs at least one stage of each kind; this is the last one of its kind.")
    return ""
