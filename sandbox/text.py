"""How X reads the text of a post: its weight, whom it mentions, its tags and addresses, its language."""

import re
import unicodedata
from typing import Any

LARGEST_WEIGHT = 280
URL_WEIGHT = 23

URL = re.compile(r"https?://[\w\-.~:/?#@!$&'()*+,;=%]+", re.ASCII)
MENTION = re.compile(r"(?<![A-Za-z0-9_@.])[@\uff20]([A-Za-z0-9_]{1,15})(?![A-Za-z0-9_@])")
HASHTAG = re.compile(r"(?<![\w&])[#\uff03](\w*[^\W\d_]\w*)")
CASHTAG = re.compile(r"(?<![\w$])\$([A-Za-z]{1,6})(?!\w)")
JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uff66-\uff9d]")
LETTER = re.compile(r"[^\W\d_]")
JOINER, VARIATION = "\u200d", "\ufe0f"
# "fundamentals/counting-characters": these ranges count 1, everything else 2, an emoji sequence counts 2 as a whole.
LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))


def weight(text: str) -> int:
    """The length X counts: after NFC, Latin 1, CJK and emoji 2, any URL 23."""
    whole = unicodedata.normalize("NFC", text)
    urls = URL.findall(whole)
    return URL_WEIGHT * len(urls) + sum(_unit(part) for part in _units(URL.sub("", whole)))


def cut(text: str) -> str:
    """The first 280 units of a long post, ending with an ellipsis."""
    if weight(text) <= LARGEST_WEIGHT:
        return text
    short = text
    while weight(short) > LARGEST_WEIGHT - 2:
        short = short[:-1]
    return short + "…"


def mentioned(text: str) -> list[str]:
    """The user names in a text, lower case, in order, each once."""
    return list(dict.fromkeys(name.lower() for name in MENTION.findall(URL.sub(" ", text))))


def entities(text: str, ids: dict[str, str]) -> dict[str, list[dict[str, Any]]]:
    """Mentions, tags and addresses with their places; `ids` maps lower-case user names that exist to their ids."""
    found: dict[str, list[dict[str, Any]]] = {}
    for match in MENTION.finditer(text):
        name = match.group(1)
        if name.lower() in ids:
            place = {"start": match.start(), "end": match.end(), "username": name, "id": ids[name.lower()]}
            found.setdefault("mentions", []).append(place)
    for key, pattern in (("hashtags", HASHTAG), ("cashtags", CASHTAG)):
        for match in pattern.finditer(text):
            found.setdefault(key, []).append({"start": match.start(), "end": match.end(), "tag": match.group(1)})
    for match in URL.finditer(text):
        url = match.group()
        shown = url.split("://", 1)[1]
        place = {"start": match.start(), "end": match.end(), "url": url, "expanded_url": url, "display_url": shown}
        found.setdefault("urls", []).append(place)
    return found


def language(text: str) -> str:
    """ja when there is Japanese in it, en for other letters, und for none."""
    if JAPANESE.search(text):
        return "ja"
    return "en" if LETTER.search(MENTION.sub("", text)) else "und"


def _units(text: str) -> list[str]:
    """Split into what counts as one sign: a base with its joiners, skin tones and variation marks."""
    units: list[str] = []
    for sign in text:
        glued = units and (sign in (JOINER, VARIATION) or units[-1].endswith(JOINER) or "\U0001f3fb" <= sign <= "\U0001f3ff")
        flag = units and len(units[-1]) == 1 and _regional(units[-1]) and _regional(sign)
        if glued or flag:
            units[-1] += sign
        else:
            units.append(sign)
    return units


def _unit(sign: str) -> int:
    if len(sign) > 1 and not any(ord(part) > 8205 for part in sign if part not in (JOINER, VARIATION)):
        return sum(_unit(part) for part in sign)
    if len(sign) > 1:
        return 2
    return 1 if any(low <= ord(sign) <= high for low, high in LIGHT) else 2


def _regional(sign: str) -> bool:
    return "\U0001f1e6" <= sign <= "\U0001f1ff"
