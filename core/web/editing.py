"""Making, changing and binning records. Nothing typed is lost: errors and conflicts answer with the same form."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from core.access.gate import can
from core.actor import Actor
from core.event.models import Event
from core.field.look import Look
from core.module.listing import name_records
from core.module.module import Module
from core.record import write
from core.text.numbers import whole
from core.web import twins
from core.web.doors import door
from core.web.forms import RecordForm, form_of
from core.web.merging import successor
from core.web.once import once
from core.web.pages import module_or_404, record_or_404
from core.web.postal import filled


def _form(request: HttpRequest, form: RecordForm, status: int = 200, **more: Any) -> HttpResponse:
    record = form.record
    context = {
        "module": form.module,
        "form": form,
        "groups": form.groups(),
        "record": record,
        "problems": form.problems() if form.is_bound else [],
        "version": more.pop("version", record.version if record else ""),
        "guard": f"{form.module.key}:{record.pk if record else 'new'}",
        "look": Look.of(request.user),  # type: ignore[arg-type]
        **more,
    }
    if form.module.identity is not None and "twins" not in context and form.is_bound:
        context["twins_seen"] = request.POST.get(twins.SEEN, "")
    return render(request, "record/form.html", context, status=status)


@door()
@require_http_methods(["GET", "POST"])
def new_page(request: HttpRequest, app: str, path: str) -> HttpResponse:
    """Make a record. The form's token makes a second press of the button find the record the first one made."""
    module = module_or_404(request, app, path, "create")
    user: Any = request.user
    if request.method == "GET":
        return _form(request, form_of(module, user, initial={key: value for key, value in request.GET.items() if key in module.fields}))
    if "fill" in request.POST:
        return _form(request, form_of(module, user, filled(request)))
    form = form_of(module, user, request.POST)
    if not form.is_valid():
        return _form(request, form, 422)
    if asked := _twins(request, form):
        return asked
    try:
        with once(request, f"{module.key}:new") as before:
            if before.result:
                return HttpResponseRedirect(module.url(int(before.result)))
            values = form.changed()
            if not values.get("owner"):
                values.pop("owner", None)  # whoever makes a record owns it, unless it is given to somebody
            record = write.create(module, actor=Actor(user), **values)
            before.result = str(record.pk)
    except write.Invalid as error:
        return _form(request, _with_errors(form, error), 422)
    request.session["saved"] = f"{module.key}:new"
    messages.success(request, _("Saved: %(title)s") % {"title": record.title})
    return HttpResponseRedirect(module.url(page="new") if "then" in request.POST else module.url(record.pk))


def _twins(request: HttpRequest, form: RecordForm, **more: Any) -> HttpResponse | None:
    """The form once more, if what it holds looks like records that the page has not shown yet."""
    found = twins.unseen(request, twins.likely(request.user, form.module, form, form.record))
    return _form(request, form, 409, asking=True, **twins.context(request.user, form.module, found), **more) if found else None


def _with_errors(form: RecordForm, error: write.Invalid) -> RecordForm:
    for key, message in error.errors.items():
        form.add_error(key if key in form.fields else None, message)
    return form


@door()
@require_http_methods(["GET", "POST"])
def edit_page(request: HttpRequest, app: str, path: str, pk: int) -> HttpResponse:
    """Change a record. One changed by someone else since is not overwritten: the page asks, field by field (PLT-11)."""
    module = module_or_404(request, app, path, "edit")
    try:
        record = record_or_404(request, module, pk, "edit")
    except Http404:
        if answer := _merged_meanwhile(request, app, path, pk):
            return answer
        raise
    user: Any = request.user
    if request.method == "GET":
        return _form(request, form_of(module, user, record=record))
    seen = request.POST.get("version", "")
    if "fill" in request.POST:
        return _form(request, form_of(module, user, filled(request), record=record), version=seen)
    form = form_of(module, user, request.POST, record=record)
    if not form.is_valid():
        return _form(request, form, 422, version=seen)
    if seen != str(record.version) and (clashes := _clashes(module, user, record, form, seen)):
        return _form(request, form, 409, version=record.version, clashes=clashes, rival=_rival(module, record, seen))
    if asked := _twins(request, form, version=seen):
        return asked
    try:
        write.update(record, actor=Actor(user), **_wanted(form, record, seen))
    except write.Conflict:
        record.refresh_from_db()
        form = form_of(module, user, request.POST, record=record)
        form.is_valid()
        clashes = _clashes(module, user, record, form, seen)
        return _form(request, form, 409, version=record.version, clashes=clashes, rival=_rival(module, record, seen))
    except write.Invalid as error:
        return _form(request, _with_errors(form, error), 422, version=seen)
    request.session["saved"] = f"{module.key}:{record.pk}"
    messages.success(request, _("Saved: %(title)s") % {"title": record.title})
    return HttpResponseRedirect(module.url(record.pk))


def _merged_meanwhile(request: HttpRequest, app: str, path: str, pk: int) -> HttpResponse | None:
    """What was typed into a record that somebody merged into another meanwhile is not lost: it is asked for on that one."""
    found = successor(request, app, path, pk) if request.method == "POST" else None
    if found is None or not can(request.user, found[0], "edit", found[1]):  # type: ignore[arg-type]
        return None
    module, record = found
    user: Any = request.user
    form = form_of(module, user, request.POST, record=record)
    form.is_valid()
    clashes, more = _clashes(module, user, record, form, ""), {"action": module.url(record.pk, "edit")}
    messages.warning(request, _("This record was merged into %(title)s while you wrote. Nothing was saved yet.") % {"title": record.title})
    return _form(request, form, 409, version=record.version, clashes=clashes, rival=_rival(module, record, ""), **more)


def _since(module: Module, record: Any, seen: str) -> dict[str, Any]:
    """What each field held when the reader opened the form at version `seen`, for fields changed by others since."""
    if not whole(seen):
        return {key: one.kind.plain(one.value(record)) for key, one in module.fields.items() if not one.parts}
    newer = record.version - int(seen)
    events = (
        list(Event.objects.filter(module=module.key, record_id=record.pk).exclude(changes={}).order_by("-id")[: max(newer, 0)])
        if 0 < newer < 500
        else []
    )
    held: dict[str, Any] = {}
    for event in events:  # newest first, so the oldest "before" wins
        held.update({key: pair[0] for key, pair in event.changes.items()})
    return held


def _clashes(module: Module, user: Any, record: Any, form: RecordForm, seen: str) -> list[dict[str, Any]]:
    """Fields that both sides changed to different values. A clash the reader has answered (`take-<field>`) is none."""
    held, look, made = _since(module, record, seen), Look.of(user), []
    for key, mine in form.changed().items():
        one = form.known[key]
        theirs = one.value(record)
        if key not in held or theirs == mine or one.kind.plain(mine) == held[key] or request_choice(form, key):
            continue
        if one.kind.key == "link":
            name_records(look, {one.target: {v for v in (theirs, mine) if v}})
        made.append({"field": one, "mine": one.kind.text(one, mine, look), "theirs": one.kind.text(one, theirs, look), "input": form[key]})
    return made


def request_choice(form: RecordForm, key: str) -> str:
    """What the reader chose for a field both sides changed: "mine", "theirs" or nothing yet."""
    choice = form.data.get(f"take-{key}", "")
    return choice if choice in {"mine", "theirs"} else ""


def _wanted(form: RecordForm, record: Any, seen: str) -> dict[str, Any]:
    """The values to write: what this reader changed against what they saw, minus what they gave way on."""
    held = _since(form.module, record, seen) if seen != str(record.version) else {}
    made = {}
    for key, mine in form.changed().items():
        untouched = key in held and form.known[key].kind.plain(mine) == held[key]
        if not untouched and request_choice(form, key) != "theirs":
            made[key] = mine
    return made


def _rival(module: Module, record: Any, seen: str) -> Event | None:
    return Event.objects.filter(module=module.key, record_id=record.pk).select_related("actor").order_by("-id").first()


@door()
@require_POST
def delete_record(request: HttpRequest, app: str, path: str, pk: int) -> HttpResponse:
    """Into the bin, without a question: the page that follows offers to undo it (design rule 7)."""
    module = module_or_404(request, app, path, "delete")
    record = record_or_404(request, module, pk, "delete")
    act = write.delete(record, actor=Actor(request.user))  # type: ignore[arg-type]
    request.session["undo"] = {"act": str(act), "title": record.title}
    return HttpResponseRedirect(module.url())
