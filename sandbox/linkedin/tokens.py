"""Codes and tokens of LinkedIn: long ones, no rotation, and one set of scopes per member and app."""

import secrets
from dataclasses import dataclass

from ..store import Row, Store

CODE_LIFE_MS = 1_800_000
ACCESS_LIFE_MS = 5_184_000_000
REFRESH_LIFE_MS = 31_536_000_000
# "can exceed 1,000 characters": these do, so that no column of 1,000 passes its tests.
LENGTH = 840


@dataclass(frozen=True)
class Grant:
    """What a member agreed to."""

    client_id: str
    member: str
    redirect_uri: str
    scope: str


@dataclass(frozen=True)
class Pair:
    """The tokens of one answer; a refresh token for approved apps only."""

    access: str
    scope: str
    member: str
    refresh: str | None = None
    refresh_ends_ms: int = 0


def agree(store: Store, grant: Grant) -> str:
    """A code that can be exchanged once, within 30 minutes. Another set of scopes ends every earlier token."""
    for row in store.all("SELECT chain, scope FROM li_tokens WHERE member = ? AND client_id = ?", grant.member, grant.client_id):
        if set(row["scope"].split()) != set(grant.scope.split()):
            kill_chain(store, row["chain"])
    code = "AQ" + secrets.token_urlsafe(60)
    store.run(
        "INSERT INTO li_codes VALUES (?, ?, ?, ?, ?, ?, 0)",
        code,
        grant.client_id,
        grant.member,
        grant.redirect_uri,
        grant.scope,
        store.now_ms() + CODE_LIFE_MS,
    )
    return code


def exchange(store: Store, code: str, client_id: str, redirect_uri: str) -> Pair | None:
    """The tokens for a code, once."""
    found = store.one(
        "SELECT * FROM li_codes WHERE code = ? AND client_id = ? AND redirect_uri = ? AND used = 0 AND expires_ms > ?",
        code,
        client_id,
        redirect_uri,
        store.now_ms(),
    )
    if found is None:
        return None
    store.run("UPDATE li_codes SET used = 1 WHERE code = ?", code)
    chain, now = secrets.token_hex(8), store.now_ms()
    owner = (client_id, found["member"], found["scope"])
    access = _write(store, "access", "AQX", chain, *owner, now + ACCESS_LIFE_MS)
    if store.setting("li_refresh", "0") != "1":
        return Pair(access, found["scope"], found["member"])
    refresh = _write(store, "refresh", "AQW", chain, *owner, now + REFRESH_LIFE_MS)
    return Pair(access, found["scope"], found["member"], refresh, now + REFRESH_LIFE_MS)


def renew(store: Store, refresh: str, client_id: str) -> Pair | None:
    """A fresh access token; the refresh token stays the same, and so does the end of its year."""
    token = store.one("SELECT * FROM li_tokens WHERE token = ? AND kind = 'refresh' AND client_id = ?", refresh, client_id)
    if token is None or token["state"] != "live" or token["expires_ms"] <= store.now_ms():
        return None
    owner = (client_id, token["member"], token["scope"])
    access = _write(store, "access", "AQX", token["chain"], *owner, store.now_ms() + ACCESS_LIFE_MS)
    return Pair(access, token["scope"], token["member"], refresh, token["expires_ms"])


def find(store: Store, value: str, client_id: str | None = None) -> Row | None:
    """A token of any state."""
    return store.one("SELECT * FROM li_tokens WHERE token = ? AND (? IS NULL OR client_id = ?)", value, client_id, client_id)


def kill_chain(store: Store, chain: str) -> None:
    """Revoke every token that came from one agreement."""
    store.run("UPDATE li_tokens SET state = 'revoked' WHERE chain = ?", chain)


def revoke_member(store: Store, member: str) -> int:
    """What a member does under Permitted services: every token and every open code is dead."""
    store.run("UPDATE li_codes SET used = 1 WHERE member = ?", member)
    return store.run("UPDATE li_tokens SET state = 'revoked' WHERE member = ? AND state = 'live'", member)


def _write(store: Store, kind: str, mark: str, chain: str, client_id: str, member: str, scope: str, expires_ms: int) -> str:
    value = mark + secrets.token_urlsafe(LENGTH)
    store.run(
        "INSERT INTO li_tokens VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'live')",
        value,
        kind,
        chain,
        client_id,
        member,
        scope,
        store.now_ms(),
        expires_ms,
    )
    return value
