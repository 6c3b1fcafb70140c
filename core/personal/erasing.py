"""Erasing one customer over all apps: what tells of them is emptied or deleted, what must stay says why. For good."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import models, transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from core import clock
from core.access.models import User
from core.access.operations import LEVELS
from core.actor import Actor
from core.event.emit import emit
from core.files import sweeping
from core.identity import store
from core.identity.models import Merge
from core.module.module import Module
from core.module.registry import module as find_module
from core.personal.held import Held, Ids, all_of, circle, label_of
from core.record.models import Record
from core.search import index
from core.signin import audit
from core.signin.models import AuditEntry
from core.work.jobs import GiveUp, Run, enqueue
from core.work.models import Job

ASKED = audit.says("customer.erase_asked", lazy("Asked for a customer to be erased: %(name)s"))
ERASED = audit.says("customer.erased", lazy("Erased a customer: %(name)s"))
EXPORTED = audit.says("customer.exported", lazy("Asked for all data of a customer: %(name)s"))
KIND, TIES = "core.erase_customer", "ties"
_PART = 500
# Columns of a person that tell nothing of them and keep lists and counts in order.
_STAYS = {"id", "owner", "created_at", "created_by", "changed_at", "changed_by", "version", "deleted_at", "deleted_with", "email_opt_out"}


def ask(module: str, pk: int, *, actor: Actor, reason: str = "") -> Job:
    """Have a job erase a customer; one that is being erased already is not begun a second time. The reason stands in the audit
    log from now on, and nowhere else: a job knows numbers alone (C4)."""
    with transaction.atomic():
        asked = audit.note(actor, ASKED, module, label=f"{module} #{pk}", reason=reason[:500])
        assert asked is not None
        return enqueue(KIND, key=f"{module}:{pk}", args={"module": module, "record": pk, "asked": asked.pk}, user=actor.user)


def run_erase(run: Run) -> None:
    """Empty the records of one person and all that hangs on them, a part a step: whoever takes over from a worker that died
    goes on behind the last part. What is written meanwhile is found before the end. Begun, it is not left half-way."""
    if not run.cursor and not _may(run.job.user):
        raise GiveUp(_("Stopped: the person who asked for this may not erase customers any more. Nothing was erased."))
    while not run.settled:
        with run.step() as step:
            at = dict(run.cursor or _begun(run.args["module"], run.args["record"]))
            tables = _tables(at["ids"])
            if not run.cursor:
                step.advance(total=sum(one.rows.count() for one in tables) + sum(map(len, at["ids"].values())))
            table, pks = next(((one, pks) for one in tables if (pks := _left(one, at))), (None, []))
            if table is None:
                _end(run, at)
                continue
            _write(table, pks)
            at["after"] = {**at["after"], table.name: pks[-1]}
            at["counts"] = {**at["counts"], table.name: at["counts"].get(table.name, 0) + len(pks)}
            step.advance(done=sum(at["counts"].values()), cursor=at)


def empty(run: Run, ids: Ids) -> None:
    """Empty what tells of somebody who has no record of their own: all that apps and the kernel keep of these records, a part a
    step. Begun again it finds the same rows, and those it emptied are empty already."""
    for table in _tables(dict(ids)):
        after = 0
        while pks := _left(table, {"after": {table.name: after}}):
            with run.step():
                _write(table, pks)
            after = pks[-1]


def _may(user: User | None) -> bool:
    """The right of the page that asks, as it is when the job begins (A9)."""
    return user is not None and user.is_active and user.level in LEVELS


def _begun(module: str, pk: int) -> dict[str, Any]:
    """Whose records these are is found out once, before their keys go: numbers, and no name."""
    return {"ids": circle(module, pk), "after": {}, "counts": {}}


def _tables(ids: dict[str, list[int]]) -> list[Held]:
    """What is to be written, in an order in which each table is still found after those before it: what hangs on records
    first, then what an app names, ties last."""
    return sorted((one for one in reversed(all_of(ids)) if one.blank != {}), key=lambda one: one.name == TIES)


def _left(one: Held, at: dict[str, Any]) -> list[int]:
    """The next part of a table: rows behind the last one written."""
    rows = one.rows.order_by("pk").filter(pk__gt=at["after"].get(one.name, 0))
    return list(rows.values_list("pk", flat=True)[:_PART])


def _end(run: Run, at: dict[str, Any]) -> None:
    """At last the records themselves, with the line in the audit log that says how much of what it was."""
    ids, counts = at["ids"], at["counts"] | {key: len(pks) for key, pks in at["ids"].items()}
    actor = Actor(run.job.user, job=run.job.pk)
    # A merge keeps what it would need to be taken back: nobody takes it back after this.
    Merge.objects.filter(of_winners(ids)).delete()
    for key, pks in ids.items():
        _empty(find_module(key), pks, actor)
    asked = AuditEntry.objects.filter(pk=run.args["asked"]).first()
    reason = asked.detail.get("reason", "") if asked else ""
    module, pk = run.args["module"], run.args["record"]
    audit.note(actor, ERASED, module, label=f"{module} #{pk}", records=ids, counts=counts, reason=reason)
    run.finish(erased=counts)


def told(counts: dict[str, int]) -> list[tuple[str, str, int]]:
    """(app, table, how many rows) of what a job erased, in words."""
    labels = {one.name: str(one.label) for one in all_of({})}
    made = [(name.partition(".")[0] if "." in name else "", labels.get(name) or label_of(name), count) for name, count in counts.items()]
    return sorted(made)


def of_winners(ids: dict[str, list[int]]) -> models.Q:
    asked = models.Q(pk__in=[])
    for key, pks in ids.items():
        asked |= models.Q(module=key, winner_id__in=pks)
    return asked


def _write(one: Held, pks: Sequence[int]) -> None:
    model = one.rows.model
    rows = model._base_manager.filter(pk__in=pks)
    if one.name in {"files", "photos"}:
        sweeping.erase(rows)
    elif one.blank is None:
        rows.delete()
    else:
        rows.update(**one.blank)
        if issubclass(model, Record):
            rows.update(version=F("version") + 1, changed_at=clock.now())
            index.forget(model._meta.label_lower, pks)


def _empty(module: Module, pks: Sequence[int], actor: Actor) -> None:
    """A person's own record: nothing of them stays but its number, so that what pointed at it still points at something."""
    values: dict[str, Any] = {}
    for column in module.model._meta.concrete_fields:
        if column.name in _STAYS or isinstance(column, models.ForeignKey):
            continue
        values[column.name] = _nothing(column)
    values = {name: value for name, value in values.items() if value is not _KEEP}
    values |= {"version": F("version") + 1, "changed_at": clock.now(), "changed_by": actor.user}
    name = _("Erased")
    values |= {key: name for key in ("family_name", "sort_name") if key in values}
    module.model._default_manager.filter(pk__in=pks).update(**values)
    store.erased(module, pks)
    index.forget(module.key, pks)
    records = list(module.model._default_manager.filter(pk__in=pks))
    emit([(module.key, record, {}, {}) for record in records], "erased", actor)


_KEEP = object()


def _nothing(column: models.Field[Any, Any]) -> Any:
    """What stands in a column that tells nothing. A choice of a list stays: it counts, and names nobody."""
    if column.name == "extra":
        return {}
    if type(column).__name__ == "PicklistColumn" or isinstance(column, models.BooleanField):
        return _KEEP
    if isinstance(column, models.CharField | models.TextField):
        return ""
    if column.null:
        return None if column.name != "converted_at" else _KEEP
    return column.get_default() if column.has_default() else _KEEP
