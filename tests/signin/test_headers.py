"""Headers and cookies on every kind of answer, as production sends them (W1 to W5)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.test import Client

from core.access.models import User
from tests import factories

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def strict(settings: Any) -> None:
    """The switches that HTTPS turns on in production."""
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    settings.SECURE_HSTS_PRELOAD = True


def answers(client: Client, ann: User) -> dict[str, Any]:
    """One answer of each kind."""
    lead = factories.make_lead(ann)
    return {
        "page": client.get("/crm/leads/"),
        "stranger": Client().get("/accounts/login/"),
        "redirect": Client().get("/crm/leads/"),
        "not found": client.get("/crm/nothing/here"),
        "not allowed": client.get("/admin_console/"),
        "bad form": client.post("/me/", {"family_name": ""}),
        "ended session": Client().post("/me/", {"family_name": "A"}, HTTP_ORIGIN="http://testserver"),
        "wrong method": client.get(f"/crm/leads/{lead.pk}/note"),
        "static": client.get("/static/css/base.css"),
        "script": client.get("/static/js/passkeys.js"),
        "download": client.post("/crm/leads/export", {"format": "csv"}),
        "part": client.get("/crm/leads/", headers={"HX-Request": "true"}),
        "part for a stranger": Client().get("/crm/leads/", headers={"HX-Request": "true"}),
        "health": Client().get("/healthz"),
        "bad host": Client().get("/", HTTP_HOST="evil.example"),
    }


def test_every_answer_has_its_headers(ann: User, client_of: Any, strict: None) -> None:
    """W1, W2: HSTS for a year, nosniff, referrer, opener and content policies on each kind of answer; no inline anything."""
    client = client_of(ann)
    client.defaults["wsgi.url_scheme"] = "https"
    for kind, answer in answers(client, ann).items():
        head = answer.headers
        assert head["X-Content-Type-Options"] == "nosniff", kind
        assert head["Referrer-Policy"] == "same-origin", kind
        assert head["Cross-Origin-Opener-Policy"] == "same-origin", kind
        rules = {rule.split()[0]: rule.split()[1:] for rule in head["Content-Security-Policy"].split(";") if rule.strip()}
        if kind == "download":
            assert "sandbox" in rules and rules["default-src"] == ["'none'"]
            continue
        assert rules["default-src"] == rules["script-src"] == rules["form-action"] == ["'self'"], kind
        assert rules["object-src"] == rules["base-uri"] == rules["frame-ancestors"] == ["'none'"], kind
        assert "unsafe" not in head["Content-Security-Policy"], kind


def test_https_is_promised_for_a_year(ann: User, strict: None) -> None:
    """W1: on pages, on what is not there, and on static files."""
    for path in ("/accounts/login/", "/accounts/nowhere/", "/static/css/base.css"):
        answer = Client().get(path, secure=True)
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload", path


def test_a_fault_has_the_headers_and_no_details(ann: User, client_of: Any, monkeypatch: Any) -> None:
    """W1, W2, O4: the page for our own faults, too, and it tells nothing of them."""
    from core.web import personal

    def breaks(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("canary-3c1")

    monkeypatch.setattr(personal, "render", breaks)
    client = client_of(ann)
    client.raise_request_exception = False

    answer = client.get("/me/")

    assert answer.status_code == 500 and "canary" not in answer.content.decode()
    assert answer.headers["X-Content-Type-Options"] == "nosniff" and "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_a_page_has_no_script_and_no_style_of_its_own(ann: User, admin: User, client_of: Any) -> None:
    """W2: what the policy would stop is not there: no inline handler, style or executable script on any page of signing in."""
    import re

    pages = [Client().get(path) for path in ("/accounts/login/", "/accounts/password/reset/")]
    pages += [client_of(ann).get(f"/me/security/{path}") for path in ("", "app", "passkey")]
    pages += [client_of(admin).get(f"/admin_console/{path}") for path in ("security/", "signins/", "audit/", "customers/")]
    for answer in pages:
        page = answer.content.decode()
        assert answer.status_code == 200
        assert not re.search(r"<[^>]+\s(on[a-z]+|style)\s*=", page)
        assert all("src=" in tag or 'type="application/json"' in tag for tag in re.findall(r"<script[^>]*>", page))


def test_cookies_of_a_person_are_kept_from_scripts(ann: User) -> None:
    """W3: HttpOnly and SameSite for the session, wherever it is set."""
    client = Client()
    client.post("/accounts/login/", {"login": ann.email, "password": factories.PASSWORD})

    for name, cookie in client.cookies.items():
        assert cookie["samesite"] == "Lax", name
        assert cookie["httponly"] or "csrf" in name, name
        assert not cookie["domain"] and cookie["path"] == "/", name


def production(*command: str, **more: str) -> subprocess.CompletedProcess[str]:
    """A command of manage.py with production's settings."""
    known = {
        **{name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}},
        "ENISHI_ENV": "production",
        "SECRET_KEY": "k" * 60 + "0123456789abcdef",
        "FIELD_KEYS": Fernet.generate_key().decode(),
        "ALLOWED_HOSTS": "crm.example.com",
        "BASE_URL": "https://crm.example.com",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        **more,
    }
    return subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=known, capture_output=True, text=True, timeout=120)


def test_production_is_clean_before_django_s_own_check(tmp_path: Path) -> None:
    """W1, W3: `check --deploy` says nothing."""
    done = production("check", "--deploy", "--fail-level", "WARNING", ENISHI_VAR=str(tmp_path))

    assert done.returncode == 0, done.stderr
    assert "no issues (0 silenced)" in done.stdout


def test_production_s_cookies_are_bound_to_the_host(tmp_path: Path) -> None:
    """W3: `__Host-` names, Secure, no domain; and a debug page nowhere (N9)."""
    script = (
        "from django.conf import settings as s; from core.access.signin import device_cookie; "
        "print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, device_cookie(), s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, "
        "s.SESSION_COOKIE_HTTPONLY, s.SESSION_COOKIE_DOMAIN, s.DEBUG, s.SECURE_HSTS_SECONDS)"
    )
    done = production("shell", "--no-imports", "-c", script, ENISHI_VAR=str(tmp_path))

    assert done.stdout.split() == [
        "__Host-session", "__Host-csrf", "__Host-enishi_device", "True", "True", "True", "None", "False", "31536000",
    ]  # fmt: skip
