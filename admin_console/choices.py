"""The values of picklists: added, renamed in both languages, coloured, ordered, offered or not; removed when nobody holds
them, or replaced (CRM-1). Deal stages are values with a probability and an outcome (CRM-5)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from core.actor import Actor
from core.field.choices import home
from core.field.field import Field
from core.field.look import Look
from core.field.models import Choice
from core.module.module import Module
from core.record.write import Refused
from core.web.doors import door
from core.web.once import once

from . import actions, queries
from .fields import module_or_404
from .forms import ChoiceForm


def _list_or_404(request: HttpRequest, key: str, name: str) -> tuple[Module, Field]:
    module = module_or_404(request, key)
    one = module.picklist(name)
    if one is None or one.kind.key not in actions.CHOOSING:
        raise Http404
    return module, one


@door(admin=True, feature="settings")
@require_http_methods(["GET", "POST"])
def values_page(request: HttpRequest, key: str, name: str) -> HttpResponse:
    """All values in one form. The buttons up, down and add save what was typed, too, so nothing is lost."""
    module, one = _list_or_404(request, key, name)
    rows, around = list(Choice.objects.filter(module=module.key, field=name)), _around(request, one)
    if around:
        members = one.within(around)
        rows = [row for row in rows if row.value in members]
    held = queries.uses(module, one, rows)
    staged = any("type" in option.more for option in one.options.values())
    data = request.POST if request.method == "POST" else None
    forms = {row.value: ChoiceForm(row, data, staged=staged, held=held.get(row.value, 0)) for row in rows}
    # To values that Enishi itself sets (what a stage means, where a post came from) nobody adds any.
    new, problem = ChoiceForm(None, data if one.editable else None, staged=staged), ""
    if data is not None:
        asked = [*forms.values(), *([] if new.is_blank else [new])]
        valid = [form.is_valid() for form in asked]  # all of them, so that every error shows at once
        if all(valid):
            problem = _pipeline_problem(asked, staged)
            if not problem:
                new.within = around
                return _saved(request, module, one, _ordered(rows, data), forms, None if new.is_blank else new)
        if new.is_blank:
            new = ChoiceForm(None, staged=staged)
    context = {
        "look": Look.of(request.user),  # type: ignore[arg-type]
        "module": module,
        "field": one,
        "forms": [(row, forms[row.value], held.get(row.value, 0), _remove(module, one, row)) for row in _ordered(rows, data)],
        "new": new if one.editable else None,
        "staged": staged,
        "problem": problem,
        "around": one.outer.options[around] if around and one.outer else None,
        "beside": [option for option in one.outer.options.values() if one.within(option.value)] if around and one.outer else [],
    }
    return render(request, "admin_console/values.html", context, status=200 if data is None else 422)


def _around(request: HttpRequest, one: Field) -> str:
    """The pipeline whose stages are shown, where choices stand within others: the one in the address, else the first."""
    outer = one.outer
    if outer is None or not outer.options:
        return ""
    wanted = request.GET.get("within", "")
    if wanted and wanted not in outer.options:
        raise Http404
    return wanted or next((value for value in outer.options if one.within(value)), next(iter(outer.options)))


def _remove(module: Module, one: Field, row: Choice) -> str:
    return reverse("console-value-remove", args=[module.key, one.key, row.value])


def _ordered(rows: list[Choice], data: Any) -> list[Choice]:
    """The rows as they stood on the page, then moved by the button that was pressed."""
    if data is None:
        return rows
    by_value = {row.value: row for row in rows}
    said = [value for value in dict.fromkeys(data.getlist("value")) if value in by_value]
    order = said + [value for value in by_value if value not in said]
    for word, step in (("up", -1), ("down", 1)):
        if data.get(word) in by_value:
            at = order.index(data[word])
            order.insert(max(0, min(len(order) - 1, at + step)), order.pop(at))
    return [by_value[value] for value in order]


def _pipeline_problem(asked: list[ChoiceForm], staged: bool) -> str:
    """A pipeline has an open, a won and a lost stage, offered; any other picklist has something to offer."""
    values = [form.values() for form in asked]
    if staged and {one["more"]["type"] for one in values if one["active"]} != {"open", "won", "lost"}:
        return _("A pipeline needs at least one open, one won and one lost stage that is offered.")
    if values and not any(one["active"] for one in values):
        return _("At least one value has to be offered.")
    return ""


def _saved(
    request: HttpRequest, module: Module, one: Field, order: list[Choice], forms: dict[str, ChoiceForm], new: ChoiceForm | None
) -> HttpResponse:
    actor = Actor(request.user)  # type: ignore[arg-type]
    here = reverse("console-values", args=[module.key, one.key])
    if around := request.GET.get("within", ""):
        here += f"?{urlencode({'within': around})}"
    try:
        with once(request, f"values:{module.key}.{one.key}"[:120]) as before:
            if not before.result:
                actions.change_choices(module, one, [(row, forms[row.value].values()) for row in order], actor=actor)
                if new is not None:
                    actions.add_choice(module, one, actor=actor, **new.values())
                before.result = "1"
    except Refused as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(here)
    messages.success(request, _("Saved: %(title)s") % {"title": one.label})
    return HttpResponseRedirect(here)


def _others(one: Field, value: str) -> list[tuple[str, str]]:
    """The values records may get instead, those within the same pipeline first, each by a name of its own."""
    labels, known = one.told_apart(), one.options
    near = one.within(home(known[value], str(one.outer.default))) if one.outer else known
    return [(v, labels[v]) for v in sorted(known, key=lambda v: v not in near) if known[v].active and v != value]


@door(admin=True, feature="settings")
@require_http_methods(["GET", "POST"])
def remove_page(request: HttpRequest, key: str, name: str, value: str) -> HttpResponse:
    """Say what removing a value means, in numbers; held values need another one for their records."""
    module, one = _list_or_404(request, key, name)
    row = Choice.objects.filter(module=module.key, field=name, value=value).first()
    if row is None:
        raise Http404
    held = queries.uses(module, one, [row]).get(value, 0)
    context: dict[str, Any] = {
        "look": Look.of(request.user),  # type: ignore[arg-type]
        "module": module,
        "field": one,
        "row": row,
        "held": held,
        "kept": actions.kept_because(module, one, row),
        "others": _others(one, value),
        "members": sum(len(inner.within(value)) for key, outer in module.within.items() if outer == name for inner in [module.fields[key]]),
        "words": ngettext("%(count)d record holds this value.", "%(count)d records hold this value.", held) % {"count": held},
    }
    if request.method == "GET":
        return render(request, "admin_console/value_remove.html", context)
    try:
        job = actions.remove_choice(module, one, row, actor=Actor(request.user), other=request.POST.get("other", ""))  # type: ignore[arg-type]
    except Refused as error:
        return render(request, "admin_console/value_remove.html", {**context, "refused": str(error)}, status=409)
    if job is None:
        messages.success(request, _("The value “%(name)s” is deleted.") % {"name": row})
    else:
        messages.success(
            request, _("A job moves %(count)d records to the other value; then this one is deleted.") % {"count": job.total or 0}
        )
    return HttpResponseRedirect(reverse("console-values", args=[module.key, name]))
