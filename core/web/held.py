"""The record something hangs on (a note, a file, a photo), through the gate: without it the thing is not there."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest

from core.access.gate import rights
from core.module.module import Module
from core.module.registry import UnknownModule
from core.module.registry import module as find_module
from core.web.pages import record_or_404


def held_record(request: HttpRequest, key: str, pk: int) -> tuple[Module, Any]:
    """Module and living record by key and id, if the reader may see it."""
    try:
        module = find_module(key)
    except UnknownModule as error:
        raise Http404 from error
    if not rights(request.user).allows(module, "view"):  # type: ignore[arg-type]
        raise Http404
    return module, record_or_404(request, module, pk)
