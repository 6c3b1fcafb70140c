"""The upper part of the related list Social: the profiles a record is linked to (SOC-10)."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from core.access.gate import can, rights
from core.field.look import Look
from core.record.hanging import hangs, may_have
from core.record.models import Tie
from core.web.panels import Panel, panel

from .. import picturing
from ..models import Profile
from ..people import HOLDERS, PROFILE, TIE, profiles_of

FEATURE = "social_personal"


def may(user: Any) -> bool:
    """Whether the profiles of people are there for this person at all (SOC-17)."""
    return rights(user).feature(FEATURE)


def linked(record: Any, look: Look) -> list[Profile]:
    """The profiles of a record; one query for a page, however many of its parts ask."""
    asked = look.children.get(("social.linked", ""))
    if asked is None:
        key = record._meta.label_lower
        asked = look.children["social.linked", ""] = profiles_of(key, [record.pk]) if may_have(record, "profiles") else []
    return list(asked)


@panel("social.profiles", on=HOLDERS)
def profiles(request: HttpRequest, record: Any, look: Look) -> Panel | None:
    """Who this is at the networks."""
    user: Any = request.user
    found = linked(record, look) if may(user) and can(user, record._meta.label_lower, "view", record) else []
    if not found:
        return None
    context = {"profiles": found, "photo": picturing.offered(user, record, found)}
    return Panel("social/_profiles.html", context, position=29)


@hangs("profiles", on=HOLDERS)
def _any(key: str) -> tuple[QuerySet[Tie], str]:
    return Tie.objects.filter(kind=TIE, module=PROFILE, other_module=key), "other_id"
