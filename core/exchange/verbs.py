"""What a delivery can ask for: the verbs that all networks share, and the ability each needs (SOC-6, SOC-13).

`target` holds the network's ids the verb is aimed at:

    reply, comment   answers: the post; conversation
    like, unlike, repost, unrepost   item: the post
    post             mention: whom it is about (handles), where the network's text does not say it itself
    message          person, or conversation; first: true where they never wrote to us
    private_reply    comment, or post, of a visitor; person: who wrote it
    invitation       person
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.remote.abilities import Can
from core.remote.errors import Words


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb. `said` ones put words of ours on the network: their echo is to be recognised."""

    label: Words
    ability: Can
    said: bool = False


VERBS: dict[str, Verb] = {
    "reply": Verb(_("Reply"), Can.REPLY, said=True),
    "comment": Verb(_("Comment"), Can.REPLY, said=True),
    "post": Verb(_("Post"), Can.POST, said=True),
    "message": Verb(_("Message"), Can.MESSAGE, said=True),
    "private_reply": Verb(_("Private answer"), Can.MESSAGE, said=True),
    "like": Verb(_("Like"), Can.LIKE),
    "unlike": Verb(_("Take the like back"), Can.LIKE),
    "repost": Verb(_("Repost"), Can.REPOST),
    "unrepost": Verb(_("Take the repost back"), Can.REPOST),
    "invitation": Verb(_("Invitation"), Can.INVITE, said=True),
}

# What is said to one person alone: shown to nobody who did not ask for just that.
PRIVATE = frozenset({"message", "private_reply", "invitation"})


def ability(action: str, target: dict[str, Any]) -> Can | None:
    """What a network must be able to do for this; None for an action of its own."""
    verb = VERBS.get(action)
    if action == "message" and target.get("first"):
        return Can.MESSAGE_FIRST
    return verb.ability if verb else None
