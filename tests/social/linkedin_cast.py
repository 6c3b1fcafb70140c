"""A sandbox that plays LinkedIn, and the way of a member through its consent."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from core.access.models import User
from core.remote import budget, http
from core.remote import connection as tokens
from core.remote.models import PERSONAL, Connection
from core.remote.network import network
from sandbox.running import Control
from social import connecting
from social.models import Brand, Channel
from social.networks.linkedin import LinkedIn

FACTS: dict[str, Any] = json.loads((Path(__file__).parent.parent / "contracts" / "facts" / "linkedin.json").read_text())
APP, SECRET = "sandbox-linkedin", "sandbox-linkedin-secret"
# The number the sandbox has for this app.
NUMBER = "166494799"
PAGE, MEI, SHUN = "urn:li:organization:5515715", "urn:li:person:782bbtaQ", "urn:li:person:5kTq81xW"
HANAKO, HARRIET, RYO, MIWAKO = "urn:li:person:8675309abc", "urn:li:person:Wm28harT", "urn:li:person:Kt07rYo1", "urn:li:person:Hk3nW9sa"


def at_sandbox(settings: Any, control: Control, level: str = "cm_standard") -> None:
    settings.LINKEDIN_API = settings.LINKEDIN_SITE = control.url
    settings.LINKEDIN_CLIENT_ID, settings.LINKEDIN_CLIENT_SECRET, settings.LINKEDIN_APP_ID = APP, SECRET, NUMBER
    settings.LINKEDIN_POLL_FLOOR = 1
    # A version lives for a year: this month's is alive whenever these tests run.
    settings.LINKEDIN_VERSION = f"{datetime.now(UTC):%Y%m}"
    at_level(settings, control, level)
    forget()


def at_level(settings: Any, control: Control, level: str) -> None:
    """The same level here and there; historic is granted beside the one for pages."""
    settings.LINKEDIN_LEVEL = f"cm_standard,{level}" if level == "historic" else level
    control.do("linkedin/level", level=level)


def forget() -> None:
    for key in budget.redis().scan_iter("budget:linkedin:*"):
        budget.redis().delete(key)


def net() -> LinkedIn:
    found = network("linkedin")
    assert isinstance(found, LinkedIn)
    return found


def agreed(address: str, *, member: str = "maeda-mei", decision: str = "allow") -> dict[str, str]:
    """What the member's browser brings back."""
    url, _sep, query = address.partition("?")
    answer = http.fetch("POST", url, form={**dict(parse_qsl(query)), "decision": decision, "member": member})
    return dict(parse_qsl(urlsplit(str(answer.headers.get("Location", ""))).query))


def connected(user: User, brand: Brand, **more: Any) -> list[Channel]:
    """The whole way of a page, without a browser."""
    session: dict[str, Any] = {}
    return connecting.finish(session, user, net(), agreed(connecting.begin(session, user, net(), brand), **more))


def own_account(user: User, member: str = "maeda-mei") -> Connection:
    """Somebody's own account, by the same way."""
    from core.remote import oauth

    session: dict[str, Any] = {}
    back = agreed(oauth.start(session, user, net(), "personal"), member=member)
    given = oauth.exchange(net(), oauth.finish(session, user, net(), back))
    person = net().who(given.access)
    chain = tokens.store_tokens(net(), person.outside_id, given)
    return tokens.connect(chain, kind=PERSONAL, owner=user, handle=person.handle, name=person.name)
