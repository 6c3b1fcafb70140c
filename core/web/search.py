"""One box over everything: hits by module while one types, and as a page (PLT-12)."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from core.access.gate import can, fields, queryset, rights
from core.criteria.told import told_by
from core.field.field import Field
from core.field.look import Look
from core.module.module import Module
from core.module.registry import UnknownModule, modules
from core.module.registry import module as find_module
from core.search.query import find, find_in
from core.web.doors import door


def _hits(user: Any, q: str, limit: int, look: Look) -> list[dict[str, Any]]:
    """The hits by module, in the order of the modules. All modules are asked together; only those with hits are asked for records."""
    made = []
    asked = {module.key: module for module in modules() if module.search and rights(user).allows(module, "view")}
    allowed = {key: _open(user, module, q) for key, module in asked.items()}
    for key, hits in find_in(allowed, q, limit).items():
        if hits:
            module, records = asked[key], allowed[key].in_bulk([hit.record_id for hit in hits])
            look.want_faces(key, records)
            known = fields(user, module)
            lines = [
                {"url": module.url(r.pk), "title": r.title, "sub": _sub(module, r, look, known), "record": r}
                for h in hits
                if (r := records.get(h.record_id))
            ]
            made.append({"module": module, "lines": lines, "more": len(hits) == limit})
    return made


def _open(user: Any, module: Module, q: str) -> QuerySet[Any]:
    """The records this reader may see, and where fields are hidden from them, only those that hold the words elsewhere."""
    rows, told = queryset(user, module), told_by(user, module, q)
    return rows if told is None else rows.filter(told)


def _sub(module: Module, record: Any, look: Look, known: dict[str, Field]) -> str:
    """A second line to tell two of the same name apart, of the fields its reader may see (A6)."""
    found = [one.alone(record, look) for key in module.facts.split() if (one := known.get(key)) and one.kind.key not in {"link"}]
    return " · ".join([text for text in found if text][:3])


@door()
def search_page(request: HttpRequest) -> HttpResponse:
    """All hits of what was typed; as a part of the page while typing."""
    q = request.GET.get("q", "").strip()[:200]
    part = request.headers.get("HX-Request") == "true"
    look = Look.of(request.user)  # type: ignore[arg-type]
    groups = _hits(request.user, q, 6 if part else 20, look) if q else []
    return render(request, "search/_hits.html" if part else "search/page.html", {"q": q, "groups": groups, "look": look})


@door()
def pick(request: HttpRequest) -> HttpResponse:
    """Records of one module whose name holds what was typed, for pickers: `[{"pk": 1, "title": "…", "sub": "…"}]`."""
    user: Any = request.user
    try:
        module = find_module(request.GET.get("module", ""))
    except UnknownModule:
        return JsonResponse([], safe=False)
    if not can(user, module, "view"):
        return JsonResponse([], safe=False)
    q = request.GET.get("q", "").strip()[:200]
    allowed = _open(user, module, q) if q else queryset(user, module)
    if q:
        ids = [hit.record_id for hit in find(module.key, q, 8, allowed)]
        by_id = allowed.in_bulk(ids)
        records = [by_id[pk] for pk in ids if pk in by_id]
    else:
        records = list(allowed.order_by("-changed_at", "-pk")[:8])
    look, known = Look.of(user), fields(user, module)
    return JsonResponse([{"pk": r.pk, "title": r.title, "sub": _sub(module, r, look, known)} for r in records], safe=False)
