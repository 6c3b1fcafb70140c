"""Questions that are worded once: other values in the same words, other words for another shape, and never a stale word."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models import QuerySet

from core.access.gate import Reach, rights, within
from core.access.models import User
from core.event.models import Event
from core.module.registry import module
from core.worded import worded
from crm.models import Lead
from tests import factories

pytestmark = pytest.mark.django_db


def test_the_same_words_answer_for_other_values(ann: User, django_assert_num_queries: Any) -> None:
    """PLT-10: numbers, lists of them and moments are values, on both databases."""
    asked: list[str] = []

    @worded("limit")
    def events(key: str, ids: tuple[int, ...], since: datetime, limit: int) -> QuerySet[Event]:
        asked.append(key)
        return Event.objects.filter(module=key, record_id__in=ids, at__gte=since).order_by("record_id")[:limit]

    now = datetime(2026, 5, 1, 12, tzinfo=UTC)
    for number in range(4):
        Event.objects.create(at=now + timedelta(hours=number), module="crm.lead", record_id=number, kind="updated", way="page")

    with django_assert_num_queries(4):
        found = [
            [one.record_id for one in events("crm.lead", ids, since, limit)]
            for ids, since, limit in (((0, 1), now, 9), ((2, 3), now, 9), ((2, 3), now + timedelta(hours=3), 9), ((2, 3), now, 1))
        ]

    assert found == [[0, 1], [2, 3], [3], [2]]


def test_nothing_is_asked_where_no_row_can_answer(ann: User, django_assert_num_queries: Any) -> None:
    @worded()
    def leads(ids: tuple[int, ...]) -> QuerySet[Lead]:
        return Lead.objects.filter(pk__in=ids)

    with django_assert_num_queries(0):
        assert leads(()) == []


def test_a_value_in_the_words_is_refused(ann: User) -> None:
    """I1: a number that would stand in the SQL itself cannot be remembered with it."""

    @worded()
    def leads(limit: int) -> QuerySet[Lead]:
        return Lead.objects.order_by("pk")[:limit]

    with pytest.raises(TypeError, match="name the argument"):
        leads(3)


def test_a_question_that_others_follow_is_refused(ann: User) -> None:
    """PLT-10: what `prefetch_related` would ask behind the first question is not silently left out."""

    @worded()
    def users(pk: int) -> QuerySet[User]:
        return User.objects.filter(pk=pk).prefetch_related("apps")

    with pytest.raises(TypeError, match="more than one question"):
        users(ann.pk)


def test_words_that_follow_from_more_than_the_arguments_are_found_out(ann: User) -> None:
    """While tests run, each use is compared with the question as it would be worded now."""
    family = "Sato"

    @worded()
    def leads(pk: int) -> QuerySet[Lead]:
        return Lead.objects.filter(pk=pk, family_name=family)

    leads(1)
    family = "Tanaka"

    with pytest.raises(AssertionError, match="by its arguments alone"):
        leads(1)


def test_each_reader_gets_the_rows_they_reach(ann: User, bob: User, carol: User, admin: User) -> None:
    """PLT-23: the words are shared, the rows are not: one's own, one's team's, all."""

    @worded()
    def reached(reach: Reach | None) -> QuerySet[Any]:
        return within(reach, "crm.lead").order_by("pk")

    hers, theirs = factories.make_lead(ann), factories.make_lead(carol)

    def seen(user: User) -> list[int]:
        return [one.pk for one in reached(rights(user).reach(module("crm.lead"), "view"))]

    assert [seen(user) for user in (ann, carol, bob, admin)] == [[hers.pk], [theirs.pk], [hers.pk], [hers.pk, theirs.pk]]
    assert reached(None) == []
