"""What the console leaves to workers: moving records off a value, taking out the values of a deleted field."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.actor import Actor
from core.field.custom import holding, strip
from core.field.field import Field
from core.field.models import Choice
from core.module.module import Module
from core.module.registry import module as find_module
from core.record.following import recompute
from core.record.models import Tie
from core.record.ties import kind_of
from core.record.write import Conflict, Invalid, update_many
from core.stamps import held
from core.work.jobs import Run, job

from .actions import drop_choice

BATCH = 500


@job("console.strip_field", label=_("Delete the values of a field"), shown=True, stoppable=False)
def strip_field(run: Run) -> None:
    """Take the values of a deleted field out of all records, a batch at a time."""
    module, key = find_module(run.args["module"]), run.args["key"]
    while ids := list(module.model._default_manager.filter(extra__has_key=key).order_by("pk").values_list("pk", flat=True)[:BATCH]):
        with run.step() as step:
            Tie.objects.filter(kind=kind_of(key), module=module.key, record_id__in=ids).delete()
            step.advance(done=run.job.done + strip(module.model, key, ids))


@job("console.work_out", label=_("Work out a formula"), shown=True, stoppable=False)
def work_out(run: Run) -> None:
    """Work out the formulas of a module for all its records, those in the bin included, a batch at a time."""
    module, after = find_module(run.args["module"]), run.cursor.get("after", 0)
    while ids := list(module.model._default_manager.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:BATCH]):
        with held(), run.step() as step:
            changed = run.job.result.get("changed", 0) + recompute(module, ids)
            after = ids[-1]
            step.advance(done=run.job.done + len(ids), cursor={"after": after}, changed=changed)


@job("console.replace_choice", label=_("Replace a value"), shown=True, stoppable=False)
def replace_choice(run: Run) -> None:
    """Give all records that hold a value another one; then the value goes. Records that refuse are counted and kept."""
    module = find_module(run.args["module"])
    one, value, other = module.picklist(run.args["field"]), run.args["value"], run.args["other"]
    if one is None:  # an update took the list away while the job waited
        return
    actor, after = Actor(run.job.user, "bulk", run.job.pk), run.cursor.get("after", 0)
    while True:
        rows = module.holder(one)._default_manager.filter(holding(one, value), pk__gt=after).order_by("pk")
        records = list(rows[:BATCH])
        if not records:
            break
        with run.step() as step:
            moved = _moved(module, one, records, value, other, actor)
            after = records[-1].pk
            refused = run.job.result.get("refused", 0) + len(records) - moved
            step.advance(done=run.job.done + len(records), cursor={"after": after}, refused=refused)
    _let_go(module, one, value, actor)


def _moved(module: Module, one: Field, records: list[object], value: str, other: str, actor: Actor) -> int:
    """Move a batch; where one record refuses, each goes alone so that the others still move."""
    if one.key in module.beside:  # rows that are no records: nothing refuses, and the audit log has it
        return module.holder(one)._default_manager.filter(pk__in=[row.pk for row in records]).update(**{one.path: other})  # type: ignore[attr-defined]
    try:
        with transaction.atomic():
            update_many(module, [(record, {one.key: _instead(one, record, value, other)}) for record in records], actor=actor)
            return len(records)
    except (Invalid, Conflict):
        if len(records) == 1:
            return 0
        fresh = module.model._default_manager.filter(pk__in=[record.pk for record in records]).order_by("pk")  # type: ignore[attr-defined]
        return sum(_moved(module, one, [record], value, other, actor) for record in fresh)


def _instead(one: Field, record: object, value: str, other: str) -> object:
    if one.kind.key != "multi_picklist":
        return other
    held = {other if word == value else word for word in one.value(record)}
    return [word for word in one.options if word in held]


@transaction.atomic
def _let_go(module: Module, one: Field, value: str, actor: Actor) -> None:
    row = Choice.objects.filter(module=module.key, field=one.key, value=value).first()
    if row is not None and not module.holder(one)._default_manager.filter(holding(one, value)).exists():
        drop_choice(module, one, row, actor)
