"""Another e-mail address for oneself: the form that asks for it, and the page behind the link in the mail (L7, L8)."""

from __future__ import annotations

from typing import Any

from allauth.core import ratelimit
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_POST

from core.actor import Actor
from core.field.look import Look
from core.record.write import Refused
from core.signin import emails
from core.web.confirming import Confirmed
from core.web.doors import door


class EmailForm(Confirmed):
    email = forms.EmailField(
        label=lazy("New e-mail address"),
        help_text=lazy("A link is sent there. Until you open it, you sign in as before."),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )


@door()
@require_http_methods(["GET", "POST"])
def email_page(request: HttpRequest) -> HttpResponse:
    """Ask for another address, with the password; at most five an hour, since each sends a mail to whomever one names."""
    user: Any = request.user
    form = EmailForm(request.POST if request.method == "POST" else None, request=request)
    if request.method == "POST" and form.is_valid():
        try:
            if not ratelimit.consume(request, action="change_email", user=user):
                raise Refused(_("Too many tries. Wait an hour."))
            row = emails.ask(user, form.cleaned_data["email"])
        except Refused as error:
            form.add_error("email", str(error))
        else:
            messages.success(request, _("A link was sent to %(email)s. Open it to confirm the address.") % {"email": row.email})
            return HttpResponseRedirect(reverse("my-security"))
    context = {"look": Look.of(user), "form": form, "waiting": emails.asked_by(user)}
    return render(request, "personal/email.html", context, status=422 if form.is_bound else 200)


@door()
@require_POST
def call_off(request: HttpRequest) -> HttpResponse:
    """What was asked for is not wanted any more."""
    emails.call_off(request.user)  # type: ignore[arg-type]
    messages.success(request, _("Your address stays as it is."))
    return HttpResponseRedirect(reverse("my-security"))


@door()
@require_http_methods(["GET", "POST"])
def confirm_page(request: HttpRequest, token: str) -> HttpResponse:
    """Looking changes nothing: the button does."""
    user: Any = request.user
    row = emails.find(user, token)
    if row is None:
        return render(request, "personal/email_closed.html", status=404)
    problem = ""
    if request.method == "POST":
        try:
            if not (email := emails.confirm(user, token, actor=Actor(user))):
                return render(request, "personal/email_closed.html", status=404)
        except Refused as error:
            problem = str(error)
        else:
            messages.success(request, _("You sign in as %(email)s from now on.") % {"email": email})
            return HttpResponseRedirect(reverse("my-security"))
    context = {"change": row, "problem": problem}
    return render(request, "personal/email_new.html", context, status=422 if problem else 200)
