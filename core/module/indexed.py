"""Whether an index fits what a list is asked, known from the declaration: so that a list that reads a whole table says so."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q

from core.access.gate import rights
from core.criteria.compile import sieve_of
from core.criteria.tree import NO_VALUE, BadCriteria, Group, Leaf, read
from core.field.field import Field
from core.field.kind import DAYS, EMPTY

if TYPE_CHECKING:
    from core.module.listing import State
    from core.module.paging import Order

# A module of fewer records is read in a few hundredths of a second.
MANY = 50_000
# Conditions that leave few rows: equality, and ranges of dates. "Is not" and the like leave nearly all.
_NARROW = ({"is", "has", "has_all", "lt", "lte", "gt", "gte", *DAYS} | NO_VALUE) - {"older_than_days", *EMPTY}
# Text is compared without case, which none of our indexes knows.
_FOLDED = {"text", "email", "long_text", "name"}


@dataclass(frozen=True)
class ReadsAll:
    """Why a list reads a whole table: the order or a condition by `field`, which no index serves."""

    field: Field
    sort: bool


@lru_cache(maxsize=256)
def leading(model: type[models.Model]) -> frozenset[str]:
    """The columns of `model` that an index begins with over all living rows, or over all that have a value there."""
    found = {
        column.attname
        for column in model._meta.concrete_fields
        if getattr(column, "db_index", False) or column.unique or column.primary_key
    }
    for index in model._meta.indexes:
        first = index.fields_orders[0][0] if index.fields_orders else ""
        if first and index.condition in (None, Q(deleted_at__isnull=True), Q(**{f"{first}__isnull": False})):
            found.add(model._meta.get_field(first).attname)  # type: ignore[union-attr]
    return frozenset(found)


@lru_cache(maxsize=256)
def emptiable(model: type[models.Model]) -> frozenset[str]:
    """The columns of `model` whose emptiness has an index of its own, over those living rows alone: "not done yet"."""
    found = set()
    for index in model._meta.indexes:
        asked: dict[str, Any] = dict(one for one in index.condition.children if isinstance(one, tuple)) if index.condition else {}
        if asked.pop("deleted_at__isnull", None) and len(asked) == 1:
            name, empty = asked.popitem()
            if name.endswith("__isnull") and empty is True:
                found.add(name.removesuffix("__isnull"))
    return frozenset(found)


def may_read_all(asked: State) -> bool:
    """Whether the list might read a whole table: it is sorted or, also beside a condition with an index, filtered by a column
    without one."""
    model = asked.module.model
    return (
        asked.slow or not in_order(asked.order, model) or any(not _fits(leaf, model) for group in _groups(asked) for leaf in group.leaves())
    )


def finds_slowly(asked: State, by: Field) -> bool:
    """`may_read_all` of a display that finds its rows by `by`, whatever the order of the list: a board's columns, a calendar's days."""
    return not _indexed(by, asked.module.model) or any(
        not _fits(leaf, asked.module.model) for group in _groups(asked) for leaf in group.leaves()
    )


def slow_to_find(asked: State, by: Field) -> ReadsAll | None:
    """`reads_all` of such a display: the condition without index, or `by` itself."""
    if _narrowed(asked) or not _many(asked.module.model):
        return None
    if unfit := _unfit(asked):
        return ReadsAll(unfit[0].field, False)
    return None if _indexed(by, asked.module.model) else ReadsAll(by, False)


def reads_all(asked: State, *, more: bool) -> ReadsAll | None:
    """Why this list read a whole table of many records; None if it did not. `more`: there are more rows than are counted.

    A walk along the order's index ends with the page: a filter without index reads everything only where hits are few.
    """
    narrow, unfit, found = _narrowed(asked), _unfit(asked), None
    if not in_order(asked.order, asked.module.model) and (more or not narrow):
        found = ReadsAll(asked.order.field, True)
    elif unfit and not more:
        found = ReadsAll(unfit[0].field, False)
    return found if found and _many(asked.module.model) else None


def _many(model: type[models.Model]) -> bool:
    return model._default_manager.order_by()[: MANY + 1].count() > MANY


def in_order(order: Order, model: type[models.Model]) -> bool:
    """Whether an index has the rows in this order."""
    return not order.field.custom and order.field.sort_path in leading(model)


def walkable(order: Order, model: type[models.Model]) -> bool:
    """Whether an index of all living rows has them in this order, the primary key second: each part of a walk costs the same."""
    if order.field.custom:
        return False
    return any(
        [(model._meta.get_field(name).attname, down) for name, down in index.fields_orders[:2]]  # type: ignore[union-attr]
        in ([(order.field.sort_path, way), (model._meta.pk.attname, way)] for way in ("", "DESC"))
        for index in model._meta.indexes
        if index.condition in (None, Q(deleted_at__isnull=True))
    )


def _indexed(one: Field, model: type[models.Model]) -> bool:
    return not one.custom and one.path in leading(model)


def _groups(asked: State) -> list[Group]:
    try:
        return [read(asked.view.criteria, asked.module, asked.fields), asked.own]
    except BadCriteria:
        return [asked.own]


def _narrowed(asked: State) -> bool:
    """Whether an index leaves few rows: by the words, by whose records may be seen, or by a condition."""
    reach = rights(asked.user).scope(asked.module, "view")
    if asked.q or (reach is not None and not reach.everything):
        return True
    return any(_fits(group, asked.module.model) for group in _groups(asked))


def _unfit(asked: State) -> list[Leaf]:
    """The conditions without index, where there is none with one."""
    if _narrowed(asked):
        return []
    return [leaf for group in _groups(asked) for leaf in group.leaves() if not _fits(leaf, asked.module.model)]


def _fits(member: Leaf | Group, model: type[models.Model]) -> bool:
    if isinstance(member, Group):
        inner = (_fits(one, model) for one in member.members)
        return bool(member) and (all(inner) if member.any else any(inner))
    one: Any = member.field
    if member.link is not None:
        return False
    if member.op == "empty" and one.path in emptiable(model):
        return True
    if one.custom or member.op not in _NARROW:
        return _sieved(member)
    return one.kind.key == "tags" or (one.kind.key not in _FOLDED and one.path in leading(model))


def _sieved(leaf: Leaf) -> bool:
    try:
        return sieve_of(leaf) is not None
    except BadCriteria:  # the list says so itself
        return True
