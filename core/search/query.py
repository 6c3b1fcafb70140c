"""Reading the index: what people type, and the records it finds among those they may see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections, router
from django.db.models import F, QuerySet

from core.search.backends import Backend, backend
from core.search.chase import Chase, Chasing, Found, Hit, Question
from core.search.grams import inside
from core.search.models import SearchEntry
from core.search.pieces import Condition, Piece, compiled, joined
from core.search.wanted import understand
from core.text.fold import fold

__all__ = ["Hit", "count", "find", "find_in", "matching_ids", "narrowing_ids"]


def find(module: str, q: str, limit: int = 20, allowed: QuerySet[Any] | None = None) -> list[Hit]:
    """The records of `module` that hold every word of `q`: first those that begin with it, then the newest.

    `allowed` are the records of the module that may be seen, unsliced; the database applies it, so the limit counts visible ones only.
    """
    return find_in({module: allowed}, q, limit)[module]


def find_in(allowed: Mapping[str, QuerySet[Any] | None], q: str, limit: int = 20) -> dict[str, list[Hit]]:
    """`find` in several modules at once, each with what may be seen of it: one statement a step, whatever their number."""
    back = _backend()
    made: dict[str, list[Hit]] = {}
    chases: dict[str, Chasing] = {}
    for module, rows in allowed.items():
        made[module] = []
        wanted = understand(module, q)
        visible = _visible(module, rows)
        if wanted and visible:
            chases[module] = Chase(module, wanted, visible, back).run(limit)
    return made | _run(chases)


def _run(chases: dict[str, Chasing]) -> dict[str, list[Hit]]:
    """Step after step, until every chase has found what it can."""
    made: dict[str, list[Hit]] = {}
    waiting = {module: next(chase) for module, chase in chases.items()}
    while waiting:
        answers = iter(_asked([question for questions in waiting.values() for question in questions]))
        further = {}
        for module, questions in waiting.items():
            try:
                further[module] = chases[module].send([next(answers) for _ in questions])
            except StopIteration as end:
                made[module] = end.value
        waiting = further
    return made


def _asked(questions: list[Question]) -> list[list[Found]]:
    """The answers to all questions by one statement."""
    sql = " UNION ALL ".join(f"SELECT {number:d} AS which, q.* FROM ({text}) q" for number, (text, _) in enumerate(questions))
    answers: list[list[Found]] = [[] for _ in questions]
    with connections[router.db_for_read(SearchEntry)].cursor() as cursor:
        cursor.execute(sql, [value for _, values in questions for value in values])
        for which, record_id, title, head in cursor.fetchall():
            answers[which].append((record_id, title, head))
    return answers


def _visible(module: str, rows: QuerySet[Any] | None) -> Piece | None:
    """A query for the ids that may be seen; None where there can be none."""
    if rows is None:
        return "SELECT record_id AS found FROM core_searchentry WHERE module = %s", [module]
    try:
        return compiled(rows.order_by().values(found=F("pk")))
    except EmptyResultSet:
        return None


def matching_ids(module: str, q: str) -> QuerySet[SearchEntry, int]:
    """The ids of the records of `module` that hold every word of `q`, for `filter(pk__in=…)`."""
    wanted, back = understand(module, q), _backend()
    rows = SearchEntry.objects.values_list("record_id", flat=True)
    if not wanted:
        return rows.none()
    here: Piece = (f"{back.unindexed('module', text=True)} = %s", [module])
    return rows.filter(Condition(joined("AND", [wanted.look_up(back), here])))


def narrowing_ids(module: str, q: str) -> QuerySet[SearchEntry, int] | None:
    """Ids among which every record stands that holds `q` somewhere in a searched column; None where the index cannot say
    (a word of which only beginnings are kept, signs alone). The column itself has the last word."""
    words = fold(q[:200]).split()
    if not words or any(not inside(word) for word in words):
        return None
    return matching_ids(module, q)


def count(module: str, q: str, cap: int = 1_000, allowed: QuerySet[Any] | None = None) -> int:
    """How many records `find` could bring up; more than `cap` are counted as `cap` + 1."""
    found = matching_ids(module, q)
    if allowed is not None:
        found = found.filter(record_id__in=allowed.order_by().values("pk"))
    return found[: cap + 1].count()


def _backend() -> Backend:
    return backend(connections[router.db_for_read(SearchEntry)])
