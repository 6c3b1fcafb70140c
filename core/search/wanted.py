"""What people type, understood: how a key may begin, and what it must hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from core.search.backends import Backend
from core.search.grams import line, wanted_word
from core.search.pieces import Piece, joined
from core.text.fold import fold
from core.text.phones import phone_query

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
    """A query understood: how a key may begin, and the needles of which one must be met (as words, as a phone number)."""

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
    needles: list[Needle] = []
    words = [wanted_word(module, word.lstrip("@#")) for word in text.split()[:_MOST_WORDS]]
    words = [(word, grams) for word, grams in words if grams]
    if words:
        needles.append(Needle(tuple(word for word, _ in words), frozenset().union(*(grams for _, grams in words))))
    digits = phone_query(q)
    if digits and (len(words) != 1 or words[0][0] != digits):
        word, grams = wanted_word(module, digits)
        needles.append(Needle((word,), frozenset(grams)))
    return Wanted(line(text.lstrip("@#")), tuple(needles)) if needles else None
