"""Many people at once: kept as they are seen, by one statement that meets no other half-way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DataError, connection, transaction

from core import clock
from social.models import Profile
from social.networks.items import Person
from social.people import keep

pytestmark = pytest.mark.django_db
MANY = 60


def people(**more: Any) -> list[Person]:
    return [Person(str(number), f"Name_{number}", f"人 {number}", "bio\t\\", "大阪", followers=number, **more) for number in range(MANY)]


def kept(persons: list[Person]) -> dict[str, Profile]:
    with transaction.atomic():
        return keep("x", persons)


def test_many_new_people_are_kept_as_they_were_told(django_assert_max_num_queries: Any) -> None:
    """SOC-5, SOC-12: each once, with what the network told of them, in a number of statements that does not grow with them."""
    with django_assert_max_num_queries(12 if connection.vendor == "postgresql" else 16):
        held = kept([*people(), *people()])
    rows = {one.outside_id: one for one in Profile.objects.all()}
    assert len(rows) == MANY
    assert {number: one.pk for number, one in held.items()} == {number: one.pk for number, one in rows.items()}
    one = rows["7"]
    assert (one.handle, one.handle_key, one.name, one.bio, one.place) == ("Name_7", "name_7", "人 7", "bio\t\\", "大阪")
    assert (one.followers, one.following, one.background, one.noted, one.was) == (7, None, {}, {}, "")


def test_who_was_known_keeps_what_is_not_told_and_what_we_noted() -> None:
    """SOC-19: a later look brings names up to date, remembers the handle from before and leaves alone what people typed."""
    first = kept(people(following=5, background={"work": [["Baker", "Sato", "", ""]], "schools": []}))
    Profile.objects.update(noted={"place": "Kyoto"}, seen_at=clock.now() - timedelta(days=2), gone_at=clock.now())
    again = [Person(str(number), f"New_{number}", f"人 {number}", followers=number + 1) for number in range(MANY + 30)]
    held = kept(again)
    rows = {one.outside_id: one for one in Profile.objects.all()}
    assert len(rows) == MANY + 30
    assert {number: held[number].pk for number in first} == {number: one.pk for number, one in first.items()}
    one = rows["7"]
    assert (one.handle, one.was, one.followers, one.following, one.noted) == ("New_7", "Name_7", 8, 5, {"place": "Kyoto"})
    assert one.background == {"work": [["Baker", "Sato", "", ""]], "schools": []}
    assert one.gone_at is None
    assert rows[str(MANY)].noted == {}


def test_who_came_meanwhile_is_the_same_person(monkeypatch: pytest.MonkeyPatch) -> None:
    """SOC-5: another worker keeps some of them after we looked: one row each, and both know its number."""
    Profile.objects.create(network="x", outside_id="3", handle="older", seen_at=clock.now(), noted={"place": "Kobe"})
    monkeypatch.setattr("social.people._held", lambda network, ids: {})
    held = kept(people())
    assert Profile.objects.count() == MANY
    there = Profile.objects.get(outside_id="3")
    assert (there.handle, there.noted, held["3"].pk) == ("Name_3", {"place": "Kobe"}, there.pk)


def test_what_is_too_long_is_an_error_and_not_cut() -> None:
    """SOC-5: what does not fit stops the page, which is read again; nothing is kept of it in part."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite knows no lengths")
    with pytest.raises(DataError):
        kept([*people(), Person("x" * 121, "long", "long")])
    assert not Profile.objects.exists()
