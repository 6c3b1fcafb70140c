"""Error pages: what happened, what to do, and nothing typed is lost."""

from __future__ import annotations

import sys
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.views.decorators.csrf import requires_csrf_token

from core.web.logs import request_id

# Neither tokens nor anything secret that somebody typed comes back in a page.
_NOT_KEPT = {
    "csrfmiddlewaretoken", "password", "login", "current_password", "oldpassword", "password1", "password2",
    "code", "seed", "credential", "token",
}  # fmt: skip


def _error(request: HttpRequest, status: int, **context: Any) -> HttpResponse:
    return render(request, f"errors/{status}.html", {"request_id": request_id.get(), **context}, status=status)


@requires_csrf_token
def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _error(request, 400)


@requires_csrf_token
def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _error(request, 403)


@requires_csrf_token
def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _error(request, 404)


@requires_csrf_token
def too_many(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """A limit was reached: when to come back, and nothing else."""
    answer = _error(request, 429)
    answer.headers["Retry-After"] = "60"
    return answer


def _bare(template: str, status: int, **headers: str) -> HttpResponse:
    """A page without shell and without query: whatever broke may be what the shell needs."""
    context = {"request_id": request_id.get(), "LANGUAGE_CODE": get_language()}
    return HttpResponse(render_to_string(template, context), status=status, headers=headers)


def server_error(request: HttpRequest) -> HttpResponse:
    """Our fault; or, when the database is away, a page that says so and asks to try again."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return _bare("errors/503.html", 503, **{"Retry-After": "10", "Cache-Control": "no-store"})
    return _bare("errors/500.html", 500)


def _same_site(request: HttpRequest) -> bool:
    """Whether the post came from a page of ours: only then may its values be shown again with a button to send them."""
    origin = request.headers.get("Origin") or request.headers.get("Referer") or ""
    return urlsplit(origin).netloc == request.get_host()


def session_ended(request: HttpRequest) -> HttpResponse:
    """The session ended while somebody typed: a page that holds what was typed, to be sent again after signing in."""
    return _kept(request, 401)


@requires_csrf_token
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form is older than the session (signed in again in another tab): show it again with a fresh token."""
    return _kept(request, 403)


def _written(value: str) -> bool:
    """Whether somebody wrote this out, so that it is worth seeing again: no address, choice or token of the form."""
    return len(value) > 20 and any(sign.isspace() or not sign.isascii() for sign in value)


def _kept(request: HttpRequest, status: int) -> HttpResponse:
    if not _same_site(request):
        return _error(request, 403)
    kept = [(key, value) for key, values in request.POST.lists() if key not in _NOT_KEPT for value in values]
    shown = [(key, value) for key, value in kept if _written(value)]
    context = {
        "kept": kept,
        "shown": shown,
        "signed_in": request.user.is_authenticated,
        "login_url": settings.LOGIN_URL,
        "files": bool(request.FILES),
    }
    return render(request, "errors/session_ended.html", context, status=status)
