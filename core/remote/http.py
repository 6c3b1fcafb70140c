"""The one guarded client: every request to the outside goes through `fetch` (S1, S2); core.remote.wire sends it.

It resolves the name once, refuses inner addresses, connects to the very address it checked while TLS is verified
against the name, follows no redirect unless told, and reads neither for ever nor without end.
"""

from __future__ import annotations

import ipaddress
import json as jsonlib
import logging
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connections

from .errors import BadAddress, Transient

logger = logging.getLogger(__name__)

# Seconds: to connect, between two packets of an answer, and for the whole body.
CONNECT, READ, WHOLE = 3.05, 15.0, 30.0
MAX_BYTES = 5_000_000
MAX_HOPS = 3
PORTS = {"http": 80, "https": 443}
READING = frozenset({"GET", "HEAD"})
_BROKEN = re.compile(r"[\x00\ud800-\udfff]")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request goes: the name for TLS and the Host header, and the checked address to connect to."""

    scheme: str
    name: str
    port: int
    address: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer. `headers` ignore case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The body as JSON. Raises Transient for anything else: an HTML page of a proxy is no answer of the network."""
        try:
            return parsed(self.body)
        except ValueError as error:
            raise Transient(f"{self.status} without JSON") from error

    def json_or_none(self) -> Any:
        """The body as JSON, or None: error pages are often none."""
        try:
            return parsed(self.body)
        except ValueError:
            return None


def parsed(body: bytes) -> Any:
    """JSON from outside as it can be kept: without NUL and halves of characters, which no database takes. Raises ValueError for
    what is none, or nested without end."""
    try:
        value = jsonlib.loads(body)
        return _whole(value) if b"\\u" in body else value
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return _BROKEN.sub("", value)
    if isinstance(value, list):
        return [_whole(one) for one in value]
    if isinstance(value, dict):
        return {_whole(key): _whole(one) for key, one in value.items()}
    return value


def is_outside(address: Address) -> bool:
    """Whether an address is of the public internet: not private, loopback, link-local, multicast, mapped or reserved."""
    if isinstance(address, ipaddress.IPv6Address):
        if address in _NAT64:
            return is_outside(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if address.ipv4_mapped or address.sixtofour or address.teredo or address.scope_id:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def locate(url: str) -> Place:
    """Check an address and resolve it once. Raises BadAddress if it may not be called, Transient if the name is unknown.

    Names in settings.INNER_HOSTS ("host:port") may be called wherever they are.
    """
    plain(url)
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS.get(parts.scheme, 0)
    except ValueError as error:
        raise BadAddress("no address") from error
    name = (parts.hostname or "").lower()
    if parts.scheme not in PORTS or not name or name.endswith(".") or "@" in parts.netloc:
        raise BadAddress("neither http nor https, or with a user name")
    inner = f"{name}:{port}" in {host.lower() for host in settings.INNER_HOSTS}
    if not inner and port not in PORTS.values():
        raise BadAddress(f"port {port}")
    addresses = _resolve(name, port)
    if not inner and not all(is_outside(address) for address in addresses):
        logger.warning("refused to call an inner address")
        raise BadAddress("an inner address")
    return Place(parts.scheme, name, port, str(addresses[0]))


def plain(url: str) -> None:
    """Refuse what different readers of addresses take for different hosts."""
    if any(ord(sign) <= 32 or ord(sign) == 127 or sign == "\\" for sign in url):
        raise BadAddress("control characters in the address")


def _resolve(name: str, port: int) -> list[Address]:
    try:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
        addresses = [ipaddress.ip_address(str(entry[4][0])) for entry in found]
    except (OSError, UnicodeError, ValueError) as error:
        raise Transient("the name does not resolve") from error
    if not addresses:
        raise Transient("the name has no address")
    return addresses


def outside_transaction() -> None:
    """Nothing goes out inside a transaction: it would hold locks for seconds and could not be undone.

    Raises RuntimeError. The transactions that tests wrap around themselves do not count, as with `durable=True`.
    """
    for connection in connections.all(initialized_only=True):
        if any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks):
            raise RuntimeError("An outside call inside a transaction.")


def fetch(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    params: Mapping[str, Any] | None = None,
    json: Any = None,
    form: Mapping[str, str] | None = None,
    basic: tuple[str, str] | None = None,
    follow: int = 0,
    max_bytes: int = MAX_BYTES,
) -> Answer:
    """Make one request and read the whole answer, whatever its status.

    `follow` is how many redirects a reading request may take (at most 3), each checked like the first. Raises
    BadAddress; Transient if nothing was sent, or a reading was cut; OutcomeUnknown if a writing request was cut
    after sending; RemoteError if the answer is larger than `max_bytes`.
    """
    outside_transaction()
    from . import wire  # the client library takes a quarter of a second to load, and no page calls out

    return wire.go(method.upper(), url, headers, params, json, form, basic, follow, max_bytes)
