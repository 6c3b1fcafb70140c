"""What LinkedIn's refusals mean: by status, serviceErrorCode and code (LinkedIn: Error handling, Rate limiting).

Words are read twice only, where no code tells: the DAY of a limit that ends at midnight, and the URN of the post that a second one
with the same words repeats. An answer that is none of LinkedIn's (a proxy's page) never ends a sign-in.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from core import clock
from core.remote.budget import from_midnight
from core.remote.errors import (
    AlreadyDone,
    Faulty,
    Gone,
    Limited,
    LimitedToday,
    NotAllowed,
    OutcomeUnknown,
    Rejected,
    RemoteError,
    Revoked,
    Stale,
    Transient,
    Unsettled,
    Words,
)
from core.remote.http import Answer
from core.remote.network import Asked

from .shapes import as_dict

# What a 422 without a code is about, by what was asked for.
ABOUT: dict[str, Words] = {
    "comments.create": _("Comments are closed below this post."),
    "invitations": _("LinkedIn does not take this invitation: you are connected already, or one is waiting for an answer."),
    "messages": _("LinkedIn takes messages to your own connections only."),
}
# A pause in the middle of a day: without a header, about a minute.
BURST = 60.0
INVALID, REVOKED, EXPIRED, EMPTY = 65600, 65601, 65602, 65604
# The permissions a call needs; where one of them was not granted, a 403 is about that.
_READS = ("rw_organization_admin", "r_organization_social_feed")
NEEDS = {
    "people": ("r_basicprofile",),
    "people.search": ("r_network",),
    "people.full": ("r_fullprofile",),
    "org.acls": ("rw_organization_admin",),
    "org": ("rw_organization_admin",),
    "org.by_vanity": ("rw_organization_admin",),
    "org.followers": ("r_organization_social",),
    "notifications": _READS,
    "comments.list": ("r_organization_social_feed",),
    "comments.get": ("r_organization_social_feed",),
    "subscribe": _READS,
    "messages": ("w_messages",),
    "invitations": ("w_invitations",),
    "network_updates": ("r_network",),
}
_DUPLICATE = re.compile(r"urn:li:(?:share|ugcPost|activity):[0-9]{1,19}")


def meaning(answer: Answer, asked: Asked) -> RemoteError | None:
    """What a refusal means, or None for what means the same at every network."""
    said = as_dict(answer.json_or_none())
    support = answer.headers.get("x-li-uuid") or ""
    if answer.status == 401:
        return _unauthorized(said, asked)
    if answer.status == 429:
        return _limited(str(said.get("message") or ""))
    if answer.status == 403:
        return NotAllowed(_lacking(asked), f"403 {said.get('serviceErrorCode') or ''}".strip())
    if answer.status in {404, 410}:
        return Gone(str(answer.status)) if said else Transient(f"{answer.status} without a body")
    if answer.status == 409:
        return Transient("409")
    if answer.status in {400, 422}:
        return _refused(answer.status, said, support, asked.endpoint)
    if answer.status == 426:
        return Faulty("426: LINKEDIN_VERSION is too old", support)
    if answer.status >= 500:
        return OutcomeUnknown(str(answer.status)) if asked.writing else Transient(str(answer.status))
    return None


def _unauthorized(said: dict[str, Any], asked: Asked) -> RemoteError:
    code = said.get("serviceErrorCode")
    if code == REVOKED and asked.fresh:
        return Unsettled("65601 on a token of seconds")
    if code == EXPIRED:
        return Stale("65602")
    if code == EMPTY:
        return Faulty("65604")
    if code in {INVALID, REVOKED}:
        return Revoked(str(code))
    return Stale("401") if said else Transient("401 without a body")


def _limited(words: str) -> Limited:
    """A day's limit ends at 00:00 UTC, and only these words tell whose it is; everything else is a pause of about a minute."""
    now = clock.now()
    if " DAY " in f" {words} ":
        return LimitedToday(from_midnight(now), per="app" if "APPLICATION" in words else "user")
    return Limited(now + timedelta(seconds=BURST))


def _lacking(asked: Asked) -> str:
    return next((one for one in NEEDS.get(asked.endpoint, ()) if asked.scopes and one not in asked.scopes), "")


def _refused(status: int, said: dict[str, Any], support: str, endpoint: str) -> RemoteError:
    found = as_dict(said.get("errorDetails")).get("inputErrors")
    errors = [as_dict(one) for one in found] if isinstance(found, list) else []
    codes = [str(one.get("code") or "") for one in errors]
    if "DUPLICATE_POST" in codes:
        first = _DUPLICATE.search(str(said.get("message") or ""))
        return AlreadyDone(first[0] if first else "")
    if codes or status == 400:
        return Faulty(f"{status} {' '.join(codes) or said.get('code') or ''}".strip(), support)
    return Rejected(ABOUT.get(endpoint, ""), "422")
