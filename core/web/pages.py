"""The pages every module has: its list and its records."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from core.access.gate import can, fields, queryset, rights
from core.action.registry import actions_on
from core.criteria import words
from core.event.timeline import timeline
from core.field.look import Look
from core.html import built
from core.module import listing
from core.module.module import Module
from core.module.registry import module_at
from core.web import filtering, panels
from core.web.doors import door
from core.web.forms import says_the_same
from core.web.neighbours import neighbours


def module_or_404(request: HttpRequest, app: str, path: str, right: str = "view") -> Module:
    """The module at an address. One the reader may not even view does not exist; else PermissionDenied for `right`."""
    from django.core.exceptions import PermissionDenied

    found = module_at(app, path)
    if found is None or not rights(request.user).allows(found, "view"):  # type: ignore[arg-type]
        raise Http404
    if not can(request.user, found, right):  # type: ignore[arg-type]
        raise PermissionDenied
    return found


def record_or_404(request: HttpRequest, module: Module, pk: int, right: str = "view") -> Any:
    """The record, if the reader may see it; PermissionDenied if they may see it but not do `right`."""
    from django.core.exceptions import PermissionDenied

    user: Any = request.user
    record = queryset(user, module, aside=True).filter(pk=pk).first() if 0 < pk < 2**63 else None
    if record is None:
        raise Http404
    if right != "view" and not can(user, module, right, record):
        raise PermissionDenied
    return record


@door()
def list_page(request: HttpRequest, app: str, path: str) -> HttpResponse:
    """The list of a module: views, filter, columns, order and page all stand in the address (PLT-8, PLT-9)."""
    module = module_or_404(request, app, path)
    user: Any = request.user
    if (answer := filtering.moved(request, module)) is not None:
        return answer
    asked = listing.state(user, module, request.GET)
    shown, found = listing.fetch(asked)
    count, more = listing.counted(found, shown, asked)
    look = Look.of(user)
    context = {
        "module": module,
        "asked": asked,
        "page": shown,
        # Every cell is escaped where it is made (core.field.kinds).
        "rows": built(listing.cells(module, shown.records, asked.columns, look)),
        "count": count,
        "more": more,
        "look": look,
        "chips": filtering.chips(request, asked, look),
        "panel": filtering.panel(request, asked),
        "next": shown.cursor(asked.order, back=False).text() if shown.after else "",
        "previous": shown.cursor(asked.order, back=True).text() if shown.before else "",
        "mine": {right: can(user, module, right) for right in ("create", "import", "export", "bulk", "edit", "delete")},
        "heads": [_head(asked, one) for one in asked.columns],
    }
    return render(request, "record/_list.html" if request.headers.get("HX-Target") == "list-body" else "record/list.html", context)


def _head(asked: listing.State, one: Any) -> dict[str, Any]:
    current = one.key == asked.order.field.key
    return {
        "field": one,
        "sort": one.key if not current or asked.order.down else f"-{one.key}",
        "aria": ("descending" if asked.order.down else "ascending") if current else "",
        "right": one.kind.right,
    }


@door()
def record_page(request: HttpRequest, app: str, path: str, pk: int) -> HttpResponse:
    """One record: fields, what is related, what happened (PLT-10)."""
    module = module_or_404(request, app, path)
    record = record_or_404(request, module, pk)
    user: Any = request.user
    look, known = Look.of(user), fields(user, module)
    sections = [(title, [one for one in members if one.key in known]) for title, members in module.sections()]
    listing.prepare(look, module, [record], known.values())
    context = {
        "module": module,
        "record": record,
        "look": look,
        "sections": [(title, _facts(title, members, record, look)) for title, members in sections if members],
        "facts": [
            (one, built(one.html(record, look))) for key in module.facts.split() if (one := known.get(key)) and one.text(record, look)
        ],
        "actions": actions_on(record, user),
        "may": {right: can(user, module, right, record) for right in ("edit", "delete")},
        "related": panels.related(user, module, record, look),
        "panels": panels.offered(request, module, record, look),
        "timeline": timeline(user, module, record, look, limit=20),
        "neighbours": neighbours(request, module, record),
        "tab": request.GET.get("tab", ""),
        "words": words,
    }
    return render(request, module.page, context)


def _facts(title: str, members: list[Any], record: Any, look: Look) -> list[dict[str, Any]]:
    """The fields of one section as they are read: names and addresses as one, the rest each for itself."""
    made, done = [], set()
    compounds = {part: one for one in _compounds(record) for part in one.parts}
    for one in members:
        whole = compounds.get(one.key, one)
        if whole.key in done:
            continue
        done.add(whole.key)
        # Every value is escaped where it is made (core.field.kinds).
        made.append(
            {
                "field": whole,
                "html": built(whole.html(record, look)),
                "wide": whole.kind.key in {"address", "long_text"},
                "anchor": one.key,
                "titled": False,
            }
        )
    if len(made) == 1:
        made[0]["titled"] = says_the_same(title, made[0]["field"].label)
    return made


def _compounds(record: Any) -> list[Any]:
    from core.module.registry import module

    return [one for one in module(record._meta.label_lower).fields.values() if one.parts]


@door()
def timeline_page(request: HttpRequest, app: str, path: str, pk: int) -> HttpResponse:
    """The whole timeline of a record, a page at a time."""
    module = module_or_404(request, app, path)
    record = record_or_404(request, module, pk)
    look = Look.of(request.user)  # type: ignore[arg-type]
    items = timeline(request.user, module, record, look, limit=100, before=request.GET.get("before", ""))  # type: ignore[arg-type]
    context = {"module": module, "record": record, "timeline": items, "look": look}
    return render(request, "record/_timeline.html" if request.headers.get("HX-Request") else "record/timeline.html", context)
