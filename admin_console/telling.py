"""The audit log in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy

from core.module.registry import UnknownModule
from core.module.registry import module as find_module
from core.signin import audit
from core.signin.models import AuditEntry

from . import audit_words

ACTS = {
    "added": lazy("added"),
    "changed": pgettext_lazy("audit", "changed"),
    "moved": lazy("moved"),
    "ordered": lazy("put into another order"),
    "deleted": lazy("deleted"),
    "replaced": lazy("replaced by another value"),
    "reset": lazy("put back as it ships"),
}


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
    changes = [line for key, (was, now) in entry.changes.items() for line in audit_words.lines(entry, key, was, now)]
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
        "name": audit_words.label_of(entry) or _field(place),
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
    known |= {"to": _("Handed over to"), "app": _("App"), "token": _("Token"), "leaves": _("Suite admin from now on")}
    return [(known[key], "", audit_words.word(value, key)) for key, value in detail.items() if key in known and value not in ("", None)]


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
