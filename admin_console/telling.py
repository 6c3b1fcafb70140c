"""The audit log in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy

from core.access.models import PEERS
from core.module.registry import UnknownModule
from core.module.registry import module as find_module
from core.signin import audit
from core.signin.models import AuditEntry

ACTS = {
    "added": lazy("added"),
    "changed": pgettext_lazy("audit", "changed"),
    "moved": lazy("moved"),
    "ordered": lazy("put into another order"),
    "deleted": lazy("deleted"),
    "replaced": lazy("replaced by another value"),
    "reset": lazy("put back as it ships"),
}
NAMES = {
    "label_en": lazy("English"),
    "label_ja": lazy("Japanese"),
    "help": lazy("Help"),
    "required": lazy("Required"),
    "hidden": lazy("Hidden"),
    "section": lazy("Section"),
    "position": lazy("Position"),
    "kind": lazy("Kind"),
    "value": lazy("Value"),
    "hue": lazy("Colour"),
    "order": lazy("Order"),
    "more": lazy("Stage"),
    "name": lazy("Name"),
    "fiscal_month": lazy("fiscal year begins in"),
    "honorific": lazy("honorific after customers' names in Japanese"),
    "requires": lazy("Asks for"),
    "sections": lazy("Sections"),
    "target": lazy("Module"),
    "formula": lazy("Formula"),
    "result": lazy("Result"),
    "one_en": lazy("one, in English"),
    "many_en": lazy("several, in English"),
    "one_ja": lazy("one, in Japanese"),
    "many_ja": lazy("several, in Japanese"),
    "conversion": lazy("Goes to"),
    "rate": lazy("Rate"),
    "valid_from": lazy("Valid from"),
    "parent": lazy("Above"),
    "peers": lazy("Records of the same role"),
    "members": lazy("Members"),
    "note": lazy("What it is for"),
    "default": lazy("Default"),
    "rule": lazy("Rule"),
    "heir": lazy("Taken over by"),
    "from": lazy("Made from"),
    "rights": lazy("Rights"),
    "features": lazy("Switches"),
    "fields": lazy("Fields"),
    "app": lazy("App"),
    "active": lazy("Active"),
    "plan": lazy("Plan"),
    "seats": lazy("Licences"),
    "family_name": lazy("Family name"),
    "given_name": lazy("Given name"),
    "language": lazy("Language"),
    "time_zone": lazy("Time zone"),
    "address": lazy("Address"),
    "portal_url": lazy("Portal address"),
    "hours": lazy("Business hours"),
    "currency": lazy("Currency"),
    "email": lazy("e-mail"),
    "profile": lazy("profile"),
    "role": lazy("role"),
    "level": lazy("Level"),
    "apps": lazy("Apps"),
    "least_length": lazy("Shortest password"),
    "factor_for": lazy("Second step for"),
    "idle_minutes": lazy("Minutes without a click"),
    "absolute_hours": lazy("Hours signed in"),
    "networks": lazy("Allowed networks"),
}

# What a role may see of its peers is written down as a key.
_PEERS = dict(PEERS)


@dataclass(frozen=True)
class Told:
    """One line of the audit log in words."""

    entry: AuditEntry
    who: str
    what: str
    changes: list[tuple[str, str, str]]


def told(entry: AuditEntry) -> Told:
    """An entry as a sentence and its changes."""
    who, detail = entry.who or _("Enishi"), entry.detail
    changes = [(str(NAMES.get(key, key)), _word(was, key), _word(now, key)) for key, (was, now) in entry.changes.items()]
    if entry.act == "exported":
        rows = detail.get("rows", detail.get("count", ""))
        return Told(entry, who, _("exported %(kind)s: %(rows)s rows") % {"kind": _plural(entry.kind), "rows": rows}, [])
    if said := audit.sentence(entry.act):
        return Told(entry, who, said % {"name": entry.label}, changes + _more(detail))
    place = str(detail.get("what", "")).rsplit(".", 1)
    words = {
        "core.customfield": _("%(module)s: field “%(name)s” %(act)s"),
        "core.fieldlabel": _("%(module)s: field “%(name)s” %(act)s"),
        "core.organisation": _("Organisation “%(name)s” %(act)s"),
        "core.role": _("Role “%(name)s” %(act)s"),
        "core.group": _("Group “%(name)s” %(act)s"),
        "core.profile": _("Profile “%(name)s” %(act)s"),
        "core.sharingrule": _("Sharing rule “%(name)s” %(act)s"),
        "core.moduledefault": _("Default of %(name)s %(act)s"),
        "core.rate": _("Exchange rate of %(name)s %(act)s"),
        "core.choice": _("%(module)s: value “%(name)s” of %(field)s %(act)s"),
        "core.modulelabel": _("%(module)s: name %(act)s"),
        "core.modulelayout": _("%(module)s: layout %(act)s"),
        "crm.conversionfield": _("Conversion: where “%(name)s” goes was changed"),
    }.get(entry.kind, "%(name)s %(act)s")
    names = {
        "module": _plural(place[0]),
        "name": detail.get("label") or _field(place),
        "field": _field(place),
        "act": ACTS.get(str(detail.get("act")), ""),
    }
    return Told(entry, who, words % names, changes)


def _more(detail: dict[str, Any]) -> list[tuple[str, str, str]]:
    """What an act says of itself beside what it changed: why, how many."""
    known = {
        "reason": _("Why"),
        "count": _("Number"),
        "counts": _("Rows"),
        "device": _("Device"),
        "address": _("From where"),
        "rows": _("Rows"),
    }
    known |= {"to": _("Handed over to"), "app": _("App"), "leaves": _("Suite admin from now on")}
    return [(known[key], "", _word(value)) for key, value in detail.items() if key in known and value not in ("", None)]


def _plural(key: str) -> str:
    try:
        return find_module(key).plural
    except UnknownModule:
        return key


def _field(place: list[str]) -> str:
    try:
        one = find_module(place[0]).picklist(place[-1])
    except UnknownModule:
        return place[-1]
    return one.label if one else place[-1]


def _word(value: Any, key: str = "") -> str:
    if key == "peers" and value in _PEERS:
        return str(_PEERS[value])
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(f"{key} {one}" for key, one in value.items())
    return "" if value is None else str(value)
