"""Asking for the password again before what somebody at an unlocked desk must not do (L8). Put `Confirmed` first among the bases
of a form, and give it `request=`; what was typed elsewhere in the form stays. What has no form of its own asks on a page
of its own first: `asked_first` leads there and back."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from core import clock
from core.signin import sessions
from core.signin.credentials import FRESH_SECONDS, TooOften, is_password

_AT = "confirmed_at"


def is_fresh(request: Any) -> bool:
    """Whether the password was typed again within the last ten minutes."""
    at = request.session.get(_AT)
    return bool(at) and 0 <= clock.now().timestamp() - at < FRESH_SECONDS


def confirm(request: Any) -> None:
    """Note that it was; the session goes on under a new id (L4)."""
    request.session[_AT] = clock.now().timestamp()
    request.session.cycle_key()
    sessions.follow(request, request.user)


def asked_first(request: Any, back: str) -> HttpResponseRedirect | None:
    """Where to send somebody who has not typed the password of late, to come `back` after; None for who may go on."""
    return None if is_fresh(request) else HttpResponseRedirect(f"{reverse('my-again')}?{urlencode({'back': back})}")


class Confirmed(forms.Form):
    """A form whose last field asks for the password again, unless that was done a moment ago."""

    current_password = forms.CharField(
        label=lazy("Your password"),
        help_text=lazy("To make sure that it is you."),
        required=False,
        max_length=600,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, request: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        if is_fresh(request):
            del self.fields["current_password"]
        else:
            self.fields["current_password"] = self.fields.pop("current_password")

    def clean_current_password(self) -> str:
        typed: str = self.cleaned_data["current_password"]
        try:
            right = bool(typed) and is_password(self.request.user, typed)
        except TooOften as error:
            raise forms.ValidationError(_("Too many tries. Wait five minutes.")) from error
        if not right:
            raise forms.ValidationError(_("This is not your password.") if typed else _("Type your password."))
        confirm(self.request)
        return typed
