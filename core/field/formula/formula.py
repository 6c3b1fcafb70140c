"""A formula that was understood: what it gives, what it reads, and whether its value can be kept with the record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import DecimalException
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from .kinds import RESULTS, Env, Nothing
from .reads import leaving

if TYPE_CHECKING:
    from core.field.field import Field
    from core.field.look import Look

# Why a value is worked out for each reader, and neither kept nor filtered.
LIVE: dict[str, Any] = {
    "day": _("it moves with the day"),
    "other": _("it reads another record"),
    "words": _("it speaks the language of who reads"),
    "broken": _("it does not work"),
}


@dataclass(frozen=True)
class Formula:
    """`needs` are the keys of this module's fields it reads, those of formulas it reads included; `far` the links it goes
    through with the keys read beyond ("" for the title); `live` the reasons (keys of LIVE) its value is not kept. `text` is
    the formula as it is stored: fields by key, choices by value."""

    text: str
    type: str
    run: Callable[[Env], Any]
    needs: frozenset[str] = frozenset()
    far: frozenset[tuple[str, str]] = frozenset()
    links: tuple[Field, ...] = ()
    live: frozenset[str] = frozenset()

    @property
    def kind(self) -> str:
        """The kind of field its result shows as."""
        return RESULTS[self.type]

    @property
    def why_live(self) -> str:
        """Why its value is not kept, so that nothing can be filtered, sorted or counted by it; empty if it is."""
        return ", ".join(str(LIVE[why]) for why in sorted(self.live))

    def worked_out(self, record: Any, look: Look | None = None) -> Any:
        """The value for one record as a field holds it. Raises Nothing with the reason if there is none."""
        try:
            return leaving(self.type, self.run(Env(record, look)))
        except (DecimalException, OverflowError, ZeroDivisionError) as error:
            raise Nothing("large") from error

    def value(self, record: Any, look: Look | None = None) -> Any:
        """The value, None where there is none."""
        try:
            return self.worked_out(record, look)
        except Nothing:
            return None

    def why_empty(self, record: Any, look: Look | None = None) -> str:
        """The reason there is no value, for people; empty if there is one."""
        try:
            self.worked_out(record, look)
        except Nothing as nothing:
            return nothing.sentence()
        return ""


def broken(text: str, type_: str, why: str) -> Formula:
    """A stored formula that can no longer be understood: its value is empty, and says why."""

    def run(_env: Env) -> Any:
        raise Nothing("broken", name=why)

    return Formula(text, type_, run, live=frozenset({"broken"}))
