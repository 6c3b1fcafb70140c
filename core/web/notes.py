"""Notes on a record: written, changed by who wrote them, pinned, removed and brought back (PLT-10)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.access.audience import who_may_see
from core.access.gate import can
from core.actor import Actor
from core.field.look import user_names
from core.module.module import Module
from core.record import mentions, notes
from core.record.models import Note
from core.record.write import Refused
from core.text.names import shown_name
from core.web.doors import door
from core.web.held import held_record
from core.web.once import once
from core.web.pages import module_or_404, record_or_404

OFFERED, ASKED = 8, 40


def _back(module: Module, pk: int, note: Note | None = None) -> HttpResponseRedirect:
    return HttpResponseRedirect(f"{module.url(pk)}#{f'note-{note.pk}' if note else 'timeline'}")


def _note(request: HttpRequest, pk: int, *, removed: bool = False) -> tuple[Note, Module, Any]:
    rows = Note.every if removed else Note.objects
    note = rows.filter(pk=pk).first() if 0 < pk < 2**63 else None
    if note is None:
        raise Http404
    return note, *held_record(request, note.module, note.record_id)


def _own(request: HttpRequest, note: Note) -> None:
    if note.author_id != request.user.pk:
        raise PermissionDenied


@door()
@require_POST
def add_note(request: HttpRequest, app: str, path: str, pk: int) -> HttpResponse:
    """Write a note on a record. Who may see the record may note on it."""
    module = module_or_404(request, app, path)
    record = record_or_404(request, module, pk)
    try:
        with once(request, f"{module.key}:{pk}:note") as before:
            if not before.result:
                _made, remark = notes.write(module.key, record, request.POST.get("text", ""), actor=Actor(request.user))  # type: ignore[arg-type]
                before.result = "1"
                if remark:
                    messages.warning(request, remark)
    except Refused as error:
        messages.error(request, str(error))
    return _back(module, pk)


@door()
@require_http_methods(["GET", "POST"])
def edit_note(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a note of one's own."""
    note, module, record = _note(request, pk)
    _own(request, note)
    problem, text = "", note.text
    if request.method == "POST":
        text = request.POST.get("text", "")
        try:
            remark = notes.change(note, record, text, actor=Actor(request.user))  # type: ignore[arg-type]
        except Refused as error:
            problem = str(error)
        else:
            if remark:
                messages.warning(request, remark)
            return _back(module, record.pk, note)
    context = {"module": module, "record": record, "note": note, "text": text, "problem": problem}
    return render(request, "record/note.html", context, status=422 if problem else 200)


@door()
@require_POST
def remove_note(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a note of one's own off, at once; the page that follows offers to undo it."""
    note, module, record = _note(request, pk)
    _own(request, note)
    notes.remove(note, record, actor=Actor(request.user))  # type: ignore[arg-type]
    request.session["undo"] = {"url": reverse("note-restore", args=[pk]), "said": _("The note was removed.")}
    return _back(module, record.pk)


@door()
@require_POST
def restore_note(request: HttpRequest, pk: int) -> HttpResponse:
    """Bring a removed note of one's own back."""
    note, module, record = _note(request, pk, removed=True)
    _own(request, note)
    notes.bring_back(note, record, actor=Actor(request.user))  # type: ignore[arg-type]
    return _back(module, record.pk, note)


@door()
@require_POST
def pin_note(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep a note on top of the record's page; again takes it down. For those who may edit the record."""
    note, module, record = _note(request, pk)
    if not can(request.user, module, "edit", record):  # type: ignore[arg-type]
        raise PermissionDenied
    try:
        notes.pin(note, on=note.pinned_at is None)
    except Refused as error:
        messages.error(request, str(error))
    return _back(module, record.pk, note)


@door()
@require_GET
def mention(request: HttpRequest, app: str, path: str, pk: int) -> HttpResponse:
    """Those of us who may see the record and whose name begins with what was typed behind an @: `[{"name", "sub"}]`."""
    module = module_or_404(request, app, path)
    record = record_or_404(request, module, pk)
    ids = mentions.offered(request.GET.get("q", "").replace("\x00", "")[:60])[:ASKED]
    may = who_may_see(module, record, ids)
    found = [pk for pk in ids if pk in may and pk != request.user.pk][:OFFERED]
    return JsonResponse([{"name": mentions.written(pk), "sub": shown_name(*user_names()[pk])} for pk in found], safe=False)
