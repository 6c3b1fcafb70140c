"""Merging side by side, and taking it back (PLT-16). What became of merged records' old addresses."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.access.gate import can
from core.actor import Actor
from core.field.look import Look
from core.identity import merging, moving, unmerging
from core.identity.obstacles import Obstacle, obstacles, staying
from core.identity.twins import how_sure, twins_of
from core.module.listing import prepare
from core.module.module import Module
from core.module.registry import module_at
from core.record.write import Conflict, Refused
from core.text.numbers import whole
from core.web import refused
from core.web.doors import door
from core.web.duplicates import identified_or_404, numbers
from core.web.once import once, token
from core.web.pages import record_or_404

View = Callable[..., HttpResponse]


@door()
@require_http_methods(["GET", "POST"])
def merge_page(request: HttpRequest, app: str, path: str) -> HttpResponse:
    """Two to ten records side by side. With one: which other is it? Sent, they become one."""
    module = identified_or_404(request, app, path, "edit")
    user: Any = request.user
    asked = numbers(request.GET.get("pk", ""))
    if added := whole(request.GET.get("add__pk", "")):
        return HttpResponseRedirect(merge_url(module, [*asked, added]))
    records = merging.reachable(user, module, asked)
    if len(records) < len(asked):
        refused.unseen_among(user, module, asked)
    if request.method == "POST" and len(asked) >= merging.LEAST:
        return _merge(request, module, asked)
    if not records:
        messages.error(request, _("Choose two to ten records to merge."))
        return HttpResponseRedirect(module.url())
    if len(records) == 1:
        return _which(request, module, records[0])
    if len(asked) > merging.MOST or not merging.possible_winners(user, module, records):
        said = _("Choose two to ten records to merge.")
        if len(asked) <= merging.MOST:
            said = _("You may merge records only if you may change all of them.")
        messages.error(request, said)
        return HttpResponseRedirect(module.url())
    problem = _("One of these records is no longer here. Look again which are to be merged.") if len(records) < len(asked) else ""
    return _side_by_side(request, module, records, problem=problem)


def merge_url(module: Module, ids: list[int]) -> str:
    return f"{reverse('merge', args=[module.app, module.path])}?pk={'.'.join(map(str, dict.fromkeys(ids)))}"


def _which(request: HttpRequest, module: Module, record: Any) -> HttpResponse:
    """One record: its likely twins, and a search for another."""
    user: Any = request.user
    found = [
        {"twin": one, "sure": how_sure(one.confidence), "url": merge_url(module, [record.pk, one.record.pk])}
        for one in twins_of(user, module, record)
    ]
    return render(request, "record/merge_which.html", {"module": module, "record": record, "twins": found, "look": Look.of(user)})


def _side_by_side(request: HttpRequest, module: Module, records: list[Any], *, problem: str = "", status: int = 200) -> HttpResponse:
    user: Any = request.user
    look = Look.of(user)
    plan = merging.plan(user, module, records, whole(request.POST.get("keep", "") or request.GET.get("keep", "")))
    prepare(look, module, records, [one for choice in plan.choices for one in choice.fields])
    rows = [_row(request, one, records, look) for one in plan.choices]
    ids = [one.pk for one in records]
    context = {
        "module": module,
        "records": [
            {"record": r, "owner": look.person(r.owner_id), "may": r.pk in plan.winners, "keep": r.pk == plan.winner} for r in records
        ],
        "rows": [row for row in rows if row["differs"]],
        "same": [row for row in rows if not row["differs"]],
        "moves": moving.count(module, ids, user),
        "problem": problem,
        "once": request.POST.get("once") or token(),
        "look": look,
    }
    return render(request, "record/merge.html", context, status=status)


def _row(request: HttpRequest, one: merging.Choice, records: list[Any], look: Look) -> dict[str, Any]:
    """One field with the value each record has. What the reader chose before stays chosen."""
    chosen = whole(request.POST.get(f"from-{one.key}", "")) or one.best
    cells = [{"pk": r.pk, "text": _words(one, r, look), "on": r.pk == chosen} for r in records]
    return {"key": one.key, "label": one.label, "differs": one.differs, "cells": cells}


def _words(one: merging.Choice, record: Any, look: Look) -> str:
    module = record._meta.label_lower
    if len(one.fields) > 1:
        from core.module.registry import module as find_module

        whole_field = find_module(module).fields[one.key]
        return whole_field.text(record, look)
    return one.fields[0].text(record, look)


def _merge(request: HttpRequest, module: Module, ids: list[int]) -> HttpResponse:
    """Once, however often it is sent; or the page again, with what stands in the way."""
    user: Any = request.user
    versions = {pk: whole(request.POST.get(f"version-{pk}", "")) for pk in ids}
    chosen = {name.removeprefix("from-"): whole(value) for name, value in request.POST.items() if name.startswith("from-")}
    keep, status = whole(request.POST.get("keep", "")), 409
    try:
        with once(request, f"merge:{module.key}") as before:
            if before.result:
                return HttpResponseRedirect(module.url(int(before.result)))
            if keep not in ids:
                raise Refused(_("Choose the record that stays."))
            row = merging.merge(module, keep, ids, actor=Actor(user), versions=versions, chosen=chosen)
            before.result = str(row.winner_id)
    except merging.Changed as error:
        said = _("%(what)s Look at the values once more; nothing was merged.") % {"what": str(error)}
    except Conflict:
        said = _("What hangs on these records was changed at the same moment; nothing was merged. Try again.")
    except Refused as error:
        said, status = str(error), 422
    else:
        messages.success(request, _("%(count)d records are one now.") % {"count": len(ids)})
        return HttpResponseRedirect(module.url(row.winner_id))
    records = merging.reachable(user, module, ids)
    if len(records) < merging.LEAST or len(records) > merging.MOST:
        messages.error(request, said)
        return HttpResponseRedirect(module.url())
    return _side_by_side(request, module, records, problem=said, status=status)


@door()
@require_http_methods(["GET", "POST"])
def unmerge_page(request: HttpRequest, app: str, path: str, pk: int) -> HttpResponse:
    """The last merge into a record: what an undo would bring back, or what stands in its way."""
    module = identified_or_404(request, app, path, "edit")
    record = record_or_404(request, module, pk, "edit")
    user: Any = request.user
    row = unmerging.undoable(user, module, record)
    if row is None:
        raise Http404
    found = obstacles(row, user)
    if request.method == "POST" and not found:
        try:
            unmerging.undo(row, actor=Actor(user))
        except unmerging.InTheWay as error:
            found = error.obstacles
        except Refused as error:
            found = [Obstacle(str(error))]
        else:
            messages.success(request, _("The merge was undone; %(count)d records are back.") % {"count": len(row.losers)})
            return HttpResponseRedirect(module.url(record.pk))
    gone = list(module.model._default_manager.filter(pk__in=row.losers).order_by("pk"))
    seen = [one for one in gone if can(user, module, "edit", one)]
    look = Look.of(user)
    context = {
        "module": module,
        "record": record,
        "row": row,
        "by": look.person(row.by_id),
        "gone": seen,
        "unseen": len(row.losers) - len(seen),
        "obstacles": found,
        "staying": [] if found else staying(row, user),
        "look": look,
    }
    return render(request, "record/unmerge.html", context, status=409 if found and request.method == "POST" else 200)


def follows_merges(view: View) -> View:
    """Decorator: an old address of a record that was merged leads to the one it became, for those who may see that one."""

    @wraps(view)
    def led(request: HttpRequest, app: str, path: str, pk: int, **more: Any) -> HttpResponse:
        try:
            return view(request, app, path, pk, **more)
        except Http404:
            target = successor(request, app, path, pk) if request.method == "GET" else None
            if target is None:
                raise
            page = request.path.rstrip("/").rpartition("/")[2]
            messages.info(request, _("The record of this address was merged into this one."))
            return HttpResponseRedirect(target[0].url(target[1].pk, page if page in {"edit", "timeline"} else ""))

    return led


def successor(request: HttpRequest, app: str, path: str, pk: int) -> tuple[Module, Any] | None:
    """What the record of an address was merged into, if the reader may see it."""
    module, user = module_at(app, path), request.user
    if module is None or module.identity is None or not user.is_authenticated or not 0 < pk < 2**63:
        return None
    found = merging.into(user, module, pk)
    return (module, found) if found is not None else None
