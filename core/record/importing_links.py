"""Names in cells that mean somebody else: our own people by name or address, and records of other modules by title."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from core.access.gate import can, queryset
from core.access.models import User
from core.actor import Actor
from core.field.field import Field
from core.module.module import Module
from core.module.registry import module as find_module
from core.record import write
from core.record.importing_words import Problem
from core.search.query import find
from core.text.companies import company_key
from core.text.fold import fold

_KEPT = 50_000


@dataclass(frozen=True)
class Coming:
    """A record that will be made for a name nobody has yet."""

    module: str
    title: str


class People:
    """Our active users by what people call them."""

    @cached_property
    def _names(self) -> dict[str, set[int]]:
        found: dict[str, set[int]] = defaultdict(set)
        for pk, email, family, given in User.objects.filter(is_active=True).values_list("pk", "email", "family_name", "given_name"):
            for name in (email, family + given, given + family, family):
                if name:
                    found[_folded(name)].add(pk)
        return dict(found)

    def find(self, text: str, field: str) -> int | Problem:
        ids = self._names.get(_folded(text), set())
        if len(ids) == 1:
            return next(iter(ids))
        return Problem("some_users" if ids else "no_user", {"field": field, "cell": text[:60]})


class Links:
    """Records of other modules by title, those the asker may see; kept for the whole file since names repeat."""

    def __init__(self, user: User, make: bool) -> None:
        self.user, self.make = user, make
        self._found: dict[tuple[str, str], int | Coming | str] = {}

    def makes(self, target: Module) -> bool:
        """Whether a missing record of `target` may be made from a name alone: an account."""
        if not (self.make and hasattr(target.model, "name_key") and can(self.user, target, "create")):
            return False
        return not [
            one
            for one in target.fields.values()
            if one.required and not one.hidden and one.key not in {"name", "owner"} and one.default is None
        ]

    def prepare(self, field: Field, texts: Iterable[str]) -> None:
        """Look up all names of one column of a chunk."""
        target = find_module(field.target)
        if len(self._found) > _KEPT:
            self._found.clear()
        new = {text for text in texts if (field.target, text) not in self._found}
        if not new:
            return
        if not can(self.user, target, "view"):
            self._found.update({(field.target, text): "no_link" for text in new})
            return
        if hasattr(target.model, "name_key"):
            self._by_company(target, new)
        else:
            self._by_title(target, new)

    def find(self, text: str, field: Field) -> int | Coming | Problem:
        found = self._found[field.target, text]
        return Problem(found, {"field": field.key, "cell": text[:60]}) if isinstance(found, str) else found

    def made(self, coming: Iterable[Coming], actor: Actor, owner: int | None) -> dict[Coming, int]:
        """Make what is coming, one record for names that are the same but for their legal form."""
        ids: dict[Coming, int] = {}
        by_key: dict[tuple[str, str], list[Coming]] = defaultdict(list)
        for one in coming:
            by_key[one.module, company_key(one.title)].append(one)
        for (key, _name), same in sorted(by_key.items()):
            record = write.create(key, actor=actor, name=same[0].title, owner=owner)
            for one in same:
                ids[one] = record.pk
                self._found[key, one.title] = record.pk
        return ids

    def forget(self) -> None:
        self._found.clear()

    def _by_company(self, target: Module, texts: set[str]) -> None:
        wanted = {text: company_key(text) for text in texts}
        keys = {key for key in wanted.values() if key}
        found: dict[str, list[tuple[int, str]]] = defaultdict(list)
        rows = queryset(self.user, target, aside=True).filter(name_key__in=keys).exclude(name_key="")
        for pk, name, key in rows.order_by("pk").values_list("pk", "name", "name_key"):
            found[key].append((pk, name))
        for text, key in wanted.items():
            same = [pk for pk, name in found[key] if name == text] or [pk for pk, _name in found[key]]
            self._keep(target, text, same)

    def _by_title(self, target: Module, texts: set[str]) -> None:
        allowed = queryset(self.user, target, aside=True)
        for text in texts:
            exact = _folded(text)
            self._keep(target, text, [hit.record_id for hit in find(target.key, text, 10, allowed) if _folded(hit.title) == exact])

    def _keep(self, target: Module, text: str, same: list[int]) -> None:
        answer: Any = "some_links"
        if len(same) == 1:
            answer = same[0]
        elif not same:
            answer = Coming(target.key, text[:200]) if self.makes(target) and company_key(text) else "no_link"
        self._found[target.key, text] = answer


def _folded(text: str) -> str:
    return fold(text).replace(" ", "")
