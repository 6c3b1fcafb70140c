"""Keywords in posts: ten thousand at once, in Latin and Japanese, with the places to mark."""

from __future__ import annotations

import unicodedata
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from core.text.fold import fold, fold_with_offsets

Mode = Literal["word", "phrase", "part"]


@dataclass(frozen=True, slots=True)
class Keyword:
    """What is looked for. `word` and `phrase` keep to word edges, `part` does not.

    An excluded word that contains the keyword takes away only the hits inside it (京都, but not in 東京都);
    any other takes away the whole text.
    """

    id: Hashable
    text: str
    mode: Mode = "word"
    excluded: tuple[str, ...] = ()


class Hit(NamedTuple):
    """One keyword in a text, with its place in the text as it was written."""

    keyword: Keyword
    start: int
    end: int


@dataclass(slots=True)
class _Entry:
    """One folded string: whose keyword it is, and whom it shuts out, all by their place in the list."""

    words: list[int] = field(default_factory=list)
    parts: list[int] = field(default_factory=list)
    covers: list[int] = field(default_factory=list)
    bars: list[int] = field(default_factory=list)


def _word_signs() -> frozenset[str]:
    signs = {"_"}
    for code in [*range(0x30, 0x530), *range(0x1D00, 0x2000), *range(0x2C60, 0x2C80), *range(0xA640, 0xA800)]:
        sign = chr(code)
        if sign.isalnum() and (sign.isdigit() or unicodedata.name(sign, "").startswith(("LATIN", "GREEK", "CYRILLIC"))):
            signs.add(sign)
    # Unicode keeps its digits in the first two planes; asking all seventeen took a tenth of a second of every start.
    return frozenset(signs | {chr(c) for c in range(0x660, 0x20000) if chr(c).isdecimal()})


_WORD_SIGNS = _word_signs()


def free_standing(text: str, start: int, end: int) -> bool:
    """Whether no edge of `text[start:end]` that is a Latin, Greek or Cyrillic letter, a digit or `_` touches another such sign.

    Other edges are always free: Japanese writes without spaces, and `iPhoneを` ends the word iPhone.
    """
    if start and text[start] in _WORD_SIGNS and text[start - 1] in _WORD_SIGNS:
        return False
    return not (end < len(text) and text[end - 1] in _WORD_SIGNS and text[end] in _WORD_SIGNS)


class Matcher:
    """Finds all of many keywords in one pass. Build once, use often; not changed afterwards."""

    def __init__(self, keywords: Iterable[Keyword]) -> None:
        self.keywords = list(keywords)
        entries: dict[str, _Entry] = {}
        for number, keyword in enumerate(self.keywords):
            text = fold(keyword.text)
            if not text:
                continue
            entry = entries.setdefault(text, _Entry())
            (entry.parts if keyword.mode == "part" else entry.words).append(number)
            for other in filter(None, map(fold, keyword.excluded)):
                barred = entries.setdefault(other, _Entry())
                (barred.covers if text in other else barred.bars).append(number)
        import ahocorasick  # loaded with the first keyword, not with the web server

        self._automaton = ahocorasick.Automaton()
        for text, entry in entries.items():
            # Japanese edges are free wherever they stand.
            edged = text[0] in _WORD_SIGNS or text[-1] in _WORD_SIGNS
            self._automaton.add_word(text, (len(text), edged, entry.words, entry.parts, entry.covers, entry.bars))
        self._empty = not entries
        if not self._empty:
            self._automaton.make_automaton()

    def hits(self, text: str) -> list[Hit]:
        """Every hit, overlapping ones too, by place."""
        folded = fold(text)
        found = self._found(folded)
        if not found:
            return []
        places = fold_with_offsets(text)
        if places.text != folded:  # Only for writing that melts over letter borders; then the marks decide.
            found = self._found(places.text)
        return [Hit(self.keywords[number], *places.span(start, end)) for start, end, number in sorted(found)]

    def matching(self, text: str) -> set[Hashable]:
        """The ids of the keywords found in `text`: what a rule asks, without the work of finding places."""
        return self.matching_folded(fold(text))

    def matching_folded(self, folded: str) -> set[Hashable]:
        """`matching` for a text that is folded already, as stored posts are."""
        return {self.keywords[number].id for _, _, number in self._found(folded)}

    def _found(self, folded: str) -> list[tuple[int, int, int]]:
        if self._empty:
            return []
        found: list[tuple[int, int, int]] = []
        covered: dict[int, list[tuple[int, int]]] = {}
        barred: set[int] = set()
        for last, (length, edged, words, parts, covers, bars) in self._automaton.iter(folded):
            end = last + 1
            start = end - length
            for number in parts:
                found.append((start, end, number))
            if edged and not free_standing(folded, start, end):
                continue
            for number in words:
                found.append((start, end, number))
            if bars or covers:
                barred.update(bars)
                for number in covers:
                    covered.setdefault(number, []).append((start, end))
        if barred or covered:
            return [hit for hit in found if hit[2] not in barred and not _inside(hit, covered.get(hit[2], []))]
        return found


def _inside(hit: tuple[int, int, int], covers: list[tuple[int, int]]) -> bool:
    return any(start <= hit[0] and hit[1] <= end for start, end in covers)
