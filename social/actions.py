"""What can be done to a post: answer it, mark it done, make a lead of its author."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from core.access.gate import queryset
from core.action.registry import action, find, run
from core.actor import Actor
from core.event.emit import emit_one
from core.exchange.outbox import post as queue
from core.exchange.verbs import VERBS
from core.module.registry import UnknownModule
from core.record.models import Tie
from core.record.write import Refused, create, update
from core.remote.abilities import Can
from core.remote.network import network

from .answering import ANSWERS, terms
from .feed import candidates
from .models import DISCONNECTED, Post
from .people import HOLDERS, people_of, tie, tie_record


class ReplyForm(forms.Form):
    """What to answer. Its length is checked as X counts, before anything is queued."""

    text = forms.CharField(label=lazy("Answer"), widget=forms.Textarea(attrs={"rows": 5, "data-key": "r"}), max_length=4_000)

    def __init__(self, *args: Any, record: Any = None, user: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.record = record
        if record is not None:
            voice = ANSWERS.voice(record)
            twice = network(record.network).length("あ") == 2
            words = lazy("Goes out as %(name)s. Up to %(room)d units: a Japanese character counts 2.")
            words = words if twice else lazy("Goes out as %(name)s. Up to %(room)d characters.")
            self.fields["text"].help_text = voice.why_not or words % {"name": voice.name, "room": voice.room}

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        if self.record is not None:
            try:
                ANSWERS.check(self.record, text)
            except Refused as error:
                raise ValidationError(str(error)) from error
        return text


@action("social.reply", on="social.post", label=lazy("Reply"), needs="social.post:edit", form=ReplyForm, icon="reply", primary=True)
def reply(post: Post, *, actor: Actor, text: str) -> Any:
    """Answer in public. Where the post is a ticket the answer belongs to the ticket, so that both show it."""
    ticket = ticket_of(post, actor)
    if ticket is not None and find("helpdesk.reply"):
        run("helpdesk.reply", ticket, actor=actor, text=text)
    else:
        ANSWERS.send(post, text, actor=actor, key=f"post:{post.pk}:{uuid.uuid4().hex}", module="social.post", record_id=post.pk)
        emit_one("social.post", post, "answered", actor, text=text.strip())
    if post.state != "done":
        update(post, actor=actor, state="done")
    return post


def _may(ability: Can) -> Callable[[Post], bool]:
    """Whether this can be done to a post at its network, as far as the level decides."""
    return lambda post: not post.ours and not post.deleted_on_network and network(post.network).can(ability)


def _pressed(post: Post, verb: str, actor: Actor) -> Any:
    """Write what somebody pressed into the outbox. Networks want a person behind each like and repost, never a rule."""
    if actor.user is None:
        raise Refused(_("Only a person can do this."))
    net, channel = network(post.network), post.channel
    if channel.state == DISCONNECTED:
        raise Refused(_("The channel @%(handle)s is disconnected.") % {"handle": channel.handle})
    why_not = net.why_not(VERBS[verb].ability, scopes=channel.connection.chain.scopes or None)
    if why_not:
        raise Refused(why_not)
    queue(
        connection=channel.connection,
        action=verb,
        key=f"{verb}:{post.pk}:{uuid.uuid4().hex}",
        target={"item": post.outside_id},
        asked_by=actor.user,
        module="social.post",
        record_id=post.pk,
    )
    emit_one("social.post", post, "reacted", actor, verb=verb)
    return post


@action("social.like", on="social.post", label=lazy("Like"), needs="social.post:edit", icon="heart", when=_may(Can.LIKE))
def like(post: Post, *, actor: Actor) -> Any:
    """Like it as the channel that read it."""
    return _pressed(post, "like", actor)


@action(
    "social.unlike", on="social.post", label=lazy("Take the like back"), needs="social.post:edit", icon="heart-off", when=_may(Can.LIKE)
)
def unlike(post: Post, *, actor: Actor) -> Any:
    return _pressed(post, "unlike", actor)


@action("social.repost", on="social.post", label=lazy("Repost"), needs="social.post:edit", icon="repeat-2", when=_may(Can.REPOST))
def repost(post: Post, *, actor: Actor) -> Any:
    """Repost it as the channel that read it."""
    return _pressed(post, "repost", actor)


def ticket_of(post: Post, actor: Actor) -> Any:
    """The ticket this post has become, if the actor may see it."""
    tied = Tie.objects.filter(kind="ticket", module="social.post", record_id=post.pk).values_list("other_module", "other_id").first()
    if tied is None or actor.user is None:
        return None
    try:
        return queryset(actor.user, tied[0], aside=True).filter(pk=tied[1]).first()
    except UnknownModule:
        return None


@action("social.done", on="social.post", label=lazy("Mark done"), needs="social.post:edit", icon="check")
def done(post: Post, *, actor: Actor) -> str:
    """It needs nothing more of us; or, once more, it does."""
    update(post, actor=actor, state="open" if post.state == "done" else "done")
    return reverse("social-home")


@action("social.take", on="social.post", label=lazy("Assign to me"), needs="social.post:edit", icon="user-plus")
def take(post: Post, *, actor: Actor) -> str:
    """This one is mine."""
    if actor.user is None:
        raise Refused(_("Only a person can take a post."))
    update(post, actor=actor, owner=actor.user_id)
    return reverse("social-home")


class WhoForm(forms.Form):
    """Which of those who have or ever had the author's handle it is."""

    person = forms.ChoiceField(label=lazy("Who this is"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, record: Any = None, user: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = candidates(user, [record]).get(record.profile_id, []) if record is not None and user is not None else []
        self.fields["person"].choices = [  # type: ignore[attr-defined]
            (one.mark, f"{one.record.title} · {one.module.label} · {', '.join(one.reasons)}") for one in found
        ]


@action(
    "social.know",
    on="social.post",
    label=lazy("Say who this is"),
    needs="social.post:edit",
    form=WhoForm,
    icon="user-check",
    menu=False,
    when=lambda post: not post.ours,
)
def know(post: Post, *, actor: Actor, person: str) -> Any:
    """The author is somebody we know: profile and tickets follow them (PLT-16)."""
    key, _colon, pk = person.partition(":")
    record = queryset(actor.user, key).filter(pk=pk).first() if actor.user is not None else None
    if record is None:
        raise Refused(_("This record is no longer here."))
    tie(post.profile, key, record.pk)
    emit_one("social.post", post, "known", actor, person=[key, record.pk])
    return post


@action(
    "social.add_lead",
    on="social.post",
    label=lazy("Add as lead"),
    needs="crm.lead:create",
    icon="user-round-plus",
    when=lambda post: not terms(post.network),
)
def add_lead(post: Post, *, actor: Actor) -> Any:
    """Make a lead of the author, or give the one there is; profile and tickets follow it."""
    if post.ours:
        raise Refused(_("This is our own post."))
    if why_not := terms(post.network):
        raise Refused(why_not)
    for key, pk in people_of([post.profile_id])[post.profile_id]:
        known = queryset(actor.user, key, aside=True).filter(pk=pk).first() if actor.user else None
        if known is not None:
            return known
    profile = post.profile
    family, given = parted(profile.name or profile.handle)
    handle = profile.handle if profile.network == "x" else ""
    source = "x" if profile.network == "x" else "other"
    # A post cannot be asked for what an admin requires of leads.
    lead = create("crm.lead", actor=actor, strict=False, family_name=family, given_name=given, x_handle=handle, source=source)
    tie_record("crm.lead", lead)
    # Where there is no handle to go by, it was said all the same whose this is.
    tie(profile, HOLDERS[1], lead.pk)
    emit_one("social.post", post, "known", actor, person=[HOLDERS[1], lead.pk])
    return lead


def parted(name: str) -> tuple[str, str]:
    """A name as people write it on a network, in family and given name: 山田 花子 begins with the family, Emma Wright ends."""
    words = name.replace("\u3000", " ").split()
    if len(words) < 2:
        return name.strip()[:80], ""
    if name.isascii():
        return words[-1][:80], " ".join(words[:-1])[:80]
    return words[0][:80], " ".join(words[1:])[:80]
