"""Criteria in words: what a chip, a rule or a view says to people."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from core.criteria.tree import N_DAYS, NO_VALUE, Group, Leaf
from core.field.kinds import KINDS
from core.field.look import Look, many

# Words that a text is compared with stay as they were typed.
_AS_TYPED = {"contains", "not_contains", "starts", "ends"}

OPERATORS: dict[str, Any] = {
    "is": lazy("is"),
    "is_not": lazy("is not"),
    "contains": lazy("contains"),
    "not_contains": lazy("does not contain"),
    "starts": lazy("starts with"),
    "ends": lazy("ends with"),
    "lt": lazy("is less than"),
    "lte": lazy("is at most"),
    "gt": lazy("is more than"),
    "gte": lazy("is at least"),
    "on": lazy("is on"),
    "before": lazy("is before"),
    "after": lazy("is after"),
    "between": lazy("is between"),
    "yesterday": lazy("was yesterday"),
    "today": lazy("is today"),
    "tomorrow": lazy("is tomorrow"),
    "last_n_days": lazy("is in the last … days"),
    "next_n_days": lazy("is in the next … days"),
    "older_than_days": lazy("is more than … days ago"),
    "last_week": lazy("was last week"),
    "this_week": lazy("is this week"),
    "next_week": lazy("is next week"),
    "last_month": lazy("was last month"),
    "this_month": lazy("is this month"),
    "next_month": lazy("is next month"),
    "last_quarter": lazy("was last quarter"),
    "this_quarter": lazy("is this quarter"),
    "next_quarter": lazy("is next quarter"),
    "last_year": lazy("was last year"),
    "this_year": lazy("is this year"),
    "next_year": lazy("is next year"),
    "last_fiscal_year": lazy("was last fiscal year"),
    "this_fiscal_year": lazy("is this fiscal year"),
    "next_fiscal_year": lazy("is next fiscal year"),
    "me": lazy("is me"),
    "me_unread": lazy("is me, not opened yet"),
    "my_team": lazy("is in my team"),
    "has": lazy("has any of"),
    "has_all": lazy("has all of"),
    "has_not": lazy("has none of"),
    "empty": lazy("is empty"),
    "filled": lazy("is not empty"),
}

# A condition as a sentence. Languages put field, value and operator in different orders, so each operator has its own.
SENTENCES: dict[str, Any] = {
    "is": lazy("%(field)s is %(value)s"),
    "is_not": lazy("%(field)s is not %(value)s"),
    "contains": lazy("%(field)s contains %(value)s"),
    "not_contains": lazy("%(field)s does not contain %(value)s"),
    "starts": lazy("%(field)s starts with %(value)s"),
    "ends": lazy("%(field)s ends with %(value)s"),
    "lt": lazy("%(field)s is less than %(value)s"),
    "lte": lazy("%(field)s is at most %(value)s"),
    "gt": lazy("%(field)s is more than %(value)s"),
    "gte": lazy("%(field)s is at least %(value)s"),
    "on": lazy("%(field)s is on %(value)s"),
    "before": lazy("%(field)s is before %(value)s"),
    "after": lazy("%(field)s is after %(value)s"),
    "between": lazy("%(field)s is between %(first)s and %(last)s"),
    "yesterday": lazy("%(field)s was yesterday"),
    "today": lazy("%(field)s is today"),
    "tomorrow": lazy("%(field)s is tomorrow"),
    "last_n_days": lazy("%(field)s is in the last %(value)s days"),
    "next_n_days": lazy("%(field)s is in the next %(value)s days"),
    "older_than_days": lazy("%(field)s is more than %(value)s days ago"),
    "last_week": lazy("%(field)s was last week"),
    "this_week": lazy("%(field)s is this week"),
    "next_week": lazy("%(field)s is next week"),
    "last_month": lazy("%(field)s was last month"),
    "this_month": lazy("%(field)s is this month"),
    "next_month": lazy("%(field)s is next month"),
    "last_quarter": lazy("%(field)s was last quarter"),
    "this_quarter": lazy("%(field)s is this quarter"),
    "next_quarter": lazy("%(field)s is next quarter"),
    "last_year": lazy("%(field)s was last year"),
    "this_year": lazy("%(field)s is this year"),
    "next_year": lazy("%(field)s is next year"),
    "last_fiscal_year": lazy("%(field)s was last fiscal year"),
    "this_fiscal_year": lazy("%(field)s is this fiscal year"),
    "next_fiscal_year": lazy("%(field)s is next fiscal year"),
    "me": lazy("%(field)s is me"),
    "me_unread": lazy("%(field)s is me, not opened yet"),
    "my_team": lazy("%(field)s is in my team"),
    "has": lazy("%(field)s has any of %(value)s"),
    "has_all": lazy("%(field)s has all of %(value)s"),
    "has_not": lazy("%(field)s has none of %(value)s"),
    "empty": lazy("%(field)s is empty"),
    "filled": lazy("%(field)s is not empty"),
}


def value_words(leaf: Leaf, look: Look) -> str:
    """The value of a condition as its field shows it."""
    return many(_each(leaf, look), look.language)


def _each(leaf: Leaf, look: Look) -> list[str]:
    made = []
    for one in leaf.value if isinstance(leaf.value, list) else [leaf.value]:
        try:
            made.append(str(one) if leaf.op in N_DAYS or leaf.op in _AS_TYPED else _said(leaf, one, look) or str(one))
        except Exception:  # noqa: BLE001 - a value that is none of its kind is shown as it stands
            made.append(str(one))
    return made


def _said(leaf: Leaf, value: Any, look: Look) -> str:
    if leaf.field.outer is not None and value in leaf.field.options:
        return leaf.field.told_apart()[value]
    kind = KINDS["date"] if leaf.field.kind.key == "datetime" else leaf.field.kind  # moments are asked for by their days
    return kind.text(leaf.field, kind.clean(leaf.field, value), look)


def leaf_words(leaf: Leaf, look: Look) -> str:
    """One condition as a short sentence: "Status is New"."""
    said = {"field": leaf.label}
    if leaf.op == "between":
        said["first"], said["last"] = (*_each(leaf, look), "", "")[:2]
    elif leaf.op not in NO_VALUE:
        said["value"] = value_words(leaf, look)
    return str(SENTENCES[leaf.op]) % said


def group_words(group: Group, look: Look) -> str:
    """A whole tree in words."""
    joint = _(" or ") if group.any else _(" and ")
    return joint.join(leaf_words(m, look) if isinstance(m, Leaf) else f"({group_words(m, look)})" for m in group.members)
