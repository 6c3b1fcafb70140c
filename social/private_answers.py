"""A private answer to what somebody said in public: the one way by which a page may write first (SOC-14)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from core import clock
from core.action.registry import action
from core.actor import Actor
from core.event.emit import emit_one
from core.exchange.models import Delivery
from core.exchange.outbox import post as queue
from core.record.write import Refused
from core.remote.abilities import Can
from core.remote.network import network

from . import private
from .models import DISCONNECTED, Post


class PrivateReplyForm(forms.Form):
    """What to answer where only its author reads it."""

    text = forms.CharField(label=lazy("Private answer"), widget=forms.Textarea(attrs={"rows": 5}), max_length=2_000)

    def __init__(self, *args: Any, record: Any = None, user: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].help_text = lazy("Once for each comment or post, within 7 days. It begins a private conversation.")


def _private(post: Post) -> bool:
    """Whether its author can be answered privately: once, within seven days, where the network has it."""
    young = clock.now() - post.said_at < timedelta(days=7)
    there = post.network == "facebook" and post.channel_id is not None and not post.author_id.startswith("hidden:")
    return there and young and not post.ours and not post.deleted_on_network and network(post.network).can(Can.MESSAGE)


@action(
    "social.answer_privately",
    on="social.post",
    label=lazy("Answer privately"),
    needs="social.message:edit",
    form=PrivateReplyForm,
    icon="message-circle",
    when=_private,
)
def answer_privately(post: Post, *, actor: Actor, text: str) -> Any:
    """A private answer to a comment, or to a visitor's post: the one way by which a page may write first."""
    if not _private(post) or post.channel.state == DISCONNECTED:
        raise Refused(_("This cannot be answered privately any more."))
    side = private.Side.of(post.channel)
    talk = private.conversation_of(side, post.profile)
    target = {"comment" if post.in_reply_to else "post": post.outside_id, "person": post.profile.outside_id}
    if Delivery.objects.filter(key=f"private:{post.pk}").exists():
        raise Refused(_("This was answered privately already."))
    queue(
        connection=post.channel.connection,
        action="private_reply",
        key=f"private:{post.pk}",
        text=text.strip(),
        target=target,
        asked_by=actor.user,
        module=private.CONVERSATION,
        record_id=talk.pk,
    )
    emit_one("social.post", post, "answered", actor, text="")
    return post
