"""What social media keep of a customer: their profiles at the networks, and what they said to us (E3)."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q
from django.utils.translation import gettext as _

from core.exchange.models import Delivery
from core.exchange.verbs import PRIVATE
from core.personal.held import Held, Ids, holds, of_records
from core.record.models import Tie
from core.remote.models import PERSONAL

from .models import ERASED, Conversation, Message, Post, Profile, Reading
from .people import HOLDERS, PROFILE, TIE
from .private import CONVERSATION, MESSAGE


@holds
def held(ids: Ids) -> Iterable[Held]:
    tied: set[int] = set()
    for key, pks in ids.items():
        rows = Tie.objects.filter(kind=TIE, module=PROFILE, other_module=key, other_id__in=pks)
        tied |= set(rows.values_list("record_id", flat=True))
    posts = Post.objects.filter(Q(profile__in=tied) | Q(pk__in=ids.get("social.post", [])))
    yield Held("social.post", _("Posts"), posts, {**ERASED, "pictures": [], "extra": {}})
    talks = Conversation.objects.filter(Q(profile__in=tied) | Q(pk__in=ids.get(CONVERSATION, [])))
    said = Message.every.filter(Q(profile__in=tied) | Q(pk__in=ids.get(MESSAGE, [])))
    blank = {**ERASED, "thread": "", "attachments": [], "extra": {}}
    # What is written with somebody's own account is theirs alone: it is emptied, and no export of the organisation shows its words.
    secret = ("text", "attachments", "author_name", "author_handle")
    yield Held(MESSAGE, _("Private messages"), said.filter(channel__isnull=False), blank)
    yield Held("social.own_message", _("Private messages of own accounts"), said.filter(channel=None), blank, hidden=secret)
    about = {
        **{key: pks for key, pks in ids.items() if key in HOLDERS},
        "social.post": list(posts.values_list("pk", flat=True)),
        CONVERSATION: list(talks.values_list("pk", flat=True)),
    }
    answers = Delivery.objects.filter(of_records(about))
    own = Q(connection__kind=PERSONAL, action__in=PRIVATE)
    yield Held("deliveries", _("Answers at networks"), answers.exclude(own), {"text": "", "target": {}})
    yield Held("own_deliveries", _("Private messages of own accounts"), answers.filter(own), {"text": "", "target": {}}, hidden=("text",))
    yield Held(CONVERSATION, _("Conversations"), talks, {"outside_id": "", "older": ""})
    unmet = Profile.objects.filter(pk__in=tied, outside_id__startswith="@")
    yield Held("social.unmet", _("Social profiles linked by their address"), unmet)
    words = ("handle", "handle_key", "name", "name_key", "bio", "place", "picture_url", "was")
    empty: dict[str, object] = dict.fromkeys(words, "") | {"background": {}, "noted": {}}
    yield Held("social.profile", _("Social profiles"), Profile.objects.filter(pk__in=tied), empty)
    yield Held("readings", _("When their posts were read"), Reading.objects.filter(profile__in=tied))
    yield Held("ties", _("Which profile is whose"), Tie.objects.filter(kind=TIE, module=PROFILE, record_id__in=tied))
