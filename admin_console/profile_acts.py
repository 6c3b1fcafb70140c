"""What the profile editor's switches do, one at a time. The changes themselves are the kernel's (core.access.changes)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from core.access import changes
from core.access.features import FEATURES
from core.access.gate import RIGHTS
from core.access.models import Profile, User
from core.actor import Actor
from core.field.field import Field
from core.module.module import Module
from core.module.registry import modules
from core.record.write import Refused

from .acts import act
from .states import present


def clone(source: Profile, name: str, *, actor: Actor) -> Profile:
    """A profile of its own that grants what `source` grants."""
    with act("rights", actor):
        return changes.clone_profile(source, name, actor=actor)


def rename(profile: Profile, name: str, *, actor: Actor) -> None:
    with act("rights", actor):
        changes.change_profile(profile, actor=actor, name=name)


def set_right(profile: Profile, module: Module, right: str, on: bool, *, actor: Actor) -> None:
    """Grant a right on a module or take it away. Nothing is done to what one cannot see: seeing goes with the others, and
    the others go when seeing goes."""
    if right not in RIGHTS:
        raise LookupError(right)
    with act("rights", actor):
        row = Profile.objects.get(pk=profile.pk)
        held = set(row.rights.get(module.key, ()))
        after = held | {right, "view"} if on else (held - {right} if right != "view" else set())
        changes.change_profile(row, actor=actor, rights={**row.rights, module.key: list(after)})


def set_feature(profile: Profile, feature: str, on: bool, *, actor: Actor) -> None:
    """Switch something beside the rights on modules."""
    if feature not in FEATURES:
        raise LookupError(feature)
    with act("rights", actor):
        row = Profile.objects.get(pk=profile.pk)
        wanted = [one for one in FEATURES if (on if one == feature else one in row.features)]
        changes.change_profile(row, actor=actor, features=wanted)


def shuttable(module: Module) -> list[Field]:
    """The fields a profile may hide or lock: what is asked of everybody, and the parts of what is one field, are not."""
    parts = {part for one in module.fields.values() for part in one.parts}
    return [one for key, one in module.fields.items() if not (one.hidden or key in parts or one.required or key == "owner")]


def set_field(profile: Profile, module: Module, key: str, state: str, *, actor: Actor) -> None:
    """Hide a field ("hidden"), lock it ("read"), or open it ("")."""
    if state not in {"hidden", "read", ""} or key not in {one.key for one in shuttable(module)}:
        raise LookupError(key)
    with act("rights", actor):
        row = Profile.objects.get(pk=profile.pk)
        held: dict[str, Any] = {name: one for name, one in row.fields.get(module.key, {}).items() if name != key}
        if state:
            held[key] = state
        rest = {name: one for name, one in row.fields.items() if name != module.key}
        changes.change_profile(row, actor=actor, fields={**rest, **({module.key: held} if held else {})})


def delete(profile: Profile, other: Profile | None, *, actor: Actor) -> None:
    """Delete a profile; whoever has it gets another one in the same step."""
    with act("rights", actor):
        if other is None and present(User.objects.filter(profile=profile)).exists():
            raise Refused(_("People have this profile. Choose the one they get."))
        changes.delete_profile(profile, other or Profile.objects.get(name="Standard", built_in=True), actor=actor)


def known_modules() -> list[Module]:
    """Modules in the order of their apps."""
    return list(modules())
