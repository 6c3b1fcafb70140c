"""The lower part of the related list Social: what is said (SOC-13)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from core.access.gate import can
from core.event.timeline import any_has
from core.field.look import Look
from core.web.panels import Panel, panel
from crm.rollup import people_at

from ..feed import lines, visible
from ..people import HOLDERS, profiles_of
from .profiles import linked, may

SHOWN = 5


@panel("social.talk", on=HOLDERS)
def talk(request: HttpRequest, record: Any, look: Look) -> Panel | None:
    """What this person said to our accounts, newest first (SOC-13)."""
    user: Any = request.user
    if not may(user) or not can(user, "social.post", "view"):
        return None
    profiles = linked(record, look)
    people = people_at(user, record) if record._meta.label_lower == "crm.account" else []
    if people and any_has(record, "crm.contact", people, "profiles"):  # what its people said is the company's, too (CRM-9)
        profiles += [one for one in profiles_of("crm.contact", people) if one not in profiles]
    look.children["social.profile", ""] = profiles
    if not profiles:
        return None
    posts = list(visible(user).filter(profile__in=profiles, ours=False).order_by("-said_at", "-pk")[:SHOWN])
    return Panel("social/_talk.html", {"lines": lines(user, posts, look, authors=False)}, position=30)
