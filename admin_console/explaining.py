"""Why this person can, or cannot, see or do something: on one record, or everything they hold (ADM-12)."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from core.access import explain
from core.access.gate import queryset
from core.access.models import User
from core.field.look import Look
from core.module.module import Module
from core.search.query import find
from core.text.numbers import whole
from core.web.doors import door

from . import queries

HITS = 8


@door(admin=True)
def why_page(request: HttpRequest) -> HttpResponse:
    """Choose a person, and a kind of record, a right and a record if it is about one. All of it stands in the address."""
    admin: Any = request.user
    people = {one.pk: one for one in queries.users_of_admin(admin)}
    known = {one.key: one for one in queries.modules_of_admin(admin)}
    person = people.get(whole(request.GET.get("person", "")) or 0)
    module, right = known.get(request.GET.get("module", "")), request.GET.get("right", "view")
    right = right if right in explain.RIGHT_WORDS else "view"
    typed = request.GET.get("record", "").replace("\x00", "").strip()[:200]
    context = {
        "look": Look.of(admin),
        "people": list(people.values()),
        "modules": list(known.values()),
        "rights": list(explain.RIGHT_WORDS.items()),
        "person": person,
        "module": module,
        "right": right,
        "typed": typed,
    }
    if person is not None and module is not None:
        context |= _answered(admin, person, module, right, typed)
    elif person is not None:
        lines, features = explain.person(person, reader=admin)
        context |= {
            "lines": [one for one in lines if one.module.key in known],
            "features": features,
            "heads": list(explain.RIGHT_WORDS.values())[:7],
        }
    return render(request, "admin_console/why.html", context)


def _answered(admin: User, person: User, module: Module, right: str, typed: str) -> dict[str, Any]:
    """About one record if one is named; else about the right on the module. A record its asker may not see is not found."""
    if not typed:
        return {"answer": explain.right(person, module, right)}
    rows, pk = queryset(admin, module, aside=True), _number(module, typed)
    record = rows.filter(pk=pk).first() if pk else None
    if record is None:
        hits = rows.in_bulk([hit.record_id for hit in find(module.key, typed, HITS, rows)]) if module.search else {}
        if len(hits) != 1:
            return {"hits": list(hits.values()), "unclear": True}
        record = next(iter(hits.values()))
    if right not in explain.OF_RECORD:
        return {"record": record, "answer": explain.right(person, module, right), "of_module": True}
    return {"record": record, "answer": explain.record(person, module, record, right, reader=admin), "of_module": False}


def _number(module: Module, typed: str) -> int | None:
    """The id in a number or in the address of a record of this module."""
    found = re.search(rf"{re.escape(module.url())}(\d{{1,18}})(?:/|$)", typed)
    return int(found[1]) if found else whole(typed)
