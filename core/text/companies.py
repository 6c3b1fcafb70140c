"""Company names and domains as keys: what stays when legal form, width and punctuation are gone."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from urllib.parse import urlsplit

from core.text import known
from core.text.fold import fold


def _either(words: tuple[str, ...]) -> str:
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


_EASTERN, _SHORT, _WESTERN = map(_either, (known.EASTERN_FORMS, known.SHORT_FORMS, known.WESTERN_FORMS))
_JOIN = r"[\s,.&\-]*"
_AT_START = re.compile(rf"^(?:(?:{_EASTERN})|\(?(?:{_SHORT})\)|(?:{_WESTERN})(?=[\s,.])){_JOIN}")
_AT_END = re.compile(rf"[\s,.&]*(?:(?:{_EASTERN})|\((?:{_SHORT})\)?|\((?:{_WESTERN})\.?\)|(?<=[\s,.&])(?:{_WESTERN}))[\s.,]*$")
# A long vowel is folded to a dash; behind kana it belongs to the word.
_PUNCTUATION = re.compile(r"(?<![\u3041-\u3096])-|[^\w-]|_")
_CO_AT_START = re.compile(r"^(?:co|company|as|ab|sa|pc|lp|ag|corp|corporation|limited)\b")

_FREE_MAIL = frozenset(known.FREE_MAIL)
_PARTED_FREE_MAIL = tuple(f".{name}" for name in known.PARTED_FREE_MAIL)
_SHARED_HOSTS = frozenset(known.SHARED_HOSTS)
_LONGEST = 300


@lru_cache(maxsize=65_536)
def company_key(name: str) -> str:
    """The key under which 株式会社ABC商事, ＡＢＣ商事㈱ and Abc商事 (株) are one company."""
    kept = fold(name[:_LONGEST])
    while True:
        shorter = _AT_START.sub("", kept, count=1) if not _CO_AT_START.match(kept) else kept
        shorter = _AT_END.sub("", shorter, count=1)
        if shorter == kept or not _PUNCTUATION.sub("", shorter):
            break
        kept = shorter
    return _PUNCTUATION.sub("", kept)


@lru_cache(maxsize=16_384)
def company_initial(name: str) -> str:
    """The first sign of what a company is called: 丸 of (株)丸一商事 and of ㈱丸一商事, A of “Acme”."""
    text = unicodedata.normalize("NFKC", name[:_LONGEST]).strip()
    called = _AT_START.sub("", text, count=1) or text
    return next((sign.upper() for sign in called if sign.isalnum()), called[:1])


def email_domain_key(email: str) -> str:
    """The domain that stands for a company, nothing for domains that anybody can write from."""
    domain = _host(email.rpartition("@")[2]) if "@" in email else ""
    return "" if domain in _FREE_MAIL or domain.endswith(_PARTED_FREE_MAIL) else domain


def web_domain(url: str) -> str:
    """The domain of a company's site, without www; nothing if it is none or a host shared by many."""
    text = unicodedata.normalize("NFKC", url).strip()
    if not text:
        return ""
    try:
        host = urlsplit(text if "://" in text else f"//{text}").hostname or ""
    except ValueError:
        return ""
    host = _host(host).removeprefix("www.")
    return "" if host in _SHARED_HOSTS or host in _FREE_MAIL else host


def _host(text: str) -> str:
    host = unicodedata.normalize("NFKC", text).strip().strip(".").lower()
    if host.isascii() and "xn--" in host:
        try:
            host = host.encode("ascii").decode("idna")
        except UnicodeError:
            return ""
    return host if "." in host and not re.search(r"[\s@/]", host) and not host.replace(".", "").isdigit() else ""
