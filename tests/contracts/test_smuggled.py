"""Fields that no form declares, smuggled into every POST there is (A5): what the act does with them it does without them, too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models, transaction
from django.test import Client

from core import stamps
from core.signin.models import AuditEntry
from core.web.refused import DENIED
from core.work import hints
from tests.contracts.policy import POLICY
from tests.contracts.walk import World, addresses, body_of, build

pytestmark = pytest.mark.django_db
# What an attacker would name: columns of rights, owners, bookkeeping, keys; and columns of the tables a form writes.
NAMES = (
    "owner owner_id user user_id organisation organization is_superuser is_staff is_active is_admin level profile role status state id pk "
    "created_by created_by_id created_at changed_at deleted_at left_at joined_at version extra score converted_at built_in rights features "
    "fields path parent email password last_login job job_id by by_id at expires_at used_at digest actor actor_id way shared users roles "
    "module record_id target criteria source peers default number act kind stage pipeline account contact lead"
).split()


# What the form of another page declares for an address.
ELSEWHERE = {"choose-view": {"default"}}
MODULES = re.compile(r"/(crm|social)/(accounts|contacts|deals|activities|posts)/")


Rows = list[tuple[Any, ...]]


@cache
def tables() -> dict[str, tuple[list[str], str]]:
    """The columns of every table, and how its rows are read: plainly, since this is done a thousand times."""
    made = {}
    for model in apps.get_models(include_auto_created=True):
        meta: Any = model._meta
        names = [one.column for one in meta.concrete_fields if not isinstance(one, models.BinaryField)]
        which = f" WHERE act <> '{DENIED}'" if model is AuditEntry else ""
        made[meta.db_table] = (
            names,
            f"SELECT {', '.join(map(quote, names))} FROM {quote(meta.db_table)}{which} ORDER BY {quote(meta.pk.column)}",
        )
    return made


def quote(name: str) -> str:
    return connection.ops.quote_name(name)


def state() -> dict[str, Rows]:
    """All rows of every table."""
    made = {}
    with connection.cursor() as cursor:
        for table, (_names, sql) in tables().items():
            cursor.execute(sql)
            made[table] = cursor.fetchall()
    return made


def differing(honest: dict[str, Rows], again: dict[str, Rows], forged: dict[str, Rows]) -> list[tuple[str, str, str, str]]:
    """The columns that two honest turns leave alike, and a forged one does not."""
    found = []
    for table, (names, _sql) in tables().items():
        if honest[table] == forged[table]:
            continue
        for at, name in enumerate(names):
            one, two, other = ([row[at] for row in rows[table]] for rows in (honest, again, forged))
            if one == two != other:
                found.append((table, name, repr(one)[-200:], repr(other)[-200:]))
    return found


def posts(world: World) -> Iterator[tuple[str, dict[str, Any], set[str]]]:
    """Every address that takes a POST, with the body of somebody who may, and the names another page's form declares for it."""
    for name, row in POLICY.items():
        if row.only == "GET" or name in {"account_logout", "healthz", "readyz"}:
            continue
        for _app, address in addresses(name, row.at, world):
            yield address, body_of(row.send, world), ELSEWHERE.get(name, set())


def declared(client: Client, address: str) -> set[str]:
    """The names of the inputs on the page of this address, those that come with a choice included."""
    answer = client.get(address)
    if answer.status_code != 200 or answer.streaming:
        return set()
    return set(re.findall(r'name="([^"]+)"', answer.content.decode(errors="replace")))


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("kind", ["admin", "rep"])
def test_no_form_takes_what_it_does_not_declare(kind: str, ann: Any, admin: Any, carol: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A5: every POST once as it should be and once with sixty names more: the same rows with the same values in every table.

    What is random in an act (keys, tokens) differs between two honest turns as well: such columns are found by doing it twice.
    """
    monkeypatch.setattr(hints, "send", lambda job_id: True)
    world, client = build(ann), Client(raise_request_exception=False)
    client.force_login(admin if kind == "admin" else ann)
    client.get("/me/")
    smuggled = {name: str(carol.pk) for name in NAMES} | {
        "level": "account", "is_active": "", "email": "x@example.com", "password": "Hacked-hacked-1", "extra": "{}", "version": "77",
        "created_at": "2001-01-01", "deleted_at": "2001-01-01", "state": "done", "status": "closed", "rights": "{}", "features": "[]",
        "way": "system", "shared": "all", "act": "7d0f4e3e-8f43-4e4f-9a60-1f3a1f1d2c3b", "kind": "call", "module": "crm.account",
    }  # fmt: skip

    def turn(address: str, body: dict[str, Any]) -> dict[str, Rows]:
        with transaction.atomic():
            client.post(address, body)
            found = state()
            transaction.set_rollback(True)
        stamps._cache.clear()
        stamps.forget()
        return found

    wrong, acted, before = [], 0, state()
    for address, body, elsewhere in posts(world):
        if kind == "rep" and MODULES.match(address):
            continue  # the pages of every module are the same code: a rep tries those of two
        known = declared(client, address) | elsewhere | set(body)
        more = {name: value for name, value in smuggled.items() if name not in known}
        honest, forged = turn(address, body), turn(address, {**more, **body})
        acted += honest != before
        again = turn(address, body) if honest != forged else honest
        if differs := differing(honest, again, forged):
            wrong.append((address, differs[:4]))

    assert wrong == [], "\n".join(map(str, wrong))
    assert acted > 20, "a body that does nothing proves nothing"
