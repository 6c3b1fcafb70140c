"""Importing, step by step: the file, its columns with a preview, the run, the result, and the way back (PLT-13)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.access.gate import can, rights
from core.access.people import active_choices
from core.field.look import Look
from core.module.module import Module
from core.module.registry import UnknownModule
from core.module.registry import module as find_module
from core.record import importing, importing_undo
from core.record.importing_rejects import rejects
from core.record.importing_wishes import MODES, ORDERS, Wishes, asked, fillable, offered_keys, places, refusal, remember, start
from core.record.importing_words import CannotRun, reasons, sentence
from core.record.reading import UnreadableFile
from core.record.transfer_models import FAILED, SKIPPED, WARNING, ImportRun, RowNote
from core.web.doors import door
from core.web.jobs import progress
from core.web.once import once
from core.web.pages import module_or_404
from core.web.transfer_preview import preview
from core.work import jobs

RECENT = 5
KEPT_SHOWN = 50


def import_or_404(request: HttpRequest, app: str, path: str, pk: int) -> tuple[Module, ImportRun]:
    """An import of the reader's own, while they may import."""
    module = module_or_404(request, app, path, "import")
    row = ImportRun.objects.select_related("job", "undo").filter(pk=pk, module=module.key, user=request.user).first()  # type: ignore[misc]
    if row is None:
        raise Http404
    return module, row


def import_url(row: ImportRun, page: str = "import-run") -> str:
    module = find_module(row.module)
    return reverse(page, args=[module.app, module.path, row.pk])


@door()
@require_http_methods(["GET", "POST"])
def upload_page(request: HttpRequest, app: str, path: str) -> HttpResponse:
    """The file, and what happens to rows that are here already."""
    module = module_or_404(request, app, path, "import")
    user: Any = request.user
    mode = request.POST.get("mode", "both")
    context: dict[str, Any] = {
        "module": module,
        "modes": _modes(user, module),
        "mode": mode,
        "limit": importing.limits(),
        "look": Look.of(user),
    }
    if request.method == "POST":
        upload = request.FILES.get("file")
        try:
            if upload is None:
                raise CannotRun(_("Choose a file first."))
            row = importing.receive(upload, user, module)
        except (UnreadableFile, CannotRun) as error:
            context["problem"] = str(error)
        else:
            with importing.opened(row) as table:
                wishes = start(user, module, table)
            if mode in dict(context["modes"]):
                wishes.mode = mode
            row.wishes = wishes.plain()
            row.save(update_fields=["wishes"])
            return HttpResponseRedirect(import_url(row, "import-columns"))
    context["recent"] = (
        ImportRun.objects.filter(user=user, module=module.key, job__isnull=False).select_related("job").order_by("-pk")[:RECENT]
    )
    return render(request, "transfer/upload.html", context, status=422 if "problem" in context else 200)


def _modes(user: Any, module: Module) -> list[tuple[str, Any]]:
    """The ways this person's rights leave."""
    may_add, may_change = can(user, module, "create"), can(user, module, "edit")
    needs = {"both": may_add and may_change, "skip": may_add, "update": may_change, "clone": may_add}
    return [(key, label) for key, label in MODES.items() if needs[key]]


@door()
@require_http_methods(["GET", "POST"])
def columns_page(request: HttpRequest, app: str, path: str, pk: int) -> HttpResponse:
    """Which column is which field, and the first rows as they would be. Every change is kept; the button starts it."""
    module, row = import_or_404(request, app, path, pk)
    if row.job_id:
        return HttpResponseRedirect(import_url(row))
    user: Any = request.user
    problem = ""
    if request.method == "POST":
        wishes = asked(request.POST, user, module, len(row.headers))
        row.wishes = wishes.plain()
        row.save(update_fields=["wishes"])
        if "start" not in request.POST:
            return HttpResponseRedirect(request.path)
        problem = refusal(user, module, wishes)
        if not problem:
            return _start(request, module, row, wishes)
    return _columns(request, module, row, problem)


def _columns(request: HttpRequest, module: Module, row: ImportRun, problem: str) -> HttpResponse:
    user: Any = request.user
    wishes = Wishes.back(row.wishes)
    try:
        with importing.opened(row) as table:
            notes, sample = table.notes(), table.sample(50)
            shown = preview(user, module, table, wishes, row.rows)
    except CannotRun as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(reverse("import", args=[module.app, module.path]))
    context = {
        "module": module,
        "row": row,
        "wishes": wishes,
        "columns": [_column(at, header, [one[at] for one in sample], wishes) for at, header in enumerate(row.headers)],
        "found": len(wishes.columns),
        "places": places(user, module).items(),
        "modes": _modes(user, module),
        "orders": ORDERS.items(),
        "keys": [(key, module.fields[key].label, key in wishes.keys) for key in offered_keys(user, module)],
        "people": active_choices() if "owner" in fillable(user, module) else [],
        "may_add_choices": rights(user).feature("settings"),
        "links": [one.label for one in fillable(user, module).values() if one.kind.key == "link" and one.key in wishes.columns.values()],
        "dates": any(one.kind.key in {"date", "datetime"} for key, one in fillable(user, module).items() if key in wishes.columns.values()),
        "notes": notes,
        "preview": shown,
        "problem": problem or refusal(user, module, wishes),
        "look": Look.of(user),
    }
    return render(request, "transfer/columns.html", context, status=422 if problem else 200)


def _column(at: int, header: str, cells: list[str], wishes: Wishes) -> dict[str, Any]:
    filled = [" ".join(cell.split())[:60] for cell in cells if cell.strip()]
    return {"name": f"c{at}", "header": header, "cells": " · ".join(filled[:2]), "key": wishes.columns.get(at, "")}


def _start(request: HttpRequest, module: Module, row: ImportRun, wishes: Wishes) -> HttpResponse:
    """Once, however often the button is pressed."""
    user: Any = request.user
    with once(request, f"import:{row.pk}"):
        held = ImportRun.objects.select_for_update().get(pk=row.pk)
        if held.job_id is None:
            label = _("Import %(name)s") % {"name": row.name}
            held.job = jobs.enqueue("core.import", key=str(row.pk), args={"import": row.pk}, user=user, total=row.rows, label=label)
            held.save(update_fields=["job"])
            if wishes.remember:
                remember(user, module, row.headers, wishes)
    return HttpResponseRedirect(import_url(row))


@door()
@require_GET
def run_page(request: HttpRequest, app: str, path: str, pk: int) -> HttpResponse:
    """The run while it runs, its result when it has ended. The page asks for itself every second."""
    module, row = import_or_404(request, app, path, pk)
    if row.job is None:
        return HttpResponseRedirect(import_url(row, "import-columns"))
    job, undo = row.job, row.undo
    result = job.result
    came = result.get("added", 0) + result.get("updated", 0)
    context: dict[str, Any] = {
        "module": module,
        "row": row,
        "job": job,
        "undo": undo,
        "look": Look.of(request.user),  # type: ignore[arg-type]
        "progress": progress(undo if undo and undo.is_open else job),
        "came": came + result.get("same", 0),
        "undoable": came and not job.is_open and undo is None,
        "took": (job.finished_at - job.started_at).total_seconds() if job.finished_at and job.started_at else None,
    }
    if not job.is_open:
        context["reasons"] = reasons(RowNote.objects.filter(job=job).order_by("line", "pk").iterator(2_000), module)
        context["levels"] = _levels(row)
    if undo is not None and not undo.is_open:
        context["kept"] = _kept(undo, Look.of(request.user))  # type: ignore[arg-type]
    return render(request, "transfer/run.html", context)


def _levels(row: ImportRun) -> list[tuple[str, str, int]]:
    """What can be downloaded: (level, words of the button, number of lines)."""
    words = {
        FAILED: _("Download the rows that failed"),
        SKIPPED: _("Download the skipped rows"),
        WARNING: _("Download the rows with remarks"),
    }
    found: list[tuple[str, str, int]] = []
    if row.job_id is None:
        return found
    for level, label in words.items():
        lines = RowNote.objects.filter(job_id=row.job_id, level=level, line__isnull=False).values("line").distinct().count()
        if lines and row.file:
            found.append((level, label, lines))
    return found


def _kept(undo: Any, look: Look) -> list[dict[str, Any]]:
    """What an undo left as it is, with its reason, those of it the reader may see."""
    from core.module.listing import name_records

    notes = list(RowNote.objects.filter(job=undo).order_by("pk")[:KEPT_SHOWN])
    wanted: dict[str, set[int]] = {}
    for note in notes:
        wanted.setdefault(note.values.get("module", ""), set()).add(note.record_id or 0)
    wanted.pop("", None)
    name_records(look, wanted)
    made = []
    for note in notes:
        try:
            module = find_module(note.values.get("module", ""))
        except UnknownModule:
            continue
        title = look.names.get((module.key, note.record_id or 0), "")
        made.append(
            {"title": title, "url": module.url(note.record_id) if title else "", "reason": sentence(note.code, note.values, module)}
        )
    return made


@door()
@require_GET
def rows_file(request: HttpRequest, app: str, path: str, pk: int, level: str) -> HttpResponse | StreamingHttpResponse:
    """The lines that did not come in (or only in part) as a file that can be imported again."""
    module, row = import_or_404(request, app, path, pk)
    if level not in {FAILED, SKIPPED, WARNING} or row.job_id is None or not row.file:
        raise Http404
    try:
        with importing.opened(row):
            pass  # asked before the first byte goes out, while it can still be said
    except CannotRun as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(import_url(row))
    return download(rejects(row, module, level), f"{row.name.rsplit('.', 1)[0]}-{level}.csv", "text/csv; charset=utf-8")


def download(pieces: Any, name: str, kind: str) -> StreamingHttpResponse:
    """A file to keep, never to be opened inside the site (U2)."""
    headers = {
        "Content-Disposition": content_disposition_header(True, name) or "attachment",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }
    return StreamingHttpResponse(pieces, content_type=kind, headers=headers)


@door()
@require_POST
def undo_import(request: HttpRequest, app: str, path: str, pk: int) -> HttpResponse:
    """Take an import back, once it has ended."""
    _module, row = import_or_404(request, app, path, pk)
    if row.job is None or row.job.is_open:
        raise PermissionDenied
    user: Any = request.user
    with once(request, f"undo-import:{row.pk}"):
        held = ImportRun.objects.select_for_update().get(pk=row.pk)
        if held.undo_id is None:
            label = _("Undo the import of %(name)s") % {"name": row.name}
            held.undo = jobs.enqueue(
                "core.undo_import", key=str(row.pk), args={"import": row.pk}, user=user, total=importing_undo.steps(row), label=label
            )
            held.save(update_fields=["undo"])
    return HttpResponseRedirect(import_url(row))
