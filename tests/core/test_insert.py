"""Many rows at once come out of the table as they went in, whatever their values look like to COPY."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import models

from core.event.models import Event
from core.record.insert import fresh, insert
from crm.models import Lead

pytestmark = pytest.mark.django_db
MOMENT = datetime(2026, 11, 30, 6, 0, 0, 123456, tzinfo=UTC)


def rows_of(model: type[models.Model], **columns: Any) -> list[Any]:
    """Thirty new rows; a column given as a list takes turns with its values, any other is the same for all."""
    made = []
    for number in range(30):
        one = fresh(model)
        for name, value in columns.items():
            one.__dict__[name] = value[number % len(value)] if isinstance(value, list) else value
        made.append(one)
    return made


def stored(rows: list[Any]) -> list[dict[str, Any]]:
    kept = type(rows[0])._default_manager.filter(pk__in=[one.pk for one in rows]).order_by("pk")
    return [{name: value for name, value in vars(one).items() if name != "_state"} for one in kept]


def given(rows: list[Any]) -> list[dict[str, Any]]:
    return [{name: value for name, value in vars(one).items() if name != "_state"} for one in rows]


def test_texts_numbers_and_moments_are_stored_as_they_are(ann: Any) -> None:
    """PLT-13: tabs, line ends, backslashes, COPY's own signs, emptiness and nothing, alike on all rows or different on each."""
    odd = ["", "\\N", "\\.", "a\tb", "line\nend", "\r", "back\\slash", "100%", '"quoted"', "髙橋, 太郎"]
    rows = rows_of(
        Lead, family_name=odd, company="R\\D\t100%", created_at=MOMENT, changed_at=[MOMENT, MOMENT.replace(month=1)],
        owner_id=[ann.pk, None],
        created_by_id=ann.pk, employees=[0, None, 12], annual_revenue=[Decimal("0.10"), None], email_opt_out=[True, False],
        extra=[{}, {"f1": True, "f2": "a\t\"b\\"}],
    )  # fmt: skip

    insert(Lead, rows)

    assert stored(rows) == given(rows)
    assert {one._state.adding for one in rows} == {False}


def test_what_is_alike_on_all_rows_is_alike_in_the_table(ann: Any) -> None:
    """PLT-13: one and true are two things in JSON, though equal to Python."""
    rows = rows_of(
        Event, at=MOMENT, module="crm.lead", record_id=[5, 6], kind="created", changes=[{"a": 1}, {"a": True}], detail={"b": None}
    )

    insert(Event, rows)

    assert stored(rows) == given(rows)
    assert {str(one["changes"]) for one in stored(rows)} == {"{'a': 1}", "{'a': True}"}
