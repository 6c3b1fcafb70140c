"""Who was refused what stands in the audit log (O1): a page that was not theirs, and a record that they may not see, whether its
number stood in the address, in a list of many, or in a field of a form (A2). Once an hour for each person and page, since nobody
takes a line out of that log again (O5)."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.core.cache import cache
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as lazy

from core.access.gate import queryset
from core.access.models import User
from core.actor import Actor
from core.module.module import Module
from core.signin import audit

DENIED = audit.says("access.denied", lazy("Was refused: %(name)s"))
_EVERY = 3600
# Records that the present request named and that are not there for its reader: by module, one of them.
_named: ContextVar[dict[str, int] | None] = ContextVar("refused", default=None)

logger = logging.getLogger(__name__)


@contextmanager
def watched() -> Iterator[None]:
    """Remember what the request is refused until the block ends."""
    token = _named.set({})
    try:
        yield
    finally:
        _named.reset(token)


def unseen(module: Module, ids: Iterable[int]) -> None:
    """The reader named records that are not there for them: if there are such, one is noted when the answer is out."""
    named, asked = _named.get(), [pk for pk in ids if 0 < pk < 2**63]
    if named is None or module.key in named or not asked:
        return
    if found := module.model._default_manager.filter(pk__in=asked, deleted_at=None).order_by("pk").values_list("pk", flat=True)[:1]:
        named[module.key] = found[0]


def unseen_among(user: User, module: Module, ids: Iterable[int]) -> None:
    """The same for a list of many, of which some may be seen."""
    asked = set(ids)
    unseen(module, asked - set(queryset(user, module, aside=True).filter(pk__in=asked).values_list("pk", flat=True)))


def look(request: HttpRequest, user: User, response: HttpResponse) -> None:
    """After an answer: note what was refused. That it cannot be noted changes no answer."""
    if response.status_code == 403:
        place = getattr(request.resolver_match, "view_name", "") or "-"
        _note(request, user, place, "page", request.path)
    for key, pk in (_named.get() or {}).items():
        _note(request, user, key, key, f"{key} #{pk}")


def _note(request: HttpRequest, user: User, place: str, kind: str, label: str) -> None:
    if not cache.add(f"denied.{user.pk}.{place}", 1, _EVERY):
        return
    detail: dict[str, Any] = {"method": str(request.method)[:10]}
    try:
        audit.note(Actor(user), DENIED, kind, label="".join(filter(str.isprintable, label)), **detail)
    except DatabaseError:
        logger.warning("a refused request was not noted")
