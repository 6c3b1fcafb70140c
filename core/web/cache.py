"""A cache in Redis that does without Redis for a while: pages keep working, counts start anew in each process."""

from __future__ import annotations

import time
from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import ConnectionError as Away
from redis.exceptions import TimeoutError as Slow

# So long a process does not ask again after Redis did not answer: a page must not wait for it each time.
PAUSE = 15.0


class PatientCache(RedisCache):
    """Redis, and while it is away the memory of this process. Sign-in limits go on, per process."""

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._near = LocMemCache("away", params)
        self._until = 0.0

    def _patient(self, name: str, *args: Any, **kwargs: Any) -> Any:
        if time.monotonic() >= self._until:
            try:
                return getattr(super(), name)(*args, **kwargs)
            except (Away, Slow, OSError):
                self._until = time.monotonic() + PAUSE
        return getattr(self._near, name)(*args, **kwargs)

    def add(self, *args: Any, **kwargs: Any) -> Any:
        return self._patient("add", *args, **kwargs)

    def get(self, *args: Any, **kwargs: Any) -> Any:
        return self._patient("get", *args, **kwargs)

    def set(self, *args: Any, **kwargs: Any) -> Any:
        return self._patient("set", *args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        return self._patient("delete", *args, **kwargs)

    def incr(self, *args: Any, **kwargs: Any) -> Any:
        return self._patient("incr", *args, **kwargs)
