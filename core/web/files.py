"""Attachments of a record: put there, looked at, taken home, taken off (PLT-21). The gate is asked for the record each time."""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.access.gate import can
from core.actor import Actor
from core.field.look import Look
from core.files import keeping
from core.files.models import LARGE, SMALL, Attachment, File
from core.files.sort import ALLOWED
from core.module.module import Module
from core.panels import file_lines, may_change
from core.record.write import Refused
from core.web.doors import door
from core.web.held import held_record
from core.web.once import once
from core.web.pages import module_or_404, record_or_404

logger = logging.getLogger(__name__)
SHOWN = 100
# A download never becomes a page of ours; a PDF is shown by the browser's own viewer, which a sandbox would shut out.
_NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
SHUT = f"sandbox; {_NOTHING}"
VIEWER = f"{_NOTHING}; object-src 'self'; style-src 'unsafe-inline'"


def attachment_or_404(request: HttpRequest, pk: int, *, removed: bool = False) -> tuple[Attachment, Module, Any]:
    """An attachment with its record, if the reader may see that. One whose record is in the bin is not there."""
    rows = (Attachment.every if removed else Attachment.objects).select_related("file")
    row = rows.filter(pk=pk).first() if 0 < pk < 2**63 else None
    if row is None:
        raise Http404
    module, record = held_record(request, row.module, row.record_id)
    return row, module, record


@door()
@require_http_methods(["GET", "POST"])
def files_page(request: HttpRequest, app: str, path: str, pk: int) -> HttpResponse:
    """All files of a record; POST puts further ones on it, several at once. What is refused is said by name."""
    module = module_or_404(request, app, path)
    record = record_or_404(request, module, pk)
    if request.method == "GET":
        return render(request, "record/files.html", _page(request, module, record, []))
    if not may_change(request.user, module, record):
        raise PermissionDenied
    problems, staged = _received(request)
    with once(request, f"{module.key}:{pk}:files") as before:
        if before.result:  # the same form a second time: what it brought hangs there already
            problems, twice = [], staged
        else:
            before.result, twice = "1", []
            for file, name in staged:
                keeping.hang(module.key, record, file, name, actor=Actor(request.user))  # type: ignore[arg-type]
    keeping.discard(file.place for file, _name in twice)
    if staged and not twice:
        said = ngettext("%(count)d file was attached.", "%(count)d files were attached.", len(staged))
        messages.success(request, said % {"count": len(staged)})
    if not problems:
        return HttpResponseRedirect(f"{module.url(pk)}#files")
    return render(request, "record/files.html", _page(request, module, record, problems), status=422)


def _page(request: HttpRequest, module: Module, record: Any, problems: list[str]) -> dict[str, Any]:
    user: Any = request.user
    before = request.GET.get("before", "")
    before = before if before.isascii() and before.isdigit() and int(before) < 2**63 else ""
    lines = file_lines(user, module, record, SHOWN + 1, int(before) if before else None)
    return {
        "problems": problems,
        "module": module,
        "record": record,
        "look": Look.of(user),
        "may": may_change(user, module, record),
        "lines": lines[:SHOWN],
        "older": lines[SHOWN - 1]["file"].pk if len(lines) > SHOWN else "",
        "limit": settings.ATTACHMENT_MAX_MB,
        "endings": ", ".join(ALLOWED),
        "most": keeping.MOST,
    }


def _received(request: HttpRequest) -> tuple[list[str], list[tuple[File, str]]]:
    """The files that may be kept, their bytes stored; what was refused, or gets another name, is told in sentences."""
    uploads, problems, staged = request.FILES.getlist("files"), [], []
    if not uploads:
        problems.append(_("Choose a file first."))
    if len(uploads) > keeping.MOST:
        problems.append(_("Up to %(count)d files can be attached at once; the first ones were taken.") % {"count": keeping.MOST})
    for upload in uploads[: keeping.MOST]:
        try:
            file, found = keeping.receive(upload)
        except Refused as error:
            problems.append(str(error))
            continue
        staged.append((file, found.name))
        if found.remark:
            problems.append(found.remark)
    return problems, staged


@door()
@require_GET
def download(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The file as it came, to keep (U2): never opened inside the site, under its true type."""
    row, _module, _record = attachment_or_404(request, pk)
    return given_out(row.file.place, row.file.type, row.name, attachment=True)


@door()
@require_GET
def look_at(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The file to look at: our own picture of a picture, or a true PDF in the browser's viewer. Nothing else opens here."""
    row, _module, _record = attachment_or_404(request, pk)
    if row.is_picture:
        return given_out(row.file.variant(LARGE), "image/webp", f"{row.name}.webp")
    if row.file.type == "application/pdf":
        return given_out(row.file.place, "application/pdf", row.name, policy=VIEWER)
    raise Http404


@door()
@require_GET
def thumbnail(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The small picture of an attached picture. Its bytes never change; browsers may keep it for an hour."""
    row, _module, _record = attachment_or_404(request, pk)
    if not row.is_picture:
        raise Http404
    return given_out(row.file.variant(SMALL), "image/webp", f"{row.name}.webp", keep=3600)


def given_out(place: str, type: str, name: str, *, attachment: bool = False, policy: str = SHUT, keep: int = 0) -> FileResponse:
    """Stored bytes as an answer: of the type we found, never guessed by the browser, in no page's name."""
    content = keeping.opened(place)
    if content is None:
        raise Http404
    headers = {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": f"private, max-age={keep}, immutable" if keep else "private, no-store",
    }
    return FileResponse(content, as_attachment=attachment, filename=name, content_type=type, headers=headers)


@door()
@require_POST
def remove_file(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a file off its record, at once; the page that follows offers to undo it."""
    row, module, record = attachment_or_404(request, pk)
    _may_take_off(request, row, module, record)
    keeping.remove(row, record, actor=Actor(request.user))  # type: ignore[arg-type]
    request.session["undo"] = {"url": reverse("file-restore", args=[pk]), "said": _("“%(name)s” was removed.") % {"name": row.name}}
    return HttpResponseRedirect(f"{module.url(record.pk)}#files")


@door()
@require_POST
def restore_file(request: HttpRequest, pk: int) -> HttpResponse:
    """Bring a removed file back."""
    row, module, record = attachment_or_404(request, pk, removed=True)
    _may_take_off(request, row, module, record)
    if keeping.bring_back(row, record, actor=Actor(request.user)):  # type: ignore[arg-type]
        messages.success(request, _("“%(name)s” is back.") % {"name": row.name})
    return HttpResponseRedirect(f"{module.url(record.pk)}#files")


def _may_take_off(request: HttpRequest, row: Attachment, module: Module, record: Any) -> None:
    """Who put it there, or may edit the record."""
    if row.by_id != request.user.pk and not can(request.user, module, "edit", record):  # type: ignore[arg-type]
        raise PermissionDenied
