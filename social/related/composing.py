"""Writing from a record's page: an answer, a comment, or a post that mentions somebody (SOC-13 to SOC-15).

One form for all: with which account, the words, the room that is left in the network's own units, and what it will cost.
"""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from core.access.gate import can, queryset, rights
from core.action.registry import action
from core.actor import Actor
from core.exchange.models import Delivery
from core.exchange.outbox import guards
from core.exchange.outbox import post as queue
from core.exchange.verbs import VERBS
from core.module.registry import module
from core.record.write import Refused
from core.remote.abilities import Can
from core.remote.network import network

from ..actions import ReplyForm, SpeakerForm
from ..answering import verb_for
from ..models import Post, Profile
from ..network_pages import cost
from ..people import HOLDERS
from ..speaking import PROFILES, Speaker, chosen, for_themselves, may_use_own, named, remembered, speakers
from .talk import linked_to, there_for

_HEIGHT = {"rows": 4}


class Composer:
    """What a page shows of a form in which somebody writes: as whom, how much room is left, what it costs, what is in the way."""

    label = ""
    ability = Can.REPLY

    def __init__(self, form: SpeakerForm, key: str, text: str, mark: str) -> None:
        self.form, self.net, self.typed, self.text, self.mark = form, network(key), text, text.strip(), mark

    @property
    def speaker(self) -> Speaker | None:
        return self.form.voice()

    @property
    def verb(self) -> str:
        return "post"

    @property
    def units(self) -> int:
        return self.net.length(self.text) if self.text else 0

    @property
    def room(self) -> int:
        return self.net.room(self.verb)

    @property
    def left(self) -> int:
        return self.room - self.units

    @property
    def over(self) -> int:
        return -self.left

    @property
    def price(self) -> str:
        """What it will cost, where the network charges."""
        micros = self.net.estimate(self.verb, self.text)
        return cost(micros) if micros else ""

    @property
    def guard(self) -> str:
        """What the browser keeps what was typed under."""
        return f"social:{self.mark}"

    @property
    def counts(self) -> str:
        """How the network counts, where a sign is not always one unit."""
        return _("A Japanese character counts 2, a web address 23.") if self.room and self.net.length("あ") == 2 else ""

    @property
    def why_not(self) -> str:
        if self.speaker is None:
            return _("No account that you may speak with is connected to %(network)s.") % {"network": self.net.label}
        return self.speaker.why_not(self.ability)

    @property
    def there(self) -> str:
        return ""


class Answering(Composer):
    """An answer to a post, or a comment below it."""

    def __init__(self, form: ReplyForm, post: Post, text: str) -> None:
        super().__init__(form, post.network, text, f"say-{post.pk}")
        self.post = post
        self.label = str(VERBS[self.verb].label)

    @property
    def verb(self) -> str:
        return verb_for(self.post)

    @property
    def units(self) -> int:
        return self.net.length(self.net.addressed(self.post.author_handle, self.text or "x")) - (not self.text)

    @property
    def why_not(self) -> str:
        if self.post.deleted_on_network:
            return _("This post was deleted on the network.")
        return super().why_not if self.speaker is None else self.speaker.why_not(Can.REPLY, self.speaker.about(self.post))

    @property
    def there(self) -> str:
        return there_for(self.post, Can.REPLY, self.text)


class MentionForm(SpeakerForm):
    """A post that mentions somebody."""

    text = forms.CharField(label=lazy("Post"), widget=forms.Textarea(attrs=_HEIGHT), max_length=10_000)
    profile = forms.IntegerField(label=lazy("social profile"), widget=forms.HiddenInput, min_value=1, max_value=2**63 - 1)
    ability = Can.POST

    def __init__(self, *args: Any, record: Any = None, user: Any = None, mentioned: Profile | None = None, **kwargs: Any) -> None:
        super().__init__(*args, record=None, user=None, **kwargs)
        if mentioned is None and record is not None and user is not None:
            asked = str(self.data.get("profile", ""))
            found = linked_to(user, record)
            mentioned = next((one for one in found if str(one.pk) == asked), None) or next(iter(found), None)
        if mentioned is not None:
            self.offer(user, mentioned.network)
            self.fields["text"].initial = called(mentioned)
            self.fields["profile"].initial = mentioned.pk
        self.mentioned = mentioned

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"].strip()
        if self.mentioned is not None:
            try:
                checked(self.mentioned, text)
            except Refused as error:
                raise ValidationError(str(error)) from error
        return text


class Mentioning(Composer):
    """A post that mentions a profile."""

    ability = Can.POST

    def __init__(self, form: MentionForm, profile: Profile, text: str) -> None:
        super().__init__(form, profile.network, text, f"mention-{profile.pk}")
        self.profile, self.label = profile, _("Post")

    @property
    def there(self) -> str:
        return self.net.link("compose", text=self.text)


def called(profile: Profile) -> str:
    """How a post calls somebody, with room to go on."""
    return f"@{profile.handle} " if profile.handle and network(profile.network).profiles.shouts else ""


def checked(profile: Profile, text: str) -> str:
    """The post as it goes out. Raises Refused: too long for its network, nothing but a name, or without the name."""
    net, name = network(profile.network), called(profile).strip()
    if not text.strip() or text.strip() == name:
        raise Refused(_("Nothing is said yet; nothing was sent."))
    if name and name.lower() not in text.lower():
        raise Refused(_("The post does not mention %(name)s.") % {"name": name})
    room, units = net.room("post"), net.length(text.strip())
    if room and units > room:
        over = _("%(network)s takes %(room)d units, and this counts %(units)d: %(over)d too many.")
        raise Refused(over % {"network": net.label, "room": room, "units": units, "over": units - room})
    return text.strip()


@action(
    "social.mention",
    on=" ".join(HOLDERS),
    label=lazy("Post that mentions them"),
    needs="social.post:edit",
    also=lambda user, _record: may_use_own(user),
    feature=PROFILES,
    hides=True,
    form=MentionForm,
    menu=False,
    icon="at-sign",
)
def mention(record: Any, *, actor: Actor, text: str, profile: int, speaker: str = "") -> None:
    """Post something that mentions the person of a record, with an account of ours; a worker sends it (SOC-14, SOC-6)."""
    found = next((one for one in linked_to(actor.user, record) if one.pk == profile), None) if actor.user else None
    if found is None:
        raise Refused(_("This profile is no longer linked to this record."))
    voice = _voice(actor, found.network, speaker)
    why_not = voice.why_not(Can.POST)
    if why_not:
        raise Refused(why_not)
    queue(
        connection=voice.connection,
        action="post",
        key=f"mention:{found.pk}:{uuid.uuid4().hex}",
        text=checked(found, text),
        target={"mention": [found.outside_id]},
        asked_by=actor.user,
        module=record._meta.label_lower,
        record_id=record.pk,
    )


def _voice(actor: Actor, key: str, mark: str) -> Speaker:
    if mark and actor.user:
        return named(actor.user, key, mark)
    found = chosen(speakers(actor.user, [key])[key], remembered(actor.user).get(key)) if actor.user else None  # type: ignore[arg-type]
    if found is None:
        raise Refused(_("No account that you may speak with is connected to %(network)s.") % {"network": network(key).label})
    return found


@guards
def still_at_the_record(delivery: Delivery) -> str:
    """Who does not see the person any more, or may not have profiles at all, posts nothing about them from the queue either."""
    if delivery.module not in HOLDERS or delivery.asked_by is None:
        return ""
    there = queryset(delivery.asked_by, module(delivery.module)).filter(pk=delivery.record_id).exists()
    # With an account of their own nobody speaks for the organisation.
    speaks = for_themselves(delivery) or can(delivery.asked_by, "social.post", "edit")
    if there and speaks and rights(delivery.asked_by).feature(PROFILES):
        return ""
    return _("The person who asked for this may not write about this record any more.")
