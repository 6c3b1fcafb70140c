"""Signing in at a network: OAuth 2 with PKCE, started and finished (T1, T2, SOC-2). No views, no rows.

The state is random, bound to the session, the user and the network, good once and for ten minutes; the address to
come back to is fixed by settings.BASE_URL; the token host comes from the network's declaration only.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.utils.encoding import force_str
from django.utils.translation import gettext as _

from core import clock
from core.access.models import User

from . import http
from .errors import Limited, OutcomeUnknown, Rejected, Transient
from .network import Network
from .waits import retry_after

SESSION_KEY = "oauth"
LIFE = timedelta(minutes=10)
AT_ONCE = 5


class SignInRefused(Exception):
    """The sign-in cannot be finished. The message is for people and holds nothing from outside."""


class DeadToken(Exception):
    """The network does not know this refresh token any more."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a token endpoint gave. Shows no token when printed."""

    access: str = field(repr=False)
    refresh: str = field(repr=False, default="")
    expires_at: datetime | None = None
    scopes: tuple[str, ...] = ()
    # Who agreed at the network, where that is another than the account.
    granted_by: str = ""


@dataclass(frozen=True, slots=True)
class Started:
    """A sign-in that came back: what it was for, and the one-time code."""

    code: str = field(repr=False)
    verifier: str = field(repr=False)
    purpose: str = ""


def redirect_uri(net: Network) -> str:
    """The one address the network may send people back to."""
    return f"{settings.BASE_URL}/social/connect/{net.key}/callback"


def _name(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()


def start(session: MutableMapping[str, Any], user: User, net: Network, purpose: str = "", *, scopes: Sequence[str] | None = None) -> str:
    """Begin a sign-in; gives the address to send the browser to. `purpose` comes back at the end ("personal", "brand:7");
    `scopes` are asked for instead of the network's."""
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(64)
    begun = {"user": user.pk, "network": net.key, "verifier": verifier, "purpose": purpose, "at": clock.now().timestamp()}
    pending = dict(session.get(SESSION_KEY) or {})
    session[SESSION_KEY] = {**dict(list(pending.items())[-AT_ONCE + 1 :]), _name(state): begun}
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    query = {
        "response_type": "code",
        "client_id": net.client_id,
        "redirect_uri": redirect_uri(net),
        "scope": net.scope_joint.join(scopes or net.scopes),
        "state": state,
        **({"code_challenge": challenge, "code_challenge_method": "S256"} if net.pkce else {}),
        **net.asked_also,
    }
    return f"{net.authorize_url}?{urlencode(query)}"


def purpose_of(session: Mapping[str, Any], query: Mapping[str, str]) -> str:
    """What the sign-in that came back was begun for; empty for one that was not begun here. `finish` checks it."""
    begun = dict(session.get(SESSION_KEY) or {}).get(_name(str(query.get("state") or "")))
    return str(begun["purpose"]) if begun else ""


def finish(session: MutableMapping[str, Any], user: User, net: Network, query: Mapping[str, str]) -> Started:
    """Check what came back. Raises SignInRefused for a state that is strange, used, old, or of another user or network."""
    pending = dict(session.get(SESSION_KEY) or {})
    begun = pending.pop(_name(str(query.get("state") or "")), None)
    session[SESSION_KEY] = pending
    old = begun is not None and clock.now().timestamp() - begun["at"] > LIFE.total_seconds()
    if begun is None or old or begun["user"] != user.pk or begun["network"] != net.key:
        raise SignInRefused(_("This sign-in was not started here, or is too old. Please begin again."))
    if query.get("error") in net.cancelled:
        raise SignInRefused(_("The sign-in was cancelled at the network."))
    if query.get("error") in net.told_back:
        raise SignInRefused(force_str(net.told_back[str(query["error"])]))
    if query.get("error") or not query.get("code"):
        raise SignInRefused(_("The network did not finish the sign-in. Please begin again."))
    return Started(str(query["code"]), begun["verifier"], begun["purpose"])


def exchange(net: Network, started: Started) -> Tokens:
    """The code for tokens, as the network keeps them. Raises DeadToken for a code that is used or old, Transient,
    OutcomeUnknown, Rejected, Limited."""
    form = {"grant_type": "authorization_code", "code": started.code, "redirect_uri": redirect_uri(net)}
    given: Tokens = net.settled(_ask(net, {**form, "code_verifier": started.verifier} if net.pkce else form))
    return given


def refresh(net: Network, refresh_token: str) -> Tokens:
    """A new pair. Raises like `exchange`; only DeadToken means that the owner has to sign in again."""
    return _ask(net, {"grant_type": "refresh_token", "refresh_token": refresh_token})


def trade(net: Network, form: dict[str, str]) -> Tokens:
    """One token for another, by a grant that the network has of its own. Raises like `exchange`."""
    return _ask(net, form)


def revoke(net: Network, token: str) -> None:
    """Tell the network that a token is not wanted any more. Raises Rejected, Transient, OutcomeUnknown."""
    if not net.revoke_url:
        return
    answer = _call(net, net.revoke_url, {"token": token})
    if not answer.ok:
        raise Rejected(detail=f"revoke {answer.status}")


def app_token(net: Network) -> str:
    """The token of the app itself, by its key and secret. Raises Rejected, Limited, Transient."""
    form, headers = {"grant_type": "client_credentials"}, {"Accept": "application/json"}
    answer = http.fetch("POST", net.app_token_url, form=form, basic=net.app_pair(), headers=headers)
    said = answer.json_or_none()
    token = said.get("access_token") if isinstance(said, dict) else None
    if answer.status == 429:
        raise Limited(clock.now() + timedelta(seconds=retry_after(answer, 60)))
    if answer.status >= 500 or (answer.ok and not isinstance(token, str)):
        raise Transient(f"app token {answer.status}")
    if not answer.ok:
        raise Rejected(detail=f"app token {answer.status}")
    return str(token)


def _call(net: Network, url: str, form: dict[str, str]) -> http.Answer:
    basic = None
    if net.client_auth == "basic" and net.client_secret:
        basic = (net.client_id, net.client_secret)
    else:
        form = {**form, "client_id": net.client_id, **({"client_secret": net.client_secret} if net.client_secret else {})}
    return http.fetch("POST", url, form=form, basic=basic, headers={"Accept": "application/json"})


def _ask(net: Network, form: dict[str, str]) -> Tokens:
    answer = _call(net, net.token_url, form)
    said = answer.json_or_none()
    said = said if isinstance(said, dict) else {}
    if answer.status == 429:
        raise Limited(clock.now() + timedelta(seconds=retry_after(answer, 60)))
    if answer.status >= 500 or (answer.ok and not isinstance(said.get("access_token"), str)):
        raise OutcomeUnknown(f"token endpoint {answer.status}")
    if not answer.ok:
        _refused(answer.status, said, form["grant_type"])
    seconds = said.get("expires_in")
    expires_at = clock.now() + timedelta(seconds=float(seconds)) if isinstance(seconds, int | float) else None
    scopes = tuple(str(said.get("scope") or "").replace(",", " ").split())
    return Tokens(said["access_token"], str(said.get("refresh_token") or ""), expires_at, scopes)


def _refused(status: int, said: dict[str, Any], grant: str) -> None:
    """A refusal in JSON by the token endpoint itself. Anything else (a proxy's page) says nothing about the token."""
    error, words = said.get("error"), str(said.get("error_description") or "").lower()
    # X answers a dead refresh token with invalid_request "Value passed for the token was invalid." (social-APIs 4.8)
    # A code that is used, old or of somebody else is an invalid_request at X and at LinkedIn.
    if (
        error == "invalid_grant"
        or (error == "invalid_request" and grant == "authorization_code")
        or (error == "invalid_request" and "token was invalid" in words)
    ):
        raise DeadToken
    if error:
        raise Rejected(detail=f"token endpoint {status}")
    raise Transient(f"token endpoint {status}")
