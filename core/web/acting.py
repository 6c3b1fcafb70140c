"""Running an action from a page: a button, or a form when it asks for something."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.action import registry
from core.actor import Actor
from core.record.write import Invalid, Refused
from core.web.doors import door
from core.web.once import once, token
from core.web.pages import module_or_404, record_or_404


@door()
@require_http_methods(["GET", "POST"])
def act_page(request: HttpRequest, app: str, path: str, pk: int, key: str) -> HttpResponse:
    """GET asks what the action needs; POST runs it once and leads to where its result stands."""
    module = module_or_404(request, app, path)
    record = record_or_404(request, module, pk)
    one = registry.find(key)
    if one is None:
        raise Http404
    user: Any = request.user
    if one.hidden_from(user):
        raise Http404
    if not registry.is_offered(key, record, user):
        if request.method == "POST" and one.when is not None and not one.when(record) and registry.allowed(one, user, record):
            return HttpResponseRedirect(_back(request) or module.url(record.pk))  # a second click on a list seen before
        raise PermissionDenied
    one = one.on_record(record)
    form = _form(one, request, record, user)
    context = {"module": module, "record": record, "action": one, "form": form, "once": request.POST.get("once") or token()}
    if request.method == "GET":
        return render(request, "record/act.html", context)
    if form is not None and not form.is_valid():
        return render(request, "record/act.html", context, status=422)
    try:
        with once(request, f"{key}:{pk}") as before:
            if before.result:
                return HttpResponseRedirect(before.result)
            made = registry.run(key, record, actor=Actor(user), **(form.cleaned_data if form else {}))
            where = _back(request) or _where(made, module, record)
            before.result = where if len(where) <= 60 else module.url(record.pk)
    except registry.Forbidden as error:
        raise PermissionDenied from error
    except Invalid as error:
        context["refused"] = " ".join(error.errors.values())
        return render(request, "record/act.html", context, status=422)
    except Refused as error:
        context["refused"] = str(error)
        return render(request, "record/act.html", context, status=409)
    messages.success(request, _("Done: %(action)s") % {"action": one.label})
    return HttpResponseRedirect(where)


def _form(one: registry.Action, request: HttpRequest, record: Any, user: Any) -> Any:
    """The action's form; it may take `record` and `user` to offer what fits them."""
    if one.form is None:
        return None
    data = request.POST if request.method == "POST" else None
    return one.form(data, record=record, user=user)  # type: ignore[call-arg]


def _back(request: HttpRequest) -> str:
    """Where the reader pressed the button, for one that stands in another record's list; nothing for a foreign address."""
    back = request.POST.get("back", "")
    return back if url_has_allowed_host_and_scheme(back, None) and back.startswith("/") else ""


def _where(made: Any, module: Any, record: Any) -> str:
    """A record an action returns is where the reader goes; else back to the record it acted on."""
    from core.module.registry import UnknownModule
    from core.module.registry import module as find_module

    if hasattr(made, "_meta"):
        try:
            return find_module(made._meta.label_lower).url(made.pk)
        except UnknownModule:
            pass
    return made if isinstance(made, str) and made.startswith("/") else module.url(record.pk)
