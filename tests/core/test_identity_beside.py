"""PLT-16: looking for twins beside those who write, and what stays bounded however many share a key."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import clock
from core.actor import Actor
from core.identity import grouping, matching, whole
from core.identity.keys import MAIL, PHONE, keys_read
from core.identity.matching import Shared, held_by_few, links
from core.identity.models import IdentityKey, TwinGroup, TwinMember, TwinStale
from core.identity.twins import alike, holders
from core.module.registry import module
from core.record import write
from core.record.transfer_models import ImportRun
from core.work import jobs
from core.work.models import Job
from tests import factories
from tests.core.test_identity import groups
from tests.core.test_work_services import shared_database  # noqa: F401
from tests.crm.test_conversion_race import house, together  # noqa: F401

LEADS = "crm.lead"


@pytest.mark.django_db
def test_who_wrote_groups_after_a_look_is_looked_at_again(ann: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """PLT-16: two workers look at the same moment; what the slower one saw must not stand against what is."""
    first, second = (factories.make_lead(ann, email="ken@example.com") for _ in range(2))
    looks: list[int] = []
    look = grouping.look

    def slow(*given: Any) -> Any:
        found = look(*given)
        looks.append(1)
        if len(looks) == 1:  # meanwhile the second gets another address, and another worker groups it
            IdentityKey.objects.filter(record_id=second.pk, kind=MAIL).update(live=False)
            grouping.regroup(module(LEADS), [first.pk, second.pk])
        return found

    monkeypatch.setattr(grouping, "look", slow)

    grouping.regroup(module(LEADS), [first.pk, second.pk])

    assert len(looks) == 3 and not TwinMember.objects.exists()


@pytest.mark.django_db
def test_the_beat_stands_back_while_an_import_writes(ann: Any) -> None:
    """PLT-16, PLT-13: rows of a module that is being imported wait; others do not, and a dead worker's import holds nobody up."""
    for key in ("crm.account", LEADS):
        for _number in range(2):
            factories.make_any(key, ann, **({"name": "Aoba"} if key == "crm.account" else {"email": "ken@example.com"}))
    job = jobs.enqueue("core.import", args={"import": 0}, user=ann)
    Job.objects.filter(pk=job.pk).update(state="running", lease_until=clock.now() + timedelta(minutes=1))
    ImportRun.objects.create(user=ann, module=LEADS, name="x.csv", file="", size=0, digest="", rows=1, created_at=clock.now(), job=job)

    grouping.regroup_stale()
    during = set(TwinGroup.objects.values_list("module", flat=True))
    Job.objects.filter(pk=job.pk).update(lease_until=clock.now() - timedelta(seconds=1))
    grouping.regroup_stale()

    assert (during, set(TwinGroup.objects.values_list("module", flat=True))) == ({"crm.account"}, {"crm.account", LEADS})
    assert not TwinStale.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_first_pass_reads_between_its_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    """PLT-16, PLT-1: SQLite has one writer, and PostgreSQL keeps what a long transaction might see."""
    inside: list[bool] = []
    for name, of in (("_sharing", whole), ("_count", whole), ("_fresh_statistics", whole), ("look", grouping)):
        asked = getattr(of, name)
        monkeypatch.setattr(of, name, lambda *given, asked=asked: (inside.append(connection.in_atomic_block), asked(*given))[1])
    ann = factories.make_user("ann")
    pks = {factories.make_lead(ann, email="ken@example.com").pk for _number in range(2)}
    IdentityKey.objects.all().delete()
    TwinStale.objects.all().delete()
    TwinGroup.objects.create(module=LEADS, confidence=99, size=2)

    grouping.begin(module(LEADS))
    jobs.drain()

    assert groups() == [pks] and TwinGroup.objects.count() == 1, "and what was a group before the walk is none"
    assert len(inside) >= 4 and not any(inside)


def test_a_writer_beside_the_beat_waits_less_than_a_second(house: Any) -> None:  # noqa: F811
    """PLT-16, PLT-1: a thousand marked records are grouped while somebody saves, one record after the other."""
    rows = [{"family_name": f"N{number}", "email": f"p{number % 500}@example.com", "owner": house.ann.pk} for number in range(1000)]
    write.create_many(module(LEADS), rows, actor=Actor(house.ann))
    mine, waits = house.lead(), []

    def save() -> int:
        for number in range(40):
            began = time.monotonic()
            type(mine).objects.filter(pk=mine.pk).update(city=f"City {number}")
            waits.append(time.monotonic() - began)
        return len(waits)

    grouped, saved = together(lambda: grouping.regroup_stale(), save)

    assert (grouped >= 1000, saved) == (True, 40)
    assert max(waits) < 1.0
    assert TwinGroup.objects.count() == 500


@pytest.mark.django_db
def test_a_key_of_a_thousand_is_read_by_nobody(ann: Any) -> None:
    """PLT-16: one switchboard and one desk of a thousand people cost what one costs, at every door."""
    held = [
        IdentityKey(module=LEADS, record_id=pk, kind=kind, value=value, who=f"k:人{pk}", live=True)
        for pk in range(1, 1001)
        for kind, value in ((PHONE, "+81332345678"), (MAIL, "all@example.com"))
    ]
    IdentityKey.objects.bulk_create(held)
    IdentityKey.objects.create(module=LEADS, record_id=5, kind=MAIL, value="own@example.com", who="k:人5", live=True)

    found = held_by_few([LEADS], [(PHONE, "+81332345678"), (MAIL, "all@example.com"), (MAIL, "own@example.com")])

    assert found == {(LEADS, MAIL, "own@example.com"): [Shared(MAIL, "own@example.com", 5, "k:人5", False)]}
    assert holders(None, {PHONE: ["03-3234-5678"]}) == {}
    assert alike(ann, module(LEADS), [("row", keys_read(module(LEADS), [{"phone": "03-3234-5678"}.get])[0])]) == []
    with CaptureQueriesContext(connection) as queries:
        grouping.regroup(module(LEADS), range(1, 1001))
    assert not TwinGroup.objects.exists() and len(queries) < 20


def test_twenty_of_one_key_are_held_together_by_few_pairs() -> None:
    """PLT-16: what a look remembers grows with the records, not with their square; the group is the same."""
    rows = [Shared(MAIL, "a@example.com", pk, "", False) for pk in range(matching.MOST_SHARED)]

    few, every = links(rows, sparse=True), links(rows)

    assert (len(few), len(every)) == (37, 190)
    made = [matching.grouped(module(LEADS), found) for found in (few, every)]
    assert made[0] == made[1] and made[0][0].ids == list(range(20))


@pytest.mark.django_db
def test_whom_a_look_does_not_reach_keeps_the_group_it_has(ann: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """PLT-16: a chain is followed so far; beyond, nobody is torn out of a group or put into a second one."""
    chain = [factories.make_lead(ann, email=f"p{n}@example.com", email2=f"p{n + 1}@example.com").pk for n in range(12)]
    monkeypatch.setattr(grouping, "REACH", 6)

    def grouped(pk: int) -> list[int]:
        grouping.regroup(module(LEADS), [pk])
        return sorted(TwinMember.objects.values_list("record_id", flat=True))

    assert grouped(chain[0]) == chain[:6]
    assert len(both := grouped(chain[9])) == len(set(both)) and set(both) >= set(chain[6:])


def test_a_long_chain_falls_apart_into_what_is_sure() -> None:
    """PLT-16: a group of two thousand that only doubt holds together is none, and taking it apart is not quadratic."""
    pairs = {(pk, pk + 1): matching.Link({PHONE: (str(pk), False)}) for pk in range(2000)}
    pairs |= {(pk, pk + 1): matching.Link({MAIL: (str(pk), False)}) for pk in range(0, 2000, 100)}

    began = time.process_time()
    made = matching.grouped(module(LEADS), pairs)

    assert [one.ids for one in sorted(made, key=lambda one: one.ids)] == [[pk, pk + 1] for pk in range(0, 2000, 100)]
    assert time.process_time() - began < 1
