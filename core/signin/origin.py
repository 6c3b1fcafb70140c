"""Where a request comes from: its address, told by as many proxies as are configured and no more (N7), and its device."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.conf import settings

# The address of the request this code runs in; empty in a job.
_here: ContextVar[str] = ContextVar("address", default="")

_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("CriOS", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = (
    ("Windows", "Windows"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def address(request: Any) -> str:
    """The client's address; empty where there is none (a socket, a test)."""
    found = request.META.get("REMOTE_ADDR", "")
    if settings.PROXIES:
        told = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
        # Whatever stands further left was written by the client itself.
        if len(told) >= settings.PROXIES:
            found = told[-settings.PROXIES]
    try:
        one = ipaddress.ip_address(found.partition("%")[0])
    except ValueError:
        return ""
    mapped = one.ipv4_mapped if isinstance(one, ipaddress.IPv6Address) else None
    return str(mapped or one)


def device(request: Any) -> str:
    """Browser and system in words, out of what the browser says of itself: a hint for people, no proof."""
    agent = request.META.get("HTTP_USER_AGENT", "")[:400]
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    return " · ".join(part for part in (browser, system) if part) or "".join(sign for sign in agent if sign.isprintable())[:60]


def here() -> str:
    """The address of the present request, for logs written far below the page."""
    return _here.get()


@contextmanager
def known(request: Any) -> Iterator[None]:
    """Remember the request's address until the block ends."""
    token = _here.set(address(request))
    try:
        yield
    finally:
        _here.reset(token)
