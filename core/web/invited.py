"""The page behind the link of an invitation: choose a password and come in (L7)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import login
from django.contrib.auth.password_validation import validate_password
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from core.access.models import LANGUAGES, User
from core.access.signin import remember_device
from core.signin import invitations, log
from core.signin.invitations import Found
from core.signin.policy import Length
from core.web.doors import door

PROBLEMS = {
    "unknown": _("This link is not complete, or it is not the newest one. Open the one in the latest mail."),
    "used": _("This invitation was used already. Sign in with the password that was chosen then."),
    "withdrawn": _("This invitation was withdrawn."),
    "replaced": _("A newer invitation was sent. Open the link in the latest mail."),
    "late": _("This invitation is older than 24 hours. Ask for a new one."),
    "moved": _("This invitation was for another address. Ask for a new one."),
}


class JoinForm(forms.Form):
    family_name = forms.CharField(label=_("family name"), max_length=60)
    given_name = forms.CharField(label=_("given name"), max_length=60, required=False)
    password = forms.CharField(
        label=_("password"), strip=False, max_length=600, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )
    language = forms.ChoiceField(label=_("language"), choices=LANGUAGES)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        for one in self.fields.values():
            one.label = capfirst(one.label or "")
        self.fields["password"].help_text = Length().get_help_text()

    def clean_password(self) -> str:
        value: str = self.cleaned_data["password"]
        validate_password(value, self.user)
        return value


@door(open=True, ours=True)
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def invitation_page(request: HttpRequest, token: str) -> HttpResponse:
    found = invitations.find(token)
    if found.problem or found.invitation is None:
        return _closed(request, found)
    row, user = found.invitation, found.invitation.user
    if request.user.is_authenticated:
        return render(request, "account/invitation_other.html", {"invitation": row})
    kept = {"family_name": user.family_name, "given_name": user.given_name, "language": request.LANGUAGE_CODE}
    form = JoinForm(request.POST or None, initial=kept, user=user)
    if request.method == "POST" and form.is_valid():
        done = invitations.accept(token, **form.cleaned_data)
        if done.problem or done.invitation is None:
            return _closed(request, done)
        joined = User.objects.get(pk=user.pk)
        login(request, joined, backend="core.access.signin.Backend")
        log.tried(request, "in", user=joined, way="invitation")
        response = HttpResponseRedirect("/")
        remember_device(response, joined)
        return response
    return render(request, "account/invitation.html", {"form": form, "invitation": row}, status=422 if form.is_bound else 200)


def _closed(request: HttpRequest, found: Found) -> HttpResponse:
    """Why the link leads nowhere, and whom to ask. A link nobody made is 404; one that ended is 410."""
    by = found.invitation.invited_by if found.invitation else None
    context = {"problem": PROBLEMS[found.problem or "unknown"], "by": by, "used": found.problem == "used"}
    return render(request, "account/invitation_closed.html", context, status=410 if found.invitation else 404)
