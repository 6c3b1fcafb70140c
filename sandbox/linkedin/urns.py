"""LinkedIn's names for things: urn:li:<kind>:<id>."""

import re

from ..store import Row

ANY = re.compile(r"urn:li:([A-Za-z]+):(.+)")
NUMBER = re.compile(r"[0-9]{1,19}")
COMMENT = re.compile(r"urn:li:comment:\((urn:li:(?:activity|share|ugcPost):[0-9]{1,19}),([0-9]{1,19})\)")
POSTS = ("share", "ugcPost", "activity")


def person(member: str) -> str:
    """A member."""
    return f"urn:li:person:{member}"


def organization(number: int) -> str:
    """A company page."""
    return f"urn:li:organization:{number}"


def split(urn: str) -> tuple[str, str]:
    """Kind and id; two empty strings for what is no URN."""
    match = ANY.fullmatch(urn)
    return (match.group(1), match.group(2)) if match else ("", "")


def organization_id(urn: str) -> int | None:
    """The number of a page's URN."""
    kind, rest = split(urn)
    return int(rest) if kind == "organization" and NUMBER.fullmatch(rest) else None


def member_id(urn: str) -> str | None:
    """The id of a member's URN."""
    kind, rest = split(urn)
    return rest if kind == "person" else None


def post(row: Row) -> str:
    """A post's own name."""
    return f"urn:li:{row['kind']}:{row['id']}"


def activity(row: Row) -> str:
    """The name that comments and reactions know a post by."""
    return f"urn:li:activity:{row['activity']}"


def comment(of: Row, row: Row) -> str:
    """A comment's own name."""
    return f"urn:li:comment:({activity(of)},{row['id']})"
