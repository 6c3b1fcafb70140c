"""The rows of the filter panel: a row asks for a field, then offers what its kind can be asked, and an input that fits.

The server draws every row, with the panel and again whenever field or operator change: by script at once, without script at the next
press. So both ways offer the same. A row that is not complete yet is a draft: it stays in the address, and so in the panel.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field as column
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from core.access.gate import fields, rights
from core.access.people import active_choices
from core.criteria.compile import Asker, compile_leaf
from core.criteria.tree import MAX_LEAVES, N_DAYS, NO_VALUE, BadCriteria, Group, Leaf, read
from core.criteria.words import OPERATORS
from core.field.field import Field
from core.field.look import Look
from core.module.listing import name_records
from core.module.module import Module
from core.module.registry import module as find_module
from core.text.numbers import whole
from core.web.doors import door
from core.web.forms import linked
from core.web.widgets import RecordPicker

_CHOSEN = {"is", "is_not", "has", "has_all", "has_not"}
_SIZES = {"number", "percent", "money", "running"}


@dataclass
class Row:
    """One condition as the panel shows it. `name` is that of the field, `account.industry` for one relation far."""

    n: int
    group: int = 0
    name: str = ""
    op: str = ""
    values: list[str] = column(default_factory=list)
    field: Field | None = None
    problem: str = ""
    kept: str = ""  # conditions too deep for the panel: kept as they are, said in words
    words: str = ""
    title: str = ""  # of the record that `values` names

    @property
    def operators(self) -> list[tuple[str, str]]:
        return [(op, str(OPERATORS[op])) for op in self.field.kind.operators] if self.field else []

    @property
    def shape(self) -> str:
        """Which input fits."""
        if self.field is None or self.op in NO_VALUE:
            return ""
        kind = self.field.kind.key
        if self.op in _CHOSEN and (self.choices or kind == "link"):
            return "record" if kind == "link" else "one" if kind == "yes_no" else "many"
        if self.op in N_DAYS:
            return "days"
        if kind == "time":
            return "time"
        return "date" if kind in {"date", "datetime"} else "number" if kind in _SIZES else "tags" if kind == "tags" else "text"

    @property
    def choices(self) -> list[tuple[str, str]]:
        assert self.field is not None
        if self.field.options:
            return list(self.field.told_apart().items())
        if self.field.kind.key == "user":
            return [(str(pk), name) for pk, name in active_choices()]
        if self.field.kind.key == "yes_no":
            return [("1", self.field.kind.text(self.field, True, Look())), ("0", self.field.kind.text(self.field, False, Look()))]
        return []

    @property
    def first(self) -> str:
        return self.values[0] if self.values else ""

    @property
    def last(self) -> str:
        return self.values[1] if len(self.values) > 1 else ""

    @property
    def picker(self) -> str:
        """The input for a record, the same as in forms."""
        assert self.field is not None
        widget = RecordPicker(self.field)
        widget.titles = {self.first: self.title} if self.title else {}
        return widget.render(f"v{self.n}", self.first, {"aria-label": _("Value")})


@dataclass
class Conditions:
    """Reads and checks the rows of one reader over one module."""

    module: Module
    user: Any
    known: dict[str, Field]

    def find(self, name: str) -> Field | None:
        """The field a row names, if it can be asked about."""
        link, _dot, far = name.partition(".")
        one = self.known.get(link)
        if far and one is not None:
            one = self._far(one).get(far)
        return None if one is None or one.live else one

    def _far(self, link: Field) -> dict[str, Field]:
        """The fields one relation far; none where the reader does not see that module."""
        if link.kind.key != "link" or not link.target:
            return {}
        target = find_module(link.target)
        return fields(self.user, target) if rights(self.user).allows(target, "view") else {}

    def offered(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """(heading, [(name, label)]): the module's own fields, then those of each record it links to."""
        made = [("", _sorted("", self.known))]
        links = [one for one in self.known.values() if one.kind.key == "link"]
        return made + [(one.label, far) for one in links if (far := _sorted(f"{one.key}.", self._far(one)))]

    def row(self, asked: Any, n: int) -> Row:
        """The row as it came from the form."""
        name = asked.get(f"f{n}", "")
        one, op = self.find(name), asked.get(f"o{n}", "")
        row = Row(n, whole(asked.get(f"g{n}", "")) or 0, name, op, field=one)
        if one is None:
            return row
        if op not in one.kind.operators:
            row.op = one.kind.operators[0]
        if asked.get(f"p{n}", name) == name:  # what was typed for another field does not fit this one
            row.values = self._values(asked, n, row)
        return row

    def _values(self, asked: Any, n: int, row: Row) -> list[str]:
        if row.shape == "record":
            return [value] if (value := RecordPicker(row.field).value_from_datadict(asked, None, f"v{n}")) else []  # type: ignore[arg-type]
        if row.shape == "tags":
            assert row.field is not None
            try:
                return [str(word) for word in row.field.clean(asked.get(f"v{n}", ""))]
            except ValidationError:
                return [asked[f"v{n}"]]  # `leaf` says what is wrong with it
        return [value for value in asked.getlist(f"v{n}") if value.strip()]

    def leaf(self, row: Row) -> dict[str, Any] | None:
        """The condition as it is stored; None, with the row's problem said, for one that cannot be asked yet."""
        if row.field is None:
            return None
        leaf: dict[str, Any] = {"field": row.name, "op": row.op}
        try:
            if row.op not in NO_VALUE:
                if not row.values:
                    row.problem = _("Please fill this in.")
                    return None
                if row.shape == "record":
                    row.values = [str(linked(self.user, row.field, row.values[0]))]
                if row.shape == "tags":
                    for word in row.values:
                        row.field.clean(word)
                leaf["value"] = row.values if len(row.values) > 1 else row.values[0]
            compile_leaf(read({"all": [leaf]}, self.module, self.known).members[0], Asker(self.user))  # type: ignore[arg-type]
        except ValidationError as error:
            row.problem = " ".join(error.messages)
            return None
        except BadCriteria:
            row.problem = _("Give both.") if row.op == "between" and len(row.values) < 2 else _("This is no value of this field.")
            return None
        return leaf

    def rows(self, own: Group, own_data: dict[str, Any], drafts: list[Row]) -> list[Row]:
        """The rows of a filter: conditions, one level of groups, and deeper ones as they are."""
        from core.criteria.words import group_words

        rows: list[Row] = []
        group, look = 0, Look.of(self.user)
        for member, data in zip(own.members, next(iter(own_data.values()), []), strict=False):
            flat = isinstance(member, Leaf) or all(isinstance(one, Leaf) for one in member.members)
            if isinstance(member, Leaf) or (flat and member.any == own.any):
                rows += [self._of(leaf, 0) for leaf in ([member] if isinstance(member, Leaf) else member.leaves())]
            elif flat:
                group += 1
                rows += [self._of(leaf, group) for leaf in member.leaves()]
            else:
                rows.append(Row(0, kept=json.dumps(data, ensure_ascii=False), words=group_words(member, look)))
        rows += drafts
        titled(look, [(row.field, row.values) for row in rows if row.field])
        for n, row in enumerate(rows):
            row.n = n
            if row.shape == "record":
                row.title = look.names.get((row.field.target, whole(row.first) or 0), "")  # type: ignore[union-attr]
        return rows

    @staticmethod
    def _of(leaf: Leaf, group: int) -> Row:
        values = leaf.value if isinstance(leaf.value, list) else [] if leaf.value is None else [leaf.value]
        return Row(0, group, leaf.name, leaf.op, [str(value) for value in values], leaf.field)

    def drafts(self, text: str) -> list[Row]:
        """The rows that are not complete yet, as the address keeps them."""
        try:
            found = json.loads(text[:4000])
            made = [Row(0, int(group), str(name), str(op), [str(v) for v in values]) for group, name, op, values in found[:MAX_LEAVES]]
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
            return []
        for row in made:
            row.group = row.group if 0 <= row.group < MAX_LEAVES else 0
            row.field = self.find(row.name)
            if row.field is not None and row.op not in row.field.kind.operators:
                row.op = row.field.kind.operators[0]
            if row.values:
                self.leaf(row)
        return [row for row in made if row.field is not None]


def draft_text(rows: list[Row]) -> str:
    return json.dumps([[row.group, row.name, row.op, row.values] for row in rows], ensure_ascii=False, separators=(",", ":"))


def titled(look: Look, asked: Iterable[tuple[Field, list[Any]]]) -> None:
    """Have the names of the records that conditions ask for."""
    wanted: dict[str, set[int]] = {}
    for one, values in asked:
        if one.kind.key == "link":
            wanted.setdefault(one.target, set()).update(number for value in values if (number := whole(str(value))))
    name_records(look, wanted)


def _sorted(prefix: str, known: dict[str, Field]) -> list[tuple[str, str]]:
    parts = {part for one in known.values() for part in one.parts}
    asked = [one for one in known.values() if not one.live and one.kind.operators and not (one.key in parts and one.kind.key == "text")]
    return sorted(((prefix + one.key, one.label) for one in asked), key=lambda pair: pair[1])


@door()
def rule_part(request: HttpRequest, app: str, path: str) -> HttpResponse:
    """One row of the panel anew, after its field or operator changed."""
    from core.web.pages import module_or_404

    module = module_or_404(request, app, path)
    made = Conditions(module, request.user, fields(request.user, module))  # type: ignore[arg-type]
    row = made.row(request.GET, min(whole(request.GET.get("n", "")) or 0, MAX_LEAVES))
    if row.shape == "record" and whole(row.first):
        look = Look.of(request.user)  # type: ignore[arg-type]
        titled(look, [(row.field, row.values)])  # type: ignore[list-item]
        row.title = look.names.get((row.field.target, int(row.first)), "")  # type: ignore[union-attr]
    return render(request, "record/_rule.html", {"row": row, "panel": {"fields": made.offered(), "rule_url": request.path}})
