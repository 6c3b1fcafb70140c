"""Configuration that every process caches, and how a change on one machine reaches all: one row per kind of
configuration, compared once a request (PLT-3: nothing lives in process memory but caches)."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from core.access.models import Stamp

P = ParamSpec("P")
R = TypeVar("R")
_held = threading.local()
_cache: dict[tuple[Any, ...], tuple[int, Any]] = {}


@contextmanager
def held() -> Iterator[None]:
    """Read all stamps once and trust them until the block ends: one query a request or job step."""
    outer = getattr(_held, "versions", None)
    _held.versions = None
    _held.on = True
    try:
        yield
    finally:
        _held.versions, _held.on = outer, outer is not None


def version(key: str) -> int:
    """The current version of one kind of configuration; 0 before its first change."""
    if not getattr(_held, "on", False):
        return Stamp.objects.filter(pk=key).values_list("version", flat=True).first() or 0
    if _held.versions is None:
        _held.versions = dict(Stamp.objects.values_list("key", "version"))
    return _held.versions.get(key, 0)


def bump(key: str) -> None:
    """Say that configuration `key` changed. Random, not counted: a rolled-back change leaves no number to meet again."""
    Stamp.objects.update_or_create(key=key, defaults={"version": secrets.randbits(62)})
    _held.versions = None


def stamped(key: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Cache a function in this process until configuration `key` changes. Arguments must be hashable."""

    def wrap(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def cached(*args: P.args, **kwargs: P.kwargs) -> R:
            slot = (function.__module__, function.__qualname__, args, tuple(kwargs.items()))
            now = version(key)
            known = _cache.get(slot)
            if known is None or known[0] != now:
                known = _cache[slot] = (now, function(*args, **kwargs))
            return known[1]

        return cached

    return wrap
