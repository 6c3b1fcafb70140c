"""What admins do to profiles: cloned, named, switched, deleted. Built-in ones are only cloned (ADM-10)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

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


def _named(name: str, profile: Profile | None = None) -> str:
    name = " ".join(name.split())[:100]
    if not name:
        raise Refused(_("The profile needs a name."))
    taken = {word.casefold() for one in Profile.objects.exclude(pk=profile.pk if profile else None) for word in (one.name, str(one))}
    if name.casefold() in taken:
        raise Refused(_("Another profile has this name."))
    return name


def clone(source: Profile, name: str, *, actor: Actor) -> Profile:
    """A profile of its own that grants what `source` grants."""
    with act("rights", actor, target=source, what="profile", said="added") as done:
        row = Profile(name=_named(name), rights=source.rights, features=source.features, fields=source.fields)
        row.save(force_insert=True)
        done.changed("name", None, row.name)
        done.detail["from"] = str(source)
    return row


def rename(profile: Profile, name: str, *, actor: Actor) -> None:
    with act("rights", actor, target=profile, what="profile") as done:
        row = _own(profile)
        done.changed("name", row.name, _named(name, row))
        row.name = _named(name, row)
        row.save(update_fields=["name"])


def _own(profile: Profile) -> Profile:
    row = Profile.objects.select_for_update().get(pk=profile.pk)
    if row.built_in:
        raise Refused(_("This profile is built in. Clone it, and change the copy."))
    return row


def set_right(profile: Profile, module: Module, right: str, on: bool, *, actor: Actor) -> None:
    """Grant a right on a module or take it away. Nothing is done to what one cannot see: seeing goes with the others, and
    the others go when seeing goes."""
    if right not in RIGHTS:
        raise LookupError(right)
    with act("rights", actor, target=profile, what=f"profile:{module.key}") as done:
        row = _own(profile)
        held = set(row.rights.get(module.key, ()))
        after = held | {right, "view"} if on else (held - {right} if right != "view" else set())
        before_list, after_list = ([one for one in RIGHTS if one in some] for some in (held, after))
        done.changed(module.key, before_list, after_list)
        row.rights = {**row.rights, module.key: after_list}
        row.save(update_fields=["rights"])


def set_feature(profile: Profile, feature: str, on: bool, *, actor: Actor) -> None:
    """Switch something beside the rights on modules."""
    if feature not in FEATURES:
        raise LookupError(feature)
    with act("rights", actor, target=profile, what="profile:features") as done:
        row = _own(profile)
        done.changed(feature, feature in row.features, on)
        row.features = [one for one in FEATURES if (on if one == feature else one in row.features)]
        row.save(update_fields=["features"])


def shuttable(module: Module) -> list[Field]:
    """The fields a profile may hide or lock: what is asked of everybody, and the parts of what is one field, are not."""
    parts = {part for one in module.fields.values() for part in one.parts}
    return [one for key, one in module.fields.items() if not (one.hidden or key in parts or one.required or key == "owner")]


def set_field(profile: Profile, module: Module, key: str, state: str, *, actor: Actor) -> None:
    """Hide a field ("hidden"), lock it ("read"), or open it ("")."""
    if state not in {"hidden", "read", ""} or key not in {one.key for one in shuttable(module)}:
        raise LookupError(key)
    with act("rights", actor, target=profile, what=f"profile:{module.key}") as done:
        row = _own(profile)
        held: dict[str, Any] = dict(row.fields.get(module.key, {}))
        done.changed(f"{module.key}.{key}", held.pop(key, ""), state)
        if state:
            held[key] = state
        row.fields = {**{name: one for name, one in row.fields.items() if name != module.key}, **({module.key: held} if held else {})}
        row.save(update_fields=["fields"])


def delete(profile: Profile, other: Profile | None, *, actor: Actor) -> None:
    """Delete a profile; whoever has it gets another one in the same step."""
    with act("rights", actor, target=profile, what="profile", said="deleted") as done:
        row = _own(profile)
        holders = User.objects.filter(profile=row)
        if other is not None and other.pk == row.pk:
            raise Refused(_("Choose another profile."))
        if present(holders).exists() and other is None:
            raise Refused(_("People have this profile. Choose the one they get."))
        done.changed("name", row.name, None)
        if other is not None:
            done.detail["to"] = str(other)
        holders.update(profile=other)
        row.delete()


def known_modules() -> list[Module]:
    """Modules in the order of their apps."""
    return list(modules())
