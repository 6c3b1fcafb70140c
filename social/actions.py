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

from core.access.gate import can, queryset
from core.access.models import User
from core.action.registry import action, allowed, find, run
from core.actor import Actor
from core.event.emit import emit_one
from core.exchange.models import FAILED, Delivery
from core.exchange.outbox import has_sender
from core.exchange.outbox import post as queue
from core.exchange.verbs import VERBS
from core.module.registry import UnknownModule
from core.record.hanging import may_have
from core.record.models import Tie
from core.record.write import Refused, create, update
from core.remote.abilities import Can
from core.remote.network import network

from . import (
    messaging,  # noqa: F401 - what became of private messages
    private_answers,  # noqa: F401 - answering in private
)
from .answering import ANSWERS, stands_below, terms, verb_for
from .feed import candidates
from .models import Post
from .people import HOLDERS, people_of, tie, tie_record
from .speaking import PROFILES, PUBLIC, Speaker, chosen, fit_for, fitting, may_speak, may_use_own, named, remembered, speakers


class SpeakerForm(forms.Form):
    """With which account (SOC-15): the organisation's, or one's own. Without a choice the one that fits the post best."""

    speaker = forms.ChoiceField(label=lazy("Speak as"), required=False)
    ability = Can.LIKE

    def __init__(self, *args: Any, record: Any = None, user: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.record = record
        # Whether nobody but an account of their own speaks for this person.
        self.alone = record is not None and user is not None and not can(user, PUBLIC, "edit", record)
        self.found: list[Speaker] = []
        self.first = ""
        if record is not None and user is not None:
            self.offer(user, record.network, record)

    def offer(self, user: User, key: str, post: Post | None = None) -> None:
        """The accounts to choose among at a network, to a post those that can; the first is the one that fits."""
        self.found, choice = speakers(user, [key])[key], remembered(user).get(key)
        if post is not None:
            self.found = fit_for(user, post, self.found)
        first = chosen(self.found, choice) if post is None else fitting(self.found, choice, post, self.ability)
        if post is not None:
            self.found = [one for one in self.found if one is first or not one.why_not(self.ability, one.about(post))]
        self.first = first.key if first else ""
        field: Any = self.fields["speaker"]
        field.choices = [(one.key, one.name) for one in self.found] or [("", "")]
        field.initial = self.first
        if len(self.found) < 2:
            field.widget = forms.HiddenInput()

    def clean_speaker(self) -> str:
        return self.cleaned_data["speaker"] or self.first

    def voice(self) -> Speaker | None:
        """The account that was chosen, or would be."""
        mark = self.cleaned_data.get("speaker", self.first) if self.is_bound and hasattr(self, "cleaned_data") else self.first
        return next((one for one in self.found if one.key == mark), None)


class ReplyForm(SpeakerForm):
    """What to answer. Its length is checked as the network counts, before anything is queued."""

    text = forms.CharField(label=lazy("Reply"), widget=forms.Textarea(attrs={"rows": 5, "data-key": "r"}), max_length=4_000)
    field_order = ("speaker", "text")
    ability = Can.REPLY

    def __init__(self, *args: Any, record: Any = None, user: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, record=record, user=user, **kwargs)
        if record is not None:
            voice = ANSWERS.voice(record, self.voice(), alone=self.alone)
            twice = network(record.network).length("あ") == 2
            words = lazy("Goes out as %(name)s. Up to %(room)d units: a Japanese character counts 2.")
            words = words if twice else lazy("Goes out as %(name)s. Up to %(room)d characters.")
            self.fields["text"].label = VERBS[self.verb(record)].label
            self.fields["text"].help_text = voice.why_not or words % {"name": voice.name, "room": voice.room}

    def verb(self, record: Post) -> str:
        return verb_for(record)

    def clean(self) -> Any:
        cleaned = super().clean() or {}
        if self.record is not None and "text" in cleaned:
            try:
                ANSWERS.check(self.record, cleaned["text"], self.voice(), alone=self.alone)
            except Refused as error:
                self.add_error("text", ValidationError(str(error)))
        return cleaned


class CommentForm(ReplyForm):
    """What to say below the post that a comment stands under."""

    def verb(self, record: Post) -> str:
        return "comment"


_SPOKEN: dict[str, Any] = {"on": "social.post", "needs": "social.post:edit", "also": may_speak}


@action(
    "social.reply",
    label=lazy("Reply"),
    named=lambda post: VERBS[verb_for(post)].label,
    form=ReplyForm,
    icon="reply",
    primary=True,
    **_SPOKEN,
)
def reply(post: Post, *, actor: Actor, text: str, speaker: str = "") -> Any:
    """Answer in public. Where the post is a ticket the answer belongs to the ticket, so that both show it."""
    mine = actor.user is None or can(actor.user, PUBLIC, "edit", post)
    if not mine and not speaker:
        speaker = _own(post, actor)
    ticket = ticket_of(post, actor)
    answering = find("helpdesk.reply")
    if ticket is not None and answering is not None:
        if not allowed(answering, actor.user, ticket):
            # Not around the ticket: whoever works on it would not know, and the customer be answered twice. Said like all that is
            # in the way, so that what was typed stays.
            words = _("This post belongs to the ticket %(ticket)s, which you may see but not answer. Whoever works on it has to answer.")
            raise Refused(words % {"ticket": ticket.short})
        run("helpdesk.reply", ticket, actor=actor, text=text, speaker=speaker)
    else:
        key = f"post:{post.pk}:{uuid.uuid4().hex}"
        ANSWERS.send(post, text, actor=actor, key=key, module="social.post", record_id=post.pk, speaker=speaker)
        emit_one("social.post", post, "answered", actor, text=text.strip())
    # What there is to do about it is a matter of those who work in the app.
    if post.state != "done" and mine:
        update(post, actor=actor, state="done")
    return post


@action(
    "social.comment",
    label=lazy("Comment on the post"),
    form=CommentForm,
    icon="message-square",
    when=lambda post: bool(stands_below(post)) and not post.deleted_on_network,
    **_SPOKEN,
)
def comment(post: Post, *, actor: Actor, text: str, speaker: str = "") -> Any:
    """Say something below the post that a comment stands under, for all who talk there: nobody's comment is answered with it."""
    if not stands_below(post):
        raise Refused(_("This stands under no post."))
    if not speaker and actor.user is not None and not can(actor.user, PUBLIC, "edit", post):
        speaker = _own(post, actor)
    key = f"comment:{post.pk}:{uuid.uuid4().hex}"
    ANSWERS.send(post, text, actor=actor, key=key, module="social.post", record_id=post.pk, speaker=speaker, on_post=True)
    return post


def _own(post: Post, actor: Actor) -> str:
    """The own account of somebody who speaks with no other. Raises Refused."""
    user: Any = actor.user
    found = fit_for(user, post, speakers(user, [post.network])[post.network])
    first = fitting(found, remembered(user).get(post.network), post, Can.REPLY)
    if first is None:
        raise Refused(_("No account that you may speak with is connected to %(network)s.") % {"network": network(post.network).label})
    return first.key


def _may(verb: str) -> Callable[[Post], bool]:
    """Whether this can be done to a post at its network, as far as the network and its level decide."""

    def may(post: Post) -> bool:
        here = not post.ours and not post.deleted_on_network
        return here and has_sender(post.network, verb) and network(post.network).can(VERBS[verb].ability)

    return may


def _pressed(post: Post, verb: str, actor: Actor, mark: str) -> Any:
    """Write what somebody pressed into the outbox. Networks want a person behind each like and repost, never a rule."""
    if actor.user is None:
        raise Refused(_("Only a person can do this."))
    if post.deleted_on_network:
        raise Refused(_("This post was deleted on the network."))
    if not has_sender(post.network, verb):
        words = _("%(network)s does not let software do this: %(what)s. It can be done on %(network)s itself.")
        raise Refused(words % {"network": network(post.network).label, "what": VERBS[verb].label})
    ability = VERBS[verb].ability
    if mark:
        speaker: Speaker | None = named(actor.user, post.network, mark, post)
    else:
        found = fit_for(actor.user, post, speakers(actor.user, [post.network])[post.network])
        speaker = fitting(found, remembered(actor.user).get(post.network), post, ability)
    if speaker is None:
        raise Refused(_("No account that you may speak with is connected to %(network)s.") % {"network": network(post.network).label})
    why_not = speaker.why_not(ability, speaker.about(post))
    if why_not:
        raise Refused(why_not)
    if _stands(post, speaker, verb):
        return post
    queue(
        connection=speaker.connection,
        action=verb,
        key=f"{verb}:{post.pk}:{uuid.uuid4().hex}",
        target={"item": post.outside_id},
        asked_by=actor.user,
        module="social.post",
        record_id=post.pk,
    )
    emit_one("social.post", post, "reacted", actor, verb=verb)
    return post


def _stands(post: Post, speaker: Speaker, verb: str) -> bool:
    """Whether this account did just that last, or is about to: from another window or by a second press it is not done twice."""
    base = verb.removeprefix("un")
    rows = Delivery.objects.filter(module="social.post", record_id=post.pk, connection=speaker.connection, action__in=[base, f"un{base}"])
    last = rows.exclude(state=FAILED).order_by("-pk").first()
    return last is not None and last.action == verb


_PRESSED: dict[str, Any] = {**_SPOKEN, "form": SpeakerForm}


@action("social.like", label=lazy("Like"), icon="heart", when=_may("like"), **_PRESSED)
def like(post: Post, *, actor: Actor, speaker: str = "") -> Any:
    """Like it, with the account that was chosen or the one it was said to."""
    return _pressed(post, "like", actor, speaker)


@action("social.unlike", label=lazy("Take the like back"), icon="heart-off", when=_may("unlike"), **_PRESSED)
def unlike(post: Post, *, actor: Actor, speaker: str = "") -> Any:
    return _pressed(post, "unlike", actor, speaker)


class RepostForm(SpeakerForm):
    """With which account something is reposted."""

    ability = Can.REPOST


_SHARED: dict[str, Any] = {**_PRESSED, "form": RepostForm}


@action("social.repost", label=lazy("Repost"), icon="repeat-2", when=_may("repost"), **_SHARED)
def repost(post: Post, *, actor: Actor, speaker: str = "") -> Any:
    """Repost it, with the account that was chosen or the one it was said to."""
    return _pressed(post, "repost", actor, speaker)


@action("social.unrepost", label=lazy("Take the repost back"), icon="repeat-2", when=_may("unrepost"), **_SHARED)
def unrepost(post: Post, *, actor: Actor, speaker: str = "") -> Any:
    return _pressed(post, "unrepost", actor, speaker)


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


def _reached(record: Any) -> bool:
    """Whether a profile may be linked to a record; its page says whether there is one."""
    return may_have(record, "profiles")


@action(
    "social.message",
    on=" ".join(HOLDERS),
    label=lazy("Send direct message"),
    needs="social.message:edit",
    also=lambda user, _record: may_use_own(user),
    feature=PROFILES,
    hides=True,
    page="social-messages",
    icon="message-circle",
    when=_reached,
)
def message(record: Any, *, actor: Actor) -> Any:
    """To the page where private messages are read and written (SOC-14)."""
    return record
