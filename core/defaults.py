"""What a new installation starts with: the choices of picklists, the two built-in profiles, organisation defaults.

Each app names its own with `start`; after every migrate what is missing is added. What an admin changed is left alone: of a
list there is already, only the values that code asks for by name come to it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from core.access.features import FEATURES, USUAL
from core.access.gate import RIGHTS
from core.access.models import ModuleDefault, Profile
from core.field.models import Choice
from core.module.registry import modules
from core.stamps import bump


@dataclass
class Start:
    """Choices by (module, field): (value, English, Japanese, hue, more); and the default visibility by module."""

    choices: dict[tuple[str, str], list[tuple[Any, ...]]] = field(default_factory=dict)
    visibility: dict[str, str] = field(default_factory=dict)


_starts: list[Start] = []


def start(choices: dict[tuple[str, str], list[tuple[Any, ...]]], visibility: dict[str, str]) -> None:
    """Name what an app starts with."""
    _starts.append(Start(choices, visibility))


def fixed(module: str, name: str) -> set[str]:
    """The values of a picklist that code asks for by name: marked {"fixed": True} where an app starts with them."""
    options = [option for one in _starts for option in one.choices.get((module, name), [])]
    return {option[0] for option in options if len(option) > 4 and option[4].get("fixed")}


def install(**_signal: Any) -> None:
    """Add what is missing. Runs after every migrate; changes nothing that is there."""
    for one in _starts:
        for (module, name), options in one.choices.items():
            held = dict(Choice.objects.filter(module=module, field=name).values_list("value", "position"))
            missing = [option for option in options if option[0] not in held and (not held or option[0] in fixed(module, name))]
            after = max(held.values(), default=-1) + 1
            Choice.objects.bulk_create([_choice(module, name, after + place, *option) for place, option in enumerate(missing)])
        known = set(ModuleDefault.objects.values_list("module", flat=True))
        ModuleDefault.objects.bulk_create([ModuleDefault(module=m, default=d) for m, d in one.visibility.items() if m not in known])
    every = {module.key: list(RIGHTS) for module in modules()}
    usual = {module.key: [right for right in RIGHTS if right not in {"delete"}] for module in modules()}
    # The built-in profiles cannot be edited, so they follow the modules there are.
    Profile.objects.update_or_create(name="Administrator", defaults={"built_in": True, "rights": every, "features": list(FEATURES)})
    Profile.objects.update_or_create(name="Standard", defaults={"built_in": True, "rights": usual, "features": USUAL})
    bump("fields")
    bump("access")


def _choice(
    module: str, name: str, position: int, value: str, en: str, ja: str, hue: int = 10, more: dict[str, Any] | None = None
) -> Choice:
    return Choice(module=module, field=name, position=position, value=value, label_en=en, label_ja=ja, hue=hue, more=more or {})
