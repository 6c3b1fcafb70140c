"""A sandbox that plays Facebook, and the way of a person through its dialog."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from core.access.models import User
from core.remote import budget, http
from core.remote.network import network
from sandbox.running import Control
from social import connecting
from social.models import Brand, Channel
from social.networks.facebook import Facebook

FACTS: dict[str, Any] = json.loads((Path(__file__).parent.parent / "contracts" / "facts" / "facebook.json").read_text())
PAGE, CAFE, ROASTERY = "101010101010101", "101010101010102", "101010101010103"
APP, SECRET = "900000000000001", "sandbox-facebook-secret"
OWNER = "901"


def at_sandbox(settings: Any, control: Control) -> None:
    settings.FACEBOOK_API = settings.FACEBOOK_SITE = control.url
    settings.FACEBOOK_APP_ID, settings.FACEBOOK_APP_SECRET, settings.FACEBOOK_LEVEL = APP, SECRET, "advanced"
    settings.FACEBOOK_POLL_FLOOR = 1
    forget()


def forget() -> None:
    for key in budget.redis().scan_iter("budget:facebook:*"):
        budget.redis().delete(key)


def net() -> Facebook:
    found = network("facebook")
    assert isinstance(found, Facebook)
    return found


def agreed(address: str, *, without: tuple[str, ...] = (), pages: tuple[str, ...] = (PAGE,), decision: str = "agree") -> dict[str, str]:
    """What the person's browser brings back from Facebook's dialog."""
    url, _sep, query = address.partition("?")
    asked = dict(parse_qsl(query))
    pairs = [*asked.items(), ("decision", decision), ("person", OWNER), *(("page", one) for one in pages)]
    pairs += [("permission", one) for one in asked["scope"].split(",") if one not in without]
    form: Any = pairs  # one name several times
    answer = http.fetch("POST", url, form=form)
    return dict(parse_qsl(urlsplit(str(answer.headers.get("Location", ""))).query))


def connected(user: User, brand: Brand, **more: Any) -> list[Channel]:
    """The whole way, without a browser."""
    session: dict[str, Any] = {}
    return connecting.finish(session, user, net(), agreed(connecting.begin(session, user, net(), brand), **more))
