"""What changed, as a reader of the audit log reads it: keys that were kept become words of their language, whoever wrote them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from core.access import parties
from core.access.changes import told_rule
from core.access.explain import RIGHT_WORDS
from core.access.features import FEATURES
from core.access.gate import RIGHTS
from core.access.models import BUILT_IN, LANGUAGES, PEERS, ModuleDefault
from core.access.operations import LEVELS
from core.module.module import Module
from core.module.registry import UnknownModule
from core.module.registry import module as find_module
from core.signin import tokens
from core.signin.models import AuditEntry
from core.web.menu import app_label, given_apps

from .plans import plans

Line = tuple[str, str, str]
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


def _of(table: dict[str, Any]) -> Callable[[Any], str]:
    return lambda value: str(table.get(value, value))


# How a value that was kept as a key reads, by the name of what changed.
_VALUES: dict[str, Callable[[Any], str]] = {
    "peers": _of(dict(PEERS)),
    "default": _of(dict(ModuleDefault.CHOICES)),
    "profile": _of(BUILT_IN),
    "from": _of(BUILT_IN),
    "level": _of({**LEVELS, "": lazy("none")}),
    "language": _of(dict(LANGUAGES)),
    "app": lambda value: app_label(value) if value else "",
    "apps": lambda value: ", ".join(app_label(one) for one in value or ()),
    "token": tokens.label_of,
    "plan": lambda value: plans()[value].label if value in plans() else str(value or ""),
}
_SHUT = {"hidden": lazy("hidden"), "read": lazy("read only"), "": lazy("open")}


def word(value: Any, key: str = "") -> str:
    """One value."""
    if key in _VALUES and value is not None:
        return _VALUES[key](value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(f"{name} {one}" for name, one in value.items())
    return "" if value is None else str(value)


def lines(entry: AuditEntry, key: str, was: Any, now: Any) -> list[Line]:
    """One thing that changed, as (what, before, after): of rights, switches and fields only those that differ."""
    name = str(NAMES.get(key, key))
    if entry.kind == "core.profile" and key in _BY_PART:
        return _BY_PART[key](was, now)
    if entry.kind == "core.profile" and key == "heir":
        return [(name, "", _of(BUILT_IN)(now))]
    if key == "members" and entry.kind == "core.group":
        known = entry.detail.get("names", {})
        return [(name, *(", ".join(_party(one, known) for one in held or ()) for held in (was, now)))]
    if key == "rule" and (module := _module(entry)) is not None:
        kept = [entry.detail.get(part) for part in ("was", "rule")]
        return [(name, *((one and told_rule(one, module)) or said for one, said in zip(kept, (was, now), strict=True)))]
    if key in given_apps():  # who administers an app
        roles = {"admin": _("Admin"), "member": _("Member")}
        return [(app_label(key), _of(roles)(was), _of(roles)(now))]
    return [(name, word(was, key), word(now, key))]


def label_of(entry: AuditEntry) -> str:
    """What an act was done to."""
    module = _module(entry)
    if entry.kind == "core.moduledefault" and module is not None:
        return module.plural
    if entry.kind == "core.sharingrule" and module is not None and (kept := entry.detail.get("rule")):
        return told_rule(kept, module) or entry.label
    return str(entry.detail.get("label", ""))


def _module(entry: AuditEntry) -> Module | None:
    """The module an act was about, if it is still there."""
    try:
        return find_module(str(entry.detail.get("what", "")).removesuffix("."))
    except UnknownModule:
        return None


def _party(text: str, known: dict[str, str]) -> str:
    """A member of a group; what was written down before its key was kept is words already."""
    try:
        parties.split(text)
    except parties.BadParty:
        return text
    return parties.label(text, known)


def _by_module(was: Any, now: Any) -> list[tuple[str, Module | None, Any, Any]]:
    """The modules of which something differs, in the order of their names."""
    found = []
    for key in {**(was or {}), **(now or {})}:
        pair = (was or {}).get(key), (now or {}).get(key)
        if pair[0] == pair[1]:
            continue
        try:
            module: Module | None = find_module(key)
        except UnknownModule:
            module = None
        found.append((module.plural if module else key, module, *pair))
    return sorted(found, key=lambda one: one[0])


def _rights(was: Any, now: Any) -> list[Line]:
    def words(held: Any) -> str:
        return ", ".join(str(RIGHT_WORDS[one]) for one in RIGHTS if one in (held or ())) or _("nothing")

    return [(plural, words(before), words(after)) for plural, _module, before, after in _by_module(was, now)]


def _switches(was: Any, now: Any) -> list[Line]:
    on, off = _("on"), _("off")
    differs = [one for one in FEATURES.values() if (one.key in (was or ())) != (one.key in (now or ()))]
    return [(str(one.label), on if one.key in (was or ()) else off, on if one.key in (now or ()) else off) for one in differs]


def _fields(was: Any, now: Any) -> list[Line]:
    made = []
    for plural, module, before, after in _by_module(was, now):
        for key in {**(before or {}), **(after or {})}:
            pair = [(held or {}).get(key, "") for held in (before, after)]
            if pair[0] != pair[1]:
                label = module.fields[key].label if module is not None and key in module.fields else key
                made.append((f"{plural}: {label}", *(str(_SHUT.get(one, one)) for one in pair)))
    return made


_BY_PART: dict[str, Callable[[Any, Any], list[Any]]] = {"rights": _rights, "features": _switches, "fields": _fields}
