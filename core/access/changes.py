"""Changing who may see and do what: roles, groups, defaults, sharing rules, profiles. Each with its line in the audit log.

Every change holds from the next request on, everywhere, whatever the size of the tables: nothing is worked out beforehand.
`core.access.impact.of(lambda: move_role(…))` says whom a change would open or close what, before it is made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, Value
from django.db.models.functions import Concat, Substr
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core.access import parties
from core.access.features import FEATURES
from core.access.gate import RIGHTS
from core.access.levels import may
from core.access.models import PEERS, Group, GroupMember, ModuleDefault, Profile, Role, Share, SharingRule, User
from core.access.opened import LEVELS
from core.actor import Actor
from core.criteria.tree import BadCriteria, read
from core.event.emit import emit_one
from core.module.module import Module
from core.record.turns import take_turn
from core.record.write import Invalid, Refused

DEEPEST = 20


def _begin(actor: Actor) -> None:
    """Only who looks after the whole suite changes rights; one change at a time, so that no two of them make a ring."""
    if actor.user is not None and not may(actor.user, "rights"):
        raise PermissionDenied
    take_turn("rights")


def _told(
    row: Any, actor: Actor, act: str, changes: Mapping[str, list[Any]] | None = None, label: str = "", what: str = "", **more: Any
) -> None:
    """`more` is what a reader of the log needs to have the words in their own language: keys, and the names of the moment."""
    kind = f"core.{type(row).__name__.lower()}"
    emit_one(kind, row, "configured", actor, dict(changes or {}), act=act, what=what, label=label or str(row), **more)


def _name(rows: Any, name: str, but: int | None = None, most: int = 100) -> str:
    """A name as it is stored. Raises Invalid for an empty, a long or a taken one."""
    name = " ".join(name.replace("\x00", "").split())
    if not name:
        raise Invalid({"name": _("Please fill this in.")})
    if len(name) > most:
        raise Invalid({"name": _("At most %(count)d characters.") % {"count": most}})
    if rows.exclude(pk=but).filter(name__iexact=name).exists():
        raise Invalid({"name": _("This name is taken.")})
    return name


# Roles ----------------------------------------------------------------------------------------------------------------


def _beside(parent: Role | None) -> Any:
    return Role.objects.filter(parent=parent)


def _deep(path: str) -> int:
    return path.count("/") - 1


@transaction.atomic
def make_role(name: str, parent: Role | None, *, actor: Actor, peers: str = "") -> Role:
    """A new role below `parent`, or at the top."""
    _begin(actor)
    above = Role.objects.get(pk=parent.pk) if parent else None
    if above and _deep(above.path) >= DEEPEST:
        raise Refused(_("Roles are at most %(count)d deep.") % {"count": DEEPEST})
    row = Role.objects.create(name=_name(_beside(above), name), parent=above, peers=_peers(peers))
    row.path = f"{above.path if above else '/'}{row.pk}/"
    row.save(update_fields=["path"])
    _told(row, actor, "added", {"parent": [None, above.name if above else None]})
    return row


def _peers(peers: str) -> str:
    if peers not in dict(PEERS):
        raise Invalid({"peers": _("Choose one of the values.")})
    return peers


@transaction.atomic
def change_role(role: Role, *, actor: Actor, name: str | None = None, peers: str | None = None) -> Role:
    """Another name, or what those in the role may do with one another's records."""
    _begin(actor)
    row = Role.objects.get(pk=role.pk)
    wanted = {
        "name": row.name if name is None else _name(_beside(row.parent), name, row.pk),
        "peers": row.peers if peers is None else _peers(peers),
    }
    changes = {key: [getattr(row, key), value] for key, value in wanted.items() if getattr(row, key) != value}
    if changes:
        Role.objects.filter(pk=row.pk).update(**wanted)
        _told(Role(pk=row.pk, **wanted), actor, "changed", changes)
    return Role.objects.get(pk=row.pk)


@transaction.atomic
def move_role(role: Role, parent: Role | None, *, actor: Actor) -> Role:
    """Hang a role with all below it under another one, or at the top. Below itself it cannot stand."""
    _begin(actor)
    row, above = Role.objects.get(pk=role.pk), Role.objects.get(pk=parent.pk) if parent else None
    if above and above.path.startswith(row.path):
        raise Refused(_("%(name)s cannot stand below itself.") % {"name": row.name})
    if row.parent_id == (above.pk if above else None):
        return row
    _name(_beside(above), row.name, row.pk)
    old, new = row.path, f"{above.path if above else '/'}{row.pk}/"
    deepest = max(_deep(path) for path in Role.objects.filter(path__startswith=old).values_list("path", flat=True))
    if deepest - _deep(old) + _deep(new) > DEEPEST:
        raise Refused(_("Roles are at most %(count)d deep.") % {"count": DEEPEST})
    was = row.parent.name if row.parent else None
    Role.objects.filter(pk=row.pk).update(parent=above)
    Role.objects.filter(path__startswith=old).update(path=Concat(Value(new), Substr("path", len(old) + 1)))
    _told(row, actor, "moved", {"parent": [was, above.name if above else None]})
    return Role.objects.get(pk=row.pk)


@transaction.atomic
def delete_role(role: Role, heir: Role | None, *, actor: Actor) -> None:
    """Delete a role. Its people and the roles below it go to `heir`; rules, memberships and shares that name it go with it."""
    _begin(actor)
    row, after = Role.objects.get(pk=role.pk), Role.objects.get(pk=heir.pk) if heir else None
    if after and after.path.startswith(row.path):
        raise Refused(_("Choose a role that does not stand below %(name)s.") % {"name": row.name})
    if after is None and (row.children.exists() or row.users.exists()):
        raise Refused(_("Choose which role takes over the people and roles of %(name)s.") % {"name": row.name})
    for child in list(row.children.all()):
        move_role(child, after, actor=actor)
    User.objects.filter(role=row).update(role=after)
    _without([f"role:{row.pk}", f"below:{row.pk}"], actor)
    _told(row, actor, "deleted", {"heir": [None, after.name if after else None]})
    Role.objects.filter(pk=row.pk).delete()


def _without(gone: Sequence[str], actor: Actor) -> None:
    """Take a party that will be no more out of everything that names it."""
    for rule in SharingRule.objects.filter(Q(source__in=gone) | Q(target__in=gone)):
        remove_rule(rule, actor=actor)
    GroupMember.objects.filter(party__in=gone).delete()
    Share.objects.filter(whom__in=gone).delete()


# Groups ---------------------------------------------------------------------------------------------------------------


@transaction.atomic
def make_group(name: str, members: Sequence[str], *, actor: Actor, note: str = "") -> Group:
    """A group of users, roles, and roles with those below."""
    _begin(actor)
    row = Group.objects.create(name=_name(Group.objects.all(), name), note=note.strip()[:200])
    GroupMember.objects.bulk_create([GroupMember(group=row, party=one) for one in _members(members)])
    _told(row, actor, "added", {"members": [None, list(members)]}, names=parties.names_of(members))
    return row


def _members(members: Sequence[str]) -> list[str]:
    found = list(dict.fromkeys(members))
    if not all(parties.exists(one) and parties.split(one)[0] in {"user", "role", "below"} for one in found):
        raise Invalid({"members": _("Choose people and roles that are there. A group holds no other group.")})
    return found


@transaction.atomic
def change_group(group: Group, *, actor: Actor, name: str, members: Sequence[str], note: str = "") -> Group:
    """Another name, note or other members."""
    _begin(actor)
    row = Group.objects.get(pk=group.pk)
    held, wanted = list(row.members.order_by("pk").values_list("party", flat=True)), _members(members)
    values = {"name": _name(Group.objects.all(), name, row.pk), "note": note.strip()[:200]}
    changes: dict[str, list[Any]] = {key: [getattr(row, key), value] for key, value in values.items() if getattr(row, key) != value}
    if set(held) != set(wanted):
        changes["members"] = [held, wanted]
    if changes:
        Group.objects.filter(pk=row.pk).update(**values)
        row.members.exclude(party__in=wanted).delete()
        GroupMember.objects.bulk_create([GroupMember(group=row, party=one) for one in wanted if one not in held])
        row = Group.objects.get(pk=row.pk)
        _told(row, actor, "changed", changes)
    return row


@transaction.atomic
def delete_group(group: Group, *, actor: Actor) -> None:
    """Delete a group, with the rules and shares that name it."""
    _begin(actor)
    row = Group.objects.get(pk=group.pk)
    _without([f"group:{row.pk}"], actor)
    _told(row, actor, "deleted")
    Group.objects.filter(pk=row.pk).delete()


# Defaults and rules ---------------------------------------------------------------------------------------------------


@transaction.atomic
def set_default(module: Module, default: str, *, actor: Actor) -> None:
    """Who sees records of a module that nobody gave them."""
    _begin(actor)
    if default not in dict(ModuleDefault.CHOICES):
        raise Invalid({"default": _("Choose one of the values.")})
    row = ModuleDefault.objects.filter(module=module.key).first() or ModuleDefault(module=module.key)
    was, row.default = row.default if row.pk else "private", default
    row.save()
    if was != default:
        _told(row, actor, "changed", {"default": [was, default]}, label=module.plural, what=f"{module.key}.")


def rule_words(rule: Any, module: Module, known: Mapping[str, str] | None = None) -> str:
    """A sharing rule as a sentence, in the language of now; `known` are names of parties of a moment (parties.label)."""
    from core.criteria.words import group_words  # the words of a question know how its reader looks
    from core.field.look import Look

    level = _("read and edit") if rule.level == "write" else _("read")
    words = {"kind": module.plural, "target": parties.label(rule.target, known), "level": level}
    if rule.source:
        said = _("%(kind)s owned by %(source)s: %(target)s may %(level)s them")
        return said % {**words, "source": parties.label(rule.source, known)}
    try:
        asked = group_words(read(rule.criteria, module, module.fields), Look(language=get_language() or "en"))
    except BadCriteria:
        return _("%(kind)s that meet a condition that can no longer be asked: %(target)s may see none of them") % words
    if not asked:
        return _("All %(kind)s: %(target)s may %(level)s them") % words
    return _("%(kind)s of which holds: %(asked)s: %(target)s may %(level)s them") % {**words, "asked": asked}


def kept_rule(rule: SharingRule) -> dict[str, Any]:
    """What the audit log keeps of a rule beside its sentence, to say it in another language: `told_rule` reads it."""
    names = parties.names_of(one for one in (rule.source, rule.target) if one)
    return {"source": rule.source, "criteria": rule.criteria, "target": rule.target, "level": rule.level, "names": names}


def told_rule(kept: Mapping[str, Any], module: Module) -> str:
    """A kept rule in the language of now; empty where its question can no longer be asked: then its sentence of then says more."""
    try:
        read(kept["criteria"], module, module.fields)
    except BadCriteria:
        return ""
    row = SharingRule(module=module.key, **{name: kept[name] for name in ("source", "criteria", "target", "level")})
    return rule_words(row, module, kept["names"])


def _rule(module: Module, values: Mapping[str, Any]) -> dict[str, Any]:
    """A rule's columns, checked. Raises Invalid by column."""
    made = {"source": values.get("source", ""), "criteria": values.get("criteria") or {}, "target": values.get("target", "")}
    made["level"] = values.get("level", "read")
    wrong: dict[str, str] = {}
    if made["source"] and not (parties.exists(made["source"]) and made["source"] != parties.ALL):
        wrong["source"] = _("Choose whose records these are.")
    if made["source"] and made["criteria"]:
        wrong["criteria"] = _("A rule goes by the owner or by a condition, not by both.")
    if not parties.exists(made["target"]):
        wrong["target"] = _("Choose with whom they are shared.")
    if made["level"] not in LEVELS:
        wrong["level"] = _("Choose one of the values.")
    try:
        group = read(made["criteria"], module, module.fields)
        if any(leaf.op in {"me", "my_team"} for leaf in group.leaves()):
            wrong["criteria"] = _("A rule holds for everybody alike, so that it cannot ask for “me” or “my team”.")
    except BadCriteria:
        wrong["criteria"] = _("This condition cannot be asked here.")
    if wrong:
        raise Invalid(wrong)
    return made


@transaction.atomic
def add_rule(module: Module, *, actor: Actor, **values: Any) -> SharingRule:
    """A sharing rule: `source` (a party) or `criteria` (a stored question), `target` (a party) and `level`."""
    _begin(actor)
    row = SharingRule.objects.create(module=module.key, **_rule(module, values))
    _told(row, actor, "added", label=rule_words(row, module), what=f"{module.key}.", rule=kept_rule(row))
    return row


@transaction.atomic
def change_rule(rule: SharingRule, module: Module, *, actor: Actor, **values: Any) -> SharingRule:
    """Replace what a rule says."""
    _begin(actor)
    row = SharingRule.objects.get(pk=rule.pk)
    before, was, wanted = rule_words(row, module), kept_rule(row), _rule(module, values)
    SharingRule.objects.filter(pk=row.pk).update(**wanted)
    row = SharingRule.objects.get(pk=row.pk)
    now = rule_words(row, module)
    _told(row, actor, "changed", {"rule": [before, now]}, label=now, what=f"{module.key}.", was=was, rule=kept_rule(row))
    return row


@transaction.atomic
def remove_rule(rule: SharingRule, *, actor: Actor) -> None:
    """Take a sharing rule away."""
    from core.module.registry import UnknownModule
    from core.module.registry import module as find_module

    _begin(actor)
    try:
        label = rule_words(rule, find_module(rule.module))
    except UnknownModule:  # its app was taken out
        label = str(rule)
    _told(rule, actor, "deleted", label=label, what=f"{rule.module}.", rule=kept_rule(rule))
    SharingRule.objects.filter(pk=rule.pk).delete()


# Profiles -------------------------------------------------------------------------------------------------------------


@transaction.atomic
def clone_profile(profile: Profile, name: str, *, actor: Actor) -> Profile:
    """A profile of one's own that begins as another one stands."""
    _begin(actor)
    held = {"rights": profile.rights, "features": profile.features, "fields": profile.fields}
    row = Profile.objects.create(name=_name(Profile.objects.all(), name), **held)
    _told(row, actor, "added", {"from": [None, profile.name]})
    return row


@transaction.atomic
def change_profile(profile: Profile, *, actor: Actor, **values: Any) -> Profile:
    """`name`, `rights` {module: [right]}, `features` [key] and `fields` {module: {field: "hidden" | "read"}}, those that are given."""
    _begin(actor)
    row = Profile.objects.get(pk=profile.pk)
    if row.built_in:
        raise Refused(_("A built-in profile cannot be changed. Clone it, and change the clone."))
    if "name" in values:
        values["name"] = _name(Profile.objects.all(), values["name"], row.pk)
    if "rights" in values:
        values["rights"] = {key: [right for right in RIGHTS if right in given] for key, given in values["rights"].items() if given}
    if "features" in values:
        values["features"] = [key for key in FEATURES if key in values["features"]]
    changes = {key: [getattr(row, key), value] for key, value in values.items() if getattr(row, key) != value}
    if changes:
        for key, value in values.items():
            setattr(row, key, value)
        row.save()
        _told(row, actor, "changed", changes)
    return row


@transaction.atomic
def delete_profile(profile: Profile, heir: Profile, *, actor: Actor) -> None:
    """Delete a profile; who had it gets `heir`."""
    _begin(actor)
    row = Profile.objects.get(pk=profile.pk)
    if row.built_in or heir.pk == row.pk:
        raise Refused(_("A built-in profile cannot be deleted, and another one has to take its people."))
    User.objects.filter(profile=row).update(profile=heir)
    _told(row, actor, "deleted", {"heir": [None, heir.name]})
    row.delete()
