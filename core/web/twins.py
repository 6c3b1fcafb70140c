"""Likely twins beside a form: while somebody types, and once more before it is saved (PLT-16)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from core.access.gate import can, queryset
from core.field.look import Look
from core.identity.twins import Twin, how_sure, twins
from core.module.module import Module
from core.text.numbers import whole
from core.web.doors import door
from core.web.forms import RecordForm, form_of
from core.web.pages import module_or_404

SEEN = "twins-seen"


@door()
@require_POST
def twins_part(request: HttpRequest, app: str, path: str) -> HttpResponse:
    """The likely twins of what stands in the form so far; a part of the form. Nothing is written."""
    module = module_or_404(request, app, path)
    user: Any = request.user
    record = None
    if pk := whole(request.POST.get("of", "")):
        record = queryset(user, module).filter(pk=pk).first()
    form = form_of(module, user, request.POST, record=record)
    form.is_valid()  # what is not finished yet is left out
    found = likely(user, module, form, record)
    return render(request, "record/_twins.html", context(user, module, found))


def likely(user: Any, module: Module, form: RecordForm, record: Any = None) -> list[Twin]:
    """The twins of what a form holds."""
    values = form.changed()

    def get(key: str) -> Any:
        if key in values:
            return values[key]
        return module.fields[key].value(record) if record is not None else None

    return twins(user, module, get, besides=record)


def unseen(request: HttpRequest, found: list[Twin]) -> list[Twin]:
    """The twins that the page has not shown yet: whoever saves after it showed them means it."""
    shown = set(request.POST.get(SEEN, "").split())
    return found if any(one.mark not in shown for one in found) else []


def context(user: Any, module: Module, found: list[Twin]) -> dict[str, Any]:
    """What the part shows."""
    look = Look.of(user)
    lines = [{"twin": one, "sure": how_sure(one.confidence), "owner": look.person(one.record.owner_id)} for one in found]
    return {
        "module": module,
        "twins": lines,
        "twins_seen": " ".join(one.mark for one in found),
        "may": can(user, module, "edit"),
        "look": look,
    }
