"""Reading the index: what people type, and the records it finds among those they may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import connections, router
from django.db.models import OuterRef, Q, QuerySet, Subquery

from core.search.backends import Backend, backend
from core.search.grams import inside, line, wanted_word
from core.search.models import SearchEntry
from core.text.fold import fold
from core.text.phones import phone_query

# So many of the newest entries are read before the gram index is asked: a common word is found among them at once.
_NEAR, _FAR = 2_000, 20_000
# Of common beginnings so many are asked for being visible; whoever sees fewer than `_FEW` is answered from these alone.
_SOME, _FEW = 400, 4_000
# So many hits among the nearest mean that the rest is not far, and that the gram index would bring up too much.
_DENSE = 8
# So many visible records at a time are gone through for common words before the gram index is asked after all.
_STRETCHES = (1_000, 4_000, 4_000, 4_000, 4_000)
_MOST_WORDS = 8
_HEAD = 40
_LAST_SIGN = "\U0010ffff"

Entries = QuerySet[SearchEntry]
_Found = tuple[int, str]


class Hit(NamedTuple):
    """A record found."""

    record_id: int
    title: str
    begins: bool


@dataclass(frozen=True, slots=True)
class _Needle:
    """Words that must all be in a key, and the grams that say where to look."""

    words: tuple[str, ...]
    grams: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A query understood: how a key may begin, and the needles of which one must be met (as words, as a phone number)."""

    head: str
    needles: tuple[_Needle, ...]


def find(module: str, q: str, limit: int = 20, allowed: QuerySet[Any] | None = None) -> list[Hit]:
    """The records of `module` that hold every word of `q`: first those that begin with it, then the newest.

    `allowed` are the records of the module that may be seen, unsliced; the database applies it, so the limit counts visible ones only.
    """
    wanted = _wanted(module, q)
    if not wanted:
        return []
    search = _Search(module, wanted, allowed, _backend())
    found = [Hit(record_id, title, True) for record_id, title in search.beginning(limit)]
    if len(found) < limit:
        others = search.others(limit - len(found), [hit.record_id for hit in found])
        found += [Hit(record_id, title, False) for record_id, title in others]
    return found


def matching_ids(module: str, q: str) -> QuerySet[SearchEntry, int]:
    """The ids of the records of `module` that hold every word of `q`, for `filter(pk__in=…)`."""
    wanted = _wanted(module, q)
    rows = SearchEntry.objects.filter(module=module).values_list("record_id", flat=True)
    return rows.filter(_by_grams(wanted, _backend())) if wanted else rows.none()


def narrowing_ids(module: str, q: str) -> QuerySet[SearchEntry, int] | None:
    """Ids among which every record stands that holds `q` somewhere in a searched column; None where the index cannot say
    (a word of which only beginnings are kept, signs alone). The column itself has the last word."""
    words = fold(q[:200]).split()
    if not words or any(not inside(word) for word in words):
        return None
    return matching_ids(module, q)


def count(module: str, q: str, cap: int = 1_000, allowed: QuerySet[Any] | None = None) -> int:
    """How many records `find` could bring up; more than `cap` are counted as `cap` + 1."""
    wanted = _wanted(module, q)
    if not wanted:
        return 0
    search = _Search(module, wanted, allowed, _backend())
    return search.rows().filter(_by_grams(wanted, _backend()))[: cap + 1].count() if allowed is None else search.count_visible(allowed, cap)


def _wanted(module: str, q: str) -> _Wanted | None:
    text = fold(q[:200])
    needles: list[_Needle] = []
    words = [wanted_word(module, word.lstrip("@#")) for word in text.split()[:_MOST_WORDS]]
    words = [(word, grams) for word, grams in words if grams]
    if words:
        needles.append(_Needle(tuple(word for word, _ in words), frozenset().union(*(grams for _, grams in words))))
    digits = phone_query(q)
    if digits and (len(words) != 1 or words[0][0] != digits):
        word, grams = wanted_word(module, digits)
        needles.append(_Needle((word,), frozenset(grams)))
    return _Wanted(line(text.lstrip("@#")), tuple(needles)) if needles else None


def _backend() -> Backend:
    return backend(connections[router.db_for_read(SearchEntry)])


@dataclass(frozen=True, slots=True)
class _Search:
    """One `find`: the same rows by several ways, the cheap ones first."""

    module: str
    wanted: _Wanted
    allowed: QuerySet[Any] | None
    back: Backend

    def beginning(self, limit: int) -> list[_Found]:
        """Keys that begin with the query, in their order."""
        head = self.wanted.head[:_HEAD]
        rows = self.rows().alias(head=self.back.head()).filter(head__gte=head, head__lt=head + _LAST_SIGN)
        if len(self.wanted.head) > _HEAD:
            rows = rows.filter(_by_reading(self.wanted, self.back))
        rows = rows.order_by("head", "-record_id")
        if self.allowed is None:
            return _found(rows, limit)
        found = self._first_of(rows, _SOME, limit)
        if found is None:
            ids = _newest_ids(self.allowed, _FEW)
            found = self._begin_among(ids)[:limit] if len(ids) < _FEW else self._first_of(rows, 2 * _FEW, limit)
        return _found(rows.filter(record_id__in=self.allowed.order_by().values("pk")), limit) if found is None else found

    def _begin_among(self, ids: list[int]) -> list[_Found]:
        """Sorted here: told to sort, the database would walk all keys that begin so."""
        rows = self.rows().filter(_by_reading(self.wanted, self.back), record_id__in=ids).values_list("key", "record_id", "title")
        begin = [(key[:_HEAD], -record_id, title) for key, record_id, title in rows if key.startswith(self.wanted.head)]
        return [(-record_id, title) for _, record_id, title in sorted(begin)]

    def _first_of(self, rows: QuerySet[Any], number: int, limit: int) -> list[_Found] | None:
        """The visible among the first `number` of sorted `rows`; None if these are neither enough nor all."""
        bound = next(iter(rows.values_list(self.back.head(), flat=True)[number : number + 1]), None)
        found = _found(self.one_by_one(rows if bound is None else rows.filter(head__lt=bound)), limit)
        return found if len(found) >= limit or bound is None else None

    def others(self, limit: int, seen: list[int]) -> list[_Found]:
        """Keys that hold the words elsewhere, the newest first."""
        rows = self.rows().exclude(record_id__in=seen) if seen else self.rows()
        read = rows.filter(_by_reading(self.wanted, self.back)).order_by("-record_id")
        near = _newest(self.module, _NEAR)
        found = _found(self.one_by_one(read.filter(record_id__gte=near)), limit)
        if len(found) >= limit or near == 0:
            return found
        if self._dense(near):
            found, complete = self._far(read, near, limit, found) if self.allowed is None else self._through(self.allowed, read, limit)
            if len(found) >= limit or complete:
                return found
        looked_up = self.one_by_one(rows.filter(_by_grams(self.wanted, self.back)))
        return _found(looked_up.order_by(self.back.unindexed("record_id").desc()), limit)

    def _dense(self, near: int) -> bool:
        """Whether the words are common, to whomever the records belong."""
        # In their order, or the planner takes the ids of all modules together, thinks that nearly all are newer, and reads them all.
        rows = self.rows().filter(_by_reading(self.wanted, self.back), record_id__gte=near).order_by("-record_id")
        return len(rows.values_list("record_id")[:_DENSE]) == _DENSE

    def _far(self, read: Entries, near: int, limit: int, found: list[_Found]) -> tuple[list[_Found], bool]:
        """On beyond the nearest; and whether that was all."""
        far = _newest(self.module, _FAR)
        return found + _found(read.filter(record_id__gte=far, record_id__lt=near), limit - len(found)), far == 0

    def _through(self, visible: QuerySet[Any], read: Entries, limit: int) -> tuple[list[_Found], bool]:
        """Common words among few visible records: go through these, the newest first, not through the hits; and whether that was all."""
        found: list[_Found] = []
        rest = visible
        for number in _STRETCHES:
            ids = _newest_ids(rest, number)
            found += _found(read.filter(record_id__in=ids), limit - len(found))
            if len(found) >= limit or len(ids) < number:
                return found, len(ids) < number
            rest = visible.filter(pk__lt=ids[-1])
        return found, False

    def count_visible(self, visible: QuerySet[Any], cap: int) -> int:
        """How many hits are visible, up to `cap` + 1."""
        near = _newest(self.module, _NEAR)
        if self._dense(near):
            read = self.rows().filter(_by_reading(self.wanted, self.back)).order_by("-record_id")
            found, complete = self._through(visible, read, cap + 1)
            if len(found) > cap or complete:
                return len(found)
            return self.rows().filter(_by_grams(self.wanted, self.back), record_id__in=visible.order_by().values("pk"))[: cap + 1].count()
        return self.one_by_one(self.rows().filter(_by_grams(self.wanted, self.back)))[: cap + 1].count()

    def rows(self) -> Entries:
        return SearchEntry.objects.filter(module=self.module)

    def one_by_one(self, rows: Entries) -> Entries:
        """Only visible rows, asked for each: right where few are looked at. A scalar subquery, which no planner turns into a join."""
        if self.allowed is None:
            return rows
        seen = self.allowed.order_by().filter(pk=OuterRef("record_id")).values("pk")[:1]
        return rows.alias(seen=Subquery(seen)).filter(seen__isnull=False)


def _newest_ids(rows: QuerySet[Any], number: int) -> list[int]:
    return list(rows.order_by("-pk").values_list("pk", flat=True)[:number])


def _found(rows: Entries, limit: int) -> list[_Found]:
    return list(rows.values_list("record_id", "title")[:limit])


def _newest(module: str, number: int) -> int:
    """The id of the `number`th newest record of `module`; 0 if there are fewer."""
    ids = SearchEntry.objects.filter(module=module).order_by("-record_id").values_list("record_id", flat=True)
    return next(iter(ids[number - 1 : number]), 0)


def _by_reading(wanted: _Wanted, back: Backend) -> Q:
    either = Q()
    for needle in wanted.needles:
        every = Q()
        for word in needle.words:
            every &= Q(back.holds(word))
        either |= every
    return either


def _by_grams(wanted: _Wanted, back: Backend) -> Q:
    either = Q()
    for needle in wanted.needles:
        every = Q(back.has_grams(set(needle.grams)))
        for word in needle.words:
            every &= Q(back.holds(word))
        either |= every
    return either
