"""The one guarded client: every request to the outside goes through `fetch` (S1, S2).

It resolves the name once, refuses inner addresses, connects to the very address it checked while TLS is verified
against the name, follows no redirect unless told, and reads neither for ever nor without end.
"""

from __future__ import annotations

import ipaddress
import json as jsonlib
import logging
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from django.conf import settings
from django.db import connections
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import ConnectTimeoutError, HTTPError, MaxRetryError, NameResolutionError, NewConnectionError
from urllib3.exceptions import SSLError as TLSError

from .errors import BadAddress, OutcomeUnknown, RemoteError, Transient

logger = logging.getLogger(__name__)

# Seconds: to connect, between two packets of an answer, and for the whole body.
CONNECT, READ, WHOLE = 3.05, 15.0, 30.0
MAX_BYTES = 5_000_000
MAX_HOPS = 3
PORTS = {"http": 80, "https": 443}
READING = frozenset({"GET", "HEAD"})
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
            return jsonlib.loads(self.body)
        except ValueError as error:
            raise Transient(f"{self.status} without JSON") from error

    def json_or_none(self) -> Any:
        """The body as JSON, or None: error pages are often none."""
        try:
            return jsonlib.loads(self.body)
        except ValueError:
            return None


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
    _plain(url)
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


def _plain(url: str) -> None:
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


class _Pinned(HTTPAdapter):
    """Connects to the checked address; Host, SNI and certificate stay those of the name."""

    def __init__(self, place: Place) -> None:
        super().__init__(max_retries=0)
        self.place = place

    def get_connection_with_tls_context(self, request: Any, verify: Any, proxies: Any = None, cert: Any = None) -> HTTPConnectionPool:
        _host, tls = self.build_connection_pool_key_attributes(request, verify, cert)
        if self.place.scheme == "https":
            tls = {**tls, "assert_hostname": self.place.name, "server_hostname": self.place.name}
        return self.poolmanager.connection_from_host(self.place.address, self.place.port, self.place.scheme, pool_kwargs=tls)


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
    method = method.upper()
    request = requests.Request(method, url, headers=dict(headers or {}), params=params, json=json, data=form, auth=basic)
    for hop in range(min(follow, MAX_HOPS) + 1):
        answer = _once(request, max_bytes)
        target = answer.headers.get("Location")
        if not follow or method not in READING or answer.status not in {301, 302, 303, 307, 308} or not target:
            return answer
        if hop < min(follow, MAX_HOPS):
            request = _next_hop(request, answer.url, target)
    raise BadAddress("too many redirects")


def _next_hop(request: requests.Request, here: str, target: str) -> requests.Request:
    """The request for a redirect; credentials do not leave the host they were meant for."""
    there = urljoin(here, target)
    old, new = urlsplit(here), urlsplit(there)
    same = (old.scheme, old.netloc) == (new.scheme, new.netloc)
    headers = {name: value for name, value in request.headers.items() if same or name.lower() not in {"authorization", "cookie"}}
    return requests.Request(request.method, there, headers=headers, auth=request.auth if same else None)


def _once(request: requests.Request, max_bytes: int) -> Answer:
    writing = str(request.method) not in READING
    _plain(str(request.url))
    try:
        prepared = request.prepare()
    except (requests.RequestException, UnicodeError, ValueError) as error:
        raise BadAddress("no address") from error
    place = locate(str(prepared.url))
    host = f"[{place.name}]" if ":" in place.name else place.name
    prepared.headers["Host"] = host if place.port == PORTS[place.scheme] else f"{host}:{place.port}"
    prepared.headers.setdefault("User-Agent", "Enishi")
    adapter = _Pinned(place)
    try:
        response = adapter.send(prepared, stream=True, timeout=(CONNECT, READ), verify=True, proxies={})
        body = _body(response, max_bytes)
    except (requests.RequestException, HTTPError, OSError) as error:
        raise _cut(error, writing) from error
    finally:
        adapter.close()
    headers: CaseInsensitiveDict[str] = CaseInsensitiveDict(response.headers)
    return Answer(response.status_code, headers, body, str(prepared.url))


def _body(response: requests.Response, max_bytes: int) -> bytes:
    """The decoded body, at most `max_bytes` and within WHOLE seconds, however slowly or tightly packed it comes."""
    ends = time.monotonic() + WHOLE
    parts: list[bytes] = []
    size = 0
    while piece := response.raw.read1(8_192, decode_content=True):
        parts.append(piece)
        size += len(piece)
        if size > max_bytes:
            raise RemoteError("the answer is too large")
        if time.monotonic() > ends:
            raise TimeoutError("the answer does not end")
    return b"".join(parts)


def _cut(error: Exception, writing: bool) -> RemoteError:
    """What a broken line means: nothing was sent, a reading failed, or a writing request may have been done."""
    name = type(error).__name__
    cause: Any = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    unsent = isinstance(reason, (NewConnectionError, ConnectTimeoutError, NameResolutionError, TLSError))
    if isinstance(error, requests.ConnectTimeout) or unsent or not writing:
        return Transient(name)
    return OutcomeUnknown(name)
