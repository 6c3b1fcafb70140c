"""One field of a record changed where it is read (PLT-10): a small form in the place of its value, or on a page of its own."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.access.gate import can, fields
from core.actor import Actor
from core.field.field import Field
from core.field.look import Look
from core.html import built
from core.module.listing import prepare
from core.module.module import Module
from core.record import write
from core.web import cells, twins
from core.web.clashing import clashes_of, rival_of, wanted
from core.web.doors import door
from core.web.drawing import fact_values
from core.web.editing import with_errors
from core.web.facts import furigana_of, key_facts, sections_of
from core.web.forms import RecordForm, form_of
from core.web.merging import successor
from core.web.pages import module_or_404, record_or_404, told
from core.web.postal import filled
from core.web.seen import base_to_keep


@door()
@require_http_methods(["GET", "POST"])
def field_page(request: HttpRequest, app: str, path: str, pk: int, key: str) -> HttpResponse:
    """GET gives the input of one field, with `shown` its value; POST saves it. To htmx each answers with the part alone."""
    module, user = module_or_404(request, app, path, "edit"), request.user
    try:
        record = record_or_404(request, module, pk, "edit")
    except Http404:
        if answer := _merged_meanwhile(request, app, path, pk, key):
            return answer
        raise
    if module.stands_aside([record]):
        raise PermissionDenied  # a converted lead is only read
    one, keys = _asked(module, user, key, record)
    if request.method == "POST":
        return _post(request, module, record, one, keys)
    if "shown" in request.GET and _part(request):
        cell = request.GET.get("cell", "")
        return _said(request, cells.row(request, module, record, cell) if cell else _value(request, module, record, one))
    return _form(request, one, form_of(module, user, record=record, only=keys))  # type: ignore[arg-type]


def _part(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def _asked(module: Module, user: Any, key: str, record: Any) -> tuple[Field, list[str]]:
    """The field as it is read, and the keys of what is typed for it: a name and an address are changed as a whole."""
    known, may = fields(user, module), fields(user, module, edit=True, of=record)
    if key not in known:
        raise Http404
    one = next((each for each in known.values() if key in each.parts), known[key])
    placed = {each.key for laid in module.sections() for each in laid.fields}
    if not placed & set(one.parts or (one.key,)):
        raise Http404
    keys = [part for part in one.parts or (one.key,) if part in may and part in placed]
    if not keys:
        raise PermissionDenied
    return one, keys


def _form(request: HttpRequest, one: Field, form: RecordForm, status: int = 200, **more: Any) -> HttpResponse:
    first = next((name for name in form.fields if form.is_bound and form[name].errors), next(iter(form.fields)))
    if "clashes" not in more:
        form.fields[first].widget.attrs["autofocus"] = True  # else the question has it
    module, record = form.module, form.record
    context = {
        "module": module,
        "record": record,
        "one": one,
        "form": form,
        "inputs": [(form[name], form.known[name].required) for name in form.fields],
        "problems": form.non_field_errors() if form.is_bound else [],
        "version": more.pop("version", record.version),
        "part": _part(request),
        "cell": _part(request) and "cell" in request.GET,
        "here": f"{module.url(record.pk, 'field')}/{one.key}{cells.whose(request.GET)}",
        "away": _away(request, module, record, one),
        "base": base_to_keep(request.POST, more),
        "look": Look.of(request.user),  # type: ignore[arg-type]
        **more,
    }
    if not _part(request):
        return render(request, "record/field.html", context, status=status)
    answer = _said(request, render_to_string("record/_field_form.html", context, request), status)
    if context["cell"] and status != 200:  # the form asks again in its place; only what was saved takes the place of the row
        answer.headers["HX-Retarget"] = f'tr[data-pk="{record.pk}"] form.inplace'
        answer.headers["HX-Reswap"] = "outerHTML"
    return answer


def _away(request: HttpRequest, module: Module, record: Any, one: Field) -> str:
    """Where one comes to afterwards: the list one came from, else the fact on the record's page."""
    return cells.back_to(module, request.GET, record.pk) or f"{module.url(record.pk)}#f-{one.key}"


def _said(request: HttpRequest, html: str, status: int = 200) -> HttpResponse:
    """A part, with what is to be told in the page's region for news, which is read aloud."""
    # A boosted link would put its address into the history; the reader is still on the record's page.
    answer = HttpResponse(html, status=status, headers={"HX-Push-Url": "false"})
    if news := " ".join(str(each) for each in messages.get_messages(request)):
        answer.headers["HX-Trigger"] = json.dumps({"toast": news})
    return answer


def _post(request: HttpRequest, module: Module, record: Any, one: Field, keys: list[str]) -> HttpResponse:
    user: Any = request.user
    seen = request.POST.get("version", "")
    if "fill" in request.POST:
        return _form(request, one, form_of(module, user, filled(request), record=record, only=keys), version=seen)
    form = form_of(module, user, request.POST, record=record, only=keys)
    if not form.is_valid():
        return _form(request, one, form, 422, version=seen)
    if seen != str(record.version) and (clashes := clashes_of(module, user, record, form, seen)):
        return _conflict(request, one, form, clashes)
    if found := twins.unseen(request, twins.likely(user, module, form, record)):
        return _form(request, one, form, 409, version=seen, asking=True, **twins.context(user, module, found))
    values = wanted(form, record, seen)
    was = _facts(module, user, record)
    try:
        write.update(record, actor=Actor(user), **values)
    except write.Conflict:
        if answer := _merged_meanwhile(request, module.app, module.path, record.pk, one.key):
            return answer
        record.refresh_from_db()
        form = form_of(module, user, request.POST, record=record, only=keys)
        form.is_valid()
        return _conflict(request, one, form, clashes_of(module, user, record, form, seen))
    except write.Invalid as error:
        record.refresh_from_db()
        more = [key for key in error.errors if key not in form.fields and key in form.known]
        if more and module.board and one.kind.key == "picklist" and values.get(one.key):
            return _to_move(request, module, record, one, values[one.key], more)
        return _form(request, one, with_errors(form, error), 422, version=seen)
    return _saved(request, module, record, one, was)


def _merged_meanwhile(request: HttpRequest, app: str, path: str, pk: int, key: str) -> HttpResponse | None:
    """The field on the record that this one was merged into while somebody wrote in it: with what they typed, and what stands there."""
    found = successor(request, app, path, pk) if request.method == "POST" else None
    if found is None or not can(request.user, found[0], "edit", found[1]):  # type: ignore[arg-type]
        return None
    (module, record), user = found, request.user
    one, keys = _asked(module, user, key, record)
    form = form_of(module, user, request.POST, record=record, only=keys)  # type: ignore[arg-type]
    form.is_valid()
    merged = {"title": record.title, "url": module.url(record.pk)}
    return _form(request, one, form, 409, clashes=clashes_of(module, user, record, form, ""), rival=rival_of(module, record), merged=merged)


def _conflict(request: HttpRequest, one: Field, form: RecordForm, clashes: list[dict[str, Any]]) -> HttpResponse:
    rival = rival_of(form.module, form.record)
    return _form(request, one, form, 409, clashes=clashes, rival=rival)


def _to_move(request: HttpRequest, module: Module, record: Any, one: Field, value: str, more: list[str]) -> HttpResponse:
    """A choice that asks for more is made on the page that asks; it leads back to the record."""
    query = {"to": value, "by": one.key, "asks": " ".join(more), "version": request.POST.get("version", ""), "then": "record"}
    if "cell" in request.GET or "back" in request.GET:
        query |= {"then": "list", "back": request.GET.get("back") or _list_query(request)}
    return _gone(request, f"{module.url(record.pk, 'move')}?{urlencode(query)}")


def _list_query(request: HttpRequest) -> str:
    """The query of the list that the page of this request shows, which htmx names."""
    return urlsplit(request.headers.get("HX-Current-URL", "")).query[: cells.MOST]


def _gone(request: HttpRequest, where: str) -> HttpResponse:
    return HttpResponse(headers={"HX-Redirect": where}) if _part(request) else HttpResponseRedirect(where)


def _facts(module: Module, user: Any, record: Any) -> dict[str, dict[str, Any]]:
    """Every fact of the record's page by key, as this reader sees it now."""
    look, known = Look.of(user), fields(user, module)
    prepare(look, module, [record], known.values())
    may = fields(user, module, edit=True, of=record) if can(user, module, "edit", record) else {}
    return {one["field"].key: one for _laid, facts in sections_of(module, record, look, known, may) for one in facts}


def _value(request: HttpRequest, module: Module, record: Any, one: Field) -> str:
    """The value with its pencil, on which the keyboard stands again."""
    draw = fact_values(module, record, can(request.user, module, "edit", record))  # type: ignore[arg-type]
    return draw(_facts(module, request.user, record)[one.key], focus=True)


def _saved(request: HttpRequest, module: Module, record: Any, one: Field, was: dict[str, dict[str, Any]]) -> HttpResponse:
    user: Any = request.user
    messages.success(request, _("Saved: %(title)s") % {"title": one.label})
    seen, cell = can(user, module, "view", record), request.GET.get("cell", "")
    if _part(request) and cell:  # given away to somebody whose records this reader does not see, it is gone from the list
        return _said(request, cells.row(request, module, record, cell) if seen else "")
    if not seen:
        return _gone(request, module.url())
    if not _part(request):
        return HttpResponseRedirect(_away(request, module, record, one))
    look, known, may = Look.of(user), fields(user, module), can(user, module, "edit", record)
    prepare(look, module, [record], known.values())
    now, draw = _facts(module, user, record), fact_values(module, record, may)
    context = {
        "module": module,
        "record": record,
        "look": look,
        "may": {"edit": may},
        "facts": key_facts(module, record, look, known),
        "furigana": furigana_of(module, record, known),
        "value": built(draw(now[one.key], focus=True)),
        # Values that follow from this one (a formula, a probability, an expected revenue), each in its place.
        "others": [(key, built(draw(each))) for key, each in now.items() if key != one.key and _differs(each, was.get(key))],
        **told(request, module, record, look, 20),
    }
    return _said(request, render_to_string("record/_field_saved.html", context, request))


def _differs(now: dict[str, Any], was: dict[str, Any] | None) -> bool:
    return was is None or any(now[name] != was[name] for name in ("html", "why", "edit"))
