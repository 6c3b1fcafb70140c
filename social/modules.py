"""Posts as a module: messages that can be answered, assigned, made into tickets and leads."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.module.module import Module, Section, View
from core.module.registry import register
from crm.modules import ALWAYS

from .models import Message, Post
from .networks import facebook, linkedin, x  # noqa: F401 - registers the networks and their senders

_SAID = {"field": "ours", "op": "is", "value": False}
_TO_US = {"field": "theirs", "op": "is", "value": False}
_OPEN = {"field": "state", "op": "is", "value": "open"}


@register
class Posts(Module):
    model = Post
    icon = "message-square"
    columns = "text author_name author_handle said_at kind state owner"
    layout = (Section(_("Post"), "state owner kind network verdict author_name author_handle said_at edited_at tags"),)
    facts = "author_name said_at state"
    search = "text author_name author_handle"
    order = "-said_at"
    views = (
        View("open", _("Open"), {"all": [_OPEN, _SAID]}, "-said_at"),
        View("mine", _("Mine"), {"all": [{"field": "owner", "op": "me"}, _SAID]}, "-said_at"),
        View("all", _("All"), {"all": [_TO_US]}, "-said_at"),
        *(one for one in ALWAYS if one.key in {"unread", "created", "changed"}),
    )
    message = {
        "source": "network",
        "outside_id": "outside_id",
        "text": "text",
        "author": "author_name",
        "author_id": "author_id",
        "handle": "author_handle",
        "at": "said_at",
        "conversation": "conversation",
        "answers": "in_reply_to",
        "channel": "network",
        "link": "link",
    }


@register
class Messages(Module):
    """Private messages of the organisation's channels. What is written to somebody's own account is no record of the house's."""

    model = Message
    icon = "message-circle"
    columns = "text author_name author_handle said_at ours written_by network owner"
    layout = (Section(_("Private message"), "network author_name author_handle said_at ours written_by owner tags"),)
    facts = "author_name said_at written_by"
    search = "text author_name author_handle"
    order = "-said_at"
    views = (
        View("received", _("Received"), {"all": [_SAID]}, "-said_at"),
        View("mine", _("Mine"), {"all": [{"field": "owner", "op": "me"}]}, "-said_at"),
        View("all", _("All"), {}, "-said_at"),
        *(one for one in ALWAYS if one.key in {"unread", "created", "changed"}),
    )
    message = {
        "source": "network",
        "outside_id": "outside_id",
        "text": "text",
        "author": "author_name",
        "author_id": "author_id",
        "handle": "author_handle",
        "at": "said_at",
        "conversation": "thread",
        "channel": "network",
        "link": "link",
    }
