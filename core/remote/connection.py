"""Tokens that are always fresh, refreshed by one at a time (SOC-2, SOC-3, T3).

X and others replace a refresh token at each use and may revoke the whole family when an old one comes back. So one
worker holds a lease on the row, calls outside any transaction, and commits the new pair before anybody uses it.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from core import clock
from core.access.models import User

from . import oauth
from .errors import Limited, OutcomeUnknown, Rejected, RemoteError, Revoked, Transient
from .models import ACTIVE, NEEDS_SIGNIN, REVOKED_HERE, Connection, TokenChain
from .network import Network, network
from .oauth import Tokens
from .secrets import SealBroken, Secret

logger = logging.getLogger(__name__)

# Longer than the longest refresh call (connect, read, whole body), twice.
LEASE = timedelta(seconds=100)
KEEP_PREVIOUS = timedelta(hours=24)
# A share of a token's life; below it the token is refreshed.
EARLY = 0.1
# How long somebody without a valid token waits for the one who refreshes, in seconds.
PATIENCE = 5.0
OK_EVERY = timedelta(minutes=1)

_signin_listeners: list[Callable[[TokenChain], None]] = []


def on_needs_signin(listener: Callable[[TokenChain], None]) -> Callable[[TokenChain], None]:
    """Register what happens when a sign-in has ended: called once per ending, in the transaction that notes it."""
    _signin_listeners.append(listener)
    return listener


def store_tokens(net: Network, outside_id: str, tokens: Tokens) -> TokenChain:
    """Keep the tokens of a finished sign-in. The chain of this outside user is made or replaced, and active."""
    now = clock.now()
    fresh = {
        "access": tokens.access,
        "refresh": tokens.refresh,
        "expires_at": tokens.expires_at,
        "scopes": list(tokens.scopes),
        "granted_by": tokens.granted_by,
        "state": ACTIVE,
        "state_reason": "",
        "issued_at": now,
        "refreshed_at": now,
        "last_ok_at": now,
        "refresh_lease": None,
        "refresh_lease_until": None,
    }
    with transaction.atomic():
        chain, made = TokenChain.objects.get_or_create(network=net.key, client_id=net.client_id, outside_id=outside_id, defaults=fresh)
        if not made:
            chain = TokenChain.objects.select_for_update().get(pk=chain.pk)
            for name, value in {**fresh, "version": chain.version + 1, "previous_refresh": "", "previous_until": None}.items():
                setattr(chain, name, value)
            chain.save()
    return chain


class Taken(Exception):
    """The outside account is linked to somebody else already (T5)."""

    def __init__(self, holder: Connection) -> None:
        super().__init__("taken")
        self.holder = holder


def let_go(net: Network, outside_id: str) -> bool:
    """Whether the outside account was disconnected here, so that anybody may link it anew; asked before its tokens are
    stored, in one transaction with that, so that of two people one is the first."""
    chains = TokenChain.objects.select_for_update()
    return chains.filter(network=net.key, client_id=net.client_id, outside_id=outside_id, state=REVOKED_HERE).first() is not None


def connect(chain: TokenChain, *, kind: str, owner: User, free: bool = False, ends_at: datetime | None = None, **shown: str) -> Connection:
    """Link somebody to an outside account, or freshen the link. Raises Taken if another one holds it and it is not `free`.

    `shown` are label, handle, name and picture_url; at `ends_at` it is taken off by itself.
    """
    with transaction.atomic():
        row, made = Connection.objects.get_or_create(chain=chain, kind=kind, defaults={"network": chain.network, "owner": owner, **shown})
        if not made:
            let_go_of = row.closed_at is not None or row.chain.state == REVOKED_HERE
            if row.owner_id != owner.pk and not free and not let_go_of:
                raise Taken(row)
            for name, value in {"owner": owner, "closed_at": None, **shown}.items():
                setattr(row, name, value)
        if not made or ends_at:
            row.ends_at = ends_at
            row.save()
    return row


def leave(row: Connection) -> bool:
    """Take a connection off: from this moment nothing goes out for it. Its chain is closed with it, unless another one uses the
    same outside account. True if it was closed, so that a job has to `sign_out` (T6)."""
    with transaction.atomic():
        chain = TokenChain.objects.select_for_update().get(pk=row.chain_id)
        Connection.objects.filter(pk=row.pk, closed_at=None).update(closed_at=clock.now())
        shared = Connection.objects.filter(chain=chain, closed_at=None).exists()
        if not shared:
            close(chain)
    row.refresh_from_db()
    return not shared


def fresh_access_token(chain: TokenChain) -> Secret:
    """A token that is good for a while; `chain` is read anew. Raises Revoked if the owner has to sign in, Transient.

    Fewer than 10 % of its life left: it is refreshed, by one caller; the others use the old one while it lasts.
    """
    chain.refresh_from_db()
    if chain.state != ACTIVE:
        raise Revoked(chain.state_reason or chain.state)
    now = clock.now()
    if chain.expires_at is None or now < _early(chain):
        return _opened(chain)
    if not chain.refresh:
        if now < chain.expires_at:
            return _opened(chain)
        needs_signin(chain, chain.version, "expired")
        raise Revoked("expired, nothing to refresh with")
    return renewed_access_token(chain, chain.version, still_good=now < chain.expires_at)


def _early(chain: TokenChain) -> datetime:
    assert chain.expires_at
    return chain.expires_at - (chain.expires_at - chain.refreshed_at) * EARLY


def _opened(chain: TokenChain) -> Secret:
    secret: Secret = chain.access
    try:
        secret.reveal()
    except SealBroken as error:
        needs_signin(chain, chain.version, "key")
        raise Revoked("the key is missing") from error
    return secret


def renewed_access_token(chain: TokenChain, seen: int, *, still_good: bool = False) -> Secret:
    """A token newer than version `seen`: refreshed by us, or by whoever is at it. Raises Revoked, Transient.

    With `still_good` nobody waits for another's refresh: the present token is given.
    """
    ends = time.monotonic() + PATIENCE
    while True:
        lease = uuid.uuid4()
        now = clock.now()
        free = Q(refresh_lease_until=None) | Q(refresh_lease_until__lt=now)
        mine = TokenChain.objects.filter(free, pk=chain.pk, version=seen, state=ACTIVE)
        if mine.update(refresh_lease=lease, refresh_lease_until=now + LEASE):
            return _refresh(chain, lease)
        chain.refresh_from_db()
        if chain.state != ACTIVE:
            raise Revoked(chain.state_reason or chain.state)
        if chain.version != seen or still_good:
            return _opened(chain)
        if time.monotonic() > ends:
            raise Transient("somebody else is refreshing")
        time.sleep(0.05)  # the other one's call takes a moment; a re-scheduled job would take longer


def _refresh(chain: TokenChain, lease: uuid.UUID) -> Secret:
    """We hold the lease: call, commit the new pair, give it. The lease is given back whatever happens."""
    chain.refresh_from_db()
    held = TokenChain.objects.filter(pk=chain.pk, refresh_lease=lease)
    try:
        tokens = _asked(chain)
        now = clock.now()
        kept = held.update(
            access=tokens.access,
            refresh=tokens.refresh or chain.refresh,
            previous_refresh=chain.refresh if tokens.refresh else "",
            previous_until=now + KEEP_PREVIOUS,
            expires_at=tokens.expires_at,
            version=chain.version + 1,
            refreshed_at=now,
            refresh_lease=None,
            refresh_lease_until=None,
        )
        chain.refresh_from_db()
        if not kept and chain.state == ACTIVE:
            raise Transient("the refresh took too long")
        if not kept:
            raise Revoked(chain.state_reason or chain.state)
        return _opened(chain)
    finally:
        held.update(refresh_lease=None, refresh_lease_until=None)


def _asked(chain: TokenChain) -> Tokens:
    """Ask the network for a new pair. Only a dead token ends the sign-in; trouble on the line never does (rule 6)."""
    net = network(chain.network)
    try:
        secrets = [chain.refresh.reveal()]
        if chain.previous_refresh and chain.previous_until and clock.now() < chain.previous_until:
            secrets.append(chain.previous_refresh.reveal())
    except SealBroken as error:
        needs_signin(chain, chain.version, "key")
        raise Revoked("the key is missing") from error
    for secret in filter(None, secrets):
        try:
            return _twice(net, secret)
        except oauth.DeadToken:
            continue
        except Rejected as error:
            # Our own app is refused (wrong secret, wrong request): no owner can mend that by signing in.
            raise Transient("the token endpoint refuses us") from error
    needs_signin(chain, chain.version, "invalid_grant")
    raise Revoked("invalid_grant")


def _twice(net: Network, secret: str) -> Tokens:
    """A refresh whose answer was lost is asked for once more with the same token (social-APIs 9.4)."""
    try:
        return oauth.refresh(net, secret)
    except OutcomeUnknown:
        pass
    try:
        return oauth.refresh(net, secret)
    except OutcomeUnknown as error:
        raise Transient("the token endpoint does not answer") from error


def needs_signin(chain: TokenChain, seen: int, reason: str) -> bool:
    """Note that the sign-in of version `seen` has ended, once; a newer version is left alone."""
    with transaction.atomic():
        ended = TokenChain.objects.filter(pk=chain.pk, version=seen, state=ACTIVE).update(
            state=NEEDS_SIGNIN, state_reason=reason, refresh_lease=None, refresh_lease_until=None
        )
        chain.refresh_from_db()
        if ended:
            for listener in _signin_listeners:
                listener(chain)
    return bool(ended)


def lacks(chain: TokenChain, scope: str) -> None:
    """The network says that this permission is not granted (any more): what needs it is off until the owner signs in again."""
    left = [one for one in chain.scopes if one != scope]
    TokenChain.objects.filter(pk=chain.pk, version=chain.version).update(scopes=left)
    chain.scopes = left


def was_well(chain: TokenChain) -> None:
    """A call with this chain succeeded; noted once a minute."""
    now = clock.now()
    if chain.last_ok_at is None or chain.last_ok_at < now - OK_EVERY:
        TokenChain.objects.filter(pk=chain.pk).update(last_ok_at=now)
        chain.last_ok_at = now


def quiet(now: datetime, minutes: int = 25) -> list[Connection]:
    """Connections without a good call lately: to be probed, so that a withdrawal is found within 30 minutes (SOC-3)."""
    old = Q(chain__last_ok_at=None) | Q(chain__last_ok_at__lt=now - timedelta(minutes=minutes))
    return list(
        Connection.objects.filter(old, chain__state=ACTIVE, closed_at=None)
        .select_related("chain")
        .order_by("chain__last_ok_at", "pk")[:200]
    )


def close(chain: TokenChain) -> None:
    """From this moment nothing goes out with the chain. Part of a request; `sign_out` follows in a job (T6)."""
    TokenChain.objects.filter(pk=chain.pk).update(state=REVOKED_HERE, state_reason="", refresh_lease=None, refresh_lease_until=None)
    chain.refresh_from_db()


def sign_out(chain: TokenChain) -> bool:
    """Revoke at the network, then wipe the tokens; row and history stay. False if the network could not be told.
    Raises Limited where it can be told later: the tokens are kept until then."""
    close(chain)
    told = True
    for secret in (chain.refresh, chain.access):
        try:
            if secret:
                network(chain.network).revoke(secret.reveal(), chain.outside_id)
        except Limited:
            raise
        except (RemoteError, SealBroken):
            told = False
    wiped = TokenChain.objects.filter(pk=chain.pk, state=REVOKED_HERE, version=chain.version)
    wiped.update(access="", refresh="", previous_refresh="", previous_until=None, expires_at=None, version=chain.version + 1)
    chain.refresh_from_db()
    return told
