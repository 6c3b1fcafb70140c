"""Codes and tokens: issued, exchanged, rotated, killed as a chain."""

import base64
import hashlib
import secrets
from dataclasses import dataclass

from ..store import Row, Store

CODE_LIFE_MS = 30_000
ACCESS_LIFE_MS = 7_200_000
# "about 6 months" is what people report; no page says it.
REFRESH_LIFE_MS = 180 * 86_400_000
OFFLINE = "offline.access"


@dataclass(frozen=True)
class Grant:
    """What a person agreed to."""

    client_id: str
    person: int
    redirect_uri: str
    scope: str
    challenge: str


@dataclass(frozen=True)
class Pair:
    """The tokens of one exchange; no refresh token without offline.access."""

    access: str
    refresh: str | None
    scope: str


def write_code(store: Store, grant: Grant) -> str:
    """A code that can be exchanged once, within 30 seconds."""
    code = secrets.token_urlsafe(48)
    expires = store.now_ms() + CODE_LIFE_MS
    store.run(
        "INSERT INTO codes VALUES (?, ?, ?, ?, ?, ?, ?, 0)",
        code,
        grant.client_id,
        grant.person,
        grant.redirect_uri,
        grant.scope,
        grant.challenge,
        expires,
    )
    return code


def live_code(store: Store, code: str, client_id: str) -> Row | None:
    """The code, if this app may still exchange it."""
    return store.one(
        "SELECT * FROM codes WHERE code = ? AND client_id = ? AND used = 0 AND expires_ms > ?", code, client_id, store.now_ms()
    )


def use_code(store: Store, code: Row) -> Pair:
    """Exchange a code for the first pair of a new chain."""
    store.run("UPDATE codes SET used = 1 WHERE code = ?", code["code"])
    return _pair(store, secrets.token_hex(8), code["client_id"], code["person"], code["scope"])


def rotate(store: Store, refresh: str, client_id: str) -> Pair | None:
    """A new pair for a refresh token; one that was used before kills its whole chain."""
    token = store.one("SELECT * FROM tokens WHERE token = ? AND kind = 'refresh' AND client_id = ?", refresh, client_id)
    if token is None:
        return None
    if token["state"] == "used":
        kill_chain(store, token["chain"])
    if token["state"] != "live" or token["expires_ms"] <= store.now_ms():
        return None
    store.run("UPDATE tokens SET state = 'used' WHERE token = ?", refresh)
    return _pair(store, token["chain"], client_id, token["person"], token["scope"])


def kill_chain(store: Store, chain: str) -> None:
    """Revoke every token that came from one agreement."""
    store.run("UPDATE tokens SET state = 'revoked' WHERE chain = ?", chain)


def revoke(store: Store, value: str, client_id: str) -> None:
    """What an app does on signing out: a refresh token takes its chain along, an access token goes alone."""
    token = store.one("SELECT * FROM tokens WHERE token = ? AND client_id = ?", value, client_id)
    if token is None:
        return
    if token["kind"] == "refresh":
        kill_chain(store, token["chain"])
    else:
        store.run("UPDATE tokens SET state = 'revoked' WHERE token = ?", value)


def revoke_person(store: Store, person: int) -> int:
    """What a person does under Connected apps: every token of theirs is dead."""
    store.run("UPDATE codes SET used = 1 WHERE person = ?", person)
    return store.run("UPDATE tokens SET state = 'revoked' WHERE person = ? AND state <> 'revoked'", person)


def app_token(store: Store, client_id: str) -> str:
    """The token of the app itself; the same one every time, as X does."""
    known = store.one("SELECT token FROM tokens WHERE kind = 'app' AND client_id = ? AND state = 'live'", client_id)
    if known:
        return str(known["token"])
    value = "AAAAAAAAAAAAAAAAAAAAA" + secrets.token_urlsafe(48)
    store.run("INSERT INTO tokens VALUES (?, 'app', ?, ?, NULL, '', NULL, 'live')", value, secrets.token_hex(8), client_id)
    return value


def bearer(store: Store, value: str) -> Row | None:
    """The token of an API call, if it is good now."""
    return store.one(
        "SELECT * FROM tokens WHERE token = ? AND kind <> 'refresh' AND state = 'live' AND (expires_ms IS NULL OR expires_ms > ?)",
        value,
        store.now_ms(),
    )


def challenge_of(verifier: str) -> str:
    """RFC 7636, S256."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _pair(store: Store, chain: str, client_id: str, person: int, scope: str) -> Pair:
    now = store.now_ms()
    access = secrets.token_urlsafe(60)
    insert = "INSERT INTO tokens VALUES (?, ?, ?, ?, ?, ?, ?, 'live')"
    store.run(insert, access, "access", chain, client_id, person, scope, now + ACCESS_LIFE_MS)
    refresh = None
    if OFFLINE in scope.split():
        refresh = secrets.token_urlsafe(60)
        store.run(insert, refresh, "refresh", chain, client_id, person, scope, now + REFRESH_LIFE_MS)
    return Pair(access, refresh, scope)
