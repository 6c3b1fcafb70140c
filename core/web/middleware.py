"""What happens around every request: a request id, the reader's language and zone, and the closed door."""

from __future__ import annotations

import re
import secrets
import zoneinfo
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.contrib.messages import ERROR
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.utils.translation.trans_real import parse_accept_lang_header

from core import stamps
from core.access.gate import rights
from core.access.setup import is_empty
from core.organisation.settings import house_language, house_zone
from core.web.doors import Door, door_of
from core.web.errors import session_ended
from core.web.logs import request_id

# As encodeURIComponent writes it.
_COPY = re.compile(r"[A-Za-z0-9_.!~*'()%-]{1,300}")
Get = Callable[[HttpRequest], HttpResponse]


class RequestId:
    """A name for the request, in every log line it makes and on its error page."""

    def __init__(self, get_response: Get) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = request_id.set(secrets.token_hex(6))
        try:
            response = self.get_response(request)
            response.headers.setdefault("X-Request-Id", request_id.get())
            return response
        finally:
            request_id.reset(token)


class Person:
    """Speak the reader's language in the reader's zone, and read configuration stamps once."""

    def __init__(self, get_response: Get) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with stamps.held():
            user = request.user
            language = getattr(user, "language", None) or _language(request)
            translation.activate(language)
            request.LANGUAGE_CODE = language
            try:
                timezone.activate(zoneinfo.ZoneInfo(user.time_zone) if user.is_authenticated else house_zone())
            except (KeyError, ValueError):
                timezone.activate(house_zone())
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", language)
            if user.is_authenticated or request.path.startswith(("/accounts/", "/invitation/", "/setup/")):
                # After signing out, Back shows nothing (ASVS 14.3.2).
                response.headers.setdefault("Cache-Control", "no-store")
            patch_vary_headers(response, ["HX-Request", "Cookie", "Accept-Language"])
            timezone.deactivate()
            return response


def _language(request: HttpRequest) -> str:
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    if chosen in dict(settings.LANGUAGES):
        return chosen
    for spoken, _weight in parse_accept_lang_header(request.headers.get("Accept-Language", "").lower()):
        if (found := spoken.partition("-")[0]) in dict(settings.LANGUAGES):
            return found
    return house_language()


class Saved:
    """A form that the browser keeps a copy of (static/js/app.js) names that copy as it is sent. Where the answer is another
    page, what was typed has arrived: the next page says so, and the copy goes. Whatever form: none can forget to."""

    def __init__(self, get_response: Get) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method == "POST" and response.status_code in {302, 303} and request.user.is_authenticated:
            copy = request.POST.get("_guard", "")
            # What was refused is said on the next page, where it may be put back.
            if _COPY.fullmatch(copy) and not any(said.level >= ERROR for said in _just_said(request)):
                request.session["saved"] = copy
        return response


def _just_said(request: HttpRequest) -> list[Any]:
    """What this very request has to say."""
    return list(getattr(getattr(request, "_messages", None), "_queued_messages", ()))


class ClosedDoor:
    """Let through what the view's door allows; everything else stops here."""

    def __init__(self, get_response: Get) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        door = door_of(view)
        if door is None:
            raise PermissionDenied("This address states no door.")
        return None if door.open else self._inside(request, door)

    def _inside(self, request: HttpRequest, door: Door) -> HttpResponse | None:
        user = request.user
        if not user.is_authenticated or not user.is_active:
            if request.method == "POST":
                return session_ended(request)
            if request.headers.get("HX-Request"):
                return HttpResponse(status=401, headers={"HX-Redirect": settings.LOGIN_URL and "/accounts/login/"})
            if is_empty():
                return HttpResponseRedirect("/setup/")
            return redirect_to_login(request.get_full_path())
        if door.app and not rights(user).has_app(door.app):
            raise Http404
        if not door.admits(user):
            raise PermissionDenied
        return None
