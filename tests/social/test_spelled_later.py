"""The migration that spells the names of those who were known before names were looked for."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import clock
from social import people
from social.models import Profile

spelling: Any = import_module("social.migrations.0013_spell_names")


@pytest.mark.django_db(transaction=True)
def test_names_are_spelled_a_part_a_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    """SOC-11: each part is there for everybody before the next is held; whoever has a key, or no name, stays as they are."""
    names = ["髙橋　健二", "", "Kenji TAKAHASHI", "森 由紀", "Known already"]
    rows = [Profile(network="x", outside_id=str(number), name=name, seen_at=clock.now()) for number, name in enumerate(names)]
    rows[-1].name_key = "theirs"
    Profile.objects.bulk_create(rows)
    monkeypatch.setattr(spelling, "PART", 2)

    with connection.schema_editor(atomic=spelling.Migration.atomic) as editor, CaptureQueriesContext(connection) as asked:
        spelling.spell(apps, editor)

    keys = [people.spelled(name) for name in names[:4]]
    assert list(Profile.objects.order_by("pk").values_list("name_key", flat=True)) == [*keys, "theirs"]
    assert all(keys[place] for place in (0, 2, 3))
    ends = [one["sql"] for one in asked.captured_queries if one["sql"].startswith("COMMIT")]
    assert len(ends) == 3
