"""How long X takes a text to be: 280 units, Latin 1, Japanese and emoji 2, a web address 23 (its page "Counting characters")."""

from __future__ import annotations

import re
import unicodedata

ROOM = 280
_ADDRESS_UNITS, _EMOJI_UNITS = 23, 2
_ADDRESSES = re.compile(r"https?://\S+", re.IGNORECASE)
# What counts 1; everything else counts 2.
_LIGHT = ((0x0000, 0x10FF), (0x2000, 0x200D), (0x2010, 0x201F), (0x2032, 0x2037))
# An emoji and what belongs to it (skin, variation, joined ones, flags, keycaps) count 2 as a whole.
_SIGN = "[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff]"
_MARKS = "[\ufe0f\U0001f3fb-\U0001f3ff]*"
_EMOJI = re.compile(f"[\U0001f1e6-\U0001f1ff]{{2}}|[0-9#*]\ufe0f?\u20e3|{_SIGN}{_MARKS}(?:\u200d{_SIGN}{_MARKS})*")


def weight(text: str) -> int:
    """The length of `text` in X's units."""
    text, addresses = _ADDRESSES.subn("", unicodedata.normalize("NFC", text))
    text, emoji = _EMOJI.subn("", text)
    return _ADDRESS_UNITS * addresses + _EMOJI_UNITS * emoji + sum(1 if _light(ord(sign)) else 2 for sign in text)


def _light(code: int) -> bool:
    return any(first <= code <= last for first, last in _LIGHT)
