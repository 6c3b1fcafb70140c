"""Erasing one customer over all apps: what tells of them is emptied or deleted, what must stay says why. For good."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import models, transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from core import clock
from core.actor import Actor
from core.event.emit import emit
from core.files import sweeping
from core.identity import store
from core.identity.models import Merge
from core.module.module import Module
from core.module.registry import module as find_module
from core.personal.held import Held, all_of, circle
from core.record.models import Record
from core.search import index
from core.signin import audit

ERASED = audit.says("customer.erased", lazy("Erased a customer: %(name)s"))
EXPORTED = audit.says("customer.exported", lazy("Asked for all data of a customer: %(name)s"))
_PART = 500
# Columns of a person that tell nothing of them and keep lists and counts in order.
_STAYS = {"id", "owner", "created_at", "created_by", "changed_at", "changed_by", "version", "deleted_at", "deleted_with", "email_opt_out"}


@transaction.atomic
def erase(module: str, pk: int, *, actor: Actor, reason: str = "") -> dict[str, int]:
    """Empty the records of one person and all that hangs on them. Gives how many rows by table. Done twice, nothing is left
    to do the second time; the audit log keeps numbers and no name."""
    ids = circle(module, pk)
    held = all_of(ids)
    # Tables name their rows through records and keys that are emptied below: find first, then write.
    found = [(one, list(one.rows.order_by().values_list("pk", flat=True))) for one in held]
    counts = {key: len(pks) for key, pks in ids.items()}
    for one, rows in found:
        if rows and one.blank != {}:
            counts[one.name] = counts.get(one.name, 0) + len(rows)
            _write(one, rows)
    # A merge keeps what it would need to be taken back: nobody takes it back after this.
    Merge.objects.filter(of_winners(ids)).delete()
    for key, pks in ids.items():
        _empty(find_module(key), pks, actor)
    audit.note(actor, ERASED, module, label=f"{module} #{pk}", records=ids, counts=counts, reason=reason[:500])
    return counts


def of_winners(ids: dict[str, list[int]]) -> models.Q:
    asked = models.Q(pk__in=[])
    for key, pks in ids.items():
        asked |= models.Q(module=key, winner_id__in=pks)
    return asked


def _write(one: Held, pks: Sequence[int]) -> None:
    model = one.rows.model
    for start in range(0, len(pks), _PART):
        part = pks[start : start + _PART]
        rows = model._base_manager.filter(pk__in=part)
        if one.name in {"files", "photos"}:
            sweeping.erase(rows)
        elif one.blank is None:
            rows.delete()
        else:
            rows.update(**one.blank)
            if issubclass(model, Record):
                rows.update(version=F("version") + 1, changed_at=clock.now())
                index.forget(model._meta.label_lower, part)


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
