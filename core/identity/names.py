"""Whether two names are two names: how people are told apart who share a telephone, a handle, a desk.

A name is kept in each script it is written in, its words apart: `k:山田 太郎|l:taro yamada`. Names of one script are compared;
where both have kanji, these decide, since many names are read alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from core.text.romaji import is_latin

_LONGEST = 120
# So long is a word in which one letter more, less or turned with its neighbour is a slip; another letter is one in a longer word
# only: Takeshi is not Takashi, Takao not Takako, Masahiro not Masahito.
_SLIP, _OTHER_LETTER = 6, 9


def who_of(*names: Sequence[str]) -> str:
    """A name by which its record is told apart, from the words of each way it is written, spelled as keys are."""
    found: dict[str, str] = {}
    for words in names:
        if words:
            latin = all(map(is_latin, words))
            found.setdefault("l" if latin else "k", " ".join(sorted(words) if latin else words))
    return "|".join(f"{script}:{text}" for script, text in sorted(found.items()))[:_LONGEST]


@lru_cache(maxsize=65_536)
def others(who: str, other: str) -> bool:
    """Whether two names are of two. Nobody can tell names of different scripts, nor half a name from a whole one."""
    one, two = _scripts(who), _scripts(other)
    if "k" in one and "k" in two:
        return _two_in_kanji(one["k"], two["k"])
    return "l" in one and "l" in two and _two_in_latin(set(one["l"]), set(two["l"]))


def _scripts(who: str) -> dict[str, list[str]]:
    return {part[0]: part[2:].split() for part in who.split("|") if len(part) > 2}


def _two_in_kanji(one: list[str], two: list[str]) -> bool:
    whole, other = "".join(one), "".join(two)
    if whole == other:  # however it was parted
        return False
    if len(one) > 1 and len(two) > 1:
        return True
    if len(one) == len(two):
        return not (whole.startswith(other) or other.startswith(whole))
    [half], name = sorted((one, two), key=len)
    return half not in name and not name[0].startswith(half)


def _two_in_latin(one: set[str], two: set[str]) -> bool:
    left, right = one - two, two - one
    if not left or not right:
        return False
    return not (len(left) == len(right) == 1 and _slip(*left, *right))


def _slip(one: str, other: str) -> bool:
    """Whether two words differ by a slip of the finger."""
    short, long = sorted((one, other), key=len)
    if len(short) < _SLIP or len(long) - len(short) > 1:
        return False
    at = next((place for place, sign in enumerate(short) if sign != long[place]), len(short))
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    turned = short[at + 1 : at + 2] + short[at : at + 1] + short[at + 2 :]
    return turned == long[at:] or (len(short) >= _OTHER_LETTER and short[at + 1 :] == long[at + 1 :])
