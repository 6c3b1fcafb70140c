"""What comes from outside is words and bytes, never a pattern, a path or a trusted host."""

from __future__ import annotations

import io
import ssl
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.mail.backends.smtp import EmailBackend

from core.mail import delivering
from core.record.reading import Limits, UnreadableFile, open_table
from core.text.keywords import Keyword, Matcher


@pytest.mark.parametrize("pattern", [".*", "(a+)+$", "[a-z]", "a|b", r"\w+", "^a", "a?"])
def test_a_keyword_means_its_letters_and_is_no_pattern(pattern: str) -> None:
    """I7: what somebody types is looked for as it stands, whichever mode."""
    for mode in ("word", "phrase", "part"):
        matcher = Matcher([Keyword(1, pattern, mode)])  # type: ignore[arg-type]
        assert matcher.hits("abc aaa bbb") == [], mode
    told = f"x {pattern} y"
    assert [told[hit.start : hit.end] for hit in Matcher([Keyword(1, pattern, "part")]).hits(told)] == [pattern]


def test_an_archive_given_for_import_is_refused_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """U5: imports take tables; no member of an archive is written anywhere, least of all by its own name."""
    (inside := tmp_path / "in").mkdir()
    monkeypatch.chdir(inside)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in ("../outside.txt", str(tmp_path / "absolute.txt"), "inside.txt"):
            archive.writestr(name, "x")
    file.seek(0)

    with pytest.raises(UnreadableFile):
        open_table(file, "leads.xlsx", Limits(size=1_000_000, rows=100, columns=10))

    assert [one.name for one in tmp_path.rglob("*")] == ["in"]


@pytest.mark.parametrize(("tls", "ssl_from_start"), [(True, False), (False, True)])
def test_the_mail_servers_certificate_is_checked(settings: Any, tls: bool, ssl_from_start: bool) -> None:
    """M1: both ways to encrypt the line ask for a certificate that is valid and of this host."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_USE_TLS, settings.EMAIL_USE_SSL = tls, ssl_from_start

    made = delivering.get_connection(timeout=30)

    assert isinstance(made, EmailBackend) and (made.use_tls, made.use_ssl) == (tls, ssl_from_start)
    assert made.ssl_context.verify_mode == ssl.CERT_REQUIRED and made.ssl_context.check_hostname
