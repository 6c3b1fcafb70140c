"""Little text: how LinkedIn writes posts, with mentions and tags in it, and what it does to what is not escaped."""

import re

RESERVED = "\\|{}@[]()<>#*_~"
ESCAPED = re.compile(r"\\([\\|{}@\[\]()<>#*_~])")
TAG = re.compile(r"\{hashtag\|(?:\\#|#|\uff03)\|([^{}|\s]+)\}")
MENTION = re.compile(r"@\[((?:\\.|[^\[\]\\])+)\]\((urn:li:(?:organization|person):[A-Za-z0-9_-]+)\)")
BARE_TAG = re.compile(r"#\w+")
PLAIN = re.compile(r"[^\\|{}@\[\]()<>#*_~]+")
PARTS = (PLAIN, ESCAPED, TAG, MENTION, BARE_TAG)


def escape(text: str) -> str:
    """What a person typed, as little text."""
    return "".join("\\" + sign if sign in RESERVED else sign for sign in text)


def kept(text: str) -> str:
    """What LinkedIn keeps of a text: all up to the first sign that should have been escaped; the rest is lost without a word."""
    return text[: _matches(text)[1]]


def plain(text: str) -> str:
    """Little text as people see it."""
    return "".join(_shown(match) for match in _matches(text)[0])


def mentions(text: str) -> list[str]:
    """The URNs that a text mentions, each once."""
    return list(dict.fromkeys(match.group(2) for match in _matches(text)[0] if match.re is MENTION))


def _matches(text: str) -> tuple[list[re.Match[str]], int]:
    found: list[re.Match[str]] = []
    place = 0
    while place < len(text):
        match = next((one for pattern in PARTS if (one := pattern.match(text, place))), None)
        if match is None:
            break
        found.append(match)
        place = match.end()
    return found, place


def _shown(match: re.Match[str]) -> str:
    if match.re is ESCAPED:
        return match.group(1)
    if match.re is TAG:
        return "#" + match.group(1)
    if match.re is MENTION:
        return ESCAPED.sub(r"\1", match.group(1))
    return match.group()
