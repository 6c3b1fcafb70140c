"""The set-up page of an empty installation: works once, with the token that `bin/up --empty` printed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import login
from django.contrib.auth.password_validation import validate_password
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from core.access import setup
from core.access.models import LANGUAGES, User
from core.access.signin import remember_device
from core.signin import log
from core.stamps import bump
from core.web.doors import door
from core.web.menu import given_apps


class SetupForm(forms.Form):
    organisation = forms.CharField(label=_("Organisation"), max_length=120)
    family_name = forms.CharField(label=_("family name"), max_length=60)
    given_name = forms.CharField(label=_("given name"), max_length=60, required=False)
    email = forms.EmailField(label=_("e-mail"), max_length=254)
    password = forms.CharField(
        label=_("password"),
        strip=False,
        max_length=600,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Eight characters or more; a sentence is best."),
    )
    language = forms.ChoiceField(label=_("language"), choices=LANGUAGES)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for one in self.fields.values():
            one.label = capfirst(one.label or "")

    def clean_password(self) -> str:
        value: str = self.cleaned_data["password"]
        names = {name: self.cleaned_data.get(name, "") for name in ("email", "family_name", "given_name")}
        validate_password(value, User(**names))
        return value


@door(open=True)
@sensitive_post_parameters("password", "token")
@require_http_methods(["GET", "POST"])
def setup_page(request: HttpRequest) -> HttpResponse:
    if not setup.is_empty():
        raise Http404
    given = request.POST.get("token", "") or request.GET.get("token", "")
    if not setup.fits(given):
        return render(request, "account/setup_closed.html", status=403)
    form = SetupForm(request.POST or None, initial={"language": request.LANGUAGE_CODE})
    if request.method == "POST" and form.is_valid():
        try:
            user = setup.first_person(**form.cleaned_data, apps=given_apps())
        except setup.SetUpAlready as error:
            raise Http404 from error
        bump("users")
        login(request, user, backend="core.access.signin.Backend")
        log.tried(request, "in", user=user, way="setup")
        response = HttpResponseRedirect("/")
        remember_device(response, user)
        return response
    return render(request, "account/setup.html", {"form": form, "token": given}, status=422 if form.is_bound else 200)
