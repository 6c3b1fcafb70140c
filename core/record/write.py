"""The only code that writes records: checks, normalises, keeps history, feeds the search index, tells the listeners.

All functions take and return model instances and run in the caller's transaction or their own. Lists are the normal
case; one record is a list of one.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from core import clock
from core.access.gate import may_hand_on
from core.actor import Actor
from core.event.emit import emit
from core.field.field import Field
from core.identity import store as identity
from core.module.module import Module
from core.module.registry import module as find_module
from core.module.registry import modules
from core.record.following import kept_formulas, missing, work_out
from core.record.insert import fresh, insert
from core.record.models import Record
from core.record.rewrite import rewrite
from core.record.tags import set_tags
from core.record.ties import tie
from core.search.index import Entry, add, forget, remember, store

R = TypeVar("R", bound=Record)
Values = Mapping[str, Any]
BATCH = 500


class Refused(Exception):
    """What people read when something they asked for cannot be done: a translated sentence."""


class Invalid(Refused):
    """Values that cannot be stored. `errors` maps field keys to messages; the key "" is the record as a whole."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(" ".join(str(message) for message in errors.values()))
        self.errors = dict(errors)


class Conflict(Refused):
    """The record was changed by someone else since it was read."""

    def __init__(self) -> None:
        super().__init__(_("Someone else changed this record in the meantime."))


def clean(module: Module, values: Mapping[str, Any], *, partial: bool = False, strict: bool = True) -> dict[str, Any]:
    """`values` by field key as they will be stored. `partial`: what is not named is not asked for; not `strict`: none. Raises Invalid."""
    fields, made, errors = module.fields, {}, {}
    for key, value in values.items():
        field = fields.get(key)
        if field is None or field.parts:
            raise LookupError(f"{module.key} has no field {key!r}.")
        try:
            made[key] = field.clean(value)
        except ValidationError as error:
            errors[key] = " ".join(error.messages)
    for key, field in fields.items():
        asked = strict and (key in values or not partial)
        if field.required and not field.hidden and asked and key not in errors and field.kind.is_empty(made.get(key, field.default)):
            errors[key] = _("Please fill this in.")
    if errors:
        raise Invalid(errors)
    return made


@transaction.atomic
def create(module: Module | str, *, actor: Actor, detail: Mapping[str, Any] | None = None, strict: bool = True, **values: Any) -> Any:
    """Make one record from values by field key. Its owner is the actor unless one is named. What is made where nobody can be
    asked (the next task of a chain, the ticket of a post) is made without `strict`: also without the fields an admin requires."""
    one = find_module(module) if isinstance(module, str) else module
    if "owner" not in values and actor.user is not None:
        values["owner"] = actor.user
    return create_many(one, [clean(one, values, strict=strict)], actor=actor, detail=detail, strict=strict)[0]


@transaction.atomic
def create_many(
    module: Module,
    rows: Sequence[Mapping[str, Any]],
    *,
    actor: Actor,
    detail: Mapping[str, Any] | None = None,
    trusted: bool = False,
    strict: bool = True,
    kind: str = "created",
) -> list[Any]:
    """Make records from cleaned values. `trusted` rows skip the check of the record as a whole (a load of our own).

    `kind` names what happened: what somebody outside said has *arrived*, it was not made by us.
    """
    records = []
    for values in rows:
        record, problems = built(module, values, actor=actor, trusted=trusted, strict=strict)
        if problems:
            raise Invalid(problems)
        records.append(record)
    insert_many(module, records, rows, actor=actor, detail=detail, kind=kind)
    return records


def built(module: Module, values: Values, *, actor: Actor, trusted: bool = False, strict: bool = True) -> tuple[Any, dict[str, str]]:
    """A record of cleaned values, not stored yet, and what is wrong with it as a whole, by field key."""
    fields, now = module.fields, clock.now()
    record = fresh(module.model)
    held = record.__dict__
    record.created_at = record.changed_at = now
    record.created_by_id = record.changed_by_id = actor.user_id
    for key, value in values.items():
        path = fields[key].path
        if path in held:  # nothing hangs on a new record yet, so no descriptor has to clear anything
            held[path] = value
        elif key != "tags":
            fields[key].put(record, value)
    record.derive()
    if trusted:
        return record, {}
    return record, {**(missing(module, record) if strict else {}), **{key: str(message) for key, message in record.refuse().items()}}


@transaction.atomic
def insert_many(
    module: Module, records: Sequence[Any], rows: Sequence[Values], *, actor: Actor, detail: Values | None = None, kind: str = "created"
) -> None:
    """Store records that `built` made of `rows`: tags, search index and history with them."""
    fields = module.fields
    if kept_formulas(module.key):  # here and not in `built`: an import fills in links to records it has made meanwhile
        for record in records:
            work_out(module, record)
    insert(module.model, records)
    plain = [_plain_row(fields, values) for values in rows]
    _index(module, records, new=True)
    identity.made(module, records)
    tagged = {record: values["tags"] for record, values in zip(records, rows, strict=True) if values.get("tags")}
    if tagged:
        set_tags(module.key, {record.pk: words for record, words in tagged.items()})
        for record, words in tagged.items():
            record.__dict__["_tag_words"] = words
    if links := [one for one in fields.values() if one.custom and one.kind.key == "link"]:
        tie(module.key, links, records)
    emit([(module.key, record, changes, dict(detail or {})) for record, changes in zip(records, plain, strict=True)], kind, actor)


def _plain_row(fields: Mapping[str, Field], values: Mapping[str, Any]) -> dict[str, list[Any]]:
    made = {}
    for key, value in values.items():
        kind = fields[key].kind
        if value or not kind.is_empty(value):
            made[key] = [None, kind.plain(value)]
    return made


def changes_of(module: Module, record: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """The part of `values` (cleaned) that differs from what `record` holds."""
    fields = module.fields
    return {key: value for key, value in values.items() if fields[key].value(record) != value}


@transaction.atomic
def update(record: R, *, actor: Actor, expected: int | None = None, kind: str = "updated", **values: Any) -> R:
    """Change one record. Only what differs is written and kept in history. Raises Invalid, and Conflict when the record
    is no longer at version `expected` (or at the version `record` was read at)."""
    module = find_module(record._meta.label_lower)
    changed = changes_of(module, record, clean(module, values, partial=True))
    if expected is not None and expected != record.version:
        raise Conflict
    if changed:
        update_many(module, [(record, changed)], actor=actor, kind=kind)
    return record


@transaction.atomic
def update_many(
    module: Module,
    pairs: Sequence[tuple[Any, Mapping[str, Any]]],
    *,
    actor: Actor,
    kind: str = "updated",
    detail: Mapping[str, Any] | None = None,
    refused: dict[int, dict[str, str]] | None = None,
) -> None:
    """Change records, each by its own cleaned changes. Raises Conflict if any was changed since it was read.

    A record that may not be so raises Invalid; with `refused` it is left as it was and its problems stand there by id.
    """
    now, fields, told, touched, kept = clock.now(), module.fields, [], set(), []
    searched, tags, known = [], {}, []
    identifying = identity.matters(module)
    words = {*module.search.split(), *(p for k in module.search.split() for p in fields[k].parts), *module.aside_keys}
    derived = _derived(module.model)
    asked = {key for _record, changes in pairs for key in changes}
    for record, changes in pairs:
        if "owner" in changes and actor.user is not None and not may_hand_on(actor.user, module, record):
            problems = {"owner": _("Only its owner, somebody above them or an administrator may give this record to somebody else.")}
            if refused is None:
                raise Invalid(problems)
            refused[record.pk] = problems
            continue
        history, before_derived, own = {}, {column: getattr(record, column) for column in derived}, set()
        for key, value in changes.items():
            before = fields[key].value(record)
            history[key] = [fields[key].kind.plain(before), fields[key].kind.plain(value)]
            if key != "tags":
                fields[key].put(record, value)
                own.add("extra" if fields[key].custom else fields[key].path)
        if record.DERIVED_FROM is None or own & record.DERIVED_FROM:
            record.derive()
            own |= {column for column, was in before_derived.items() if getattr(record, column) != was}
            history |= _followed(record, fields, before_derived)
        if problems := {**missing(module, record, history), **{key: str(message) for key, message in record.refuse().items()}}:
            if refused is None:
                raise Invalid(problems)
            refused[record.pk] = problems
            continue
        if "tags" in changes:
            tags[record.pk] = record.__dict__["_tag_words"] = changes["tags"]
        touched |= own
        kept.append(record)
        record.changed_at, record.changed_by_id = now, actor.user_id
        if work_out(module, record):
            touched.add("extra")
        if words & changes.keys():
            searched.append(record)
        if identifying & changes.keys():
            known.append(record)
        told.append((module.key, record, history, dict(detail or {})))
    if not kept:
        return
    _save(module, kept, touched)
    tie(module.key, [one for one in fields.values() if one.custom and one.kind.key == "link" and one.key in asked], kept)
    if tags:
        set_tags(module.key, tags)
    _index(module, searched)
    identity.changed(module, known, {key for _key, _record, history, _detail in told for key in history})
    emit(told, kind, actor)


def _followed(record: Any, fields: Mapping[str, Field], before: Mapping[str, Any]) -> dict[str, list[Any]]:
    """What changed of itself with what was typed and is told like it: a deal's stage with its pipeline."""
    return {
        key: [fields[key].kind.plain(before[key]), fields[key].kind.plain(getattr(record, key))]
        for key in getattr(record, "FOLLOWING", ())
        if before[key] != getattr(record, key)
    }


def _derived(model: type[models.Model]) -> set[str]:
    return {c.attname for c in model._meta.concrete_fields if not c.editable and c.attname.endswith(("_key", "sort_name"))} | set(
        getattr(model, "DERIVED", ())
    )


def _save(module: Module, records: Sequence[Any], touched: set[str]) -> None:
    """Write the touched columns under a version check: a row someone else changed meanwhile is not overwritten."""
    columns = sorted(touched | {"changed_at", "changed_by_id"})
    rows = module.model._default_manager
    if len(records) == 1:
        record = records[0]
        values = {column: getattr(record, column) for column in columns}
        if not rows.filter(pk=record.pk, version=record.version).update(version=record.version + 1, **values):
            raise Conflict
        record.version += 1
        return
    held = dict(rows.select_for_update().filter(pk__in=[r.pk for r in records]).order_by("pk").values_list("pk", "version"))
    if any(held.get(record.pk) != record.version for record in records):
        raise Conflict
    _write_rows(module, records, columns)
    for record in records:
        record.version += 1


def _write_rows(module: Module, records: Sequence[Any], columns: Sequence[str]) -> None:
    """One UPDATE where all rows get the same values (a bulk edit), else one with a list of them."""
    rows = module.model._default_manager
    first = {column: getattr(records[0], column) for column in columns}
    if all(getattr(record, column) == value for record in records for column, value in first.items()):
        rows.filter(pk__in=[record.pk for record in records]).update(version=models.F("version") + 1, **first)
        return
    rewrite(module.model, records, columns)


def entry(module: Module, record: Any) -> Entry:
    """What the search index keeps of a record."""
    if made := record.__dict__.pop("_entry", None):  # foreseen, when it had no number yet
        return Entry(record.pk, made.title, made.parts, made.phones)
    fields, parts, phones = module.fields, [], []
    for key in module.search.split():
        field = fields[key]
        value = field.value(record)
        if field.kind.key == "phone":
            phones += [value] if value else []
        elif isinstance(value, tuple):
            parts += [part for part in value if part]
        elif value not in (None, ""):
            parts.append(str(value))
    return Entry(record.pk, record.title, parts, phones)


def foresee(module: Module, records: Sequence[Any]) -> None:
    """Let the search index and the look for twins remember records that may be made soon. Asks no database."""
    if module.search:
        for record in records:
            record.__dict__["_entry"] = entry(module, record)
        remember(module.key, [record.__dict__["_entry"] for record in records])
    identity.remember(module, records)


def _index(module: Module, records: Sequence[Any], *, new: bool = False) -> None:
    """What stands aside from the lists (converted leads) is not searched either. `new` records are not in the index yet."""
    if not records or not module.search:
        return
    aside = module.stands_aside(records)
    if aside and not new:
        forget(module.key, aside)
    if entries := [entry(module, record) for record in records if record.pk not in aside]:
        (add if new else store)(module.key, entries)


def lock(record: R) -> R:
    """The record as it is now, held until the transaction ends. SQLite serialises writers by itself."""
    return type(record)._default_manager.select_for_update().get(pk=record.pk)


@transaction.atomic
def delete(record: Record, *, actor: Actor) -> uuid.UUID:
    """Move a record to the bin, with all that hangs on it. One call of `restore` with the returned act brings all back."""
    act = uuid.uuid4()
    delete_many(find_module(record._meta.label_lower), [record.pk], actor=actor, act=act)
    return act


def delete_many(module: Module, ids: Sequence[int], *, actor: Actor, act: uuid.UUID) -> int:
    """Move rows to the bin under one act, children first asked, parents first written. Returns how many rows in all."""
    now = clock.now()
    with transaction.atomic():
        rows = list(module.model._default_manager.select_for_update().filter(pk__in=ids, deleted_at__isnull=True).order_by("pk"))
        if not rows:
            return 0
        found = [row.pk for row in rows]
        module.model._default_manager.filter(pk__in=found).update(deleted_at=now, deleted_with=act, version=models.F("version") + 1)
        forget(module.key, found)
        identity.asleep(module, found)
        emit([(module.key, row, {}, {"title": row.title, "act": str(act)}) for row in rows], "deleted", actor)
        return len(rows) + sum(
            delete_many(child, _hanging(child, column, found), actor=actor, act=act) for child, column in _children(module)
        )


def _children(module: Module) -> list[tuple[Module, str]]:
    """Modules whose records fall with a record of `module`: those whose link to it cascades."""
    return [
        (other, column.attname)
        for other in modules()
        for column in other.model._meta.concrete_fields
        if isinstance(column, models.ForeignKey)
        and column.remote_field.model is module.model
        and column.remote_field.on_delete is models.CASCADE
    ]


def _hanging(child: Module, column: str, ids: Sequence[int]) -> list[int]:
    return list(child.model._default_manager.filter(**{f"{column}__in": ids, "deleted_at__isnull": True}).values_list("pk", flat=True))


@transaction.atomic
def restore(act: uuid.UUID, *, actor: Actor, within: Callable[[Module], models.QuerySet[Any]] | None = None) -> int:
    """Bring back what one act put into the bin: all of it, or with `within` those rows of each module, and what hangs on them.
    Returns how many records."""
    count, hanging = 0, defaultdict[str, models.Q](models.Q)
    for module in modules():
        found = module.model._default_manager.select_for_update().filter(deleted_with=act)
        if within is not None:
            found = found.filter(models.Q(pk__in=within(module).values("pk")) | hanging[module.key])
        rows = list(found.order_by("pk"))
        if not rows:
            continue
        ids = [row.pk for row in rows]
        for child, column in _children(module):
            hanging[child.key] |= models.Q(**{f"{column}__in": ids})
        module.model._default_manager.filter(pk__in=ids).update(deleted_at=None, deleted_with=None, version=models.F("version") + 1)
        for row in rows:
            row.deleted_at = row.deleted_with = None
            row.version += 1
        _index(module, rows)
        identity.awake(module, rows)
        emit([(module.key, row, {}, {"act": str(act)}) for row in rows], "restored", actor)
        count += len(rows)
    return count
