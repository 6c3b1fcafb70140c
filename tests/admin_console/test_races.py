"""Two people act at the same moment, on real connections of both databases (ADM-2, ADM-6, ADM-11, A10, L7)."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Count
from django.test import Client

from admin_console import adding, licences, people
from admin_console.models import Subscription
from core import clock, stamps
from core.access import changes, sharing
from core.access.models import Profile, Role, Share, User
from core.actor import Actor
from core.record import importing
from core.record.write import Refused
from core.signin import emails, invitations
from core.signin.models import EmailChange
from core.work import hints, jobs
from core.work.models import Job
from crm.models import Lead
from tests import factories
from tests.core.test_work_services import shared_database  # noqa: F401
from tests.crm.test_conversion_race import together


@pytest.fixture
def house(shared_database: str) -> None:  # noqa: F811
    stamps._cache.clear()
    Subscription.objects.create(pk=1, plan="own", since=clock.now())


def chief(name: str) -> User:
    return factories.make_user(name, level="account", profile="Administrator")


@pytest.mark.parametrize("act", ["stand_down", "deactivate", "delete"])
def test_two_account_admins_cannot_put_one_another_out(act: str, house: Any) -> None:
    """A10: the last one deleted, deactivated or made less from two browsers at once; one act passes, one admin stays."""
    one, two = chief("one"), chief("two")
    do = {
        "stand_down": lambda person, by: people.stand_down(person, actor=Actor(by)),
        "deactivate": lambda person, by: people.deactivate(person, None, actor=Actor(by)),
        "delete": lambda person, by: people.delete(person, None, actor=Actor(by)),
    }[act]

    found = together(lambda: do(two, one), lambda: do(one, two))

    assert sum(isinstance(answer, Exception) for answer in found) == 1, found
    assert User.objects.filter(level="account", is_active=True).count() == 1


def test_of_two_invitations_at_the_last_licence_one_wins(house: Any) -> None:
    """ADM-6: the other is refused with the number, and adds nobody."""
    boss = chief("boss")
    for number in range(9):
        factories.make_user(f"p{number}")
    Subscription.objects.filter(pk=1).update(plan="trial")
    standard = Profile.objects.get(name="Standard")

    def invite(email: str) -> Any:
        wish = adding.Wish(email=email, family_name="New", profile=standard, apps=("crm", "social"))
        return adding.add([wish], actor=Actor(User.objects.get(pk=boss.pk)))

    found = together(lambda: invite("a@example.com"), lambda: invite("b@example.com"))

    assert sorted(type(one).__name__ for one in found) == ["NoLicence", "list"], found
    assert licences.standing().left == 0 and User.objects.filter(email__in=["a@example.com", "b@example.com"]).count() == 1
    assert all(isinstance(one, list | Refused) for one in found)


def test_two_roles_hung_below_one_another_make_no_ring(house: Any) -> None:
    """ADM-11: each move alone is well; of both at once the second is refused, and every role still stands below the top."""
    boss, top = chief("boss"), factories.make_role("Top")
    one, two = factories.make_role("One", top), factories.make_role("Two", top)

    def move(role: Role, above: Role) -> Any:
        return changes.move_role(role, above, actor=Actor(User.objects.anew(boss.pk)))

    found = together(lambda: move(one, two), lambda: move(two, one))

    assert sorted(isinstance(answer, Refused) for answer in found) == [False, True], found
    for role in Role.objects.exclude(pk=top.pk):
        assert role.path.startswith(top.path) and role.path.count(f"/{role.pk}/") == 1


def test_an_invitation_opened_in_two_browsers_at_once_is_used_once(house: Any) -> None:
    """L7: the other one is told that it was used; the password is that of the first."""
    boss = chief("boss")
    row = invitations.invite("new@example.com", actor=Actor(boss), family_name="New", profile=Profile.objects.get(name="Standard"))
    token = invitations.make_link(row).rstrip("/").rsplit("/", 1)[1]

    found = together(*(lambda word=word: invitations.accept(token, word) for word in ("first sentence", "second sentence")))

    assert sorted(one.problem for one in found) == ["", "used"], found
    won = ("first sentence", "second sentence")[[one.problem for one in found].index("")]
    assert User.objects.get(email="new@example.com").check_password(won)


def test_two_people_who_want_one_address_at_once(house: Any) -> None:
    """L8: one gets it, the other is told; never both, and no fault."""
    folk = [chief("one"), chief("two")]
    tokens = []
    for person in folk:
        row = emails.ask(person, f"{person.pk}@example.com")
        EmailChange.objects.filter(pk=row.pk).update(email="wanted@example.com")
        tokens.append(emails.make_link(row).rstrip("/").rsplit("/", 1)[1])

    def take(number: int) -> Any:
        return emails.confirm(folk[number], tokens[number], actor=Actor(folk[number]))

    found = together(lambda: take(0), lambda: take(1))

    assert sorted(type(one).__name__ for one in found) == ["Refused", "str"], found
    assert User.objects.filter(email="wanted@example.com").count() == 1


def test_one_address_asked_for_by_two_clicks(house: Any) -> None:
    """L8: two clicks are one wish, and no fault."""
    person = chief("one")

    found = together(*[lambda: emails.ask(person, "wanted@example.com")] * 2)

    assert [type(one).__name__ for one in found] == ["EmailChange"] * 2, found
    assert EmailChange.objects.get().email == "wanted@example.com"


def test_a_record_shared_by_two_clicks(house: Any) -> None:
    """PLT-24: two clicks are one share, and no fault."""
    ann, carol = factories.make_user("ann"), factories.make_user("carol")
    lead = factories.make_lead(ann)

    found = together(*[lambda: sharing.share(lead, f"user:{carol.pk}", "read", actor=Actor(ann))] * 2)

    assert [type(one).__name__ for one in found] == ["Share"] * 2, found
    assert Share.objects.count() == 1


def test_a_person_is_deactivated_while_two_parts_of_their_import_are_written(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """ADM-3 fault, A9: the import stops at its next part and says why; what came in by then belongs to who took over, and nothing
    comes in after."""
    monkeypatch.setattr(hints, "send", lambda job_id: True)
    monkeypatch.setattr(importing, "CHUNK", 10)
    boss, leaves, heir = chief("boss"), factories.make_user("leaves"), factories.make_user("heir")
    sheet = "Family name\n" + "\n".join(f"Person{number}" for number in range(40)) + "\n"
    client = Client()
    client.force_login(leaves)
    where = client.post("/crm/leads/import", {"file": SimpleUploadedFile("a.csv", sheet.encode()), "mode": "both"})["Location"]
    client.post(where, {"c0": "family_name", "mode": "both", "start": "1"})
    store, parts = importing.store, []

    def stored(*args: Any) -> Any:
        made = store(*args)
        parts.append(made)
        return made

    monkeypatch.setattr(importing, "store", stored)
    step = importing._store_chunk

    def then_gone(*args: Any) -> None:
        step(*args)
        if len(parts) == 2:
            people.deactivate(User.objects.anew(leaves.pk), heir, actor=Actor(User.objects.anew(boss.pk)))

    monkeypatch.setattr(importing, "_store_chunk", then_gone)
    jobs.drain()

    job = Job.objects.get(kind="core.import")
    assert job.state == "failed" and job.last_error, (job.state, job.last_error)
    assert list(Lead.objects.values_list("owner_id").annotate(Count("pk"))) == [(heir.pk, 20)]
