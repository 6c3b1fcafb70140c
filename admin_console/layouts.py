"""A module as a whole in the console: what it is called, how its sections stand, and what a choice asks for (PLT-17)."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_http_methods, require_POST

from core.actor import Actor
from core.field.look import Look
from core.field.models import Choice, ModuleLabel, ModuleLayout
from core.module.module import Module
from core.record.write import Refused
from core.web.doors import door

from . import actions_layout, placing
from .fields import kind_label, module_or_404
from .forms import NamesForm


@door(admin=True, feature="settings")
@require_http_methods(["GET", "POST"])
def names_page(request: HttpRequest, key: str) -> HttpResponse:
    """Call a module something else, per language; empty is the word that ships."""
    module = module_or_404(request, key)
    row = ModuleLabel.objects.filter(module=module.key).first()
    form = NamesForm(request.POST if request.method == "POST" else None, row=row, shipped=_shipped(module))
    if request.method == "GET" or not form.is_valid():
        context = {"look": Look.of(request.user), "module": module, "form": form, "row": row}  # type: ignore[arg-type]
        return render(request, "admin_console/names.html", context, status=422 if form.is_bound else 200)
    values = dict.fromkeys(actions_layout.NAMES, "") if "reset" in request.POST else form.cleaned_data
    actions_layout.set_names(module, actor=Actor(request.user), **values)  # type: ignore[arg-type]
    messages.success(request, _("Saved: %(title)s") % {"title": module.plural})
    return HttpResponseRedirect(reverse("console-fields", args=[module.key]))


def _shipped(module: Module) -> dict[str, str]:
    """The words a module ships with, by the columns of its names."""
    meta, made = module.model._meta, {}
    for language in ("en", "ja"):
        with override(language):
            made |= {f"one_{language}": str(meta.verbose_name), f"many_{language}": str(meta.verbose_name_plural)}
    return made


@door(admin=True, feature="settings")
@require_http_methods(["GET", "POST"])
def layout_page(request: HttpRequest, key: str) -> HttpResponse:
    """Sections and their fields, by number or by drag; what is hidden and what is required."""
    module = module_or_404(request, key)
    data = request.POST if request.method == "POST" else None
    found = placing.posted(module, data) if data is not None else placing.standing(module)
    if data is not None and not found.problems:
        try:
            wished = found.stored()
            sections = None if wished == placing.standing(module).stored() else wished
            actions_layout.set_layout(module, sections, found.flags(), actor=Actor(request.user))  # type: ignore[arg-type]
        except Refused as error:
            found.problems.append(str(error))
        else:
            messages.success(request, _("The layout is saved. It shows at everyone’s next click."))
            return HttpResponseRedirect(reverse("console-layout", args=[module.key]))
    context = {
        "look": Look.of(request.user),  # type: ignore[arg-type]
        "module": module,
        "found": found,
        "arranged": ModuleLayout.objects.filter(module=module.key).exists(),
    }
    return render(request, "admin_console/layout.html", context, status=422 if found.problems else 200)


@door(admin=True, feature="settings")
@require_POST
def reset(request: HttpRequest, key: str) -> HttpResponse:
    """Back to the sections that ship."""
    module = module_or_404(request, key)
    if actions_layout.reset_layout(module, actor=Actor(request.user)):  # type: ignore[arg-type]
        messages.success(request, _("The sections stand as they ship. Fields that were hidden or required still are."))
    return HttpResponseRedirect(reverse("console-layout", args=[module.key]))


@door(admin=True, feature="settings")
@require_http_methods(["GET", "POST"])
def needs_page(request: HttpRequest, key: str, name: str, value: str) -> HttpResponse:
    """Which fields must be filled in before a record takes a value of a picklist: a deal its amount before it is offered."""
    module = module_or_404(request, key)
    one, row = module.fields.get(name), Choice.objects.filter(module=module.key, field=name, value=value).first()
    if one is None or one.kind.key != "picklist" or row is None:
        raise Http404
    offered = [
        each
        for each in module.fields.values()
        if each.editable and not each.parts and not each.hidden and each.key != name and each.kind.key != "yes_no"
    ]
    if request.method == "POST":
        sent = set(request.POST.getlist("needs"))
        actions_layout.set_needs(module, one, row, [each.key for each in offered if each.key in sent], actor=Actor(request.user))  # type: ignore[arg-type]
        messages.success(request, _("Saved: %(title)s") % {"title": row})
        return HttpResponseRedirect(reverse("console-values", args=[module.key, name]))
    held = set(row.more.get("requires", ()))
    context = {
        "look": Look.of(request.user),  # type: ignore[arg-type]
        "module": module,
        "field": one,
        "row": row,
        "offered": [(each, kind_label(each), each.key in held) for each in offered],
    }
    return render(request, "admin_console/needs.html", context)
