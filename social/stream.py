"""What people say to our channels, in the live stream on the home page (CRM-20, SOC-33)."""

from __future__ import annotations

from django.utils.translation import gettext as _

from core.access.gate import can
from core.access.models import User
from core.event.timeline import Item
from core.field.look import Look
from core.module.registry import module
from crm.home import stream_source

from .feed import visible


@stream_source
def said(user: User, look: Look, limit: int) -> list[Item]:
    """The newest posts of others that this reader may see."""
    one = module("social.post")
    if not can(user, one, "view"):
        return []
    return [
        Item(
            post.said_at,
            "at-sign",
            post.author_name or f"@{post.author_handle}",
            _("wrote in public"),
            url=one.url(post.pk),
            title=post.title,
            source="social.post",
            pk=post.pk,
        )
        for post in visible(user).filter(ours=False, theirs=False).order_by("-said_at", "-pk")[:limit]
    ]
