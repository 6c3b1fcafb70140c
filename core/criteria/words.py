"""Criteria in words: what a chip, a rule or a view says to people."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from core.criteria.tree import NO_VALUE, Group, Leaf
from core.field.look import Look, many

OPERATORS: dict[str, Any] = {
    "is": lazy("is"),
    "is_not": lazy("is not"),
    "contains": lazy("contains"),
    "not_contains": lazy("does not contain"),
    "starts": lazy("starts with"),
    "empty": lazy("is empty"),
    "filled": lazy("is not empty"),
    "lt": lazy("is less than"),
    "lte": lazy("is at most"),
    "gt": lazy("is more than"),
    "gte": lazy("is at least"),
    "on": lazy("is on"),
    "before": lazy("is before"),
    "after": lazy("is after"),
    "today": lazy("is today"),
    "this_week": lazy("is this week"),
    "this_month": lazy("is this month"),
    "last_month": lazy("was last month"),
    "this_quarter": lazy("is this quarter"),
    "last_quarter": lazy("was last quarter"),
    "this_year": lazy("is this year"),
    "this_fiscal_year": lazy("is this fiscal year"),
    "last_fiscal_year": lazy("was last fiscal year"),
    "last_n_days": lazy("in the last days"),
    "next_n_days": lazy("in the next days"),
    "older_than_days": lazy("older than days"),
    "me": lazy("is me"),
    "my_team": lazy("is in my team"),
    "has": lazy("has"),
    "has_not": lazy("has not"),
}

# A condition as a sentence. Languages put field, value and operator in different orders, so each operator has its own.
SENTENCES: dict[str, Any] = {
    "is": lazy("%(field)s is %(value)s"),
    "is_not": lazy("%(field)s is not %(value)s"),
    "contains": lazy("%(field)s contains %(value)s"),
    "not_contains": lazy("%(field)s does not contain %(value)s"),
    "starts": lazy("%(field)s starts with %(value)s"),
    "empty": lazy("%(field)s is empty"),
    "filled": lazy("%(field)s is not empty"),
    "lt": lazy("%(field)s is less than %(value)s"),
    "lte": lazy("%(field)s is at most %(value)s"),
    "gt": lazy("%(field)s is more than %(value)s"),
    "gte": lazy("%(field)s is at least %(value)s"),
    "on": lazy("%(field)s is on %(value)s"),
    "before": lazy("%(field)s is before %(value)s"),
    "after": lazy("%(field)s is after %(value)s"),
    "today": lazy("%(field)s is today"),
    "this_week": lazy("%(field)s is this week"),
    "this_month": lazy("%(field)s is this month"),
    "last_month": lazy("%(field)s was last month"),
    "this_quarter": lazy("%(field)s is this quarter"),
    "last_quarter": lazy("%(field)s was last quarter"),
    "this_year": lazy("%(field)s is this year"),
    "this_fiscal_year": lazy("%(field)s is this fiscal year"),
    "last_fiscal_year": lazy("%(field)s was last fiscal year"),
    "last_n_days": lazy("%(field)s in the last %(value)s days"),
    "next_n_days": lazy("%(field)s in the next %(value)s days"),
    "older_than_days": lazy("%(field)s older than %(value)s days"),
    "me": lazy("%(field)s is me"),
    "my_team": lazy("%(field)s is in my team"),
    "has": lazy("%(field)s has %(value)s"),
    "has_not": lazy("%(field)s has not %(value)s"),
}


def value_words(leaf: Leaf, look: Look) -> str:
    """The value of a condition as its field shows it."""
    values = leaf.value if isinstance(leaf.value, list) else [leaf.value]
    if leaf.op in {"last_n_days", "next_n_days", "older_than_days"}:
        return str(leaf.value)
    made = []
    for one in values:
        try:
            made.append(_said(leaf, one, look) if leaf.op in {"is", "is_not"} else str(one))
        except Exception:  # noqa: BLE001 - a value that is none of its kind is shown as it stands
            made.append(str(one))
    return many(made, look.language)


def _said(leaf: Leaf, value: Any, look: Look) -> str:
    if leaf.field.outer is not None and value in leaf.field.options:
        return leaf.field.told_apart()[value]
    return leaf.field.kind.text(leaf.field, leaf.field.clean(value), look)


def leaf_words(leaf: Leaf, look: Look) -> str:
    """One condition as a short sentence: "Status is New"."""
    value = "" if leaf.op in NO_VALUE else value_words(leaf, look)
    return str(SENTENCES[leaf.op]) % {"field": leaf.field.label, "value": value}


def group_words(group: Group, look: Look) -> str:
    """A whole tree in words."""
    joint = _(" or ") if group.any else _(" and ")
    return joint.join(leaf_words(m, look) if isinstance(m, Leaf) else f"({group_words(m, look)})" for m in group.members)
