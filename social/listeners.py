"""What social hears: handles written into records of the CRM."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from core.actor import Actor
from core.event.emit import Happened, listens
from core.event.timeline import KINDS

from . import (
    looking_up,
    telling,  # noqa: F401 - what people are told
)
from .people import HOLDERS, known_handles, tie_record

KINDS.update(
    {
        "arrived": ("at-sign", _("took this in from the network")),
        "found": ("at-sign", _("found this on the person's own page")),
        "known": ("user-check", _("said who this is")),
        "profile_linked": ("link", _("linked a social profile")),
        "profile_unlinked": ("unlink", _("took a social profile off")),
        "answered": ("reply", _("answered")),
        "reacted": ("heart", _("reacted at the network")),
    }
)


@listens("created", "updated", "restored")
def handle_written(told: Sequence[Happened], actor: Actor) -> None:
    """A record with an X handle is tied to its profile, on save, import and API alike (SOC-12)."""
    written = [one for one in told if one.event.module in HOLDERS and "x_handle" in one.event.changes]
    handles = [getattr(one.record, "x_handle", "") for one in written]
    known = known_handles(handles)
    looking_up.ask_for([one for one in handles if one and one.lower() not in known])
    for one in written:
        was = one.event.changes["x_handle"][0] or ""
        if was or getattr(one.record, "x_handle", "").lower() in known:
            tie_record(one.event.module, one.record, was)
