"""What is kept beside a record fits it, whatever was written and by which way: formulas, ties of added links (PLT-17)."""

from __future__ import annotations

import random
from typing import Any

import pytest

from core.actor import Actor
from core.module.registry import module as find_module
from core.module.registry import modules
from core.record import write
from core.record.models import Tie
from core.record.ties import kind_of
from tests.contracts.rich import FORMULAS, add_every_kind, rich_records, value_for

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("key", [one.key for one in modules()])
def test_formulas_and_ties_fit_their_records(key: str, ann: Any, bob: Any) -> None:
    """PLT-17: after creating, and after changing several records at once, each its own way or all alike."""
    add_every_kind(key)
    module, dice, users = find_module(key), random.Random(9), [ann, bob]
    records = rich_records(module, 30, users)
    read = ["c_number", "c_money", "c_text", "c_phone", "c_date", "c_yes_no", "c_picklist", "c_multi_picklist"]
    for record in records[:10]:
        changes = {name: value_for(module.fields[name], dice, users) for name in dice.sample(read, 3)}
        write.update(record, actor=Actor(ann), **changes)
    write.update_many(module, [(record, {"c_number": 14}) for record in records[10:20]], actor=Actor(ann, "bulk"))
    write.update_many(module, [(record, {"c_link": None}) for record in records[20:25]], actor=Actor(ann))

    kept = [module.fields[f"c_formula_{result}"] for result in FORMULAS if not result.endswith("_live")]
    held: dict[str, int] = {}
    for record in module.model._default_manager.filter(pk__in=[one.pk for one in records]):
        for one in kept:
            assert one.formula is not None
            fresh = one.formula.value(record)
            assert one.value(record) == (one.kind.empty if fresh is None else fresh), (one.key, record.extra)
            held[one.key] = held.get(one.key, 0) + (one.key in record.extra)
        tied = Tie.objects.filter(kind=kind_of("c_link"), module=key, record_id=record.pk).values_list("other_id", flat=True)
        assert list(tied) == [value for value in [record.extra.get("c_link")] if value]
        assert not [name for name in record.extra if name.endswith("_live")]

    assert min(held.values()) > 0, "a formula without a single value proves nothing"
