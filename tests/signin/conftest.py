"""For tests of signing in: limits begin anew, codes of an app can be made, mails can be opened."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.core import mail
from django.core.cache import cache
from django.test import Client

from core.signin import factor
from core.work.jobs import drain
from tests.factories import PASSWORD


@pytest.fixture(autouse=True)
def no_limits_yet() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def code(seed: str, turns: int = 0) -> str:
    """What an app with this seed shows now, or some turns of thirty seconds from now."""
    return totp.format_hotp_value(totp.hotp_value(seed, int(time.time()) // 30 + turns))


def give_app(user: Any) -> str:
    """An app for codes; gives its seed. The code of the turn before is spent."""
    seed = factor.new_seed()
    assert factor.add_app(user, seed, code(seed, -1))
    return seed


def sign_in(client: Client, email: str, password: str = PASSWORD, **more: Any) -> Any:
    return client.post("/accounts/login/", {"login": email, "password": password}, **more)


def is_in(client: Client) -> bool:
    return client.get("/me/").status_code == 200


def last_link() -> str:
    """The path of the link in the newest mail, after all mails were sent."""
    drain()
    found = re.search(r"https?://[^/\s]+(/\S+)", str(mail.outbox[-1].body))
    assert found is not None
    return found.group(1)
