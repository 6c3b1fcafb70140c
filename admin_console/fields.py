"""Fields of every module: those that ship are renamed, hidden and required; added ones are all the admin's (PLT-17)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from core.access.gate import rights
from core.actor import Actor
from core.field.custom import holders
from core.field.field import Field
from core.field.look import Look
from core.field.models import CustomField, FieldLabel, ModuleLayout
from core.module.arranged import layout
from core.module.module import Module
from core.module.registry import module as find_module
from core.record.write import Refused
from core.web.doors import door
from core.web.menu import app_label, settings_of
from core.web.once import once

from . import actions, formulas, queries
from .forms import BuiltInForm, CustomForm


def module_or_404(request: HttpRequest, key: str) -> Module:
    """The module, if this admin may change its fields; others do not exist for them (ADM-2)."""
    found = next((one for one in queries.modules_of_admin(request.user) if one.key == key), None)  # type: ignore[arg-type]
    if found is None:
        raise Http404
    return found


def custom_or_404(module: Module, name: str) -> CustomField:
    """The added field of this key."""
    row = CustomField.objects.filter(module=module.key, key=name).first()
    if row is None:
        raise Http404
    return row


@door(admin=True)
def modules_page(request: HttpRequest) -> HttpResponse:
    """The modules and how many fields each has."""
    found = queries.modules_of_admin(request.user)  # type: ignore[arg-type]
    lines = [
        {
            "module": one,
            "app": app_label(one.app),
            "count": len(one.fields),
            "added": sum(field.custom for field in one.fields.values()),
            "lists": [f for f in (*one.fields.values(), *one.beside.values()) if f.kind.key in actions.CHOOSING and f.options],
        }
        for one in found
    ]
    return render(request, "admin_console/modules.html", {"look": Look.of(request.user), "lines": lines})  # type: ignore[arg-type]


@door(admin=True)
def fields_page(request: HttpRequest, key: str) -> HttpResponse:
    """All fields of one module in the order of its form, those in no form last."""
    module = module_or_404(request, key)
    user: Any = request.user
    laid = [(title, members) for title, members in _sections(module)]
    context = {
        "look": Look.of(user),
        "module": module,
        "sections": [(title, [_line(module, one) for one in members]) for title, members in laid if members],
        "arranged": ModuleLayout.objects.filter(module=module.key).exists(),
        "settings": settings_of(module.key),
        "beside": list(module.beside.values()),
        "may_change": rights(user).feature("settings"),
    }
    return render(request, "admin_console/fields.html", context)


def _sections(module: Module) -> list[tuple[str, list[Field]]]:
    """The layout with hidden fields in it, and the rest."""
    fields = module.fields
    made = [(section.label, [fields[key] for key in section.fields]) for section in layout(module.key)]
    shown = {one.key for _title, members in made for one in members}
    return [*made, (_("In no section"), [one for one in fields.values() if one.key not in shown])]


def _line(module: Module, one: Field) -> dict[str, Any]:
    return {
        "field": one,
        "kind": _("Formula: %(kind)s") % {"kind": kind_label(one)} if one.is_formula else kind_label(one),
        "address": reverse("console-field", args=[module.key, one.key]),
        "lists": one.kind.key in actions.CHOOSING,
        "target": find_module(one.target).plural if one.kind.key == "link" and one.target else "",
        "fixed": one.required and not one.custom and module.built_in[one.key].required,
    }


def kind_label(one: Field) -> str:
    """A kind in words."""
    return {
        "text": _("Text"),
        "long_text": _("Long text"),
        "email": _("E-mail"),
        "phone": _("Phone"),
        "postal": _("Postal code"),
        "handle": _("Handle"),
        "url": _("Link"),
        "number": _("Number"),
        "percent": _("Percent"),
        "money": _("Money"),
        "date": _("Date"),
        "datetime": _("Date and time"),
        "time": _("Time of day"),
        "yes_no": _("Yes or no"),
        "picklist": _("Picklist"),
        "multi_picklist": _("Picklist, several"),
        "user": _("User"),
        "link": _("Record"),
        "tags": _("Tags"),
        "name": _("Name"),
        "address": _("Address"),
    }.get(one.kind.key, one.kind.key)


@door(admin=True, feature="settings")
@require_http_methods(["GET", "POST"])
def new_field(request: HttpRequest, key: str) -> HttpResponse:
    """Add a field of any kind; a picklist goes on to its values."""
    module = module_or_404(request, key)
    if request.method == "GET" or _asks_further(request):
        sent = request.POST if request.method == "POST" else request.GET
        begun = {name: sent[name] for name in ("kind", "label_en", "label_ja", "help", "section") if name in sent}
        return _form(request, module, CustomForm(module, None, begun=begun))
    form = CustomForm(module, None, request.POST)
    if "try" in request.POST:
        return _trial(request, module, form)
    if not form.is_valid():
        return _form(request, module, form)
    try:
        with once(request, f"field:{module.key}") as before:
            if not before.result:
                row = actions.add_field(module, actor=Actor(request.user), **form.cleaned_data)  # type: ignore[arg-type]
                before.result = row.key
            name = before.result
    except Refused as error:
        form.add_error("label_en", str(error))
        return _form(request, module, form)
    messages.success(request, _("The field is there, in forms, lists, filters and imports."))
    lists = form.cleaned_data["kind"] in actions.CHOOSING
    where = reverse("console-values", args=[module.key, name]) if lists else reverse("console-fields", args=[module.key])
    return HttpResponseRedirect(where)


def _asks_further(request: HttpRequest) -> bool:
    """A formula and a link need one thing more, which the page asks for once their kind is chosen."""
    needed = {"formula": "formula", "link": "target"}.get(request.POST.get("kind", ""))
    return needed is not None and needed not in request.POST


def _form(request: HttpRequest, module: Module, form: Any, *, status: int = 0, **more: Any) -> HttpResponse:
    context = {"look": Look.of(request.user), "module": module, "form": form, **more}  # type: ignore[arg-type]
    if "formula" in form.fields:
        text = form["formula"].value() or ""
        context["help"] = formulas.help_lines(module)
        context["trial"] = formulas.tried(request.user, module, form.row, text) if text.strip() else None
    return render(request, "admin_console/field.html", context, status=status or (422 if form.is_bound else 200))


def _trial(request: HttpRequest, module: Module, form: Any, **more: Any) -> HttpResponse:
    """What the formula would give, without saving anything: a part for the script, else the page as it was sent."""
    if request.headers.get("HX-Request"):
        text = request.POST.get("formula", "")
        trial = formulas.tried(request.user, module, form.row, text) if text.strip() else None
        return render(request, "admin_console/_trial.html", {"trial": trial})
    form.is_valid()
    for key in set(form.errors) - {"formula"}:
        form.errors.pop(key)
    return _form(request, module, form, status=200, **more)


@door(admin=True, feature="settings")
@require_http_methods(["GET", "POST"])
def edit_field(request: HttpRequest, key: str, name: str) -> HttpResponse:
    """Change what may be changed of a field, built in or added."""
    module = module_or_404(request, key)
    one = module.fields.get(name)
    if one is None:
        raise Http404
    data = request.POST if request.method == "POST" else None
    actor = Actor(request.user)  # type: ignore[arg-type]
    form: Any
    if one.custom:
        row = custom_or_404(module, name)
        form = CustomForm(module, row, data)
    else:
        label = FieldLabel.objects.filter(module=module.key, field=name).first()
        form = BuiltInForm(one, module.built_in[name], label, data, title=name in titles_of(module))
    more = {"field": one, "kind": _("Formula") if one.is_formula else kind_label(one), "lists": one.kind.key in actions.CHOOSING}
    if data is not None and "try" in data and one.is_formula:
        return _trial(request, module, form, **more)
    if data is None or not form.is_valid():
        return _form(request, module, form, **more)
    try:
        if one.custom:
            actions.change_field(row, actor=actor, **form.cleaned_data)
        else:
            actions.set_label(module, name, actor=actor, **form.cleaned_data)
    except Refused as error:
        form.add_error("label_en", str(error))
        return _form(request, module, form, **more)
    messages.success(request, _("Saved: %(title)s") % {"title": module.fields[name].label})
    return HttpResponseRedirect(reverse("console-fields", args=[module.key]))


def titles_of(module: Module) -> set[str]:
    """Fields a record is called by: hidden, nobody could tell one from another."""
    first = module.columns_shown[0]
    return {first, *module.built_in[first].parts[:2]}


@door(admin=True, feature="settings")
@require_POST
def move(request: HttpRequest, key: str, name: str) -> HttpResponse:
    """One place up or down among the added fields."""
    module = module_or_404(request, key)
    row = custom_or_404(module, name)
    actions.move_field(row, -1 if "up" in request.POST else 1, actor=Actor(request.user))  # type: ignore[arg-type]
    return HttpResponseRedirect(f"{reverse('console-fields', args=[module.key])}#{row.key}")


@door(admin=True, feature="settings")
@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest, key: str, name: str) -> HttpResponse:
    """Ask with the number of records that hold a value; then delete the field and, by a job, the values."""
    module = module_or_404(request, key)
    row = custom_or_404(module, name)
    one = module.fields[name]
    if request.method == "GET":
        held = holders(module.model, one).count()
        words = ngettext(
            "%(count)d record holds a value in this field. It is deleted for good; the history keeps it.",
            "%(count)d records hold a value in this field. They are deleted for good; the history keeps them.",
            held,
        ) % {"count": held}
        context = {"look": Look.of(request.user), "module": module, "field": one, "held": held, "words": words}  # type: ignore[arg-type]
        return render(request, "admin_console/field_delete.html", context)
    try:
        actions.delete_field(module, row, actor=Actor(request.user))  # type: ignore[arg-type]
    except Refused as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(reverse("console-field", args=[module.key, name]))
    messages.success(request, _("The field “%(name)s” is deleted.") % {"name": one.label})
    return HttpResponseRedirect(reverse("console-fields", args=[module.key]))
