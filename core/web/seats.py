"""What happens to a session around every request: its time, its network, and the second factor it may be asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from core.signin import factor, log, origin, policy, sessions
from core.web import refused
from core.web.doors import door_of

Get = Callable[[HttpRequest], HttpResponse]
FACTOR = "factor"
# Where somebody may go who must set up a second factor first.
_ANYWAY = {
    "my-security", "my-app", "my-passkey", "my-codes", "my-codes-kept", "my-session-end", "my-sessions-end",
    "account_logout", "account_change_password", "language", "theme", "healthz", "readyz",
}  # fmt: skip


class Seats:
    """Ends sessions whose time is over, keeps out networks that are not allowed, and leads to the second factor."""

    def __init__(self, get_response: Get) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with origin.known(request), refused.watched():
            user: Any = request.user
            if user.is_authenticated and not sessions.look(request, user):
                logout(request)
            response = self.get_response(request)
            if user.is_authenticated:
                refused.look(request, user, response)
            return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        user: Any = request.user
        door = door_of(view)
        if (user.is_authenticated or (door is not None and door.ours)) and not policy.inside(origin.here()):
            if request.method == "POST":
                log.tried(request, "network", user=user if user.is_authenticated else None)
            return render(request, "errors/network.html", {"address": origin.here()}, status=403)
        if not user.is_authenticated or request.session.get(FACTOR) or not policy.needs_factor(user):
            return None
        if factor.has(user):
            request.session[FACTOR] = True
            return None
        name = request.resolver_match.url_name if request.resolver_match else ""
        if name in _ANYWAY or request.path in {"/healthz", "/readyz"}:
            return None
        if request.headers.get("HX-Request"):
            return HttpResponse(status=401, headers={"HX-Redirect": reverse("my-security")})
        return HttpResponseRedirect(reverse("my-security"))
