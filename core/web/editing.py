"""Making, changing and binning records. Nothing typed is lost: errors and conflicts answer with the same form."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from core.access.gate import can
from core.actor import Actor
from core.field.look import Look
from core.module.module import Module
from core.record import write
from core.web import twins
from core.web.clashing import clashes_of, rival_of, wanted
from core.web.doors import door
from core.web.forms import RecordForm, form_of
from core.web.merging import successor
from core.web.once import once
from core.web.pages import module_or_404, record_or_404
from core.web.postal import filled
from core.web.seen import base_to_keep


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
        "base": base_to_keep(request.POST, more),
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
        return _form(request, with_errors(form, error), 422)
    messages.success(request, _("Saved: %(title)s") % {"title": record.title})
    return HttpResponseRedirect(module.url(page="new") if "then" in request.POST else module.url(record.pk))


def _twins(request: HttpRequest, form: RecordForm, **more: Any) -> HttpResponse | None:
    """The form once more, if what it holds looks like records that the page has not shown yet."""
    found = twins.unseen(request, twins.likely(request.user, form.module, form, form.record))
    return _form(request, form, 409, asking=True, **twins.context(request.user, form.module, found), **more) if found else None


def with_errors(form: RecordForm, error: write.Invalid) -> RecordForm:
    """The form with what the record refused; what belongs to none of its fields stands above them."""
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
    if seen != str(record.version) and (clashes := clashes_of(module, user, record, form, seen)):
        return _form(request, form, 409, version=record.version, clashes=clashes, rival=rival_of(module, record))
    if asked := _twins(request, form, version=seen):
        return asked
    try:
        write.update(record, actor=Actor(user), **wanted(form, record, seen))
    except write.Conflict:
        if answer := _merged_meanwhile(request, app, path, pk):  # in the same moment
            return answer
        record.refresh_from_db()
        form = form_of(module, user, request.POST, record=record)
        form.is_valid()
        clashes = clashes_of(module, user, record, form, seen)
        return _form(request, form, 409, version=record.version, clashes=clashes, rival=rival_of(module, record))
    except write.Invalid as error:
        return _form(request, with_errors(form, error), 422, version=seen)
    messages.success(request, _("Saved: %(title)s") % {"title": record.title})
    return HttpResponseRedirect(module.url(record.pk))


def _merged_meanwhile(request: HttpRequest, app: str, path: str, pk: int) -> HttpResponse | None:
    """What was typed into a record that somebody merged into another meanwhile is not lost: it is asked for on that one."""
    found = successor(request, app, path, pk) if request.method == "POST" else None
    if found is None or not can(request.user, found[0], "edit", found[1]):  # type: ignore[arg-type]
        return None
    module, record = found
    user: Any = request.user
    form = form_of(module, user, _typed(request, module, record, pk), record=record)
    form.is_valid()
    clashes = clashes_of(module, user, record, form, "")
    more: dict[str, Any] = {"action": module.url(record.pk, "edit")}
    more["merged"] = {"title": record.title, "url": module.url(record.pk)}
    return _form(request, form, 409, version=record.version, clashes=clashes, rival=rival_of(module, record), **more)


def _typed(request: HttpRequest, module: Module, record: Any, pk: int) -> QueryDict:
    """What somebody typed into the merged record `pk`, over what stands in the one it became: a field they left alone is the latter's."""
    data, user = request.POST.copy(), request.user
    gone = module.model._default_manager.filter(pk=pk).first()
    if gone is None:
        return data
    sent = form_of(module, user, request.POST, record=gone)  # type: ignore[arg-type]
    sent.is_valid()
    stands = form_of(module, user, record=record)  # type: ignore[arg-type]
    for key, value in sent.changed().items():
        one = sent.known[key]
        if value != one.value(gone) or one.kind.key == "link":  # a link has a name beside its number: it is asked for
            continue
        shown = stands[key].field.widget.format_value(stands[key].value())
        data.setlist(key, [str(each) for each in shown] if isinstance(shown, list | tuple) else [] if shown is None else [str(shown)])
    return data


@door()
@require_POST
def delete_record(request: HttpRequest, app: str, path: str, pk: int) -> HttpResponse:
    """Into the bin, without a question: the page that follows offers to undo it (design rule 7)."""
    module = module_or_404(request, app, path, "delete")
    record = record_or_404(request, module, pk, "delete")
    act = write.delete(record, actor=Actor(request.user))  # type: ignore[arg-type]
    request.session["undo"] = {"act": str(act), "title": record.title}
    return HttpResponseRedirect(module.url())
