"""Signing in and out, the second factor, and a new password by mail: allauth's views with our pages and manners."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from allauth.account import views as account
from allauth.account.forms import ResetPasswordForm
from allauth.account.internal import flows
from allauth.core import context, ratelimit
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import views as factor_views
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.internal.flows import check_rate_limit
from allauth.mfa.webauthn import views as passkey_views
from allauth.mfa.webauthn.forms import LoginWebAuthnForm
from allauth.mfa.webauthn.internal import auth as webauthn
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_POST

from core.access.signin import remember_device
from core.signin import credentials, factor, log, sessions
from core.web.doors import door

# Asking for a passkey begins a session; it ends soon unless somebody signs in with it (O5).
_ASKED_SECONDS = 600
# In characters: what a passkey answers with.
_LONGEST = 20_000


class Said422:
    """What was typed and cannot be taken comes back with 422."""

    def form_invalid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)  # type: ignore[misc]
        if response.status_code == 200:
            response.status_code = 422
        return response


class CodeForm(AuthenticateForm):  # type: ignore[misc]
    """A code of the app or a recovery code, each good once, whatever width it was typed in."""

    def clean_code(self) -> str:
        clear = check_rate_limit(self.user)
        typed = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", str(self.cleaned_data["code"])))[:32]
        found = factor.spend(self.user, typed)
        if found is None:
            log.tried(context.request, "factor", user=self.user, way="code")
            raise forms.ValidationError(_("This code is wrong, was used already or is too old. Type the one shown now."))
        found.user, self.authenticator = self.user, found
        clear()
        return typed


class _Json(forms.JSONField):
    """JSON from a stranger: as long as a passkey's answer may be, and no fault however it is nested."""

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value if len(str(value or "")) <= _LONGEST else "")
        except RecursionError as error:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from error


class PasskeyLoginForm(LoginWebAuthnForm):  # type: ignore[misc]
    """A passkey's answer as a stranger sends it: what cannot be read is wrong, and no fault."""

    credential = _Json(widget=forms.HiddenInput)

    def clean_credential(self) -> Any:
        try:
            return super().clean_credential()
        except factor.UNREADABLE as error:
            raise get_adapter().validation_error("incorrect_code") from error


class ResetForm(ResetPasswordForm):  # type: ignore[misc]
    """Asks for a link by mail. Known or not, the address meets the same work and the same answer (L6)."""

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        email: str = self.cleaned_data["email"]
        credentials.ask_reset(email)
        return email


class Login(Said422, account.LoginView):  # type: ignore[misc]
    pass


class Code(factor_views.AuthenticateView):  # type: ignore[misc]
    template_name = "account/code.html"

    def form_invalid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)
        response.status_code = 422
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        held = factor.of(self.stage.login.user)
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return {**context, "app": held.app, "passkeys": held.passkeys, "codes_left": held.codes_left}


class Passkey(passkey_views.LoginWebAuthnView):  # type: ignore[misc]
    """Signs in with a passkey alone: it is two factors, the device and its finger or PIN."""

    http_method_names = ["post"]

    def form_invalid(self, form: Any) -> HttpResponse:
        log.tried(self.request, "factor", way="passkey")
        response: HttpResponse = super().form_invalid(form)
        self.request.session.set_expiry(_ASKED_SECONDS)
        return response


@door(open=True, ours=True)
@require_POST
def passkey_options(request: HttpRequest) -> HttpResponse:
    """What the browser asks a passkey for. POST, since it begins a session; limited for each address."""
    if not ratelimit.consume(request, action="passkey"):
        return JsonResponse({"problem": _("Too many tries. Wait a minute.")}, status=429)
    options = webauthn.begin_authentication(user=None)
    if not request.user.is_authenticated:
        request.session.set_expiry(_ASKED_SECONDS)
    return JsonResponse({"request_options": options})


class Reset(Said422, account.PasswordResetView):  # type: ignore[misc]
    pass


class _New(forms.Form):
    """Texts of the fields for a new password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = {"oldpassword": lazy("Present password"), "password1": lazy("New password"), "password2": lazy("New password once more")}
        for name, label in labels.items():
            if name in self.fields:
                self.fields[name].label = label
                self.fields[name].help_text = ""
                self.fields[name].widget.attrs.pop("placeholder", None)


class NewPasswordForm(_New, account.ResetPasswordKeyForm):  # type: ignore[misc]
    pass


class ChangeForm(_New, account.ChangePasswordForm):  # type: ignore[misc]
    pass


class NewPassword(Said422, account.PasswordResetFromKeyView):  # type: ignore[misc]
    """Sets a new password. It does not sign in: the second factor is asked for as always (L3). Who opened the mail has tries of
    their own in this browser from now on, however busy a stranger is with the address (L2)."""

    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        credentials.changed_password(self.reset_user)
        remember_device(response, self.reset_user)
        return response


class Change(Said422, account.PasswordChangeView):  # type: ignore[misc]
    """Another password: this session goes on under a new id, all others end (L5)."""

    def form_valid(self, form: Any) -> HttpResponse:
        form.save()
        flows.password_change.finalize_password_change(self.request, form.user)
        sessions.follow(self.request, form.user)
        credentials.changed_password(form.user, keep=self.request.session.session_key)
        messages.success(self.request, _("Your password was changed. Everywhere else you are signed out."))
        return HttpResponseRedirect(self.get_success_url())


login = door(open=True, ours=True)(Login.as_view())
logout = door(open=True, ours=True)(account.LogoutView.as_view())
code = door(open=True, ours=True)(Code.as_view())
passkey = door(open=True, ours=True)(Passkey.as_view())
reset = door(open=True, ours=True)(Reset.as_view())
reset_done = door(open=True, ours=True)(account.PasswordResetDoneView.as_view())
new_password = door(open=True, ours=True)(NewPassword.as_view())
new_password_done = door(open=True, ours=True)(account.PasswordResetFromKeyDoneView.as_view())
change = door()(Change.as_view())
