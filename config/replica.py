"""Read from a replica where a moment's delay does not matter (docs/scaling.md).

A replica is behind by some milliseconds to seconds. So it is closed unless opened: reads go there only inside a web
request that `FreshOrReplica` has opened for it, and never

- after a write in the same request, nor inside a transaction (what is decided on must be what is there);
- for ten seconds after this browser's last write: the page after "Save" shows what was saved;
- for people, rights, sessions and work in progress: a right withdrawn is withdrawn at once;
- in workers, commands and imports: a task reads the row that its cause has just committed.
"""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse

# The kernel's tables hold who may do what and what is to be done; they are always read where they are written.
ALWAYS_FRESH = frozenset({"account", "auth", "contenttypes", "core", "mfa", "sessions", "socialaccount"})
COOKIE = "enishi_fresh"
FRESH_SECONDS = 10
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

_open: ContextVar[bool] = ContextVar("replica_open", default=False)


class ReadReplica:
    """The database router; on when DATABASE_REPLICA_URL is set."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        if not _open.get() or model._meta.app_label in ALWAYS_FRESH or transaction.get_connection("default").in_atomic_block:
            return "default"
        return "replica"

    def db_for_write(self, model: Any, **hints: Any) -> str:
        _open.set(False)
        return "default"

    def allow_relation(self, one: Any, other: Any, **hints: Any) -> bool:
        # The same rows by two ways.
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == "default"


class FreshOrReplica:
    """Open the replica for a request that only looks, unless this browser has just written something."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        looks = request.method in SAFE
        opened = looks and COOKIE not in request.COOKIES
        token = _open.set(opened)
        try:
            response = self.get_response(request)
            wrote = opened and not _open.get()
        finally:
            _open.reset(token)
        if not looks or wrote:
            response.set_cookie(COOKIE, "1", max_age=FRESH_SECONDS, httponly=True, samesite="Lax", secure=request.is_secure())
        return response
