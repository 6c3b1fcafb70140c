"""How LinkedIn spells: names (URNs), lists and keys in addresses by Rest.li 2.0, and texts as "little text"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote

from django.conf import settings

PERSON, ORGANIZATION = "urn:li:person:", "urn:li:organization:"
_COMMENT = re.compile(r"urn:li:comment:\((urn:li:(?:activity|share|ugcPost):[0-9]{1,19}),([0-9]{1,19})\)")
_POST = re.compile(r"urn:li:(?:activity|share|ugcPost):[0-9]{1,19}")
# Little text: what has to carry a backslash; unescaped brackets cut a post without a word (LinkedIn: Little Text Format).
_RESERVED = re.compile(r"[\\|{}@\[\]()<>#*_~]")
_TYPED_TAG = re.compile(r"(?<![\w#&/])[#\uff03](\w+)")
_ESCAPED = re.compile(r"\\([\\|{}@\[\]()<>#*_~])")
_TAG = re.compile(r"\{hashtag\|(?:\\#|#|\uff03)\|([^{}|\s]+)\}")
_MENTION = re.compile(r"@\[((?:\\.|[^\[\]\\])+)\]\(urn:li:[A-Za-z]+:[A-Za-z0-9_-]+\)")


class Spelt(str):
    """A value of a query that is encoded already: a list, or a record with its brackets."""


def enc(value: object) -> str:
    """A value, percent-encoded all through: URNs in paths and inside lists and keys."""
    return quote(str(value), safe="")


def listing(values: Iterable[str]) -> Spelt:
    """List(a,b): the members are encoded, the brackets and commas are not."""
    return Spelt(f"List({','.join(map(enc, values))})")


def record(values: Mapping[str, object]) -> Spelt:
    """(key:value,…): the same for keys of a path and records of a query."""
    return Spelt(f"({','.join(f'{name}:{enc(value)}' for name, value in values.items())})")


def address(path: str, params: Mapping[str, object]) -> str:
    """A path with its query; what is empty stays out."""
    pairs = [f"{name}={value if isinstance(value, Spelt) else enc(value)}" for name, value in params.items() if value != ""]
    return f"{path}?{'&'.join(pairs)}" if pairs else path


def versioned(method: str = "") -> dict[str, str]:
    """The headers of /rest: a living version, Rest.li 2.0, and the method where the address alone does not tell it."""
    headers = {"Linkedin-Version": str(settings.LINKEDIN_VERSION), "X-Restli-Protocol-Version": "2.0.0"}
    return {**headers, "X-RestLi-Method": method} if method else headers


def comment_parts(urn: str) -> tuple[str, str]:
    """The post and the number of a comment's URN; two empty strings for what is none."""
    match = _COMMENT.fullmatch(urn)
    return (match[1], match[2]) if match else ("", "")


def is_post(urn: str) -> bool:
    return _POST.fullmatch(urn) is not None


def post_in(text: str) -> str:
    """The URN of the post whose address somebody pasted; empty where there is none in it."""
    found = re.search(r"urn(?::|%3A)li(?::|%3A)(activity|share|ugcPost)(?::|%3A)([0-9]{10,19})", text, re.IGNORECASE)
    if found:
        kind = next(one for one in ("activity", "share", "ugcPost") if one.lower() == found[1].lower())
        return f"urn:li:{kind}:{found[2]}"
    # linkedin.com/posts/somebody_words-activity-7012345678901234567-AbCd
    found = re.search(r"-(activity|share|ugcPost)-([0-9]{10,19})(?:-|$|[?/])", text)
    return f"urn:li:{found[1]}:{found[2]}" if found else ""


def written(text: str) -> str:
    """What a person typed, as little text: tags are tags, everything else stands as it was typed."""
    made, place = [], 0
    for match in _TYPED_TAG.finditer(text):
        made += [_RESERVED.sub(r"\\\g<0>", text[place : match.start()]), f"{{hashtag|\\#|{_RESERVED.sub(_backslash, match[1])}}}"]
        place = match.end()
    return "".join([*made, _RESERVED.sub(r"\\\g<0>", text[place:])])


def _backslash(match: re.Match[str]) -> str:
    return "\\" + match[0]


def plain(text: str) -> str:
    """Little text as people read it."""
    text = _MENTION.sub(lambda match: _ESCAPED.sub(r"\1", match[1]), text)
    return _ESCAPED.sub(r"\1", _TAG.sub(lambda match: "#" + _ESCAPED.sub(r"\1", match[1]), text))
