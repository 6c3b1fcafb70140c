"""Fields an admin added: how many records hold a value, and letting a value go. The console's actions call these."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q

from core.field.field import Field
from core.field.models import CustomField

if TYPE_CHECKING:
    from core.record.models import Record

LIMIT = 200  # custom fields of one module


def holders(model: type[models.Model], one: Field) -> models.QuerySet[Any]:
    """The records that hold any value in `one`, those in the bin included."""
    rows = model._default_manager.all()
    if one.custom:
        return rows.filter(**{"extra__has_key": one.key})
    return rows.exclude(**{f"{one.path}__isnull": True} if one.kind.empty is None else {one.path: one.kind.empty})


def holding(one: Field, value: str) -> Q:
    """That a record's picklist holds `value`."""
    return Q(**{f"{one.path}__icontains": f'"{value}"'} if one.kind.key == "multi_picklist" else {one.path: value})


def strip(model: type[Record], key: str, ids: Sequence[int]) -> int:
    """Take the value of a deleted field out of some records. No history is written: the field itself is gone."""
    rows = list(model._default_manager.filter(pk__in=ids).only("pk", "extra").select_for_update().order_by("pk"))
    for row in rows:
        row.extra.pop(key, None)
    model._default_manager.bulk_update(rows, ["extra"], batch_size=500)
    return len(rows)


def new_key(row: CustomField) -> str:
    """The key of a field just saved. Made of its id, so that no later field meets the values of a deleted one."""
    return f"c{row.pk}"
