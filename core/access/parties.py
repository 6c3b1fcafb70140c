"""Parties: whom records are shared with and whose records are shared, each one short text that is stored and compared.

    all · user:5 · role:3 · below:3 (that role and all below it) · group:7

A person belongs to a handful of them (`keys_of`), so "is this for me" is one comparison of texts, in Python and in an index.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from core.access.models import Group, GroupMember, Role, User
from core.stamps import stamped

ALL = "all"
KINDS = ("user", "role", "below", "group")


class BadParty(ValueError):
    """The text names nobody there is."""


class Standing(NamedTuple):
    """A role as everybody's rights need it."""

    path: str
    name: str
    peers: str


@stamped("users")
def roles() -> dict[int, Standing]:
    """Every role by its id, from the top down."""
    return {pk: Standing(*rest) for pk, *rest in Role.objects.order_by("path").values_list("pk", "path", "name", "peers")}


@stamped("users")
def _users() -> dict[int, tuple[int | None, str, str]]:
    return {pk: (role, family, given) for pk, role, family, given in User.objects.values_list("pk", "role", "family_name", "given_name")}


@stamped("users")
def _by_role() -> dict[int, frozenset[int]]:
    made: dict[int, set[int]] = {}
    for pk, (role, _family, _given) in _users().items():
        if role is not None:
            made.setdefault(role, set()).add(pk)
    return {role: frozenset(ids) for role, ids in made.items()}


@stamped("access")
def groups() -> dict[int, tuple[str, tuple[str, ...]]]:
    """Every group by its id: its name, and the parties in it."""
    members: dict[int, list[str]] = {}
    for group, party in GroupMember.objects.order_by("pk").values_list("group_id", "party"):
        members.setdefault(group, []).append(party)
    return {pk: (name, tuple(members.get(pk, ()))) for pk, name in Group.objects.values_list("pk", "name")}


def headcount() -> int:
    """How many of us there are, those who left included."""
    return len(_users())


def people_of_role(role: int | None) -> frozenset[int]:
    """Ids of the users in one role, those who left included: their records are still there."""
    return _by_role().get(role, frozenset()) if role is not None else frozenset()


def role_of(user: int) -> int | None:
    """The id of somebody's role."""
    return _users().get(user, (None, "", ""))[0]


def keys_of(user: User) -> frozenset[str]:
    """Every party this person belongs to."""
    made = {ALL, f"user:{user.pk}"}
    if user.role is not None:
        made |= _of_role(user.role_id, user.role.path)
    return frozenset(made | _groups_of(made))


def keys_of_role(role: int, path: str) -> frozenset[str]:
    """Every party whoever is in this role belongs to by it, everybody aside."""
    made = _of_role(role, path)
    return frozenset(made | _groups_of(made))


def _of_role(role: int | None, path: str) -> set[str]:
    return {f"role:{role}", *(f"below:{part}" for part in path.split("/") if part)}


def _groups_of(keys: set[str]) -> set[str]:
    return {f"group:{pk}" for pk, (_name, members) in groups().items() if not keys.isdisjoint(members)}


def split(party: str) -> tuple[str, int]:
    """Kind and id of a party; ("all", 0) for everybody. Raises BadParty for what is no party at all."""
    kind, _colon, number = party.partition(":")
    if party == ALL:
        return ALL, 0
    if kind not in KINDS or not (number.isascii() and number.isdigit()) or len(number) > 18:
        raise BadParty(party)
    return kind, int(number)


def exists(party: str) -> bool:
    """Whether the party names somebody there is."""
    try:
        kind, pk = split(party)
    except BadParty:
        return False
    return kind == ALL or pk in {"user": _users, "role": roles, "below": roles, "group": groups}[kind]()  # type: ignore[operator]


def people(party: str) -> frozenset[int]:
    """Ids of all users of a party, those who left included. Nobody for a party that is gone."""
    if not exists(party):
        return frozenset()
    kind, pk = split(party)
    if kind == ALL:
        return frozenset(_users())
    if kind == "user":
        return frozenset({pk})
    if kind == "role":
        return people_of_role(pk)
    if kind == "below":
        top = roles()[pk].path
        return frozenset().union(*(people_of_role(role) for role, one in roles().items() if one.path.startswith(top)))
    return frozenset().union(*(people(member) for member in groups()[pk][1] if not member.startswith("group:")))


def name(party: str) -> str:
    """What a party is called, without a word around it; empty for everybody and for whoever is gone."""
    from core.text.names import shown_name  # the floor above would make text know users

    kind, pk = split(party) if exists(party) else (ALL, 0)
    if kind == ALL:
        return ""
    if kind == "user":
        _role, family, given = _users()[pk]
        return shown_name(family, given)
    return groups()[pk][0] if kind == "group" else roles()[pk].name


def label(party: str, known: Mapping[str, str] | None = None) -> str:
    """A party in words. `known` are the names of a moment, for whoever tells of it later (the audit log)."""
    if party == ALL:
        return _("everybody")
    called = (known or {}).get(party) or name(party)
    if not called:
        return _("somebody who is gone")
    words = {"role": _("role %(name)s"), "below": _("role %(name)s and those below"), "group": _("group %(name)s")}
    kind = split(party)[0]
    return words[kind] % {"name": called} if kind in words else called


def names_of(parties: Iterable[str]) -> dict[str, str]:
    """What these parties are called now, to be kept beside them."""
    return {party: called for party in parties if (called := name(party))}


def last_day(until: datetime | None, look: Any) -> str:
    """The last day of a share, as its reader writes days; empty for one without end."""
    return look.day((until - timedelta(microseconds=1)).astimezone(look.zone)) if until is not None else ""


def choices(*kinds: str) -> list[tuple[str, str]]:
    """(party, words) of everybody records can be shared with, of the kinds named: active people, roles from the top down, groups."""
    from core.access.people import active_choices

    made: list[tuple[str, str]] = [(ALL, label(ALL))] if ALL in kinds else []
    if "user" in kinds:
        made += [(f"user:{pk}", name) for pk, name in active_choices()]
    for kind in ("role", "below"):
        if kind in kinds:
            made += [(f"{kind}:{pk}", label(f"{kind}:{pk}")) for pk in roles()]
    if "group" in kinds:
        made += [(f"group:{pk}", label(f"group:{pk}")) for pk in sorted(groups(), key=lambda pk: groups()[pk][0])]
    return made
