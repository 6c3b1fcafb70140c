"""The password, asked for again before admin rights are given away (L8)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from core.access.models import User
from core.signin import credentials


class AgainForm(forms.Form):
    """One's own password."""

    password = forms.CharField(
        label=lazy("Your password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        help_text=lazy("Asked for again because this gives away an admin's rights."),
    )

    def __init__(self, user: User, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.user = user

    def clean_password(self) -> str:
        typed: str = self.cleaned_data["password"]
        try:
            right = credentials.is_password(self.user, typed)
        except credentials.TooOften as error:
            raise ValidationError(_("Too many wrong passwords. Please wait five minutes.")) from error
        if not right:
            raise ValidationError(_("This is not your password."))
        return typed
