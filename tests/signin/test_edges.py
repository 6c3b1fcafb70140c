"""What an installation shows to nobody, and to whom it lends its pages (N4, N9, W4, W6)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

ROOT = Path(__file__).resolve().parent.parent.parent
CODE = [
    path
    for app in ("config", "core", "crm", "social", "helpdesk", "campaigns", "automation", "admin_console")
    for path in (ROOT / app).rglob("*.py")
]
INSIDE = (
    "/.git/config", "/.git/HEAD", "/.env", "/manage.py", "/config/settings.py", "/var/secret-key", "/db.sqlite3", "/metrics", "/flower/",
    "/admin/", "/__debug__/", "/server-status", "/static/../config/settings.py", "/static/%2e%2e/manage.py", "/static/.git/config",
    "/static/js/app.js.map", "/static/js/app.js~", "/static/css/base.css.bak", "/media/", "/swagger/", "/graphql",
)  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("path", INSIDE)
def test_nothing_of_the_inside_has_an_address(path: str, admin: Any, client_of: Any) -> None:
    """N9: neither code, keys, source maps, backups nor consoles, for strangers or for the account admin."""
    for client in (Client(), client_of(admin)):
        answer = client.get(path, follow=True)  # a slash may be added; what is behind it is the page of signing in at most
        assert answer.status_code == 404 or answer.redirect_chain[-1][0].startswith("/accounts/login/")


def test_no_static_file_names_its_source() -> None:
    """N9: no source map, and no file of an editor beside what is served."""
    served = [path for path in (ROOT / "static").rglob("*") if path.is_file()]

    assert [str(path) for path in served if path.suffix in {".map", ".bak", ".orig", ".swp"} or path.name.endswith("~")] == []
    assert [str(path) for path in served if path.suffix in {".js", ".css"} and "sourceMappingURL" in path.read_text()] == []


@pytest.mark.django_db
def test_health_says_yes_and_no_alone() -> None:
    """N9: no version, address, path or error for a stranger."""
    answer = Client().get("/readyz")

    assert set(answer.json()) <= {"database", "migrations", "worker", "broker"}
    assert all(isinstance(value, bool) for value in answer.json().values())
    assert len(Client().get("/healthz").content) < 40


@pytest.mark.django_db
def test_no_other_site_reads_our_pages(admin: Any, client_of: Any) -> None:
    """N4: no answer allows another origin, whatever it asks; nothing in the code sets such a header."""
    assert [str(path) for path in CODE if re.search(r"(?i)access-control-|corsheaders", path.read_text())] == []
    for client in (Client(), client_of(admin)):
        for path in (
            "/accounts/login/",
            "/crm/leads/",
            "/pick?module=crm.lead&q=a",
            "/static/css/base.css",
            "/healthz",
            "/readyz",
            "/nowhere/",
        ):
            for method in ("GET", "OPTIONS"):
                asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
                answer = client.generic(method, path, headers=asked)
                assert not [name for name in answer.headers if name.lower().startswith("access-control")], path


def test_links_that_open_elsewhere_lend_no_window() -> None:
    """W6: every target=_blank of a template, and every outside link the code draws, carries rel="noopener"."""
    wrong = []
    for path in (ROOT / "templates").rglob("*.html"):
        wrong += [f"{path.name}: {tag}" for tag in re.findall(r"<a\b[^>]*\starget=[^>]*>", path.read_text()) if "noopener" not in tag]
    for path in CODE:
        wrong += [f"{path.name}: {tag}" for tag in re.findall(r"<a\b[^>]*\starget=[^>]*>", path.read_text()) if "noopener" not in tag]

    assert wrong == []
