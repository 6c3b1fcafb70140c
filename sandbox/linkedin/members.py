"""The fictitious members and company pages: who they are, who knows whom, who manages what."""

import json
import re
import secrets
from dataclasses import dataclass, field
from typing import Any

from ..store import Row, Store
from ..text import JAPANESE
from . import urns

VANITY = re.compile(r"[A-Za-z0-9-]{3,100}")
ADMINISTRATOR = "ADMINISTRATOR"
WRITERS = (ADMINISTRATOR, "CONTENT_ADMINISTRATOR")
ROLES = (*WRITERS, "DIRECT_SPONSORED_CONTENT_POSTER", "ANALYST", "CURATOR", "RECRUITING_POSTER", "LEAD_GEN_FORMS_MANAGER")
STATES = ("APPROVED", "REQUESTED", "REJECTED", "REVOKED")


@dataclass(frozen=True)
class Member:
    """What a member is made of."""

    id: str
    vanity: str
    first: str
    last: str
    headline: str = ""
    email: str = ""
    country: str = "JP"
    language: str = "ja"
    place: str = ""
    positions: list[dict[str, Any]] = field(default_factory=list)
    educations: list[dict[str, Any]] = field(default_factory=list)


def add(store: Store, one: Member) -> None:
    """Put a member into the world."""
    store.run(
        "INSERT INTO li_members VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
        one.id,
        one.vanity,
        one.first,
        one.last,
        one.headline,
        one.email or f"{one.vanity}@mail.example",
        one.country,
        one.language,
        one.place,
        json.dumps(one.positions, ensure_ascii=False),
        json.dumps(one.educations, ensure_ascii=False),
    )


def found_or_made(store: Store, vanity: str, name: str = "", headline: str = "") -> Row:
    """The member with this address, made on the spot when new; a Japanese name has the family in front."""
    handle = vanity.strip().lower()
    if not VANITY.fullmatch(handle):
        raise ValueError("member: 3 to 100 of a-z 0-9 -")
    member = by_vanity(store, handle)
    if member is None:
        first, last = _parts(name.strip() or handle)
        japanese = JAPANESE.search(name) is not None
        place = {"country": "JP", "language": "ja"} if japanese else {"country": "US", "language": "en"}
        add(store, Member(secrets.token_urlsafe(8).replace("-", "a").replace("_", "b"), handle, first, last, headline, **place))
        member = by_vanity(store, handle)
    assert member is not None  # noqa: S101
    return member


def by_id(store: Store, member: str) -> Row | None:
    """The member with this id, gone or not."""
    return store.one("SELECT * FROM li_members WHERE id = ?", member)


def by_vanity(store: Store, vanity: str) -> Row | None:
    """The member at /in/<vanity>."""
    return store.one("SELECT * FROM li_members WHERE vanity = ?", vanity)


def everybody(store: Store) -> list[Row]:
    """All members that are there, in the order they came."""
    return store.all("SELECT * FROM li_members WHERE gone = 0 ORDER BY rowid")


def full_name(member: Row) -> str:
    """The name as its country writes it."""
    parts = (member["last"], member["first"]) if member["language"] == "ja" else (member["first"], member["last"])
    return " ".join(part for part in parts if part)


def organization(store: Store, number: int | None) -> Row | None:
    """The page with this number."""
    return store.one("SELECT * FROM li_organizations WHERE id = ?", number) if number is not None else None


def organization_by_vanity(store: Store, vanity: str) -> Row | None:
    """The page at /company/<vanity>."""
    return store.one("SELECT * FROM li_organizations WHERE vanity = ?", vanity)


def organizations(store: Store) -> list[Row]:
    """All pages."""
    return store.all("SELECT * FROM li_organizations ORDER BY rowid")


def holds(store: Store, member: str, number: int, roles: tuple[str, ...] = ROLES) -> bool:
    """Whether the member has one of the roles on a page now."""
    held = store.all("SELECT role FROM li_roles WHERE member = ? AND organization = ? AND state = 'APPROVED'", member, number)
    return any(row["role"] in roles for row in held)


def set_role(store: Store, member: str, number: int, role: str, state: str) -> None:
    """Give a role, or change what became of it."""
    store.run("INSERT OR REPLACE INTO li_roles VALUES (?, ?, ?, ?)", member, number, role, state)


def connect(store: Store, member: str, other: str) -> None:
    """Two members know each other from now on."""
    for one, two in ((member, other), (other, member)):
        store.run("INSERT OR IGNORE INTO li_connections VALUES (?, ?)", one, two)


def connected(store: Store, member: str, other: str) -> bool:
    """Whether two members are connected at first degree."""
    return store.one("SELECT 1 FROM li_connections WHERE member = ? AND other = ?", member, other) is not None


def name_of(store: Store, urn: str) -> str:
    """Who or what a URN is, for people."""
    page = organization(store, urns.organization_id(urn))
    if page:
        return str(page["name"])
    member = by_id(store, urns.member_id(urn) or "")
    return full_name(member) if member else urn


def _parts(name: str) -> tuple[str, str]:
    """First and last name."""
    one, _, two = name.partition(" ")
    return (two, one) if JAPANESE.search(name) else (one, two)
