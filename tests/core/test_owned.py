"""Lists of those who reach some people's rows: owner by owner or along the order, page by page and counted, the same rows."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict

from core import clock
from core.access import parties
from core.access.gate import queryset
from core.access.models import Share, SharingRule, User
from core.module import listing, owned
from core.module.registry import module
from crm.models import Lead
from tests import factories
from tests.core.test_lists_at_size import filtered, walked

pytestmark = pytest.mark.django_db


def organisation(seed: int, roles: Any) -> User:
    """One who leads a few of seven, with leads of all of them at few different moments, some lent by hand, some by a rule."""
    dice = random.Random(seed)
    boss = factories.make_user("boss", role=roles["sales"], apps=("crm",))
    people = [boss, *(factories.make_user(f"p{n}", role=roles[dice.choice(("seller", "other"))], apps=("crm",)) for n in range(6))]
    now, made = clock.now(), []
    for number in range(40):
        at, owner = now - timedelta(hours=dice.randrange(6)), dice.choice([None, *people])
        status = dice.choice(("new", "contacted", "qualified"))
        made.append(Lead(family_name=f"N{number:02}", owner=owner, status=status, created_at=at, changed_at=at))
        if dice.random() < 0.15:
            made[-1].deleted_at = now
    Lead.objects.bulk_create(made)
    lent = dice.sample(made, dice.choice((0, 5)))
    Share.objects.bulk_create([Share(module="crm.lead", record_id=one.pk, whom=f"user:{boss.pk}", level="read", at=now) for one in lent])
    if dice.random() < 0.3:
        SharingRule.objects.create(
            module="crm.lead", target="all", criteria={"all": [{"field": "status", "op": "is", "value": "qualified"}]}
        )
    return User.objects.anew(boss.pk)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("people", [1, 10_000])
def test_owner_by_owner_the_list_is_the_same(seed: int, people: int, roles: Any, monkeypatch: Any) -> None:
    """PLT-8, PLT-24: in any order, forth and back, with a filter and without, whatever way the rows are gathered."""
    boss = organisation(seed, roles)
    monkeypatch.setattr(parties, "headcount", lambda: people)
    rows = queryset(boss, module("crm.lead"))
    assert 0 < rows.count() < 40
    asked = {
        "view=all": rows.order_by("-changed_at", "-pk"),
        "view=all&sort=changed_at": rows.order_by("changed_at", "pk"),
        "view=all&sort=name": rows.order_by("sort_name", "pk"),
        "view=all&" + filtered(("status", "is", "new")): rows.filter(status="new").order_by("-changed_at", "-pk"),
    }
    for query, plain in asked.items():
        expected = list(plain.values_list("pk", flat=True))
        assert walked(boss, query) == (expected, expected, len(expected), False), query
    every = rows.count()
    for cap in (1, every - 1, every):
        monkeypatch.setattr(listing, "CAP", cap)
        monkeypatch.setattr(listing, "SIZES", (2,))
        got = listing.fetch(listing.state(boss, module("crm.lead"), QueryDict("view=all&size=2")))
        assert got[1:] == (min(every, cap), every > cap)


def test_few_owners_are_asked_one_by_one(roles: Any, monkeypatch: Any) -> None:
    """PLT-8: the first rows of each owner are read, not everybody's on the way to them."""
    boss = organisation(3, roles)
    monkeypatch.setattr(parties, "headcount", lambda: 10_000)
    asked = listing.state(boss, module("crm.lead"), QueryDict("view=all"))
    found, way = listing.sifted(asked)
    assert isinstance(way, owned.Owned)
    assert not way.more

    words = str(found.filter(owned._whose(found, "1")).query)
    sql, _values = way._merged(found.order_by("-changed_at", "-pk"), 5, True)

    assert '"crm_lead"."owner_id" = 1' in words
    assert ("LATERAL" in sql) == (connection.vendor == "postgresql")
    assert sql.count("LIMIT") > len(way.owners) or "LATERAL" in sql
