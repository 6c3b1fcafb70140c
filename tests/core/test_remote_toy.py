"""A network of the tests and what hangs on it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from core import clock
from core.access.models import User
from core.remote import connection
from core.remote.abilities import Can, Offer
from core.remote.models import Connection, TokenChain
from core.remote.network import Limit, Network, network, register
from core.remote.oauth import Tokens

from .test_work_services import Site

HOUR = timedelta(hours=1)


@register
class Toy(Network):
    """A network of the tests: its address is set by each test."""

    key, label = "toy", "Toy"
    levels = {"free": frozenset(), "paid": frozenset({"free"})}
    offers = {Can.MENTIONS: Offer("free"), Can.REPLY: Offer("paid", ("Replies need the paid plan.",))}
    limits = {"read": (Limit(10, 900),), "write": (Limit(5, 900), Limit(100, 86_400, "app"))}
    scopes = ("read", "write")
    client_id, client_secret = "app", "app-secret"


def user(name: str = "ann") -> User:
    return User.objects.create_user(f"{name}@example.com", family_name=name)


def toy_chain(site: Site | None = None, *, left: timedelta = HOUR, **more: Any) -> TokenChain:
    net = network("toy")
    if site:
        net.base_url, net.token_url, net.revoke_url = site.url, f"{site.url}/token", f"{site.url}/token"
        net.authorize_url = f"{site.url}/authorize"
    chain = connection.store_tokens(net, more.pop("outside_id", "7"), Tokens("a-old", "r-old", clock.now() + left))
    begun = clock.now() - HOUR
    TokenChain.objects.filter(pk=chain.pk).update(issued_at=begun, refreshed_at=begun, **more)
    chain.refresh_from_db()
    return chain


def toy_connection(site: Site | None = None, owner: User | None = None, **more: Any) -> Connection:
    return connection.connect(toy_chain(site, **more), kind="brand", owner=owner or user())
