"""From text to key and from key to grams: the small pieces the index looks up.

Japanese, Chinese and Korean runs give single signs and pairs, other runs give triples, and their beginning, marked by `^`,
gives one and two signs: 田中 and 中 are found anywhere, `mit` anywhere, `s` and `sm` where a word begins.
Every gram is stored as a number that depends on the module too, so one look-up answers for one module alone.
Changing anything here means storing all entries anew (`schema.clear`), the old grams are computed again when an entry goes.
"""

from __future__ import annotations

import re
from functools import lru_cache
from zlib import crc32

from core.text.fold import fold

_EAST = r"\u3005-\u3007\u3040-\u30fa\u30fc-\u318f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = rf"[^\W_{_EAST}]"
# A dash beside an eastern sign may be a long vowel: it counts as one.
_RUN = re.compile(rf"((?:[{_EAST}]|-(?=[{_EAST}])|(?<=[{_EAST}])-)+)|(\^?{_WORD}+)")
_BEGINNING = re.compile(rf"(?<!{_WORD})(?={_WORD})")
_INNER_SPACE = re.compile(rf"(?<=[{_EAST}]) (?=[{_EAST}])")
_HAS_WORD = re.compile(r"\w")
_MOST_KNOWN = 200_000


class _Numbers(dict[str, str]):
    """Gram to number, as text, for one module; remembered because the same grams come again and again."""

    def __init__(self, module: str) -> None:
        super().__init__()
        self.seed = crc32(module.encode())

    def __missing__(self, gram: str) -> str:
        if len(self) > _MOST_KNOWN:
            self.clear()
        number = str(crc32(gram.encode(), self.seed) & 0x7FFFFFFF)
        self[gram] = number
        return number


@lru_cache(maxsize=256)
def _numbers(module: str) -> _Numbers:
    return _Numbers(module)


def line(text: str) -> str:
    """One field as it stands in a key. The space inside 田中 太郎 goes: people type the name both ways."""
    folded = fold(text).replace("^", "")
    if folded.isascii():
        return _BEGINNING.sub("^", folded)
    return _BEGINNING.sub("^", _INNER_SPACE.sub("", folded))


def grams(module: str, key: str) -> set[str]:
    """The numbers of all grams of `key`."""
    return set(map(_numbers(module).__getitem__, _pieces(key)))


def wanted_word(module: str, word: str) -> tuple[str, set[str]]:
    """What a key must hold, and the grams it must have, to contain the folded `word`; no grams if the word says nothing.

    The beginning of `word` may stand inside a longer word. Only where that leaves nothing to look up is it a beginning.
    """
    text = line(word)
    if not _HAS_WORD.search(text):
        return "", set()
    inner = text.removeprefix("^")
    needed = _needed(inner)
    if not needed:
        inner, needed = text, _needed(text)
    return inner, set(map(_numbers(module).__getitem__, needed))


def inside(word: str) -> bool:
    """Whether the folded `word` is found wherever it stands, also inside a longer word."""
    return bool(_needed(line(word).removeprefix("^")))


def _pieces(key: str) -> list[str]:
    pieces: list[str] = []
    for east, word in _RUN.findall(key):
        if east:
            pieces += east
            pieces += [east[i : i + 2] for i in range(len(east) - 1)]
        else:
            pieces.append(word[:2])
            pieces += [word[i : i + 3] for i in range(len(word) - 2)]
    return pieces


def _needed(text: str) -> list[str]:
    """Grams that cover `text` side by side: those between say little more and cost as much to look up."""
    needed: list[str] = []
    for east, word in _RUN.findall(text):
        if len(east) == 1:
            needed.append(east)
        elif east:
            needed += _cover(east, 2)
        elif len(word) > 2:
            needed += _cover(word, 3)
        elif word.startswith("^"):
            needed.append(word)
    return needed


def _cover(run: str, size: int) -> list[str]:
    return [run[i : i + size] for i in [*range(0, len(run) - size, size), len(run) - size]]
