"""Configuration that every process caches, and how a change on one machine reaches all: one row per kind of
configuration, compared once a request (PLT-3: nothing lives in process memory but caches)."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.db import models
from django.db.models.signals import post_delete, post_save

from core.access.models import Stamp
from core.watched import Watched
from core.worded import worded

P = ParamSpec("P")
R = TypeVar("R")
_held = threading.local()
_cache: dict[tuple[Any, ...], tuple[int, Any]] = {}
# Some of what is kept is kept for each person; a process that served thousands begins anew.
_MOST = 20_000
# Columns nobody keeps: whoever signs in writes them, and nothing that is cached changes with them.
_SAYS_NOTHING = {"last_login", "password"}


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


@contextmanager
def lent(known: dict[str, int]) -> Iterator[None]:
    """Trust stamps that another thread has read, until the block ends: for work beside it that has no database."""
    outer = getattr(_held, "versions", None), getattr(_held, "on", False)
    _held.versions, _held.on = known, True
    try:
        yield
    finally:
        _held.versions, _held.on = outer


def version(key: str) -> int:
    """The current version of one kind of configuration; 0 before its first change."""
    if not getattr(_held, "on", False):
        return Stamp.objects.filter(pk=key).values_list("version", flat=True).first() or 0
    if _held.versions is None:
        _held.versions = dict(_versions())
    return int(_held.versions.get(key, 0))


@worded()
def _versions() -> models.QuerySet[Any, Any]:
    return Stamp.objects.values_list("key", "version")


def versions() -> tuple[tuple[str, int], ...]:
    """The current version of every kind of configuration: what is kept under it is of now."""
    if getattr(_held, "on", False):
        version("")
        return tuple(sorted(_held.versions.items()))
    return tuple(sorted(_versions()))


def bump(key: str) -> None:
    """Say that configuration `key` changed. Random, not counted: a rolled-back change leaves no number to meet again."""
    Stamp.objects.update_or_create(key=key, defaults={"version": secrets.randbits(62)})
    _held.versions = None


def forget() -> None:
    """Read the stamps anew: for whoever rolled back a transaction that had changed some."""
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
                if len(_cache) >= _MOST:
                    _cache.clear()
                known = _cache[slot] = (now, function(*args, **kwargs))
            return known[1]

        return cached

    return wrap


def watch(model: type[models.Model], key: str) -> None:
    """Change stamp `key` with every write to `model`, whichever way of Django's the write takes: rows of rights that are
    kept must not outlive a change because its writer forgot to say so. The model's rows must be `Watched`."""
    if not issubclass(model._default_manager._queryset_class, Watched):  # type: ignore[attr-defined]
        raise TypeError(f"{model.__name__}.objects does not tell of its writes.")
    Watched.stamps[model] = key

    def told(update_fields: Any = None, **_more: Any) -> None:
        if not update_fields or set(update_fields) - _SAYS_NOTHING:
            bump(key)

    post_save.connect(told, sender=model, weak=False, dispatch_uid=f"watch:{key}:{model.__name__}:save")
    post_delete.connect(told, sender=model, weak=False, dispatch_uid=f"watch:{key}:{model.__name__}:delete")
