"""The rules of who sees what, told a second time: plainly, slowly, one record at a time, over lists in memory. Shares no code
with the gate."""

from __future__ import annotations

from dataclasses import dataclass, field

# Two kinds of record, each of an app of its own, so that what holds for the one is seen not to hold for the other.
APPS = ("crm", "helpdesk")
READING = {"view", "export"}
WRITING = {"edit", "bulk"}


@dataclass
class Org:
    """An organisation as plain values. Roles: (parent, peers). Parties are texts as the product stores them; a kind of record is
    the number of its app."""

    roles: list[tuple[int | None, str]]
    users: list[dict]  # role, rights (of each kind; None without a profile), features, active, apps, level
    groups: list[list[str]]
    rules: list[dict]  # kind, source, status, but (any other status), target, level
    shares: list[dict]  # record, whom, level, over
    defaults: list[str]  # of each kind
    records: list[dict]  # kind, owner, status
    guests: set[tuple[int, int]] = field(default_factory=set)  # (user, record of kind 0)


def above(org: Org, role: int) -> list[int]:
    """The role and all over it."""
    found = [role]
    while (parent := org.roles[found[-1]][0]) is not None:
        found.append(parent)
    return found


def belongs(org: Org, user: int, party: str) -> bool:
    if party == "all":
        return True
    kind, number = party.split(":")
    role = org.users[user]["role"]
    if kind == "user":
        return user == int(number)
    if kind == "role":
        return role == int(number)
    if kind == "below":
        return role is not None and int(number) in above(org, role)
    return any(belongs(org, user, member) for member in org.groups[int(number)])


def granted(org: Org, user: int, right: str, kind: int) -> bool:
    """Whether the user may do this with any record of a kind at all. An admin's level opens none."""
    one = org.users[user]
    asked = "edit" if right == "transfer" else right
    if right == "export" and "export" not in one["features"]:
        return False
    return one["active"] and APPS[kind] in one["apps"] and one["rights"] is not None and asked in one["rights"][kind]


def may(org: Org, user: int, right: str, record: int) -> bool:
    """Whether the user may do this with the record."""
    one, row = org.users[user], org.records[record]
    if not granted(org, user, right, row["kind"]):
        return False
    if "see_all" in one["features"]:
        return True
    default = org.defaults[row["kind"]]
    if default == "read" and right in READING:
        return True
    if default == "write" and right != "delete":
        return True
    owner = row["owner"]
    if owner is not None:
        if owner == user:
            return True
        mine, theirs = one["role"], org.users[owner]["role"]
        if mine is not None and theirs is not None and mine != theirs and mine in above(org, theirs):
            return True
        if mine is not None and mine == theirs:
            peers = org.roles[mine][1]
            if (right in READING and peers) or (right in WRITING and peers == "write"):
                return True
    levels = {"read", "write"} if right in READING else {"write"} if right in WRITING else set()
    for rule in org.rules:
        if rule["kind"] != row["kind"] or rule["level"] not in levels or not belongs(org, user, rule["target"]):
            continue
        if rule["source"]:
            if owner is not None and belongs(org, owner, rule["source"]):
                return True
        elif not rule["status"] or (rule["status"] == row["status"]) is not rule["but"]:
            return True
    for share in org.shares:
        if share["record"] == record and share["level"] in levels and not share["over"] and belongs(org, user, share["whom"]):
            return True
    return right in READING and (user, record) in org.guests
