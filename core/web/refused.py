"""Who was refused what stands in the audit log (O1): a page that was not theirs, and a record that they may not see. Once an hour
for each person and page, since nobody takes a line out of that log again (O5)."""

from __future__ import annotations

import logging
from typing import Any

from django.core.cache import cache
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as lazy

from core.access.models import User
from core.actor import Actor
from core.module.module import Module
from core.signin import audit

DENIED = audit.says("access.denied", lazy("Was refused: %(name)s"))
_EVERY = 3600
_MARK = "_refused_record"

logger = logging.getLogger(__name__)


def unseen(request: HttpRequest, module: Module, pk: int) -> None:
    """The reader asked for a record that is not there for them: if there is one, it is noted when the answer is out."""
    if 0 < pk < 2**63 and module.model._default_manager.filter(pk=pk, deleted_at=None).exists():
        setattr(request, _MARK, (module.key, pk))


def look(request: HttpRequest, user: User, response: HttpResponse) -> None:
    """After an answer: note what was refused. That it cannot be noted changes no answer."""
    record: tuple[str, int] | None = getattr(request, _MARK, None) if response.status_code == 404 else None
    if record is None and response.status_code != 403:
        return
    place = record[0] if record else getattr(request.resolver_match, "view_name", "") or "-"
    if not cache.add(f"denied.{user.pk}.{place}", 1, _EVERY):
        return
    label = f"{record[0]} #{record[1]}" if record else request.path
    detail: dict[str, Any] = {"method": str(request.method)[:10]}
    try:
        audit.note(Actor(user), DENIED, record[0] if record else "page", label="".join(filter(str.isprintable, label)), **detail)
    except DatabaseError:
        logger.warning("a refused request was not noted")
