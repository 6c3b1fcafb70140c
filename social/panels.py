"""What social shows on the pages of people and companies, and beside a post."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from core.access.gate import can
from core.event.timeline import Asked, Item, source
from core.field.look import Look
from core.module.registry import module as find_module
from core.record.models import Tie
from core.web.panels import Panel, panel

from . import (
    private,
    stream,  # noqa: F401 - adds to the stream of the home page
)
from .feed import lines, visible
from .models import Post
from .people import HOLDERS, PROFILE, TIE
from .related import (
    messages,  # noqa: F401 - what is written in private
    profiles,  # noqa: F401 - the related list Social: who somebody is
    spoken,  # noqa: F401 - what we said, in the timeline
    talk,  # noqa: F401 - and what is said
)
from .speaking import heard, hears


@source("post", lazy("Posts"), on=HOLDERS)
def posts(asked: Asked) -> list[Item]:
    """What this person, or on a company's page its people, said to us in public, and what we answered (CRM-9)."""
    see = can(asked.user, "social.post", "view")
    if not asked.wants("post") or not (see or hears(asked.user)):
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
    rows = visible(asked.user) if see else heard(asked.user)
    found = asked.newest(rows.filter(profile__in=tied, theirs=False), "said_at", "social.post")
    one = find_module("social.post")
    return [
        Item(
            post.said_at,
            "at-sign",
            post.author_name or f"@{post.author_handle}",
            _("answered in public") if post.ours else _("wrote in public"),
            body="" if see else post.title,
            url=one.url(post.pk) if see else "",
            title=post.title,
            source="social.post",
            pk=post.pk,
        )
        for post in found
    ]


@source("message", lazy("Private messages"), on=HOLDERS)
def private_messages(asked: Asked) -> list[Item]:
    """What was written in private, either way: the organisation's to who may read it, of their own accounts to their owners."""
    if not asked.wants("message") or asked.look.children.get(("social.profile", "")) == []:
        return []
    whose = Q()
    having = asked.having("profiles")
    for module, ids in having:
        whose |= Q(other_module=module.key, other_id__in=ids)
    if not having:
        return []
    tied = Tie.objects.filter(whose, kind=TIE, module=PROFILE).values("record_id")
    found = asked.newest(private.visible(asked.user).filter(profile__in=tied), "said_at", "social.message")
    one = find_module("social.message")
    return [
        Item(
            row.said_at,
            "message-circle",
            (asked.look.person(row.written_by_id) if row.written_by_id else "") or row.author_name or f"@{row.author_handle}",
            _("answered in private") if row.ours else _("wrote in private"),
            body="" if row.channel_id else row.title,
            url=one.url(row.pk) if row.channel_id else "",
            title=row.title,
            source="social.message",
            pk=row.pk,
        )
        for row in found
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
