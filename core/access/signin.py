"""Signing in with django-allauth: by e-mail and password; nobody signs up by themselves."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from django.db.models import QuerySet
from django.http import HttpRequest

from core.access.models import User
from core.worded import worded


class Backend(AuthenticationBackend):  # type: ignore[misc]
    """Signs in by e-mail, and brings profile and role along: every request asks for them."""

    def get_user(self, user_id: Any) -> User | None:
        return next(iter(_active(int(user_id))), None)


@worded()
def _active(pk: int) -> QuerySet[User]:
    return User.objects.select_related("profile", "role").filter(pk=pk, is_active=True)


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """People come by invitation, never by a public form."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return "/"

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """The page one lands on says enough."""
