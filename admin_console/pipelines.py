"""Pipelines: the choices within which those of another picklist stand, as stages stand within a pipeline (CRM-5). Each is shown with
its stages and how many deals stand in it; a new one begins with the stages of another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.actor import Actor
from core.field.choices import Option
from core.field.field import Field
from core.field.look import Look
from core.field.models import Choice
from core.module.module import Module
from core.record.write import Refused
from core.web.doors import door
from core.web.once import once

from . import actions, queries
from .forms import PipelineForm


@dataclass(frozen=True)
class Pipeline:
    """One pipeline with its stages and how many records stand in it."""

    option: Option
    stages: list[Option]
    held: int


@dataclass(frozen=True)
class Pair:
    """A picklist and the one within whose choices its own stand."""

    module: Module
    inner: Field
    outer: Field
    form: PipelineForm
    pipelines: list[Pipeline]


def _pairs(request: HttpRequest, data: Any) -> list[Pair]:
    made = []
    for module in queries.modules_of_admin(request.user):  # type: ignore[arg-type]
        for key, around in module.within.items():
            inner, outer = module.fields[key], module.fields[around]
            sent = data if data is not None and (data.get("module"), data.get("field")) == (module.key, key) else None
            held = queries.uses(module, outer, list(Choice.objects.filter(module=module.key, field=around)))
            found = [Pipeline(one, list(inner.within(one.value).values()), held.get(one.value, 0)) for one in outer.options.values()]
            made.append(Pair(module, inner, outer, PipelineForm(outer, sent), found))
    return made


@door(admin=True, feature="settings")
@require_http_methods(["GET", "POST"])
def pipelines_page(request: HttpRequest) -> HttpResponse:
    """All pipelines; the form below them makes a new one and leads to its stages."""
    data = request.POST if request.method == "POST" else None
    pairs, refused = _pairs(request, data), ""
    if data is not None:
        pair = next((one for one in pairs if one.form.is_bound), None)
        if pair is None:
            raise Http404
        if pair.form.is_valid():
            try:
                return _made(request, pair)
            except Refused as error:
                refused = str(error)
    context = {"pairs": pairs, "refused": refused, "look": Look.of(request.user)}  # type: ignore[arg-type]
    return render(request, "admin_console/pipelines.html", context, status=200 if data is None else 422)


def _made(request: HttpRequest, pair: Pair) -> HttpResponse:
    with once(request, f"pipeline:{pair.module.key}.{pair.inner.key}"[:120]) as before:
        if not before.result:
            row = actions.add_outer(
                pair.module,
                pair.inner,
                actor=Actor(request.user),  # type: ignore[arg-type]
                **{name: pair.form.cleaned_data[name] for name in ("label_en", "label_ja", "hue", "like")},
            )
            before.result = f"{reverse('console-values', args=[pair.module.key, pair.inner.key])}?within={row.value}"
            messages.success(request, _("“%(name)s” is made. Change its stages as you need them.") % {"name": row})
    return HttpResponseRedirect(before.result)
