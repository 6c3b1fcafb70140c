"""A story needs people, a sandbox that speaks X, and workers that run when the test says so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from core.access.models import User
from core.remote import budget
from core.work import hints
from core.work.jobs import drain
from sandbox.running import Control, running
from social.connecting import connect_sandbox
from social.models import Brand, Channel, Stream
from social.pull import enqueue_due
from tests.cast import cast

CALLBACK = "http://localhost:8000/social/connect/x/callback"


@pytest.fixture
def people(db: None) -> dict[str, User]:
    return cast()


@pytest.fixture
def sandbox(settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Iterator[Control]:
    """A network of its own on a free port; nothing else can be reached."""
    with running(tmp_path / "sandbox.sqlite3") as control:
        settings.X_API = settings.X_SITE = control.url
        settings.X_CLIENT_ID, settings.X_CLIENT_SECRET = "sandbox-client", "sandbox-secret"
        settings.BASE_URL = "http://localhost:8000"
        settings.INNER_HOSTS = [urlsplit(control.url).netloc]
        settings.X_POLL_FLOOR = 1
        monkeypatch.setattr(hints, "send", lambda _job_id: True)
        forget_budgets()
        yield control
        forget_budgets()


def forget_budgets() -> None:
    """What was used of X's limits, and what it was paid for today already."""
    for pattern in ("budget:x:*", "seen:x:*"):
        for key in budget.redis().scan_iter(pattern):
            budget.redis().delete(key)


@pytest.fixture
def channel(people: dict[str, User], sandbox: Control) -> Channel:
    """@enishi_demo, connected, its past read."""
    found = connect_sandbox(people["root"], Brand.objects.create(name="Enishi"))
    drain()
    return found


def poll() -> None:
    """The clock strikes, and workers do what is due."""
    from core import clock

    Stream.objects.update(next_due=clock.now())
    enqueue_due(clock.now())
    drain()
