"""One's own settings: name, language, zone, theme, row height."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from core.access.gate import rights
from core.access.models import User
from core.stamps import bump
from core.web.doors import door


@cache
def zones() -> list[tuple[str, str]]:
    """Time zones to choose from."""
    return [
        (name, name.replace("_", " "))
        for name in sorted(zoneinfo.available_timezones())
        if "/" in name and not name.startswith(("Etc/", "posix", "right"))
    ]


_settings: list[tuple[str, Any, Callable[[User], bool]]] = []


def add_setting(url_name: str, label: Any, *, app: str = "", when: Callable[[User], bool] | None = None) -> None:
    """Put an app's page of personal settings beside the others, for those who have the app, or those it names."""
    _settings.append((url_name, label, when or (lambda user: rights(user).has_app(app))))


def pages_of(user: Any) -> list[tuple[str, Any]]:
    """The pages of personal settings, by the name of their address, for the bar beside each of them."""
    own = [("me", _("You")), ("my-security", _("Sign-in and security")), ("notification-settings", _("Notifications"))]
    own.append(("mail-templates", _("Mail templates")))
    return own + [(name, label) for name, label, theirs in _settings if theirs(user)]


if TYPE_CHECKING:
    _UserForm = forms.ModelForm[User]
else:
    _UserForm = forms.ModelForm


class PersonalForm(_UserForm):
    class Meta:
        model = User
        fields = ("family_name", "given_name", "title", "language", "time_zone", "calendar", "theme", "density")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["time_zone"] = forms.ChoiceField(label=self.fields["time_zone"].label, choices=zones())


@door()
@require_http_methods(["GET", "POST"])
def settings_page(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    form = PersonalForm(request.POST or None, instance=User.objects.get(pk=user.pk))
    if request.method == "POST" and form.is_valid():
        form.save()
        bump("users")
        messages.success(request, _("Saved."))
        return HttpResponseRedirect(request.path)
    return render(request, "personal/settings.html", {"form": form}, status=422 if form.is_bound else 200)


@door(open=True)
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Switch the language: kept on the user, and in a cookie for the sign-in page."""
    wanted = request.POST.get("language", "")
    back = request.POST.get("back", "/")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=settings.HTTPS) or not back.startswith("/"):
        back = "/"
    response = HttpResponseRedirect(back)
    if wanted in dict(settings.LANGUAGES):
        if request.user.is_authenticated:
            User.objects.filter(pk=request.user.pk).update(language=wanted)
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, wanted, max_age=31_536_000, samesite="Lax", secure=settings.HTTPS, httponly=True)
    return response


@door()
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Keep the theme chosen in the avatar menu."""
    user: Any = request.user
    wanted = request.POST.get("theme", "")
    if wanted in {"auto", "light", "dark"}:
        User.objects.filter(pk=user.pk).update(theme=wanted)
    back = request.POST.get("back", "/")
    return HttpResponseRedirect(back if back.startswith("/") and not back.startswith("//") and "\\" not in back else "/")
