"""Taking a list out as a file: at once when it is small, as a job with a file for a day when it is large (PLT-14)."""

from __future__ import annotations

import tempfile
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.files.base import File
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from core import clock
from core.access.gate import can
from core.field.look import Look
from core.module import listing
from core.module.registry import module as find_module
from core.record import exporting
from core.record.transfer_models import ExportFile
from core.web import filtering
from core.web.doors import door
from core.web.once import once
from core.web.pages import module_or_404
from core.web.transfer import download
from core.work import jobs

KINDS = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
COUNTED = 2_000_000


@door()
@require_http_methods(["GET", "POST"])
def export_page(request: HttpRequest, app: str, path: str) -> HttpResponse | StreamingHttpResponse:
    """What is taken out, with the number; POST gives the file, or the page of the job that writes it."""
    module = module_or_404(request, app, path, "export")
    user: Any = request.user
    asked = exporting.asked_list(user, module, request.GET.urlencode())
    rows = exporting.count(asked, COUNTED)
    form = {
        "format": "xlsx" if request.POST.get("format") == "xlsx" else "csv",
        "columns": "all" if request.POST.get("columns") == "all" else "list",
        "bom": "bom" in request.POST or request.method == "GET",
    }
    problem = _problem(user, form, rows) if request.method == "POST" else ""
    if request.method == "POST" and not problem:
        return _now(asked, form, rows) if rows <= exporting.STREAMED else _later(request, asked, form, rows)
    look = Look.of(user)
    context = {
        "module": module,
        "asked": asked,
        "form": form,
        "rows": look.number(rows),
        "large": rows > exporting.STREAMED,
        "problem": problem,
        "chips": filtering.chips(request, asked, look),
        "back": _list_of(request),
        "fields": len(exporting.sheet(asked, "all").fields),
        "look": look,
    }
    return render(request, "transfer/export.html", context, status=422 if problem else 200)


def _list_of(request: HttpRequest) -> str:
    """The query of the list one came from: what was ticked there is no part of it."""
    kept = request.GET.copy()
    kept.pop("pk", None)
    return kept.urlencode()


def _problem(user: Any, form: dict[str, Any], rows: int) -> str:
    if exporting.too_often(user):
        return exporting.said_too_often()
    if form["format"] == "xlsx" and rows > exporting.MOST_XLSX:
        return _("A workbook takes %(most)s rows here. Choose CSV, which Excel opens, too, or filter the list.") % {
            "most": f"{exporting.MOST_XLSX:,}"
        }
    return ""


def _now(asked: listing.State, form: dict[str, Any], rows: int) -> StreamingHttpResponse:
    name = exporting.file_name(asked.module, form["format"])
    exporting.log(asked, rows=rows, format=form["format"], columns=form["columns"])
    if form["format"] == "csv":
        return download(exporting.streamed(asked, form["columns"], bom=form["bom"]), name, KINDS["csv"])
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the response
    exporting.workbook(asked, form["columns"], file)
    file.seek(0)
    return download(File(file).chunks(65_536), name, KINDS["xlsx"])


def _later(request: HttpRequest, asked: listing.State, form: dict[str, Any], rows: int) -> HttpResponse:
    user: Any = request.user
    with once(request, f"export:{asked.module.key}") as before:
        if not before.result:
            row = ExportFile.objects.create(
                user=user,
                module=asked.module.key,
                name=exporting.file_name(asked.module, form["format"])[:120],
                format=form["format"],
                asked={"query": request.GET.urlencode(), "columns": form["columns"], "bom": form["bom"]},
                created_at=clock.now(),
                expires_at=clock.now() + exporting.KEPT,
            )
            label = _("Export %(kind)s") % {"kind": asked.module.plural}
            row.job = jobs.enqueue("core.export", args={"export": row.pk}, user=user, total=rows, label=label)
            row.save(update_fields=["job"])
            before.result = str(row.job.pk)
    return HttpResponseRedirect(reverse("job", args=[before.result]))


@door()
@require_GET
def export_file(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """A finished export, for the one who asked, while they may still export and its day is not over (U4, E2)."""
    row = ExportFile.objects.select_related("job").filter(pk=pk, user=request.user, expires_at__gt=clock.now()).first()  # type: ignore[misc]
    if row is None or row.job is None or row.job.state != "done":
        raise Http404
    if not can(request.user, find_module(row.module), "export"):  # type: ignore[arg-type]
        raise PermissionDenied
    return download(exporting.pieces(row), row.name, KINDS[row.format])
