"""Why somebody can, or cannot, see or do something: the same rules the gate goes by, each as a sentence (ADM-12).

`reader` is whoever reads the sentences: none of them tells what the reader's profile hides. Without one, nothing is kept back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from core import clock
from core.access import opened, parties
from core.access.audience import everybody, turned_to
from core.access.changes import rule_words
from core.access.features import FEATURES, OPENS_APP
from core.access.gate import NEEDS, RIGHTS, Rights, defaults, fields, rights
from core.access.models import Share, User
from core.access.opened import LEVELS, Rule
from core.criteria.tree import BadCriteria, read
from core.field.look import Look
from core.module.module import Module
from core.module.registry import module as find_module
from core.module.registry import modules

RIGHT_WORDS: dict[str, Any] = {
    "view": lazy("View"),
    "create": lazy("Create"),
    "edit": lazy("Edit"),
    "delete": lazy("Delete"),
    "import": lazy("Import"),
    "export": lazy("Export"),
    "bulk": lazy("Change many at once"),
    "transfer": lazy("Give to another owner"),
}
# Those that are asked of one record.
OF_RECORD = ("view", "edit", "transfer", "delete", "export")


@dataclass(frozen=True)
class Reason:
    """One rule that decided, by its kind and in words. `url` leads to where it is set, for those who may go there."""

    kind: str
    said: str
    url: str = ""


@dataclass
class Answer:
    """Whether it is so, by which rules; if not, what is missing, and what would open it."""

    allowed: bool
    because: list[Reason] = field(default_factory=list)
    missing: list[Reason] = field(default_factory=list)
    would_open: list[str] = field(default_factory=list)


def right(user: User, module: Module, name: str) -> Answer:
    """Whether a person holds a right on a module at all: active, the app, the profile."""
    missing = _lacking(rights(user), module, name)
    if missing:
        return Answer(False, missing=missing)
    words = {"profile": user.profile, "right": RIGHT_WORDS[name], "kind": module.plural}
    said = _("The profile %(profile)s allows it: %(right)s, %(kind)s.") % words
    return Answer(True, [Reason("profile", said)])


def _lacking(held: Rights, module: Module, name: str) -> list[Reason]:
    """What keeps a person from a right on the whole module. Empty exactly where the gate allows it."""
    from core.web.menu import app_label  # apps are named where they are shown

    user, made = held.user, []
    words = {"name": str(user), "app": app_label(module.app), "profile": user.profile, "right": RIGHT_WORDS[name], "kind": module.plural}
    if not user.is_active:
        made.append(Reason("inactive", _("%(name)s is deactivated.") % words))
    if user.profile is None:
        made.append(Reason("no_profile", _("%(name)s has no profile.") % words))
    if module.app not in held.apps and not (module.app == "admin_console" and held.is_admin):
        made.append(Reason("app", _("%(name)s does not have the app %(app)s.") % words))
    switch = OPENS_APP.get(module.app)
    for key in [switch] * bool(switch) + ["export"] * (name == "export"):
        if user.profile is not None and key not in user.profile.features:
            said = _("The profile %(profile)s does not switch on: %(feature)s.") % {**words, "feature": FEATURES[str(key)].label}
            made.append(Reason("feature", said))
    if name in {"create", "import"} and not module.by_hand:
        made.append(Reason("by_hand", _("Nobody makes these by hand: %(kind)s.") % words))
    asked = "edit" if name == "transfer" else name
    if user.profile is not None and asked not in user.profile.rights.get(module.key, ()):
        made.append(Reason("profile", _("The profile %(profile)s does not allow it: %(right)s, %(kind)s.") % words))
    return made


def record(user: User, module: Module, row: Any, name: str = "view", *, reader: User | None = None) -> Answer:
    """Whether a person may do something with one record, and why."""
    held = rights(user)
    missing = _lacking(held, module, name)
    ways = _ways(held, module, row, name, reader)
    if missing:
        return Answer(False, ways, missing if ways else [*missing, _not_reached(held, module, row, name)])
    if ways:
        return Answer(True, [*right(user, module, name).because, *ways])
    return Answer(False, right(user, module, name).because, [_not_reached(held, module, row, name)], _would_open(module, row, name))


def _ways(held: Rights, module: Module, row: Any, name: str, reader: User | None) -> list[Reason]:
    """Every way by which this row is open to the person for a right that the profile has to grant as well."""
    level, made = NEEDS[name], []
    made += _by_owner(held, module, row, level)
    made += _by_rule(held, module, row, level, reader)
    made += _by_hand(held, module, row, level)
    if level == "read" and row.pk in held.given(module):
        made.append(Reason("opened", _("%(name)s takes part in it.") % {"name": held.user}))
    return made + _wide(held, module, name)


def _wide(held: Rights, module: Module, name: str) -> list[Reason]:
    made, default = [], defaults().get(module.key, "private")
    if held.feature("see_all"):
        said = _("The profile %(profile)s sees all records.") % {"profile": held.user.profile}
        made.append(Reason("see_all", said))
    if default == "read" and NEEDS[name] == "read":
        made.append(Reason("default", _("Everyone may read: %(kind)s. So the organisation has set it.") % {"kind": module.plural}))
    if default == "write" and name != "delete":
        made.append(Reason("default", _("Everyone may read and edit: %(kind)s. So the organisation has set it.") % {"kind": module.plural}))
    return made


def _by_owner(held: Rights, module: Module, row: Any, level: str) -> list[Reason]:
    user, owner, made = held.user, row.owner_id, []
    if owner is None:
        return []
    words = {"name": str(user), "owner": parties.label(f"user:{owner}")}
    if owner == user.pk:
        return [Reason("owner", _("%(name)s owns it.") % words)]
    chain = _chain(user, owner)
    if chain:
        words["chain"] = " › ".join(chain)
        made.append(Reason("above", _("%(owner)s owns it, and %(name)s stands above: %(chain)s.") % words))
    if user.role is not None and owner in held.peers and level in LEVELS.get(user.role.peers, ()):
        words["role"] = user.role.name
        said = _("%(owner)s owns it and has the same role, %(role)s, whose people see one another's records.") % words
        made.append(Reason("peers", said))
    return made


def _chain(user: User, owner: int) -> list[str]:
    """The names of the roles from the person's down to the owner's; empty if the owner does not stand below."""
    role = parties.role_of(owner)
    if user.role is None or role is None:
        return []
    top, path = user.role.path, parties.roles()[role].path
    if not top or not path.startswith(top) or path == top:
        return []
    steps = [int(part) for part in path.removeprefix(top).split("/") if part]
    return [user.role.name, *(parties.roles()[step].name for step in steps)]


def _by_rule(held: Rights, module: Module, row: Any, level: str, reader: User | None) -> list[Reason]:
    made = []
    for rule in held.rules(module, level):
        if row.owner_id in parties.people(rule.source) if rule.source else rule.pk in opened.met(module, row):
            made.append(Reason("rule", _("A sharing rule: %(rule)s.") % {"rule": _rule_said(rule, module, reader)}))
    return made


def _rule_said(rule: Rule, module: Module, reader: User | None) -> str:
    """A rule in words; without its condition if that asks for a field that the reader may not see."""
    if reader is None or not _tells(rule, module, reader):
        return rule_words(rule, module)
    level = _("read and edit") if rule.level == "write" else _("read")
    said = _("%(kind)s that meet a condition on fields that you may not see: %(target)s may %(level)s them")
    return said % {"kind": module.plural, "target": parties.label(rule.target), "level": level}


def _tells(rule: Rule, module: Module, reader: User) -> bool:
    """Whether the condition of a rule names a field that is hidden from its reader, here or on the record it asks about."""
    try:
        leaves = list(read(rule.criteria, module, module.fields).leaves())
    except BadCriteria:  # it says nothing of what it asked
        return False
    here = fields(reader, module)
    for leaf in leaves:
        if (leaf.link or leaf.field).key not in here:
            return True
        if leaf.link is not None and leaf.field.key not in fields(reader, find_module(leaf.link.target)):
            return True
    return False


def _by_hand(held: Rights, module: Module, row: Any, level: str) -> list[Reason]:
    made = []
    for one in _shares(module, row):
        if one.whom not in held.keys or level not in LEVELS[one.level]:
            continue
        words = {
            "by": str(one.by) if one.by else _("Enishi"),
            "whom": parties.label(one.whom),
            "until": parties.last_day(one.until, Look.of(held.user)),
        }
        until = _("%(by)s shared it with %(whom)s until %(until)s.") % words
        made.append(Reason("hand", until if one.until else _("%(by)s shared it with %(whom)s.") % words))
    return made


def _shares(module: Module, row: Any) -> list[Share]:
    """The shares of a record, read once for a record at hand."""
    if "_shares" not in row.__dict__:
        rows = Share.objects.filter(module=module.key, record_id=row.pk).select_related("by").order_by("pk")
        row.__dict__["_shares"] = list(rows)
    now = clock.now()
    return [one for one in row.__dict__["_shares"] if one.until is None or one.until > now]


def _not_reached(held: Rights, module: Module, row: Any, name: str) -> Reason:
    words = {"name": str(held.user), "owner": parties.label(f"user:{row.owner_id}") if row.owner_id else ""}
    if row.owner_id is None:
        return Reason("nobody", _("Nobody owns it, and nothing else opens it to %(name)s.") % words)
    role = parties.role_of(row.owner_id)
    words["role"] = parties.roles()[role].name if role else _("no role")
    if NEEDS[name] == "own" and name == "delete":
        said = _("It belongs to %(owner)s (%(role)s). Only its owner and those above may delete it.") % words
    elif NEEDS[name] == "own":
        said = _("It belongs to %(owner)s (%(role)s). Only its owner and those above may give it to somebody else.") % words
    else:
        said = _("It belongs to %(owner)s (%(role)s), who does not stand below %(name)s, and nothing else opens it.") % words
    return Reason("not_below", said)


def _would_open(module: Module, row: Any, name: str) -> list[str]:
    """What an admin or the owner could do about it."""
    default = {"private": _("Private"), "read": _("Everyone may read"), "write": _("Everyone may read and edit")}
    made = []
    if NEEDS[name] != "own":
        made.append(_("Somebody who may edit the record shares it by hand."))
        made.append(_("A sharing rule opens records like this one to this person, their role or a group."))
        now = default[defaults().get(module.key, "private")]
        made.append(
            _("Another default of the organisation for %(kind)s, which is now: %(default)s.") % {"kind": module.plural, "default": now}
        )
    if row.owner_id is not None:
        made.append(_("A role above the one of the owner, or a profile that sees all records."))
    return made


def people(module: Module, row: Any, *, reader: User | None = None) -> list[tuple[User, Answer]]:
    """Everybody who may see a record, with the reasons: a fixed number of queries, whatever the number of people."""
    users = everybody()
    turned_to(users, module, row)
    found = []
    for user in users:
        held = rights(user)
        if held.allows(module, "view") and (ways := _ways(held, module, row, "view", reader)):
            found.append((user, Answer(True, ways)))
    return found


@dataclass
class Line:
    """What a person holds on one module: each right with yes or no and why, and which rows it reaches."""

    module: Module
    rights: list[tuple[str, Answer]]
    rows: list[str]
    fields: list[tuple[str, str]]


def person(user: User, *, reader: User | None = None) -> tuple[list[Line], list[tuple[Any, bool, bool]]]:
    """A person's rights module by module, and the profile's switches with whether they are on, and whether by the level."""
    held, lines = rights(user), []
    for module in modules():
        answers = [(name, right(user, module, name)) for name in RIGHTS]
        reached = _rows(held, module, reader) if held.allows(module, "view") else []
        lines.append(Line(module, answers, reached, _fields(held, module)))
    return lines, [(one, held.feature(one.key), held.feature(one.key) and held.by_level(one.key)) for one in FEATURES.values()]


def _fields(held: Rights, module: Module) -> list[tuple[str, str]]:
    """Fields the profile hides or locks, by label."""
    words = {"hidden": _("hidden"), "read": _("read only")}
    return [
        (module.fields[key].label, words[state]) for key, state in held.hidden(module).items() if key in module.fields and state in words
    ]


def _rows(held: Rights, module: Module, reader: User | None) -> list[str]:
    """Which records of a module a person may view, as sentences."""
    if wide := _wide(held, module, "view"):
        return [one.said for one in wide]
    user, made = held.user, [_("Their own")]
    if held.team:
        made.append(_("Those of %(count)d people below") % {"count": len(held.team)})
    if held.peers:
        made.append(_("Those of people in the same role"))
    made += [_rule_said(rule, module, reader) for rule in held.rules(module, "read")]
    hand = held.hand(module, "read")
    if hand is None or hand:
        made.append(_("Shared by hand: %(count)s") % {"count": len(hand) if hand is not None else f"{opened.MOST}+"})
    if held.given(module):
        made.append(_("%(name)s takes part in: %(count)d") % {"name": user, "count": len(held.given(module))})
    return made
