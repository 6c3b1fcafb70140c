"""The cast, the sandbox and a connected channel, as the stories have them; and the same at Facebook."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from core.access.models import User
from core.work.jobs import drain
from sandbox.running import Control
from social.models import Brand, Channel
from tests import factories
from tests.flows.conftest import channel, people, poll, sandbox  # noqa: F401

from . import linkedin_cast
from .facebook_cast import at_sandbox, connected, forget
from .talk_cast import EMMA


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


@pytest.fixture
def emma(people: dict[str, User], sandbox: Control, channel: Channel) -> Any:  # noqa: F811
    """A lead whose handle is Emma's; she asked us something."""
    sandbox.say(EMMA, "@enishi_demo Where is my radio?")
    poll()
    return factories.make_lead(people["ann"], family_name="Wright", given_name="Emma", x_handle=EMMA)
