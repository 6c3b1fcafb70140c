"""Plans: the table of `config/plans.toml`, edited by whoever installs Enishi, never from a page (ADM-6)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import get_language

ENDLESS = -1


@dataclass(frozen=True)
class Plan:
    """One plan. `users` counts licences, 0 where as many as wanted are ordered, ENDLESS where nobody counts; `limited`
    people with one app take none. `apps` is None for all of them."""

    key: str
    name: str
    name_ja: str
    about: str
    about_ja: str
    users: int
    limited: int
    apps: frozenset[str] | None
    price: str
    first: bool

    @property
    def label(self) -> str:
        return (self.name_ja if get_language() == "ja" else "") or self.name

    @property
    def words(self) -> str:
        return (self.about_ja if get_language() == "ja" else "") or self.about

    @property
    def ordered(self) -> bool:
        """Whether the number of licences is chosen on the page."""
        return self.users == 0

    @property
    def endless(self) -> bool:
        return self.users == ENDLESS

    def includes(self, app: str) -> bool:
        return self.apps is None or app in self.apps


@cache
def plans() -> dict[str, Plan]:
    """All plans by key, in the order of the file. Raises ImproperlyConfigured for one that cannot be understood."""
    path = settings.PLANS
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ImproperlyConfigured(f"The plans in {path} cannot be read: {error}") from error
    made = {key: _plan(key, row) for key, row in found.items()}
    if sum(one.first for one in made.values()) != 1:
        raise ImproperlyConfigured(f"{path}: one plan, and one only, has to say first = true.")
    return made


def _plan(key: str, row: dict[str, object]) -> Plan:
    unknown = set(row) - {"name", "name_ja", "about", "about_ja", "users", "limited", "apps", "price", "first"}
    users, limited, apps = row.get("users"), row.get("limited", 0), row.get("apps", "all")
    numbers = all(isinstance(one, int) and not isinstance(one, bool) for one in (users, limited))
    if unknown or not row.get("name") or not numbers or users < ENDLESS or limited < 0 or not (apps == "all" or isinstance(apps, list)):  # type: ignore[operator]
        raise ImproperlyConfigured(f"The plan [{key}] is not understood{': ' + ', '.join(sorted(unknown)) if unknown else ''}.")
    texts = {name: str(row.get(name, "")) for name in ("name", "name_ja", "about", "about_ja", "price")}
    held = None if apps == "all" else frozenset(map(str, apps))  # type: ignore[call-overload]
    return Plan(key, **texts, users=users, limited=limited, apps=held, first=bool(row.get("first")))  # type: ignore[arg-type]


def first_plan() -> Plan:
    """The plan a new installation begins with."""
    return next(one for one in plans().values() if one.first)
