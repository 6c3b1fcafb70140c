"""What social shows on the pages of people and companies, and beside a post."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from core.access.gate import can
from core.event.timeline import Asked, Item, any_has, source
from core.field.look import Look
from core.module.registry import module as find_module
from core.record.hanging import hangs, may_have
from core.record.models import Tie
from core.web.panels import Panel, panel
from crm.rollup import people_at

from . import (
    picturing,
    stream,  # noqa: F401 - adds to the stream of the home page
)
from .feed import lines, visible
from .models import Post
from .people import HOLDERS, PROFILE, TIE, profiles_of

SHOWN = 5


@panel("social.interactions", on=HOLDERS)
def interactions(request: HttpRequest, record: Any, look: Look) -> Panel | None:
    """What this person said to our accounts, newest first (SOC-13)."""
    user: Any = request.user
    if not can(user, "social.post", "view"):
        return None
    key = record._meta.label_lower
    profiles = profiles_of(key, [record.pk]) if may_have(record, "profiles") else []
    people = people_at(user, record) if key == "crm.account" else []
    if people and any_has(record, "crm.contact", people, "profiles"):  # what its people said is the company's, too (CRM-9)
        profiles += [one for one in profiles_of("crm.contact", people) if one not in profiles]
    look.children["social.profile", ""] = profiles
    if not profiles:
        return None
    posts = list(visible(user).filter(profile__in=profiles, ours=False).order_by("-said_at", "-pk")[:SHOWN])
    context = {
        "profiles": profiles,
        "lines": lines(user, posts, look, authors=False),
        "title": _("Social"),
        "photo": picturing.offered(user, record, profiles),
    }
    return Panel("social/_interactions.html", context, position=30)


@hangs("profiles", on=HOLDERS)
def _any(key: str) -> tuple[QuerySet[Tie], str]:
    return Tie.objects.filter(kind=TIE, module=PROFILE, other_module=key), "other_id"


@source("post", lazy("Posts"), on=HOLDERS)
def posts(asked: Asked) -> list[Item]:
    """What this person, or on a company's page its people, said to us in public, and what we answered (CRM-9)."""
    if not asked.wants("post") or not can(asked.user, "social.post", "view"):
        return []
    if asked.look.children.get(("social.profile", "")) == []:
        return []  # the panel of this page found nobody by that name on any network
    whose = Q()
    having = asked.having("profiles")
    for module, ids in having:
        whose |= Q(other_module=module.key, other_id__in=ids)
    if not having:
        return []
    tied = Tie.objects.filter(whose, kind=TIE, module=PROFILE).values("record_id")
    found = asked.newest(visible(asked.user).filter(profile__in=tied), "said_at", "social.post")
    one = find_module("social.post")
    return [
        Item(
            post.said_at,
            "at-sign",
            post.author_name or f"@{post.author_handle}",
            _("answered in public") if post.ours else _("wrote in public"),
            url=one.url(post.pk),
            title=post.title,
            source="social.post",
            pk=post.pk,
        )
        for post in found
    ]


@panel("social.thread", on=("social.post",))
def thread(request: HttpRequest, record: Post, look: Look) -> Panel | None:
    """The conversation a post stands in, the oldest first, and who its author is."""
    user: Any = request.user
    rows = visible(user).filter(network=record.network, conversation=record.conversation).exclude(pk=record.pk)
    around = list(rows.order_by("said_at", "pk")[:30])
    mine, *others = lines(user, [record, *around], look)
    return Panel("social/_thread.html", {"line": mine, "others": others}, position=10)


@panel("social.said", on=("social.post",))
def said(request: HttpRequest, record: Post, look: Look) -> Panel | None:
    """The post itself, above its facts."""
    return Panel("social/_said.html", {"line": lines(request.user, [record], look)[0]}, position=1, place="main")  # type: ignore[arg-type]
