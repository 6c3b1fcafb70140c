"""What processes keep of rights and views ends with the next write, whichever way it is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import transaction

from core import stamps
from core.access.gate import Rights
from core.access.models import AppAccess, User
from core.module.models import SavedView, ViewChoice
from core.module.registry import module
from core.module.saved import tastes, views

pytestmark = pytest.mark.django_db

WRITES: dict[str, Callable[[User], Any]] = {
    "taken away by a question": lambda user: AppAccess.objects.filter(user=user, app="crm").delete(),
    "changed by a question": lambda user: AppAccess.objects.filter(user=user, app="crm").update(app="elsewhere"),
    "taken away as a row": lambda user: AppAccess.objects.get(user=user, app="crm").delete(),
    "saved as a row": lambda user: (one := AppAccess.objects.get(user=user, app="crm"), setattr(one, "app", "elsewhere"), one.save()),
    "taken away from the person": lambda user: user.apps.filter(app="crm").delete(),  # type: ignore[attr-defined]
}


@pytest.mark.parametrize("way", WRITES)
def test_an_app_that_was_taken_away_is_gone_at_the_next_request(ann: User, way: str) -> None:
    """PLT-23: rights kept in a process never outlive the row they were read from."""
    before = Rights(ann).has_app("crm")

    WRITES[way](ann)

    assert before
    assert not Rights(ann).has_app("crm")


def test_an_app_given_with_others_at_once_is_there_at_the_next_request(dave: User) -> None:
    before = Rights(dave).has_app("crm")

    AppAccess.objects.bulk_create([AppAccess(user=dave, app="crm")])

    assert not before
    assert Rights(dave).has_app("crm")


def test_a_change_that_was_rolled_back_leaves_no_right_behind(dave: User) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        AppAccess.objects.create(user=dave, app="crm")
        inside = Rights(dave).has_app("crm")
        raise RuntimeError

    assert inside
    assert not Rights(dave).has_app("crm")


def test_a_request_asks_for_kept_rights_only_once(ann: User, django_assert_num_queries: Any) -> None:
    with stamps.held():
        Rights(ann).has_app("crm")

    with stamps.held(), django_assert_num_queries(1):
        assert Rights(ann).has_app("crm")


def test_a_pin_and_a_saved_view_show_at_the_next_request(ann: User) -> None:
    """PLT-9: kept views follow every write."""
    leads = module("crm.lead")
    before = [one.key for one in views(ann, leads)]

    view = SavedView.objects.create(module="crm.lead", name="Hot", owner=ann)
    ViewChoice.objects.update_or_create(user=ann, module="crm.lead", view="mine", defaults={"pinned": True})
    after = views(ann, leads)
    view.delete()

    assert f"v{view.pk}" not in before
    assert [one.label for one in after][-1] == "Hot"
    assert [one.pinned for one in after if one.key == "mine"] == [True]
    assert [one.label for one in views(ann, leads)][-1] != "Hot"
    assert [one.view for one in tastes(ann)] == ["mine"]


def test_rows_that_do_not_tell_of_their_writes_cannot_be_kept() -> None:
    with pytest.raises(TypeError, match="Session"):
        stamps.watch(Session, "sessions")


def test_what_is_kept_for_each_person_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Performance 13: a process that serves everybody does not grow with everybody."""
    monkeypatch.setattr(stamps, "_MOST", 3)
    kept = stamps.stamped("views")(lambda number: number)

    for number in range(10):
        kept(number)

    assert len(stamps._cache) <= 3
