"""Questions that are worded once.

Django takes 0.3 ms to put a question into SQL, several times what PostgreSQL takes to answer it by an index. A page that asks
a dozen questions, always in the same words, spends a third of its processor time on them. A function decorated with `worded`
gives its question once for each shape of its arguments; afterwards the remembered SQL is sent with the values at hand, as
parameters, by Django's own compiler, which makes the same rows of it.

    @worded()
    def _files(module: str, pk: int) -> QuerySet[Attachment]:
        return Attachment.objects.filter(module=module, record_id=pk).order_by("-pk")[:7]

    rows = _files("crm.lead", 12)      # a list

Numbers and moments, alone or in tuples, are values: other ones are put in the same words. Everything else (texts, modules,
None, how many a tuple holds) belongs to the words, and so do the arguments named to `worded`. A question may depend on nothing
but its arguments and the active zone. An object of two methods may be an argument, too: `apart()` gives the values it is made
of (None: ask anew each time), and `together(…)` makes it of them. While tests run, every use is compared with the question worded anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import wraps
from inspect import signature
from typing import Any, ParamSpec

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import connections, models, router
from django.db.models import DateField, DateTimeField, QuerySet
from django.db.models.sql.compiler import SQLCompiler
from django.utils import timezone

P = ParamSpec("P")
# Stand-ins for values while a question is worded: numbers no table reaches, moments nobody meant.
_NUMBER, _MOMENT, _DAY = 0x5EED_0000_0000_0000, datetime(1907, 1, 1, tzinfo=UTC), date(1807, 1, 1)
# A process that met that many shapes begins anew.
_MOST = 2_000
# Longer lists of values are worded anew: each length has words of its own.
_MANY = 100
_CHUNK = 200


@dataclass(slots=True)
class _Said:
    """A question in the words of one database; `places` of its parameters are those of values, by their number."""

    compiler: SQLCompiler
    sql: str
    params: tuple[Any, ...]
    places: list[tuple[int, int]]


@dataclass(slots=True)
class _Plan:
    model: type[models.Model]
    rows: type[Any]
    said: dict[str, _Said | None] = field(default_factory=dict)


class _Query:
    """The part of Django's Query that its row makers ask: the compiler, and the names of what is selected."""

    def __init__(self, compiler: SQLCompiler) -> None:
        self._compiler = compiler

    def get_compiler(self, using: str | None = None, connection: Any = None, elide_empty: bool = True) -> SQLCompiler:
        return self._compiler

    def __getattr__(self, name: str) -> Any:
        return getattr(self._compiler.query, name)


@dataclass(slots=True)
class _Rows:
    """The part of a QuerySet that its row makers ask."""

    query: _Query
    db: str
    model: type[models.Model]
    _fields: Any = None
    _hints: Any = None
    _known_related_objects: dict[Any, Any] = field(default_factory=dict)


def worded(*words: str) -> Callable[[Callable[P, QuerySet[Any]]], Callable[P, list[Any]]]:
    """Decorator: a function that gives a question becomes one that gives its answer, a list. Its arguments are positional."""

    def wrap(function: Callable[P, QuerySet[Any]]) -> Callable[P, list[Any]]:
        ask: Callable[..., QuerySet[Any]] = function
        kept = {place for place, name in enumerate(signature(function).parameters) if name in words}
        plans: dict[Any, _Plan] = {}

        def words_of(given: tuple[Any, ...]) -> QuerySet[Any]:
            numbers = iter(range(1, 1_000_000))
            return ask(*(one if place in kept else _filled(one, numbers) for place, one in enumerate(given)))

        @wraps(function)
        def asked(*given: P.args, **none: P.kwargs) -> list[Any]:
            values: list[Any] = []
            try:
                shape = [one if place in kept else _shape(one, values) for place, one in enumerate(given)]
            except _Anew:
                return list(ask(*given))
            if len(values) > _MANY:
                return list(ask(*given))
            key = (timezone.get_current_timezone_name(), *shape)
            plan = plans.get(key)
            if plan is None:
                if len(plans) >= _MOST:
                    plans.clear()
                question = words_of(given)
                plan = plans[key] = _Plan(question.model, question._iterable_class)
                plan.said[question.db] = _worded(question, len(values), function.__qualname__)
            using = router.db_for_read(plan.model)
            if using not in plan.said:
                plan.said[using] = _worded(words_of(given).using(using), len(values), function.__qualname__)
            if settings.TESTING:
                _compare(plan.said[using], values, ask(*given).using(using), function.__qualname__)
            return _answer(plan, using, values)

        return asked

    return wrap


class _Anew(Exception):
    """An argument whose words change by themselves."""


def _shape(given: Any, values: list[Any]) -> Any:
    """What of an argument belongs to the words; its values are added to `values`."""
    if given.__class__ is int or isinstance(given, date):
        values.append(given)
        return given.__class__
    if isinstance(given, tuple):
        return (given.__class__, *[_shape(one, values) for one in given])
    if hasattr(given, "apart"):
        parts = given.apart()
        if parts is None:
            raise _Anew
        return (given.__class__, *[_shape(one, values) for one in parts])
    return given


def _filled(given: Any, numbers: Iterator[int]) -> Any:
    """The argument with stand-ins for its values, in the order of `_shape`."""
    if given.__class__ is int:
        return _NUMBER + next(numbers)
    if isinstance(given, datetime):
        return _MOMENT + timedelta(microseconds=next(numbers))
    if isinstance(given, date):
        return _DAY + timedelta(days=next(numbers))
    if isinstance(given, tuple):
        made = [_filled(one, numbers) for one in given]
        return given.__class__(*made) if hasattr(given, "_fields") else given.__class__(made)
    if hasattr(given, "apart"):
        return given.together(*[_filled(one, numbers) for one in given.apart()])
    return given


def _worded(question: QuerySet[Any], count: int, name: str) -> _Said | None:
    """The SQL of a question asked with stand-ins; None for one that no row can answer. Raises TypeError where a value would
    stand in the words themselves, and for a question that is followed by others."""
    if question._prefetch_related_lookups:  # type: ignore[attr-defined]
        raise TypeError(f"{name} asks more than one question; @worded would leave out all but the first.")
    compiler = question.query.get_compiler(using=question.db)
    try:
        sql, params = compiler.as_sql()
    except EmptyResultSet:
        return None
    numbers = _by_stand_in(count, question.db)
    places = [(place, numbers[one]) for place, one in enumerate(params) if one.__hash__ is not None and one in numbers]
    if {number for _place, number in places} != set(range(count)):
        raise TypeError(f"{name} puts a value into its words; name the argument to @worded.")
    return _Said(compiler, sql, tuple(params), places)


def _by_stand_in(count: int, using: str) -> dict[Any, int]:
    """Which value each stand-in stands for, as this database takes it."""
    made: dict[Any, int] = {}
    for number in range(count):
        moment, day = _MOMENT + timedelta(microseconds=number + 1), _DAY + timedelta(days=number + 1)
        made |= dict.fromkeys((_NUMBER + number + 1, _taken(moment, using), _taken(day, using)), number)
    return made


def _taken(value: Any, using: str) -> Any:
    """A value as the database takes it: SQLite has no moments and days of its own."""
    if value.__class__ is int:
        return value
    column: Any = DateTimeField() if isinstance(value, datetime) else DateField()
    return column.get_db_prep_value(value, connections[using])


def _params(said: _Said, values: list[Any], using: str) -> tuple[Any, ...]:
    made = list(said.params)
    for place, number in said.places:
        made[place] = _taken(values[number], using)
    return tuple(made)


def _answer(plan: _Plan, using: str, values: list[Any]) -> list[Any]:
    said = plan.said[using]
    if said is None:
        return []
    words = (said.sql, _params(said, values, using))
    compiler = copy(said.compiler)
    compiler.connection = connections[using]
    compiler.as_sql = lambda *_more, **_named: words  # type: ignore[method-assign]
    return list(plan.rows(_Rows(_Query(compiler), using, plan.model), chunked_fetch=False, chunk_size=_CHUNK))


def _compare(said: _Said | None, values: list[Any], question: QuerySet[Any], name: str) -> None:
    """That the words kept are those the question would have now."""
    try:
        sql, params = question.query.get_compiler(using=question.db).as_sql()
    except EmptyResultSet:
        sql, params = "", ()
    kept = (said.sql, _params(said, values, question.db)) if said is not None else ("", ())
    if kept != (sql, tuple(params)):
        raise AssertionError(f"{name} is not worded by its arguments alone: {kept} is not {(sql, params)}")
