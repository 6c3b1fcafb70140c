"""What people type, understood: how a key may begin, and what it must hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from core.search.backends import Backend
from core.search.grams import line, wanted_word
from core.search.pieces import Piece, joined
from core.text.fold import fold
from core.text.phones import part_of_number, phone_query

HEAD_SIGNS = 40
_MOST_WORDS = 8
_LAST_SIGN = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Needle:
    """Words that must all be in a key, and the grams that say where to look."""

    words: tuple[str, ...]
    grams: frozenset[str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A query understood: how a key may begin, and the needles of which one must be met: the words as they
    stand, with parts of a phone number read as digits, all of it as one number."""

    head: str
    needles: tuple[Needle, ...]

    def begins(self, back: Backend) -> Piece:
        """The key begins with the query, by the index of the keys' heads."""
        head = self.head[:HEAD_SIGNS]
        return f"({back.HEAD} >= %s AND {back.HEAD} < %s)", [head, head + _LAST_SIGN]

    def whole(self, back: Backend) -> Piece:
        """The key begins with the query, also where that is longer than the heads are."""
        return joined("AND", [self.begins(back), self.read(back)]) if len(self.head) > HEAD_SIGNS else self.begins(back)

    def read(self, back: Backend) -> Piece:
        """The key holds the words; answered by reading it."""
        return joined("OR", (joined("AND", [back.holds(word) for word in needle.words]) for needle in self.needles))

    def look_up(self, back: Backend) -> Piece:
        """The key holds the words; answered by the gram index."""
        return joined("OR", (joined("AND", _looked_up(needle, back)) for needle in self.needles))


def _looked_up(needle: Needle, back: Backend) -> Iterator[Piece]:
    yield back.has_grams(needle.grams)
    for word in needle.words:
        yield back.holds(word)


def understand(module: str, q: str) -> Wanted | None:
    """What `q` asks of the keys of `module`; None if it says nothing that can be looked up."""
    text = fold(q[:200])
    words = [word.lstrip("@#") for word in text.split()[:_MOST_WORDS]]
    readings = [words, [part_of_number(word) or word for word in words], [phone_query(q)]]
    needles = dict.fromkeys(needle for one in readings if (needle := _needle(module, one)))
    return Wanted(line(text.lstrip("@#")), tuple(needles)) if needles else None


def _needle(module: str, words: list[str]) -> Needle | None:
    """What a key must hold to hold all of `words`; None where they say nothing."""
    found = [(word, grams) for word, grams in (wanted_word(module, word) for word in words) if grams]
    return Needle(tuple(word for word, _ in found), frozenset().union(*(grams for _, grams in found))) if found else None
