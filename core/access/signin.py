"""Signing in with django-allauth: by e-mail and password or a passkey, then a second factor; nobody signs up by themselves."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate
from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.access.models import User
from core.remote.secrets import Secret
from core.signin import log
from core.signin.origin import address
from core.worded import worded

# A browser somebody signed in with before keeps a signed cookie: whoever tries their address elsewhere cannot use up its tries.
_DEVICE, _DEVICE_SALT, _DEVICE_AGE = "enishi_device", "enishi.device", 60 * 60 * 24 * 365
_WRONG = _("E-mail or password is wrong, or the account is not active.")
_TOO_OFTEN = _("Too many tries. Wait five minutes, or set a new password by mail.")


class Backend(AuthenticationBackend):  # type: ignore[misc]
    """Signs in by e-mail, and brings profile and role along: every request asks for them."""

    def get_user(self, user_id: Any) -> User | None:
        return next(iter(_active(int(user_id))), None)


@worded()
def _active(pk: int) -> QuerySet[User]:
    return User.objects.entitled().filter(pk=pk, is_active=True)


def device_cookie() -> str:
    return f"__Host-{_DEVICE}" if settings.HTTPS else _DEVICE


def _known_device(request: HttpRequest, login: str) -> str:
    """The mark of a browser this person signed in with before; empty for any other."""
    try:
        held = signing.loads(request.COOKIES.get(device_cookie(), ""), salt=_DEVICE_SALT, max_age=_DEVICE_AGE)
    except signing.BadSignature:
        return ""
    return str(held.get("mark", "")) if isinstance(held, dict) and held.get("login") == login.lower() else ""


def remember_device(response: HttpResponse, user: User) -> None:
    """Give this browser tries of its own for this person from now on."""
    held = signing.dumps({"login": user.email.lower(), "mark": secrets.token_hex(8)}, salt=_DEVICE_SALT)
    response.set_cookie(device_cookie(), held, max_age=_DEVICE_AGE, secure=settings.HTTPS, httponly=True, samesite="Lax")


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """People come by invitation, never by a public form; what allauth says is said in our words."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _WRONG,
        "too_many_login_attempts": _TOO_OFTEN,
        "rate_limited": _TOO_OFTEN,
        "enter_current_password": _("This is not your present password."),
        "incorrect_password": _("This is not your password."),
        "invalid_password_reset": _("This link was used already or is too old. Ask for a new one."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return "/"

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("my-security")

    def get_client_ip(self, request: HttpRequest) -> str:
        return address(request) or "0.0.0.0"  # noqa: S104 - a key for counting, nothing listens there

    def get_login_stages(self) -> list[str]:
        return ["allauth.mfa.stages.AuthenticateStage"]

    def add_message(self, request: HttpRequest, level: int, *args: Any, message: Any = None, **kwargs: Any) -> None:
        """The page one lands on says enough, unless something went wrong."""
        if level >= messages.ERROR and message:
            messages.error(request, message)

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Our own mails tell of changes (core.signin.letters)."""

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        login = str(credentials.get("email", "")).lower()
        return f"{login}:{_known_device(request, login) or 'elsewhere'}"

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            log.tried(request, "limited", email=str(credentials.get("email", "")), way="password")
            raise

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """The person of these credentials. Who is not active meets what a wrong password meets, after the same work."""
        email = str(credentials.get("email", ""))
        self.pre_authenticate(request, **credentials)
        Backend.unstash_authenticated_user()
        user: Any = authenticate(request, **credentials)
        shut: Any = Backend.unstash_authenticated_user()
        if user is None:
            log.tried(request, "inactive" if shut else "wrong", user=shut, email=email, way="password")
            return None
        self._rollback_login_failed_rl_usage()
        return user  # type: ignore[no-any-return]

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        log.tried(request, "inactive", user=user)
        messages.error(request, _WRONG)
        return HttpResponseRedirect(reverse("account_login"))

    def login(self, request: HttpRequest, user: Any) -> None:
        if _ways(request, user)[0] == "passkey":
            request.session.set_expiry(None)  # the one of asking for the key was short
        super().login(request, user)
        log.tried(request, "in", user=user, way=" + ".join(_ways(request, user))[:20])

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **kwargs)
        remember_device(response, user)
        return response


def _ways(request: HttpRequest, user: User) -> list[str]:
    """How somebody proved who they are, in this session."""
    told = get_authentication_records(request, user)
    ways = [("passkey" if one.get("passwordless") else str(one.get("type") or one.get("method"))) for one in told]
    return list(dict.fromkeys(ways)) or ["password"]


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Second factors: what must stay secret is sealed with keys from outside the database."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("This did not work. Try again; a code is good once."),
    }

    def encrypt(self, text: str) -> str:
        return Secret.of(text).sealed

    def decrypt(self, encrypted_text: str) -> str:
        return Secret(encrypted_text).reveal()

    def get_totp_issuer(self) -> str:
        return "Enishi"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {"id": urlsplit(settings.BASE_URL).hostname or "localhost", "name": "Enishi"}
