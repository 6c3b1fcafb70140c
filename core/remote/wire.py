"""How a request of core.remote.http goes over the line: to the checked address, redirect by redirect, and no longer than it may.

Apart, since the client library is loaded with the first call and not with the web server.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import ConnectTimeoutError, HTTPError, MaxRetryError, NameResolutionError, NewConnectionError
from urllib3.exceptions import SSLError as TLSError

from . import http
from .errors import BadAddress, OutcomeUnknown, RemoteError, Transient
from .http import Answer, Place


class Pinned(HTTPAdapter):
    """Connects to the checked address; Host, SNI and certificate stay those of the name."""

    def __init__(self, place: Place) -> None:
        super().__init__(max_retries=0)
        self.place = place

    def get_connection_with_tls_context(self, request: Any, verify: Any, proxies: Any = None, cert: Any = None) -> HTTPConnectionPool:
        _host, tls = self.build_connection_pool_key_attributes(request, verify, cert)
        if self.place.scheme == "https":
            tls = {**tls, "assert_hostname": self.place.name, "server_hostname": self.place.name}
        return self.poolmanager.connection_from_host(self.place.address, self.place.port, self.place.scheme, pool_kwargs=tls)


def go(
    method: str,
    url: str,
    headers: Mapping[str, str] | None,
    params: Mapping[str, Any] | None,
    json: Any,
    form: Mapping[str, str] | None,
    basic: tuple[str, str] | None,
    follow: int,
    max_bytes: int,
) -> Answer:
    """`http.fetch`, when it is allowed. Raises what it does."""
    request = requests.Request(method, url, headers=dict(headers or {}), params=params, json=json, data=form, auth=basic)
    for hop in range(min(follow, http.MAX_HOPS) + 1):
        answer = _once(request, max_bytes)
        target = answer.headers.get("Location")
        if not follow or method not in http.READING or answer.status not in {301, 302, 303, 307, 308} or not target:
            return answer
        if hop < min(follow, http.MAX_HOPS):
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
    writing = str(request.method) not in http.READING
    http.plain(str(request.url))
    try:
        prepared = request.prepare()
    except (requests.RequestException, UnicodeError, ValueError) as error:
        raise BadAddress("no address") from error
    place = http.locate(str(prepared.url))
    host = f"[{place.name}]" if ":" in place.name else place.name
    prepared.headers["Host"] = host if place.port == http.PORTS[place.scheme] else f"{host}:{place.port}"
    prepared.headers.setdefault("User-Agent", "Enishi")
    adapter = Pinned(place)
    try:
        response = adapter.send(prepared, stream=True, timeout=(http.CONNECT, http.READ), verify=True, proxies={})
        body = _body(response, max_bytes)
    except (requests.RequestException, HTTPError, OSError) as error:
        raise _cut(error, writing) from error
    finally:
        adapter.close()
    headers: CaseInsensitiveDict[str] = CaseInsensitiveDict(response.headers)
    return Answer(response.status_code, headers, body, str(prepared.url))


def _body(response: requests.Response, max_bytes: int) -> bytes:
    """The decoded body, at most `max_bytes` and within http.WHOLE seconds, however slowly or tightly packed it comes."""
    ends = time.monotonic() + http.WHOLE
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
