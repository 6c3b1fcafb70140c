"""Criteria: a stored question over fields. Filters, views, rules, segments and reports all speak it.

    {"all": [{"field": "status", "op": "is", "value": "new"}, {"any": [ … ]}]}

A leaf names a field (`company`, an added field, or one relation far, `account.industry`), an operator of its kind and
a value. Its meaning is a `Q` for the database (compile.py) and a yes or no for one record in memory (holds.py).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from core.field.field import Field
from core.module.module import Module
from core.module.registry import UnknownModule
from core.module.registry import module as find_module

MAX_LEAVES = 40
MAX_DEPTH = 4
MAX_TEXT = 20_000
NO_VALUE = {"empty", "filled", "me", "my_team", "me_unread", "yesterday", "today", "tomorrow"} | {
    f"{when}_{span}" for when in ("last", "this", "next") for span in ("week", "month", "quarter", "year", "fiscal_year")
}
N_DAYS = {"last_n_days", "next_n_days", "older_than_days"}


class BadCriteria(ValueError):
    """The question cannot be asked: an unknown field or operator, or a value that is none of its kind."""


@dataclass(frozen=True)
class Leaf:
    field: Field
    op: str
    value: Any
    prefix: str = ""  # ORM path of the relation in front, with its __
    link: Field | None = None  # the relation in front

    @property
    def name(self) -> str:
        """What the condition is stored as: `status`, `account.industry`."""
        return f"{self.link.key}.{self.field.key}" if self.link else self.field.key

    @property
    def label(self) -> str:
        """The field for people to read: "Status", "Account › Industry"."""
        return f"{self.link.label} › {self.field.label}" if self.link else self.field.label


@dataclass(frozen=True)
class Group:
    any: bool
    members: tuple[Leaf | Group, ...]

    def __bool__(self) -> bool:
        return bool(self.members)

    def leaves(self) -> Iterator[Leaf]:
        for member in self.members:
            if isinstance(member, Leaf):
                yield member
            else:
                yield from member.leaves()


NOTHING = Group(False, ())


def load(text: str) -> dict[str, Any]:
    """The stored form from a URL or column. Raises BadCriteria."""
    if not text:
        return {}
    if len(text) > MAX_TEXT:
        raise BadCriteria("too long")
    try:
        found = json.loads(text)
        json.dumps(found, ensure_ascii=False, allow_nan=False).encode()  # half a character is no text for a database
    except (ValueError, RecursionError) as error:
        raise BadCriteria("unreadable") from error
    if not isinstance(found, dict):
        raise BadCriteria("unreadable")
    return found


def read(data: dict[str, Any], module: Module, fields: dict[str, Field]) -> Group:
    """The tree of `data`, against the `fields` its asker may use: a hidden field is as unknown as a misspelt one."""
    left = [MAX_LEAVES]
    return _group(data, module, fields, 0, left) if data else NOTHING


def _group(data: Any, module: Module, fields: dict[str, Field], depth: int, left: list[int]) -> Group:
    if not isinstance(data, dict) or len(data) != 1 or depth > MAX_DEPTH:
        raise BadCriteria("group")
    ((word, members),) = data.items()
    if word not in {"all", "any"} or not isinstance(members, list):
        raise BadCriteria("group")
    made: list[Leaf | Group] = []
    for member in members:
        if isinstance(member, dict) and "field" in member:
            left[0] -= 1
            if left[0] < 0:
                raise BadCriteria("too many")
            made.append(_leaf(member, module, fields))
        else:
            made.append(_group(member, module, fields, depth + 1, left))
    return Group(word == "any", tuple(made))


def _leaf(data: dict[str, Any], module: Module, fields: dict[str, Field]) -> Leaf:
    name, op = str(data.get("field", "")), str(data.get("op", ""))
    prefix, first = "", None
    if "." in name:
        link, name = name.split(".", 1)
        first = fields.get(link)
        if first is None or first.kind.key != "link" or not first.target:
            raise BadCriteria(link)
        try:
            fields = {key: f for key, f in find_module(first.target).fields.items() if not f.hidden}
        except UnknownModule as error:
            raise BadCriteria(link) from error
        # A link that an admin added has no column to go through: its ties are asked (compile.py).
        prefix = f"{first.column.name}__" if first.column is not None else ""
    found = fields.get(name)
    if found is None or found.live or op not in found.kind.operators:
        raise BadCriteria(f"{name} {op}")
    return Leaf(found, op, data.get("value"), prefix, first)
