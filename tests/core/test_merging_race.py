"""Two people merge, or one merges while another edits, at the same moment; on real connections of both databases (F16)."""

from __future__ import annotations

from typing import Any

import pytest

from core.actor import Actor
from core.identity import merging
from core.identity.models import Merge
from core.module.registry import module
from core.record import write
from core.record.write import Conflict, Refused
from crm.models import Activity, Lead
from tests.core.test_work_services import shared_database  # noqa: F401
from tests.crm.test_conversion_race import house, together  # noqa: F401


def merge(winner: int, versions: dict[int, int]) -> Merge:
    return merging.merge(module("crm.lead"), winner, list(versions), actor=Actor.system(), versions=versions, chosen={})


@pytest.mark.parametrize("turn", range(3))
def test_two_merges_of_the_same_records_make_one(house: Any, turn: int) -> None:  # noqa: F811
    """PLT-16, F16: whichever is first; nothing hangs on a record in the bin."""
    leads = [house.lead() for _n in range(3)]
    for lead in leads:
        house.make("activity", subject="Call", lead=lead.pk)
    versions = {lead.pk: Lead.objects.get(pk=lead.pk).version for lead in leads}
    (first, second, third) = versions

    found = together(
        lambda: merge(first, versions),
        lambda: merge(second, versions),
        lambda: merge(third, {pk: versions[pk] for pk in (second, third)}),
    )

    made = [one for one in found if isinstance(one, Merge)]
    assert len(made) == 1 and all(isinstance(one, Merge | Refused) for one in found), found
    alive = set(Lead.objects.filter(deleted_at=None).values_list("pk", flat=True))
    assert alive == set(versions) - set(made[0].losers)
    assert Activity.objects.filter(lead__in=alive, deleted_at=None).count() == 3


@pytest.mark.parametrize("turn", range(3))
def test_an_edit_and_a_merge_at_once_lose_nothing(house: Any, turn: int) -> None:  # noqa: F811
    """PLT-16, F16: either the edit comes first and the merge is refused, or the editor hears of the merge."""
    one, two = house.lead(), house.lead()
    versions = {one.pk: one.version, two.pk: two.version}
    mine = Lead.objects.get(pk=two.pk)

    merged, edited = together(lambda: merge(one.pk, versions), lambda: write.update(mine, actor=Actor(house.ann), city="Osaka"))

    if isinstance(merged, Merge):
        assert isinstance(edited, Conflict) and Lead.objects.get(pk=two.pk).city == ""
    else:
        assert isinstance(merged, merging.Changed) and Lead.objects.get(pk=two.pk).city == "Osaka"
