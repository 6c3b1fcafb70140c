"""What the kernel itself offers to the pages of every record: its files."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from core.access.gate import can
from core.event import telling  # noqa: F401  (its sources enter themselves)
from core.field.look import Look
from core.files.keeping import MOST
from core.files.models import Attachment
from core.module.module import Module
from core.module.registry import module as find_module
from core.record.hanging import hangs, may_have
from core.web.panels import Panel, panel
from core.worded import worded

SHOWN = 6


def may_change(user: Any, module: Module, record: Any) -> bool:
    """Whether files and a photo can be put here: not on what stands aside (a converted lead), where nobody would look."""
    return can(user, module, "edit", record) and not module.stands_aside([record])


def file_lines(user: Any, module: Module, record: Any, limit: int, before: int | None = None) -> list[dict[str, Any]]:
    """The newest files of a record (older than the one with the id `before`), and whether this reader may take each off."""
    may = can(user, module, "edit", record)
    found = _files(module.key, record.pk, limit, before) if may_have(record, "files") else []
    return [{"file": one, "may": may or one.by_id == user.pk} for one in found]


@worded("limit")
def _files(module: str, pk: int, limit: int, before: int | None) -> QuerySet[Attachment]:
    rows = Attachment.objects.filter(module=module, record_id=pk).select_related("file").order_by("-pk")
    return (rows if before is None else rows.filter(pk__lt=before))[:limit]


@hangs("files")
def _any(module: str) -> tuple[QuerySet[Attachment], str]:
    return Attachment.objects.filter(module=module), "record_id"


@panel("core.files")
def files(request: HttpRequest, record: Any, look: Look) -> Panel:
    """PLT-21: the newest files of the record, and the place to put new ones."""
    user: Any = request.user
    one = find_module(record._meta.label_lower)
    lines = file_lines(user, one, record, SHOWN + 1)
    context = {
        "lines": lines[:SHOWN],
        "more": len(lines) > SHOWN,
        "may": may_change(user, one, record),
        "module": one,
        "pk": record.pk,
        "look": look,
        "most": MOST,
    }
    return Panel("record/_files.html", context, 60)
