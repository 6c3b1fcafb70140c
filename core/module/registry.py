"""All modules by key. A wrong name in a declaration stops the server at start, not a user at noon."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from django.core.checks import Error

if TYPE_CHECKING:
    from core.module.module import Module

T = TypeVar("T", bound="type[Module]")
_modules: dict[str, Module] = {}
_by_path: dict[tuple[str, str], Module] = {}


class UnknownModule(LookupError):
    """No module has this key."""


def register(cls: T) -> T:
    """Class decorator: make a module known."""
    made = cls()
    _modules[made.key] = made
    _by_path[made.app, made.path] = made
    return cls


def module(key: str) -> Module:
    try:
        return _modules[key]
    except KeyError:
        raise UnknownModule(key) from None


def module_at(app: str, path: str) -> Module | None:
    """The module whose list stands at /app/path/."""
    return _by_path.get((app, path))


def modules() -> list[Module]:
    return list(_modules.values())


def check() -> list[Error]:
    """Every name in every declaration exists."""
    errors: list[Error] = []
    for one in modules():
        known = one.built_in
        said = [
            *one.columns.split(),
            *(k for s in one.layout for k in s.fields),
            *one.search.split(),
            *one.same.split(),
            *one.facts.split(),
        ]
        said += [*one.identity.leave, *([one.identity.company] if one.identity.company else [])] if one.identity else []
        said += [one.order.lstrip("-"), *([one.board] if one.board else []), *one.within, *one.within.values()]
        errors += [
            Error(f"{type(one).__name__} names {name!r}, which {one.key} has not.", id="core.E001") for name in said if name not in known
        ]
        errors += [
            Error(f"{type(one).__name__} comes from {name!r}, which does not exist.", id="core.E004")
            for name in one.origins.split()
            if name not in _modules
        ]
        errors += [
            Error(f"{type(one).__name__} has a field and a picklist beside it called {name!r}.", id="core.E003")
            for name in one.beside.keys() & known.keys()
        ]
        for related in one.related:
            other = _modules.get(related.module)
            missing = [related.module] if other is None else [n for n in (related.field, *related.columns) if n not in other.built_in]
            errors += [Error(f"{type(one).__name__} relates to {name!r}, which does not exist.", id="core.E002") for name in missing]
    return errors
