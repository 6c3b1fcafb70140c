"""One's own security: password, second factor, passkeys, and where one is signed in (L3, L8, L9)."""

from __future__ import annotations

import base64
import json
import re
import unicodedata
from typing import Any

from allauth.mfa.webauthn.internal import auth as webauthn
from cryptography.fernet import InvalidToken
from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.field.look import Look
from core.remote.secrets import Secret, box
from core.signin import emails, factor, letters, log, policy, sessions
from core.web.confirming import Confirmed
from core.web.doors import door
from core.web.seats import FACTOR

_SEED_SECONDS = 3600
_CODES = "fresh_codes"


def home() -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("my-security"))


@door()
@require_GET
def security_page(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    held = factor.of(user)
    context = {
        "look": Look.of(user),
        "held": held,
        "passkeys": [(row, factor.passkey_name(row)) for row in held.passkeys],
        "needed": policy.needs_factor(user) and not held.any,
        "rows": list(sessions.of(user)[:100]),
        "here": request.session.session_key,
        "tries": list(log.find().filter(user=user)[:10]),
        "fresh_codes": bool(request.session.get(_CODES)),
        "waiting": emails.asked_by(user),
    }
    return render(request, "personal/security.html", context)


class AppForm(Confirmed):
    """The first code of an app. Its seed travels in the form, sealed for this person: nothing is stored before it works."""

    seed = forms.CharField(widget=forms.HiddenInput, max_length=600)
    code = forms.CharField(
        label=lazy("Code"),
        help_text=lazy("The six digits that the app shows now."),
        max_length=16,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )

    def clean_seed(self) -> str:
        return _opened(self.cleaned_data["seed"], self.request.user)

    def clean_code(self) -> str:
        code = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", self.cleaned_data["code"]))
        seed = self.cleaned_data.get("seed")
        if seed and factor.counter_of(seed, code) is None:
            raise ValidationError(_("This is not the code of this app. Is the clock of your telephone right?"))
        return code


def _sealed(seed: str, user: Any) -> str:
    return box().encrypt(f"{user.pk}:{seed}".encode()).decode()


def _opened(sealed: str, user: Any) -> str:
    try:
        owner, _colon, seed = box().decrypt(sealed.encode(), ttl=_SEED_SECONDS).decode().partition(":")
    except InvalidToken as error:
        raise ValidationError(_("This page was open too long. Scan the new picture.")) from error
    if owner != str(user.pk):
        raise ValidationError(_("This page was open too long. Scan the new picture."))
    return seed


@door()
@require_http_methods(["GET", "POST"])
def app_page(request: HttpRequest) -> HttpResponse:
    """Take an app for codes on."""
    user: Any = request.user
    form = AppForm(request.POST or None, request=request)
    if request.method == "POST" and form.is_valid() and factor.add_app(user, form.cleaned_data["seed"], form.cleaned_data["code"]):
        return _turned_on(request, "factor_on", _("The app is on. From now on signing in asks for its code."))
    given = request.POST.get("seed", "")
    try:
        seed = _opened(given, user) if given else factor.new_seed()
    except ValidationError:
        seed = factor.new_seed()
    sealed = given if given and not form.errors.get("seed") else _sealed(seed, user)
    context = {"form": form, "seed": sealed, "shown": " ".join(re.findall(".{1,4}", seed)), "picture": _picture(user, seed)}
    return render(request, "personal/app.html", context, status=422 if form.is_bound else 200)


def _picture(user: Any, seed: str) -> str:
    """The QR code as a picture in the page's own address space."""
    from allauth.mfa.adapter import get_adapter  # needs the settings

    adapter = get_adapter()
    svg = adapter.build_totp_svg(adapter.build_totp_url(user, seed))
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def _turned_on(request: HttpRequest, notice: str, words: str) -> HttpResponse:
    """After a second factor was added: it counts from now on, and the first one brings recovery codes."""
    user: Any = request.user
    request.session[FACTOR] = True
    letters.tell(user, notice)
    messages.success(request, words)
    if not factor.of(user).codes_left:
        return _fresh_codes(request, tell=False)
    return home()


def _fresh_codes(request: HttpRequest, *, tell: bool = True) -> HttpResponse:
    """New codes, sealed in the session until their owner says that they are kept."""
    codes = factor.new_codes(request.user)  # type: ignore[arg-type]
    request.session[_CODES] = Secret.of(" ".join(codes)).sealed
    if tell:
        letters.tell(request.user, "codes")  # type: ignore[arg-type]
    return HttpResponseRedirect(reverse("my-codes"))


@door()
@require_http_methods(["GET", "POST"])
def codes_page(request: HttpRequest) -> HttpResponse:
    """Recovery codes: shown while they are new; POST makes new ones."""
    held = factor.of(request.user)  # type: ignore[arg-type]
    if not held.any:
        return home()
    form = Confirmed(request.POST if request.method == "POST" else None, request=request)
    if request.method == "POST" and form.is_valid():
        return _fresh_codes(request)
    sealed = request.session.get(_CODES, "")
    codes = Secret(sealed).reveal().split() if sealed and not form.is_bound else []
    context = {"form": form, "codes": [f"{one[:4]} {one[4:]}" for one in codes], "left": held.codes_left}
    return render(request, "personal/codes.html", context, status=422 if form.is_bound else 200)


@door()
@require_POST
def codes_kept(request: HttpRequest) -> HttpResponse:
    """They were written down: they are never shown again."""
    request.session.pop(_CODES, None)
    return home()


class PasskeyForm(Confirmed):
    name = forms.CharField(label=lazy("Name"), help_text=lazy("So that you know it again: telephone, blue key …"), max_length=60)
    credential = forms.CharField(widget=forms.HiddenInput, max_length=20_000, required=False)

    def clean_credential(self) -> dict[str, Any]:
        try:
            given = json.loads(self.cleaned_data["credential"] or "null")
            webauthn.parse_registration_response(given)
            webauthn.complete_registration(given)
        except factor.UNREADABLE as error:
            raise ValidationError(_("The browser gave no passkey. Try again.")) from error
        return given  # type: ignore[no-any-return]


@door()
@require_http_methods(["GET", "POST"])
def passkey_page(request: HttpRequest) -> HttpResponse:
    """Take a passkey on: the browser makes it, so this needs script. The password is asked for before the key is made."""
    user: Any = request.user
    sent = request.method == "POST"
    form = PasskeyForm(request.POST if sent and "credential" in request.POST else None, request=request)
    if form.is_bound and form.is_valid():
        webauthn.WebAuthn.add(user, form.cleaned_data["name"], form.cleaned_data["credential"])
        return _turned_on(request, "passkey_on", _("The passkey is on. You can sign in with it alone."))
    options = webauthn.begin_registration(user, passwordless=True)
    return render(request, "personal/passkey.html", {"form": form, "options": options}, status=422 if form.is_bound else 200)


@door()
@require_http_methods(["GET", "POST"])
def factor_off(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an app or a passkey off. What the organisation asks for stays until there is another."""
    user: Any = request.user
    held = factor.of(user)
    row = next((one for one in [held.app, *held.passkeys] if one is not None and one.pk == pk), None)
    if row is None:
        raise Http404
    last = len(held.passkeys) + bool(held.app) == 1
    form = Confirmed(request.POST if request.method == "POST" else None, request=request)
    refused = last and policy.needs_factor(user)
    if request.method == "POST" and not refused and form.is_valid():
        factor.remove(row)
        if last:
            request.session.pop(FACTOR, None)
        letters.tell(user, "factor_off" if row.type == factor.TOTP else "passkey_off")
        messages.success(request, _("Taken off."))
        return home()
    name = factor.passkey_name(row) if row.type == factor.PASSKEY else _("App for codes")
    context = {"form": form, "name": name, "last": last, "refused": refused}
    return render(request, "personal/factor_off.html", context, status=422 if request.method == "POST" else 200)


@door()
@require_http_methods(["GET", "POST"])
def again_page(request: HttpRequest) -> HttpResponse:
    """The password once more, before what has no form to ask for it; then on to where one was going (L8)."""
    asked = request.POST.get("back", "") or request.GET.get("back", "")
    back = asked if asked.startswith("/") and url_has_allowed_host_and_scheme(asked, None) else "/"
    form = Confirmed(request.POST if request.method == "POST" else None, request=request)
    if not form.fields or (form.is_bound and form.is_valid()):
        return HttpResponseRedirect(back)
    return render(request, "personal/again.html", {"form": form, "back": back}, status=422 if form.is_bound else 200)


@door()
@require_POST
def end_session(request: HttpRequest, pk: int) -> HttpResponse:
    row = sessions.of(request.user).filter(pk=pk).first() if pk < 2**63 else None  # type: ignore[arg-type]
    if row is None:
        raise Http404
    sessions.end(row)
    messages.success(request, _("That session has ended."))
    return home()


@door()
@require_POST
def end_others(request: HttpRequest) -> HttpResponse:
    count = sessions.end_all(request.user, keep=request.session.session_key, tokens=False)  # type: ignore[arg-type]
    messages.success(request, _("Signed out in %(count)d other places.") % {"count": count})
    return home()
