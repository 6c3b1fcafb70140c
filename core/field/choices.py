"""The choices of picklists, read once and kept until an admin changes one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language

from core.field.models import Choice
from core.stamps import stamped


@dataclass(frozen=True, slots=True)
class Option:
    """One choice as pages need it."""

    value: str
    en: str
    ja: str
    hue: int
    active: bool
    more: dict[str, Any]
    marked: bool = True  # whether its picklist tells choices apart by colour

    @property
    def label(self) -> str:
        return ((self.ja or self.en) if get_language() == "ja" else (self.en or self.ja)) or self.value


WITHIN = "within"
GREY = 10


def home(option: Option, first: str) -> str:
    """The choice of another picklist that this one stands within, as a stage stands within a pipeline; `first` unless it says."""
    return str(option.more.get(WITHIN) or first)


@stamped("fields")
def _all() -> dict[tuple[str, str], dict[str, Option]]:
    found: dict[tuple[str, str], dict[str, Option]] = {}
    choices = list(Choice.objects.all())
    coloured = {(choice.module, choice.field) for choice in choices if choice.hue != GREY}
    for choice in choices:
        place = (choice.module, choice.field)
        option = Option(choice.value, choice.label_en, choice.label_ja, choice.hue, choice.active, choice.more, place in coloured)
        found.setdefault(place, {})[choice.value] = option
    return found


def options(module: str, field: str) -> dict[str, Option]:
    """All choices of a picklist by value, in their order, those no longer offered included."""
    return _all().get((module, field), {})
