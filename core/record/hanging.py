"""What hangs on a record, found out with the record itself.

A record page asks a dozen tables for what belongs to the record, and most of them hold nothing of it. Who asks one of them
says so with `hangs`; the question for the record then tells which of them do, and the others are not asked.

    @hangs("mails")
    def _mails(module: str) -> tuple[QuerySet[Mail], str]:
        return Mail.objects.filter(module=module), "record_id"

    if may_have(record, "mails"): …
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from core.module.registry import module as find_module

# Rows that may hang on records of a module, and the column that names the record. Who may see them is asked with the rows.
Hanging = Callable[[str], tuple[QuerySet[Any], str]]
_hanging: dict[str, tuple[tuple[str, ...], Hanging]] = {}
_HAS = "hangs_"


def hangs(name: str, *, on: tuple[str, ...] = ()) -> Callable[[Hanging], Hanging]:
    """Decorator: what is called `name` may hang on records of these modules; of all modules if none is named."""

    def add(function: Hanging) -> Hanging:
        _hanging[name] = (on, function)
        return function

    return add


def with_hanging(rows: QuerySet[Any], module: str) -> QuerySet[Any]:
    """`rows` of a module, each of which knows what hangs on it (`may_have`)."""
    news = {_HAS + _plain(name): Exists(found.filter(**{column: OuterRef("pk")})) for name, (found, column) in _of(module)}
    known: QuerySet[Any] = rows.annotate(**news)
    return known


def hanging_on_any(module: str, ids: tuple[int, ...]) -> QuerySet[Any]:
    """A question for one row: the names of what hangs on any of these records of a module, each with whether it does."""
    rows = find_module(module).model._default_manager.filter(pk=ids[0])
    names = {_HAS + _plain(name): Exists(found.filter(**{f"{column}__in": ids})) for name, (found, column) in _of(module)}
    news: QuerySet[Any] = rows.order_by().annotate(**names).values(*names)
    return news


def is_in(name: str, row: dict[str, bool]) -> bool:
    """Whether a row of `hanging_on_any` has the name."""
    return row.get(_HAS + _plain(name), True)


def may_have(record: Any, name: str) -> bool:
    """Whether something of this name may hang on the record. Yes, unless the record was read with the news that none does."""
    return bool(record.__dict__.get(_HAS + _plain(name), True))


def _plain(name: str) -> str:
    """A name as a column can have it."""
    return name.replace(".", "_")


def _of(module: str) -> Iterable[tuple[str, tuple[QuerySet[Any], str]]]:
    """What may hang on records of a module; its related lists, too, as "crm.deal.contact"."""
    for name, (on, function) in _hanging.items():
        if not on or module in on:
            yield name, function(module)
    for one in find_module(module).related:
        rows = find_module(one.module).model._default_manager.filter(deleted_at__isnull=True)
        yield f"{one.module}.{one.field}", (rows, f"{one.field}_id")
