"""Cells of a list edit where they stand (PLT-8, PLT-10): the same small form as on the record's page, and the row anew after it. The
script makes the address out of row and column, so a list carries nothing for it but the names of its columns."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict
from django.utils.html import format_html
from django.utils.translation import gettext as _

from core.access.gate import can, fields
from core.field.field import Field
from core.field.look import Look
from core.html import built
from core.module import listing
from core.module.module import Module
from core.web.tags import icon

MOST = 2000


def editable(module: Module, user: Any) -> set[str]:
    """The fields whose cells this reader may change: those that are typed somewhere on the module's form."""
    known, may = fields(user, module), fields(user, module, edit=True)
    placed = {one.key for laid in module.sections() for one in laid.fields}
    return {key for key, one in known.items() if any(part in may and part in placed for part in one.parts or (key,))}


def row(request: HttpRequest, module: Module, record: Any, columns: str) -> str:
    """One row of a list with these columns, as this reader sees it."""
    user: Any = request.user
    known = fields(user, module)
    shown = [known[key] for key in columns.split()[:100] if key in known] or [known[module.columns_shown[0]]]
    return listing.cells(module, [record], shown, Look.of(user))


def whose(query: QueryDict) -> str:
    """What stands in the address of a cell's form: the columns of the list it is in, or the list to come back to."""
    kept = {key: query[key][:MOST] for key in ("cell", "back") if query.get(key)}
    return f"?{urlencode(kept)}" if kept else ""


def back_to(module: Module, query: QueryDict, pk: int) -> str:
    """The list somebody without script came from, at the row they changed; empty for who came from the record's page."""
    if "back" not in query:
        return ""
    kept = QueryDict(str(query["back"])[:MOST], mutable=True)
    kept["cells"] = "1"
    return f"{module.url()}?{kept.urlencode()}#r{pk}"


class Pencils:
    """The links of a list whose cells are to be edited without script: one in each cell that may be."""

    def __init__(self, request: HttpRequest, module: Module) -> None:
        self.module, self.user = module, request.user
        self.may = editable(module, request.user)
        query = request.GET.copy()
        for name in ("panel", "cells"):
            query.pop(name, None)
        self.back = urlencode({"back": query.urlencode()})

    def __call__(self, record: Any, one: Field) -> str:
        if one.key not in self.may or not can(self.user, self.module, "edit", record):  # type: ignore[arg-type]
            return ""
        edit = _("Edit %(field)s") % {"field": one.label}
        said = f"{edit}: {record.title}"
        where = f"{self.module.url(record.pk, 'field')}/{one.key}?{self.back}"
        return format_html('<a class="edit" href="{}" hx-boost="false" aria-label="{}">{}</a>', where, said, built(icon("pencil")))
