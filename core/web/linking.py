"""The other half of "Add" at a related list: a record that is there already is linked to the one whose page is open (PLT-10)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.access.gate import can, fields
from core.actor import Actor
from core.field.field import Field
from core.field.kinds import KINDS
from core.field.look import Look
from core.module.listing import name_records
from core.module.module import Module
from core.module.registry import UnknownModule
from core.module.registry import module as find_module
from core.record import write
from core.text.numbers import whole
from core.web.doors import door
from core.web.forms import linked
from core.web.pages import module_or_404, record_or_404


class LinkForm(forms.Form):
    """Which record of the other module; typed without script, chosen with it."""

    def __init__(self, data: Any, other: Module, user: Any) -> None:
        super().__init__(data)
        self.user, self.one = user, Field(other.key, "record", ("", ""), KINDS["link"], "", target=other.key)
        made: Any = self.one.kind.form_field(self.one)
        made.label, made.required = capfirst(other.label), False
        made.widget.attrs["autofocus"] = True
        if chosen := whole((data or {}).get("record__pk", "")):
            look = Look.of(user)
            name_records(look, {other.key: {chosen}})
            made.widget.titles = {str(pk): title for (_key, pk), title in look.names.items()}
        self.fields["record"] = made

    def clean_record(self) -> int:
        text = str(self.cleaned_data.get("record") or "").strip()
        if not text:
            raise ValidationError(_("Please fill this in."))
        return linked(self.user, self.one, text)


@door()
@require_http_methods(["GET", "POST"])
def link_page(request: HttpRequest, app: str, path: str, pk: int, other: str, key: str) -> HttpResponse:
    """GET asks for the record; POST links it. One that belongs to another record so far is asked about once."""
    module = module_or_404(request, app, path)
    record = record_or_404(request, module, pk)
    user: Any = request.user
    found, by = _link(user, module, other, key)
    if module.stands_aside([record]):
        raise PermissionDenied  # a converted lead is only read
    form = LinkForm(request.POST if request.method == "POST" else None, found, user)
    context: dict[str, Any] = {"module": module, "record": record, "other": found, "by": by, "form": form, "look": Look.of(user)}
    if request.method == "GET":
        return render(request, "record/link.html", context)
    if not form.is_valid():
        return render(request, "record/link.html", context, status=422)
    target = found.model._default_manager.get(pk=form.cleaned_data["record"])
    if not can(user, found, "edit", target) or found.stands_aside([target]):
        form.add_error("record", _("You may not change this record."))
        return render(request, "record/link.html", context, status=422)
    held = by.value(target)
    if held not in {None, record.pk} and request.POST.get("sure") != str(target.pk):
        name_records(context["look"], {module.key: {held}})
        form.fields["record"].widget.titles = {str(target.pk): target.title}
        context |= {"target": target, "so_far": context["look"].names.get((module.key, held), "")}
        return render(request, "record/link.html", context, status=409)
    try:
        with transaction.atomic():
            write.update(write.lock(target), actor=Actor(user), **{by.key: record.pk})
    except write.Invalid as error:
        form.add_error("record", " ".join(str(said) for said in error.errors.values()))
        return render(request, "record/link.html", context, status=422)
    messages.success(request, _("Linked: %(title)s") % {"title": target.title})
    return HttpResponseRedirect(module.url(record.pk))


def _link(user: Any, module: Module, other: str, key: str) -> tuple[Module, Field]:
    """The module and its field that points here: 404 for what is no such link or is not seen, 403 for what may not be changed."""
    try:
        found = find_module(other)
    except UnknownModule as error:
        raise Http404 from error
    by = fields(user, found).get(key) if can(user, found, "view") else None
    if by is None or by.kind.key != "link" or by.target != module.key:
        raise Http404
    if not can(user, found, "edit") or key not in fields(user, found, edit=True):
        raise PermissionDenied
    return found, by
