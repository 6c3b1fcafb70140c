"""Links that admins added, as rows that can be looked up from the other side: a tie for each value in `extra`.

The value in `extra` is the truth; the tie is its index. Both are written together, in the transaction of the record.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import models

from core.field.field import Field
from core.record.models import Tie

_MARK = "field:"


def kind_of(key: str) -> str:
    """What the ties of one link field are called."""
    return f"{_MARK}{key}"


def tied_to(one: Field, ids: Sequence[int] | models.QuerySet[Any, Any]) -> models.QuerySet[Tie, Any]:
    """The ids of the records whose link field `one` points at one of these (ids, or a question for ids), for `filter(pk__in=…)`."""
    rows = Tie.objects.filter(kind=kind_of(one.key), module=one.module, other_module=one.target, other_id__in=ids)
    return rows.values("record_id")


def tie(module: str, fields: Sequence[Field], records: Sequence[Any]) -> None:
    """Make the ties of these link fields fit what these records hold."""
    if not fields or not records:
        return
    ids, kinds = [record.pk for record in records], [kind_of(one.key) for one in fields]
    Tie.objects.filter(module=module, record_id__in=ids, kind__in=kinds).delete()
    made = [
        Tie(kind=kind_of(one.key), module=module, record_id=record.pk, other_module=one.target, other_id=value)
        for record in records
        for one in fields
        if (value := one.value(record))
    ]
    Tie.objects.bulk_create(made, batch_size=500)


def let_go(module: str, ids: Sequence[int]) -> None:
    """Records of `module` are gone for good: links to them become empty, as those between our own tables do."""
    from core.module.registry import module as find_module  # the registry reads models, and this is part of their writing

    rows = Tie.objects.filter(other_module=module, other_id__in=ids, kind__startswith=_MARK)
    for holder in sorted(set(rows.values_list("module", flat=True))):
        held = list(rows.filter(module=holder).values_list("kind", "record_id"))
        model = find_module(holder).model
        records = list(
            model._default_manager.select_for_update().filter(pk__in={pk for _kind, pk in held}).only("pk", "extra").order_by("pk")
        )
        for record in records:
            for kind, pk in held:
                if pk == record.pk:
                    record.extra.pop(kind.removeprefix(_MARK), None)
        model._default_manager.bulk_update(records, ["extra"], batch_size=500)
    rows.delete()
