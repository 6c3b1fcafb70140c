"""Kana in Latin letters, and Latin spellings of Japanese folded together: わたなべ, Watanabe and WATANABE are one; so are
Sato, Satoh and Satou, Shinichi and Sinichi. For comparing only: nobody reads the result."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from core.text.fold import fold

_ROWS = {
    "": "あいうえお", "k": "かきくけこ", "g": "がぎぐげご", "s": "さしすせそ", "z": "ざじずぜぞ", "t": "たちつてと", "d": "だぢづでど",
    "n": "なにぬねの", "h": "はひふへほ", "b": "ばびぶべぼ", "p": "ぱぴぷぺぽ", "m": "まみむめも", "r": "らりるれろ",
}  # fmt: skip
_KANA = {sign: head + vowel for head, row in _ROWS.items() for sign, vowel in zip(row, "aiueo", strict=True)} | {
    "や": "ya", "ゆ": "yu", "よ": "yo", "わ": "wa", "ゐ": "i", "ゑ": "e", "を": "o", "ん": "n", "ゔ": "bu", "ぢ": "zi", "づ": "zu",
    "ぁ": "a", "ぃ": "i", "ぅ": "u", "ぇ": "e", "ぉ": "o", "ゃ": "ya", "ゅ": "yu", "ょ": "yo", "ゎ": "wa", "ゕ": "ka", "ゖ": "ke",
}  # fmt: skip
_SMALL_Y = {"ゃ": "ya", "ゅ": "yu", "ょ": "yo"}
_SMALL = {"ぁ": "a", "ぃ": "i", "ぅ": "u", "ぇ": "e", "ぉ": "o"}
_ALL_KANA = re.compile(r"[\u3041-\u3096\u309d\u309e\s-]+")
_NOT_LATIN = re.compile(r"[^a-z0-9]")
# Hepburn to one plain spelling, in this order.
_SPELLINGS = [
    (re.compile(pattern), plain)
    for pattern, plain in (
        (r"sh(?=[aueo])", "sy"), (r"shi", "si"), (r"tch", "tch"), (r"ch(?=[aueo])", "ty"), (r"chi", "ti"), (r"ts(?=u)", "t"),
        (r"f(?=u)", "h"), (r"j(?=[aueo])", "zy"), (r"ji", "zi"), (r"dz", "z"), (r"m(?=[bp])", "n"), (r"v", "b"),
        (r"oh(?![aiueoy])", "o"), (r"o[uo]+", "o"), (r"uu+", "u"),
    )
]  # fmt: skip


def is_kana(folded: str) -> bool:
    """Whether a folded text is written in kana alone."""
    return bool(_ALL_KANA.fullmatch(folded)) and any("\u3041" <= sign <= "\u3096" for sign in folded)


def _of_kana(folded: str) -> str:
    made: list[str] = []
    double = False
    for sign in folded:
        if sign == "っ":
            double = True
            continue
        if sign in _SMALL_Y and made and made[-1].endswith("i") and len(made[-1]) > 1:
            made[-1] = made[-1][:-1] + _SMALL_Y[sign]
            continue
        if sign in _SMALL and made and len(made[-1]) > 1:
            made[-1] = made[-1][:-1] + _SMALL[sign]
            continue
        latin = _KANA.get(sign, "")  # a long vowel is a dash here, and is not spoken of
        if latin:
            made.append((latin[0] if double and latin[0] not in "aiueon" else "") + latin)
            double = False
    return "".join(made)


@lru_cache(maxsize=65_536)
def plain_spelling(text: str) -> str:
    """`text` as it is compared: kana and Latin in one Latin spelling without spaces; what has other letters is only folded."""
    folded = fold(text)
    if is_kana(folded):
        latin = _of_kana(folded)
    else:
        latin = _NOT_LATIN.sub("", folded.replace("'", "")) if folded.isascii() else ""
        if not latin:
            return "".join(sign for sign in folded if unicodedata.category(sign)[0] in "LN")
    for pattern, plain in _SPELLINGS:
        latin = pattern.sub(plain, latin)
    return latin


def is_latin(spelled: str) -> bool:
    """Whether a spelling made here is one in Latin letters."""
    return spelled.isascii()
