"""The gate's condition put together from kept words: the rows of the rules' own question, whatever a question calls its table."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import Exists, OuterRef, Q, Subquery

from core import clock as time
from core.access import gate
from core.access.gate import queryset, rights
from core.access.models import ModuleDefault, SharingRule, User
from core.module.registry import module
from crm.models import Account, Contact, Lead
from tests import factories
from tests.core.test_owned import organisation

pytestmark = pytest.mark.django_db


def again(user: User) -> User:
    return User.objects.anew(user.pk)


@pytest.mark.parametrize("seed", range(8))
def test_kept_words_name_the_rows_of_the_question(seed: int, roles: Any, monkeypatch: Any) -> None:
    """PLT-24: put together or worded by Django, forwards, combined and turned round."""
    boss = organisation(seed, roles)
    SharingRule.objects.create(
        module="crm.lead", target=f"user:{boss.pk}", criteria={"all": [{"field": "name", "op": "contains", "value": "N0"}]}
    )

    def seen() -> tuple[list[int], list[int], list[int]]:
        rows = queryset(again(boss), "crm.lead")
        other = Lead.objects.filter(pk__in=rows.filter(status="new").values("pk")).exclude(pk__in=rows.filter(family_name__endswith="1"))
        either = rows.filter(status="new") | rows.filter(family_name__endswith="1")
        return tuple(sorted(found.values_list("pk", flat=True)) for found in (rows, other, either))  # type: ignore[return-value]

    kept = seen()
    monkeypatch.setattr(gate, "worded", lambda module, rules: None)

    assert kept == seen()
    assert 0 < len(kept[1]) < len(kept[0]) < Lead.objects.count()


def test_a_table_asked_within_itself_keeps_its_rows_apart(ann: Any, carol: Any) -> None:
    """PLT-23: the condition follows the alias its table is given; another reader's rows do not answer for it."""
    hers, theirs = factories.make_lead(ann), factories.make_lead(carol)

    inside = Lead.objects.filter(pk__in=queryset(ann, "crm.lead").values("pk"), owner=carol)
    among = queryset(carol, "crm.lead").filter(pk__in=queryset(ann, "crm.lead").values("pk"))
    united = queryset(carol, "crm.lead") | queryset(ann, "crm.lead")

    assert not inside.exists()
    assert not among.exists()
    assert {one.pk for one in united} == {hers.pk, theirs.pk}
    assert not Lead.objects.filter(~Q(pk__in=queryset(ann, "crm.lead").values("pk")), owner=ann).exists()


def test_a_question_within_another_asks_its_own_rows(ann: Any, carol: Any) -> None:
    """PLT-23: whose parent one reaches is not asked of the child, however the one question stands in the other."""
    now = {"created_at": time.now(), "changed_at": time.now()}
    hers, theirs = (Account.objects.create(name=f"Top {who}", owner=who, **now) for who in (ann, carol))
    ModuleDefault.objects.update_or_create(module="crm.account", defaults={"default": "private"})
    below_hers = Account.objects.create(name="Below hers", owner=carol, parent=hers, **now)
    Account.objects.create(name="Below theirs", owner=ann, parent=theirs, **now)
    reached = queryset(ann, "crm.account")

    found = [
        Account.objects.filter(parent__in=reached),
        Account.objects.filter(parent_id__in=reached.values("pk")),
        Account.objects.filter(Exists(reached.filter(pk=OuterRef("parent_id")))),
        Account.objects.annotate(top=Subquery(reached.filter(pk=OuterRef("parent_id")).values("pk")[:1])).filter(top__isnull=False),
        Account.objects.filter(
            parent_id__in=reached.filter(pk__in=queryset(ann, "crm.account").order_by("pk")[:9].values("pk")).values("pk")
        ),
    ]

    assert [[one.pk for one in rows] for rows in found] == [[below_hers.pk]] * len(found)


def test_a_rule_that_asks_for_today_asks_anew_each_day(ann: Any, carol: Any, clock: Any) -> None:
    """PLT-24: kept words are those of one day."""
    lead = factories.make_lead(ann)
    SharingRule.objects.create(module="crm.lead", target=f"user:{carol.pk}", criteria={"all": [{"field": "created_at", "op": "today"}]})

    assert [one.pk for one in queryset(again(carol), "crm.lead")] == [lead.pk]
    clock.shift(86_400)

    assert [one.pk for one in queryset(again(carol), "crm.lead")] == []


def test_a_rule_over_a_related_record_is_worded_by_the_database_layer(ann: Any, carol: Any) -> None:
    """PLT-24: what reads a second table is asked as before, and opens the same."""
    food, steel = (
        Account.objects.create(name=name, industry=name, created_at=time.now(), changed_at=time.now()) for name in ("food", "steel")
    )
    common = {"owner": ann, "created_at": time.now(), "changed_at": time.now()}
    near, _far = (Contact.objects.create(family_name=one.name, account=one, **common) for one in (food, steel))
    asked = {"all": [{"field": "account.industry", "op": "is", "value": "food"}]}
    SharingRule.objects.create(module="crm.contact", target=f"user:{carol.pk}", criteria=asked)

    assert gate.worded(module("crm.contact"), rights(again(carol)).reach(module("crm.contact"), "view").rules) is None
    assert [one.pk for one in queryset(again(carol), "crm.contact")] == [near.pk]


def test_a_changed_rule_is_worded_anew_at_once(ann: Any, carol: Any) -> None:
    """PLT-24: no kept word outlives the rule it was made of."""
    new, old = factories.make_lead(ann, status="new"), factories.make_lead(ann, status="contacted")
    rule = SharingRule.objects.create(
        module="crm.lead", target=f"user:{carol.pk}", criteria={"all": [{"field": "status", "op": "is", "value": "new"}]}
    )

    before = [one.pk for one in queryset(again(carol), "crm.lead")]
    SharingRule.objects.filter(pk=rule.pk).update(criteria={"all": [{"field": "status", "op": "is", "value": "contacted"}]})

    assert (before, [one.pk for one in queryset(again(carol), "crm.lead")]) == ([new.pk], [old.pk])
