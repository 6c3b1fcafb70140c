"""What the console's pages read: modules and users in reach, audit lines, sizes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.http import QueryDict

from core.access.levels import LEVELS, own_apps
from core.access.models import AppAccess, Profile, Role, User
from core.field.custom import holding
from core.field.field import Field
from core.field.models import Choice
from core.module.module import Module
from core.module.registry import modules
from core.text.numbers import whole

from .states import WORDS, in_state, present


def apps_of_admin(user: User) -> set[str] | None:
    """The apps this admin may change; None for all of them (ADM-2)."""
    return None if user.level in LEVELS else own_apps(user)


def modules_of_admin(user: User) -> list[Module]:
    """The modules whose fields this admin may change."""
    reach = apps_of_admin(user)
    return [one for one in modules() if reach is None or one.app in reach]


def users_of_admin(user: User) -> QuerySet[User]:
    """Everybody for account and suite admins; for app admins those who have one of their apps."""
    reach = apps_of_admin(user)
    rows = present(User.objects.entitled())
    rows = rows.prefetch_related(Prefetch("apps", AppAccess.objects.order_by("app")))
    if reach is not None:
        rows = rows.filter(pk__in=AppAccess.objects.filter(app__in=reach).values("user_id"))
    return rows.order_by("-is_active", "family_name", "given_name", "pk")


@dataclass(frozen=True)
class Asked:
    """What the list of users is narrowed to."""

    q: str = ""
    state: str = ""
    app: str = ""
    profile: int = 0
    role: int = 0

    @classmethod
    def of(cls, query: QueryDict) -> Asked:
        """From an address; what makes no sense asks for nothing."""
        state = query.get("state", "")
        words = query.get("q", "").replace("\0", "").strip()[:100]
        return cls(words, state if state in WORDS else "", query.get("app", "")[:30].replace("\0", ""),
                   whole(query.get("profile", "")), whole(query.get("role", "")))  # fmt: skip

    def __bool__(self) -> bool:
        return self != Asked()

    def narrow(self, rows: QuerySet[User]) -> QuerySet[User]:
        """Those of the rows that are asked for; each word of `q` stands in the name or the address."""
        for word in self.q.split():
            rows = rows.filter(Q(family_name__icontains=word) | Q(given_name__icontains=word) | Q(email__icontains=word))
        if self.state:
            rows = in_state(rows, self.state)
        if self.app:
            rows = rows.filter(pk__in=AppAccess.objects.filter(app=self.app).values("user_id"))
        if self.profile:
            rows = rows.filter(profile=self.profile)
        return rows.filter(role=self.role) if self.role else rows


def profiles() -> list[Profile]:
    """All profiles, those that are built in first."""
    return list(Profile.objects.order_by("-built_in", "name"))


def roles() -> list[Role]:
    """All roles as they stand in the tree."""
    return list(Role.objects.order_by("path"))


def uses(module: Module, one: Field, choices: list[Choice]) -> dict[str, int]:
    """How many records hold each choice, by value; the bin counts, since what is in it may come back."""
    from django.db.models import Count

    rows: Any = module.holder(one)._default_manager.all()
    if one.kind.key == "multi_picklist":
        return {choice.value: rows.filter(holding(one, choice.value)).count() for choice in choices}
    found = rows.order_by().values_list(one.path).annotate(Count("pk"))
    return {str(value): count for value, count in found if value not in (None, "")}
