"""The cast, the sandbox and a connected channel, as the stories have them; and the same at Facebook."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from core.access.models import User
from core.work.jobs import drain
from sandbox.running import Control
from social.models import Brand, Channel
from tests.flows.conftest import channel, people, sandbox  # noqa: F401

from . import linkedin_cast
from .facebook_cast import at_sandbox, connected, forget


@pytest.fixture
def graph(settings: Any, sandbox: Control) -> Iterator[Control]:  # noqa: F811
    """The sandbox as Facebook."""
    at_sandbox(settings, sandbox)
    yield sandbox
    forget()


@pytest.fixture
def our_page(people: dict[str, User], graph: Control) -> Channel:  # noqa: F811
    """A page, connected, its past read."""
    found = connected(people["root"], Brand.objects.create(name="Enishi"))[0]
    drain()
    return found


@pytest.fixture
def linked(settings: Any, sandbox: Control) -> Iterator[Control]:  # noqa: F811
    """The sandbox as LinkedIn."""
    linkedin_cast.at_sandbox(settings, sandbox)
    yield sandbox
    linkedin_cast.forget()


@pytest.fixture
def company(people: dict[str, User], linked: Control) -> Channel:  # noqa: F811
    """A company page, connected, its past read."""
    found = linkedin_cast.connected(people["root"], Brand.objects.create(name="Enishi"))[0]
    drain()
    return found
