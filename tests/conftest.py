"""The cast, for every test: ann sells, bob leads her, carol is in another team, dave lacks the app, eve is nobody, and
admin looks after it all. Each has a signed-in client: `client_of(ann)`."""

from __future__ import annotations

import gc
import os
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.core.cache import cache
from django.core.files.storage import default_storage, storages
from django.test import Client
from django.utils import translation
from django.utils.functional import empty

from core import stamps
from core.access.models import Role, User
from tests import factories

NOON = datetime(2026, 5, 20, 3, 0, tzinfo=UTC)  # a Wednesday, noon in Tokyo


def pytest_configure() -> None:
    """Each process counts its calls to the outside in a part of Redis of its own, as its database is its own."""
    number = re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", ""))
    if number:
        settings.REDIS_URL = re.sub(r"/\d+$", f"/{int(number) + 1}", settings.REDIS_URL)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The long walks first, so that none is left to one process at the end. ENISHI_AGAIN=1 says that all ran on another
    database (`.ci/run`): what asks no database, or has no answer of its own there, is not run a second time."""
    items.sort(key=lambda one: not one.nodeid.startswith("tests/contracts/"))
    if os.environ.get("ENISHI_AGAIN"):
        config.hook.pytest_deselected(items=[one for one in items if not _asks_a_database(one)])
        items[:] = [one for one in items if _asks_a_database(one)]


# What is about doors, pages, words and the networks' protocols: the same over any database.
SAME_ANYWHERE = re.compile(
    r"tests/(contracts/test_(hostile|hostile_bodies|smuggled|forbidden|japanese|filter_panel|networks|networks_linkedin)"
    r"|core/test_messages|admin_console/test_levels"
    r"|social/test_(x|x_verbs|facebook|facebook_signin|linkedin|linkedin_signin|linkedin_talk|network_page))\.py"
)


def _asks_a_database(item: Any) -> bool:
    if SAME_ANYWHERE.match(item.nodeid):
        return False
    marks = any(item.get_closest_marker(name) for name in ("django_db", "postgres", "services"))
    return marks or not {"db", "transactional_db", "django_db_setup"}.isdisjoint(item.fixturenames)


def pytest_collection_finish() -> None:
    """What stands to the end of the run (modules, collected tests) is not looked through for garbage again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(autouse=True)
def fresh_stamps() -> Iterator[None]:
    """No test meets what another one left: cached configuration, counted tries, kept files, the language of its last page."""
    stamps._cache.clear()
    cache.clear()
    default_storage._wrapped = empty  # the store of the tests is in memory: asked next time, it is a new one
    storages._storages.clear()
    yield
    stamps._cache.clear()
    translation.deactivate()


@pytest.fixture
def clock() -> Iterator[Any]:
    """A moment that stands still; `clock.shift(seconds)` and `clock.move_to(moment)` move it."""
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def roles(db: None) -> dict[str, Role]:
    """top above sales (bob) above seller (ann); and beside them other (carol)."""
    top = factories.make_role("Top")
    sales = factories.make_role("Sales lead", top)
    return {
        "top": top,
        "sales": sales,
        "seller": factories.make_role("Seller", sales),
        "other": factories.make_role("Other team", top),
    }


@pytest.fixture
def ann(roles: dict[str, Role]) -> User:
    """Sells: Standard profile, below bob."""
    return factories.make_user("ann", role=roles["seller"])


@pytest.fixture
def bob(roles: dict[str, Role]) -> User:
    """Leads ann: sees what she owns."""
    return factories.make_user("bob", role=roles["sales"])


@pytest.fixture
def carol(roles: dict[str, Role]) -> User:
    """In another team: sees nothing of ann's."""
    return factories.make_user("carol", role=roles["other"])


@pytest.fixture
def dave(roles: dict[str, Role]) -> User:
    """Has a profile and a role, but no app."""
    return factories.make_user("dave", role=roles["seller"], apps=())


@pytest.fixture
def eve(db: None) -> User:
    """Can sign in and is nobody: no profile, no role, no app."""
    return factories.make_user("eve", profile=None, apps=())


@pytest.fixture
def admin(db: None) -> User:
    """The account admin: every right, every app."""
    return factories.make_user("admin", profile="Administrator", level="account", admin_of=factories.APPS)


@pytest.fixture
def client_of() -> Callable[[User], Client]:
    """A signed-in client of somebody."""

    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture(autouse=True)
def emptied_after(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that commits ends by emptying all tables: the audit log's guard steps aside for it, and is back after."""
    mark = request.node.get_closest_marker("django_db")
    commits = "transactional_db" in request.fixturenames or bool(mark and mark.kwargs.get("transaction"))
    if commits:
        request.getfixturevalue("transactional_db")
    yield
    if commits:
        from django.db import connection

        from core.signin import audit_table

        audit_table.unguard(connection)
