"""The organisation's own page: name, fiscal year, how customers are addressed (ADM-5 in its first form)."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core import clock
from core.actor import Actor
from core.field.look import Look
from core.organisation.fiscal import fiscal_label, year_of
from core.organisation.models import Organisation
from core.organisation.settings import change, organisation
from core.web.doors import door


class OrganisationForm(forms.ModelForm):
    class Meta:
        model = Organisation
        fields = ("name", "fiscal_month", "honorific")


@door(wide=True, feature="settings")
@require_http_methods(["GET", "POST"])
def organisation_page(request: HttpRequest) -> HttpResponse:
    row = organisation()
    kept = {name: getattr(row, name) for name in OrganisationForm.Meta.fields}
    form = OrganisationForm(request.POST or None, initial=kept, instance=Organisation(pk=1))
    if request.method == "POST" and form.is_valid():
        change(Actor(request.user), **form.cleaned_data)  # type: ignore[arg-type]
        messages.success(request, _("Saved."))
        return HttpResponseRedirect(request.path)
    look = Look.of(request.user)  # type: ignore[arg-type]
    today = clock.now().astimezone(look.zone).date()
    context = {"look": look, "form": form, "year": fiscal_label(year_of(today)), "begins": look.day(year_of(today))}
    return render(request, "admin_console/organisation.html", context, status=422 if form.is_bound else 200)
