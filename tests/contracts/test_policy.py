"""The permission matrix: every address for every kind of person, against one declared table (A1 to A3, PLT-23)."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from core.web.doors import door_of
from tests import factories
from tests.contracts.policy import LOOKING_WRITES, MORE, NO_TOKEN, PEOPLE, POLICY
from tests.contracts.walk import World, addresses, body_of, build, digest, routes

pytestmark = pytest.mark.django_db
ROUTES = dict(routes())


@pytest.fixture
def people(ann: Any, bob: Any, carol: Any, dave: Any, eve: Any, admin: Any) -> dict[str, Any]:
    found = {"ann": ann, "bob": bob, "carol": carol, "dave": dave, "eve": eve, "admin": admin}
    found["desk"] = factories.make_user("desk", apps=("helpdesk",), admin_of=("helpdesk",))
    found["looks"] = factories.make_user("looks", level="suite")
    found["peer"] = factories.make_user("peer", role=ann.role)
    found["sells"] = factories.make_user("sells", apps=("crm",))
    found["leads"] = factories.make_user("leads", apps=("crm",), admin_of=("crm",))
    return found


@pytest.fixture
def world(ann: Any) -> World:
    return build(ann)


def test_the_table_names_things_that_are_there(world: World) -> None:
    """A2: a number that nothing has would answer 404 to everybody and prove nothing."""
    loose = {
        name: {key: value for key, value in row.at.items() if isinstance(value, int) and key in {"pk", "share", "file"}}
        for name, row in POLICY.items()
    }
    assert {name: held for name, held in loose.items() if held} == {}
    marks = {value for row in POLICY.values() for value in [*row.at.values(), *row.send.values()] if str(value).startswith("<")}
    assert marks - set(world.marks) == {"<module>", "<record>", "<action>"}


@pytest.fixture
def clients(people: dict[str, Any]) -> dict[str, Client]:
    made = {name: Client(raise_request_exception=False) for name in (*PEOPLE, *MORE)}
    for name, user in people.items():
        made[name].force_login(user)
    return made


def met(answer: Any) -> str:
    """What a person met, in the words of the table."""
    if answer.status_code in {403, 404}:
        return str(answer.status_code)
    if answer.status_code == 401 or (answer.status_code == 302 and answer.headers["Location"].startswith("/accounts/login/")):
        return "in"
    return "ok" if answer.status_code < 500 else "error"


def test_every_route_has_a_door_and_a_row() -> None:
    """A1: what states no door is shut, and fails here; what has no row in tests/contracts/policy.py fails here."""
    assert [name for name, one in ROUTES.items() if door_of(one.callback) is None] == []
    assert sorted(set(ROUTES) - set(POLICY)) == [], "Add a row to tests/contracts/policy.py: who may enter?"
    assert sorted(set(POLICY) - set(ROUTES)) == [], "These rows of tests/contracts/policy.py name no route."


def denied(cell: str, method: str, answer: Any) -> bool:
    """Whether the answer is the one the table says. A method an address does not have (405) tells nobody anything; a
    stranger's POST is 401 with what was typed (from our own page) or 403 (from elsewhere): nothing is done."""
    if answer.status_code == 405 or (cell == "in" and method == "POST" and answer.status_code == 403):
        return True
    return met(answer) == cell


@pytest.mark.usefixtures("clock")
def test_who_is_not_let_in_learns_and_changes_nothing(clients: dict[str, Client], world: World) -> None:
    """A2, A3: every denied cell of the table, GET and POST, on a record of each module; the database stays as it was."""
    for client in clients.values():  # whoever comes in is entered into the list of sessions
        client.get("/me/")
    wrong, before = [], digest()
    for name, row in POLICY.items():
        body = body_of(row.send, world)
        for person in (*PEOPLE, *MORE):
            for app, address in addresses(name, row.at, world):
                if (cell := row.meets(person, app)) in {"ok", "any"}:
                    continue
                for method in [row.only] if row.only else ["GET", "POST"]:
                    answer = clients[person].generic(method, address) if method == "GET" else clients[person].post(address, body)
                    if not denied(cell, method, answer):
                        wrong.append((name, person, method, address, cell, answer.status_code))

    assert wrong == [], "\n".join(map(str, wrong))
    after = digest()
    assert [table for table in after if after[table] != before.get(table)] == []


def test_who_is_let_in_gets_in(clients: dict[str, Client], world: World) -> None:
    """A1: the other cells; each act is taken back before the next."""
    wrong = []
    for name, row in POLICY.items():
        for person in PEOPLE:
            for app, address in addresses(name, row.at, world):
                if (cell := row.meets(person, app)) not in {"ok", "any"}:
                    continue
                for method in [row.only] if row.only else ["GET", "POST"]:
                    if name in {"account_logout", "console-end-sessions"} and method == "POST":
                        continue  # they do let in, and out: the second is of the admin's own sessions here
                    with transaction.atomic():
                        client = clients[person]
                        answer = client.generic(method, address) if method == "GET" else client.post(address, body_of(row.send, world))
                        transaction.set_rollback(True)
                    if met(answer) != "ok" and not (cell == "any" and met(answer) != "error") and name != "readyz":
                        wrong.append((name, person, method, address, answer.status_code))

    assert wrong == [], "\n".join(map(str, wrong))


@pytest.mark.usefixtures("clock")
def test_looking_changes_nothing(clients: dict[str, Client], world: World) -> None:
    """W4: GET and HEAD of every address, by the one who may enter everything, leave every row as it was."""
    before, allowed = digest(), set()
    for name in [*(set(POLICY) - set(LOOKING_WRITES)), *LOOKING_WRITES]:
        allowed |= LOOKING_WRITES.get(name, set())
        for _app, address in addresses(name, POLICY[name].at, world):
            for method in ("GET", "HEAD"):
                status = clients["admin"].generic(method, address).status_code
                assert status < 500 or address == "/readyz", address  # no worker here: it says so with 503
        if name in LOOKING_WRITES:
            after = digest()
            assert {table for table in after if after[table] != before.get(table)} <= allowed, name


def test_every_post_needs_its_token(people: dict[str, Any], world: World) -> None:
    """W4: without the CSRF token nothing happens, at any address but those listed with their reason."""
    assert [name for name, one in ROUTES.items() if getattr(one.callback, "csrf_exempt", False)] == sorted(NO_TOKEN)
    client = Client(enforce_csrf_checks=True)
    client.force_login(people["admin"])
    before = digest()
    for name, row in POLICY.items():
        for _app, address in addresses(name, row.at, world) if name not in NO_TOKEN else ():
            assert client.post(address, row.send).status_code in {403, 404, 405}, address

    assert digest() == before


def test_what_is_read_by_all_is_still_edited_by_its_owner_alone(carol: Any, ann: Any, client_of: Any) -> None:
    """PLT-24: the organisation's default opens reading, not writing."""
    account = factories.make_account(ann, name="Open Corp")

    client = client_of(carol)

    assert client.get(f"/crm/accounts/{account.pk}/").status_code == 200
    assert client.get(f"/crm/accounts/{account.pk}/edit").status_code == 403
    assert client.post(f"/crm/accounts/{account.pk}/edit", {"name": "Hacked", "version": "1"}).status_code == 403
    account.refresh_from_db()
    assert account.name == "Open Corp"


@pytest.mark.parametrize("how", ["new", "edit"])
def test_a_link_to_a_record_one_may_not_see_is_refused_like_one_that_is_not_there(
    ann: Any, carol: Any, client_of: Any, how: str, world: World
) -> None:
    """A2: ids inside form fields tell nothing: the same answer for hidden and for missing."""
    hidden = factories.make_account(carol, name="Hidden Corp")
    client = client_of(ann)
    where = "/crm/contacts/new" if how == "new" else f"/crm/contacts/{world.records['crm.contact']}/edit"

    def send(pk: int) -> str:
        body = {"family_name": "Ito", "account": str(pk), "account__pk": str(pk), "account__title": str(pk), "version": "1"}
        answer = client.post(where, body)
        assert answer.status_code == 422
        return answer.content.decode().replace(str(pk), "PK")

    assert "Hidden Corp" not in send(hidden.pk)
    assert "There is no such record." in send(hidden.pk) and "There is no such record." in send(999_999)


def test_a_withdrawn_right_is_gone_at_the_next_request(ann: Any, client_of: Any) -> None:
    """A9: profile, app and account, in an open session."""
    from core.access.models import AppAccess, Profile

    lead, client = factories.make_lead(ann), client_of(ann)
    where = f"/crm/leads/{lead.pk}/edit"
    assert client.get(where).status_code == 200

    reads = Profile.objects.create(name="Reads", rights={"crm.lead": ["view"]})
    type(ann).objects.filter(pk=ann.pk).update(profile=reads)
    assert client.get(where).status_code == 403

    AppAccess.objects.filter(user=ann, app="crm").delete()
    assert client.get(where).status_code == 404

    type(ann).objects.filter(pk=ann.pk).update(is_active=False)
    assert client.get(where).status_code == 302


@pytest.mark.parametrize("page", ["/crm/leads/new", "/me/"])
def test_a_form_takes_its_own_fields_only(ann: Any, admin: Any, client_of: Any, page: str) -> None:
    """A5: level, profile, role, app, id and bookkeeping cannot be smuggled into any form."""
    from core.module.registry import module

    extra = {
        "level": "account",
        "profile": str(admin.profile_id),
        "is_active": "",
        "id": "99",
        "pk": "99",
        "version": "77",
        "email": "x@example.com",
    }
    extra |= {"score": "100", "created_by": str(admin.pk), "converted_at": "2026-01-01", "deleted_at": "2026-01-01", "extra": "{}"}
    body = {"family_name": "Ito", "language": "en", "time_zone": "Asia/Tokyo", "theme": "auto", "density": "normal"}

    client_of(ann).post(page, body | extra)

    fresh = type(ann).objects.get(pk=ann.pk)
    assert (fresh.level, fresh.profile_id, fresh.is_active, fresh.email) == ("", ann.profile_id, True, "ann@example.com")
    for lead in module("crm.lead").model.objects.all():
        assert (lead.score, lead.created_by, lead.converted_at, lead.deleted_at, lead.version) == (0, ann, None, None, 1)


def test_what_nobody_can_type_nobody_makes_by_hand(admin: Any, client_of: Any) -> None:
    """O4: a post is read from its network; a form for it would only fail."""
    client = client_of(admin)

    assert client.get("/social/posts/new").status_code == 403
    assert client.post("/social/posts/new", {"state": "open"}).status_code == 403
    assert client.get("/social/posts/import").status_code == 403
    assert "/social/posts/new" not in client.get("/social/posts/").content.decode()
