"""The pages every module has: its list and its records."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from core.access.gate import Reach, can, fields, queryset, rights, within
from core.action.registry import actions_on, bulk_actions
from core.criteria import words
from core.event.timeline import kinds, timeline
from core.field.look import Look
from core.files.photos import has_photo
from core.html import built
from core.identity.unmerging import undoable
from core.mail.merge import reached
from core.mail.survey import may_mail
from core.module import indexed, listing
from core.module.module import Module
from core.module.patience import TookTooLong
from core.module.registry import module_at
from core.record.hanging import may_have, with_hanging
from core.record.mentions import shown
from core.record.models import Note
from core.record.unopened import opened
from core.web import cells, displays, filtering, panels, refused, totals
from core.web.doors import door
from core.web.facts import furigana_of, key_facts, sections_of
from core.web.menu import list_links
from core.web.neighbours import neighbours
from core.worded import worded


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
    """The record, if the reader may see it; PermissionDenied if they may see it but not do `right`. "told" is to view it with
    the news of what hangs on it (core.record.hanging)."""
    from django.core.exceptions import PermissionDenied

    user: Any = request.user
    reach = rights(user).scope(module, "view")
    record = next(iter(_one(module.key, reach, pk, right == "told")), None) if 0 < pk < 2**63 else None
    if record is None:
        refused.unseen(module, [pk])
        raise Http404
    if right not in {"view", "told"} and not can(user, module, right, record):
        raise PermissionDenied
    return record


@worded()
def _one(key: str, reach: Reach | None, pk: int, told: bool) -> QuerySet[Any]:
    rows = within(reach, key, aside=True).filter(pk=pk)
    return with_hanging(rows, key) if told else rows


@door()
def list_page(request: HttpRequest, app: str, path: str) -> HttpResponse:
    """The list of a module: views, filter, columns, order and page all stand in the address (PLT-8, PLT-9)."""
    module = module_or_404(request, app, path)
    user: Any = request.user
    if (answer := filtering.moved(request, module)) is not None:
        return answer
    asked = listing.state(user, module, request.GET)
    if elsewhere := displays.opens_elsewhere(request, asked):
        return HttpResponseRedirect(elsewhere)
    try:
        shown, count, more = listing.fetch(asked)
    except TookTooLong:
        return _too_long(request, asked)
    look, mine = Look.of(user), {right: can(user, module, right) for right in ("create", "import", "export", "bulk", "edit", "delete")}
    may = cells.editable(module, user) if mine["edit"] and not asked.view.aside else set()
    pencils = cells.Pencils(request, module) if may and request.GET.get("cells") else None
    context = {
        "module": module,
        "asked": asked,
        "page": shown,
        # Every cell is escaped where it is made (core.field.kinds).
        "rows": built(listing.cells(module, shown.records, asked.columns, look, pencil=pencils)),
        "count": count,
        "more": more,
        "totals": totals.totals(
            asked,
            shown.records,
            look,
            complete=not shown.before and not shown.after and asked.part is None,
            everything="totals" in request.GET,
        ),
        "sizes": listing.SIZES,
        "look": look,
        "chips": filtering.chips(request, asked, look),
        "panel": filtering.panel(request, asked),
        "next": shown.cursor(asked.order, back=False).text() if shown.after else "",
        "previous": shown.cursor(asked.order, back=True).text() if shown.before else "",
        "mine": mine,
        "cells": " ".join(one.key for one in asked.columns) if may else "",
        "pencils": pencils is not None,
        "bulk_actions": bulk_actions(user, module.key),
        "mass_mail": may_mail(user, module),
        "heads": [_head(asked, one, may) for one in asked.columns],
        "links": list_links(module.key, user),
        "reads_all": None if asked.part else indexed.reads_all(asked, more=more),
        "further": asked.part.further if asked.part else "",
        "nothing_yet": lambda: not queryset(user, module, "view").exists(),
        **displays.around(request, asked, "list"),
    }
    return render(request, "record/_list.html" if request.headers.get("HX-Target") == "list-body" else "record/list.html", context)


def _too_long(request: HttpRequest, asked: listing.State) -> HttpResponse:
    """The list without its rows: view, filter, words and order stand where they were, to be narrowed."""
    look, part = Look.of(asked.user), request.headers.get("HX-Target") == "list-body"
    context = {
        "module": asked.module,
        "asked": asked,
        "look": look,
        "too_long": True,
        "chips": filtering.chips(request, asked, look),
        "panel": filtering.panel(request, asked),
        "mine": {right: can(asked.user, asked.module, right) for right in ("create", "import", "export")},
        "reads_all": indexed.reads_all(asked, more=True) or indexed.reads_all(asked, more=False),
        **displays.around(request, asked, "list"),
    }
    # A part is swapped in only when it is a success.
    return render(request, "record/_list.html" if part else "record/list.html", context, status=200 if part else 503)


def _head(asked: listing.State, one: Any, may: set[str]) -> dict[str, Any]:
    current = one.key == asked.order.field.key
    return {
        "field": one,
        "sort": one.key if not current or asked.order.down else f"-{one.key}",
        "aria": ("descending" if asked.order.down else "ascending") if current else "",
        "right": one.kind.right,
        "edit": one.key in may,
    }


@door()
def record_page(request: HttpRequest, app: str, path: str, pk: int) -> HttpResponse:
    """One record: fields, what is related, what happened (PLT-10)."""
    module = module_or_404(request, app, path)
    record = record_or_404(request, module, pk, "told")
    user: Any = request.user
    opened(user.pk, module.key, record)
    look, known = Look.of(user), fields(user, module)
    may = {right: can(user, module, right, record) for right in ("edit", "delete")}
    may["explain"] = may["edit"] or rights(user).is_admin
    listing.prepare(look, module, [record], known.values())
    if may_have(record, "photo"):
        look.want_faces(module.key, [pk])
    # In this order: the timeline tells of what the lists and panels have read.
    related, offered = panels.related(user, module, record, look), panels.offered(request, module, record, look)
    happened = told(request, module, record, look, 20)
    context = {
        "module": module,
        "record": record,
        "look": look,
        "sections": sections_of(module, record, look, known, fields(user, module, edit=True, of=record) if may["edit"] else {}),
        "facts": key_facts(module, record, look, known),
        "furigana": furigana_of(module, record, known),
        "mailto": getattr(record, "email", "") if "email" in known else "",
        "actions": actions_on(record, user),
        "may": may,
        "related": related,
        "panels": offered,
        "mail_to": reached(user, module, record),
        **happened,
        "neighbours": neighbours(request, module, record),
        "people": has_photo(module),
        # Asked for only where the history tells of a merge.
        "merged": undoable(user, module, record) if any(item.kind == "merged" for item in happened["timeline"]) else None,
        "tab": request.GET.get("tab", ""),
        "words": words,
    }
    return render(request, module.page, context)


def told(request: HttpRequest, module: Module, record: Any, look: Look, limit: int) -> dict[str, Any]:
    """A page of a record's timeline, of the kind and from the key that stand in the address, and what else there is to ask for."""
    user: Any = request.user
    offered = kinds(user, module)
    show = request.GET.get("show", "")
    show = show if show in dict(offered) else ""
    page = timeline(user, module, record, look, limit=limit, before=request.GET.get("before", ""), kind=show)
    held = look.children.get(("core.note", "pinned"))
    if held is not None:
        pinned = held.rows
    elif not may_have(record, "notes"):
        pinned = []
    else:
        pinned = list(Note.objects.filter(module=module.key, record_id=record.pk, pinned_at__isnull=False).order_by("-pinned_at", "-pk"))
    return {
        "seen": fields(user, module),
        "timeline": page.items,
        "older": page.next,
        "kinds": offered,
        "show": show,
        "pinned": [{"note": one, "said": shown(one.text, one.mentions), "who": look.person(one.author_id)} for one in pinned],
    }


@door()
def timeline_page(request: HttpRequest, app: str, path: str, pk: int) -> HttpResponse:
    """The whole timeline of a record, a page at a time."""
    module = module_or_404(request, app, path)
    record = record_or_404(request, module, pk, "told")
    look = Look.of(request.user)  # type: ignore[arg-type]
    may = {right: can(request.user, module, right, record) for right in ("edit", "delete")}  # type: ignore[arg-type]
    context = {"module": module, "record": record, "look": look, "may": may, **told(request, module, record, look, 100)}
    part = request.headers.get("HX-Request") and request.headers.get("HX-Target") != "told"
    return render(request, "record/_timeline.html" if part else "record/timeline.html", context)
