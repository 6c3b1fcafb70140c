"""E-mail addresses: cleaned, judged, and kept when they are odd but real."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

from email_validator import EmailNotValidError, validate_email

from core.text import known

Problem = Literal["", "odd", "invalid"]

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_DOMAIN = r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
_PLAIN = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_DOMAIN}")
_DOTTED = re.compile(rf"[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~.-]+@{_DOMAIN}")
# Until 2009 these gave out addresses with dots anywhere; they still receive mail.
_OLD_PHONES = re.compile(
    r"(?:[a-z0-9-]+\.)?(?:docomo|ezweb|softbank|vodafone|disney|pdx|willcom|emnet|jp-[a-z]|y-?mobile)\.ne\.jp|au\.com|i\.softbank\.jp"
)
_LONGEST, _LONGEST_LOCAL = 254, 64

_GROUPS = frozenset(known.DESKS)


def clean_email(raw: str) -> tuple[str, Problem]:
    """`raw` as stored, and what is wrong with it: nothing, "odd" (kept: an old Japanese phone address) or "invalid" (then no address)."""
    text = (raw if raw.isascii() else unicodedata.normalize("NFKC", raw)).strip()
    local, at, domain = text.rpartition("@")
    if not at or not local or len(text) > _LONGEST or len(local) > _LONGEST_LOCAL:
        return "", "invalid"
    domain = domain.lower()
    address = f"{local}@{domain}"
    if text.isascii():
        if _PLAIN.fullmatch(address):
            return address, ""
        if _DOTTED.fullmatch(address) and _OLD_PHONES.fullmatch(domain):
            return address, "odd"
    try:
        found = validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return "", "invalid"
    return found.normalized, ""


def is_group_address(email: str) -> bool:
    """Whether a desk and not a person reads there: info@, sales@, soumu@. Sharing one does not make two people twins."""
    local = email.rpartition("@")[0].lower().partition("+")[0].rstrip("0123456789")
    return local in _GROUPS or re.split(r"[-_]", local, maxsplit=1)[0] in _GROUPS
