"""Brands, their channels, what is read from them and who spoke there."""

from __future__ import annotations

import re
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.field.columns import HandleColumn, LongTextColumn, PicklistColumn, TextColumn
from core.record.models import Record, record_indexes
from core.remote.network import network

from .private_models import Conversation, Message

__all__ = ["ACTIVE", "DISCONNECTED", "ERASED", "NEEDS_SIGNIN", "Brand", "Channel", "Conversation", "Message", "Post", "Profile", "Stream"]

# The names a post is addressed to are not what it says.
_MENTIONS = re.compile(r"^(?:\s*[@＠][A-Za-z0-9_]{1,15}[\s、,]*)+")
# What stands in a post or message whose person was erased. It may still stand at the network: no reading writes into it again.
ERASED = {"text": "—", "author_name": "", "author_handle": ""}
ACTIVE, NEEDS_SIGNIN, DISCONNECTED = "active", "needs_signin", "disconnected"


class Brand(models.Model):
    """One of the organisation's public identities."""

    name = models.CharField(_("name"), max_length=80, unique=True)

    class Meta:
        verbose_name, verbose_name_plural = _("brand"), _("brands")
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class Channel(models.Model):
    """One account of the organisation on one network. `state` follows its sign-in (social.connecting)."""

    STATES: ClassVar = [(ACTIVE, _("Connected")), (NEEDS_SIGNIN, _("Needs sign-in")), (DISCONNECTED, _("Disconnected"))]

    brand = models.ForeignKey(Brand, models.PROTECT, related_name="channels", verbose_name=_("brand"))
    network = models.CharField(_("network"), max_length=30)
    connection = models.ForeignKey("core.Connection", models.PROTECT, related_name="channels")
    handle = models.CharField(_("handle"), max_length=120)
    name = models.CharField(_("name"), max_length=200, blank=True, default="")
    outside_id = models.CharField(max_length=120)
    state = models.CharField(_("state"), max_length=15, choices=STATES, default=ACTIVE)
    # Whom to tell what happened to it, once per ending.
    told_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("channel"), _("channels")
        ordering: ClassVar = ["brand__name", "network", "handle"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["network", "outside_id"], name="one_channel_per_account")]

    def __str__(self) -> str:
        return f"@{self.handle}"


class Stream(models.Model):
    """One thing that is read from a channel again and again, and how far it was read.

    `since_id` is the newest post of the last finished round. While a round of several pages runs, `page_token` is where it
    goes on, `page_since` what it was asked from and `page_newest` the newest of its first page: a round that was cut goes
    on with the same question. `first_round` reads what was there before us. A stream that is `paused` is not read until an admin lets
    it go on; `weekly` is how many posts of the seven days before a keyword was saved it would have brought.
    """

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="streams")
    kind = models.CharField(max_length=20, default="mentions")
    argument = models.CharField(max_length=200, blank=True, default="")
    next_due = models.DateTimeField()
    interval = models.PositiveIntegerField(default=60)
    since_id = models.CharField(max_length=30, blank=True, default="")
    # As long as the network makes it: no network says how long that is.
    page_token = models.TextField(blank=True, default="")
    page_since = models.CharField(max_length=30, blank=True, default="")
    page_newest = models.CharField(max_length=30, blank=True, default="")
    pages = models.PositiveIntegerField(default=0)
    first_round = models.BooleanField(default=True)
    swept_at = models.DateTimeField(null=True)
    last_ok = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=30, blank=True, default="")
    failures = models.PositiveSmallIntegerField(default=0)
    paused = models.BooleanField(default=False)
    weekly = models.PositiveIntegerField(null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["channel", "kind", "argument"], name="one_stream")]
        indexes: ClassVar = [models.Index(fields=["next_due", "id"], name="stream_due")]

    def __str__(self) -> str:
        return f"{self.channel_id} {self.kind} {self.argument}".strip()


class Profile(models.Model):
    """A person's or company's account on a network, kept by the network's own id: handles change (SOC-19).

    The records it belongs to are ties of kind "profile" (social.people). One that was linked by its address before the network could
    be asked has "@" and its handle as `outside_id`, until it is met there. `noted` is what people typed here and is ours; the rest is
    what the network told. `asked_at` is when somebody's opening of a page last asked.
    """

    network = models.CharField(_("network"), max_length=30)
    outside_id = models.CharField(max_length=120)
    handle = models.CharField(_("handle"), max_length=120, blank=True, default="")
    # The handle in lower case: how it is looked for.
    handle_key = models.CharField(max_length=120, blank=True, default="")
    name = models.CharField(_("name"), max_length=200, blank=True, default="")
    # The name as it is looked for (social.people.spelled).
    name_key = models.CharField(max_length=200, blank=True, default="")
    bio = models.TextField(_("bio"), blank=True, default="")
    place = models.CharField(_("place"), max_length=200, blank=True, default="")
    picture_url = models.CharField(max_length=500, blank=True, default="")
    seen_at = models.DateTimeField()
    followers = models.BigIntegerField(_("followers"), null=True)
    following = models.BigIntegerField(_("following"), null=True)
    post_count = models.BigIntegerField(_("posts"), null=True)
    like_count = models.BigIntegerField(_("likes"), null=True)
    protected = models.BooleanField(default=False)
    # What it was called before, and since when it is not there any more.
    was = models.CharField(max_length=120, blank=True, default="")
    gone_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True)
    background = models.JSONField(default=dict)
    noted = models.JSONField(default=dict)

    class Meta:
        verbose_name, verbose_name_plural = _("social profile"), _("social profiles")
        constraints: ClassVar = [models.UniqueConstraint(fields=["network", "outside_id"], name="one_profile")]
        indexes: ClassVar = [
            models.Index(fields=["network", "handle_key"], name="profile_handle"),
            models.Index(fields=["network", "name_key"], name="profile_name"),
        ]

    def __str__(self) -> str:
        return self.name or f"@{self.handle}"

    @property
    def met(self) -> bool:
        """Whether the network's own id is known."""
        return not self.outside_id.startswith("@")


class Post(Record):
    """Something said in public to one of our channels, or by us, or found on a person's own page. Kept once, however often it is
    read (SOC-5).

    `theirs` is what was only found: nobody said it to us, so it is no work for anybody (SOC-13). It has no `channel`, and neither
    has what one of us said with an account of their own. When it turns out to be said to us, it becomes an ordinary post.
    """

    network = PicklistColumn(_("network"), editable=False)
    outside_id = TextColumn(_("id at the network"), max_length=120, editable=False)
    channel = models.ForeignKey(Channel, models.PROTECT, null=True, related_name="+", editable=False, verbose_name=_("channel"))
    profile = models.ForeignKey(Profile, models.PROTECT, related_name="posts", editable=False, verbose_name=_("social profile"))
    author_name = TextColumn(_("author"), editable=False)
    author_handle = HandleColumn(_("handle"), max_length=120, editable=False)
    text = LongTextColumn(_("text"), editable=False)
    kind = PicklistColumn(_("kind"), editable=False)
    said_at = models.DateTimeField(_("said"), editable=False)
    conversation = TextColumn(_("conversation"), max_length=120, editable=False)
    in_reply_to = TextColumn(_("in reply to"), max_length=120, editable=False)
    verdict = PicklistColumn(_("recommendation"), editable=False)
    # {"url", "alt"} of each: they stay at the network.
    pictures = models.JSONField(default=list, editable=False)
    edited_at = models.DateTimeField(_("changed on the network"), null=True, editable=False)
    ours = models.BooleanField(_("ours"), default=False, editable=False)
    theirs = models.BooleanField(_("found on their own page"), default=False, editable=False)
    deleted_on_network = models.BooleanField(_("deleted on the network"), default=False, editable=False)
    state = PicklistColumn(_("state"), default="open")

    class Meta:
        verbose_name, verbose_name_plural = _("post"), _("posts")
        constraints: ClassVar = [models.UniqueConstraint(fields=["network", "outside_id"], name="one_post")]
        indexes: ClassVar = [
            *record_indexes("post", "-said_at", "state -said_at", "theirs -said_at", "kind -said_at"),
            models.Index(fields=["-said_at", "-id"], name="post_ours", condition=Q(deleted_at__isnull=True, ours=True)),
            models.Index(fields=["network", "conversation", "said_at"], name="post_conversation"),
            models.Index(fields=["profile", "-said_at"], name="post_profile", condition=Q(deleted_at__isnull=True)),
        ]

    @property
    def title(self) -> str:
        words = " ".join(_MENTIONS.sub("", self.text).split()) or self.text or gettext("No longer kept here")
        return words if len(words) <= 80 else f"{words[:79]}…"

    @property
    def author_id(self) -> str:
        """The author's id at the network, as core.record.messages asks for it."""
        return self.profile.outside_id

    @property
    def link(self) -> str:
        return network(self.network).post_url(self.author_handle, self.outside_id)  # type: ignore[attr-defined]


class DeletionRequest(models.Model):
    """Somebody asked a network to have us delete what is theirs. `person` is their id there, gone when it is done; `digest` knows
    the request again, `code` is what they were given to ask after it."""

    network = models.CharField(max_length=30)
    person = models.CharField(max_length=120, blank=True, default="")
    digest = models.CharField(max_length=64, unique=True)
    code = models.CharField(max_length=40, unique=True)
    asked_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.network} {self.pk}"


class Reading(models.Model):
    """How far a profile's own posts were read: when last, where older ones go on, and why it was refused (SOC-9, SOC-19).

    `code` and `facts` are those of a core.remote.errors.RemoteError, told to each reader in their language and zone.
    """

    profile = models.OneToOneField(Profile, models.CASCADE, related_name="reading")
    read_at = models.DateTimeField(null=True)
    older = models.TextField(blank=True, default="")
    code = models.CharField(max_length=30, blank=True, default="")
    facts = models.JSONField(default=dict)
    tried_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.profile_id} {self.code}".strip()


class Spoken(models.Model):
    """The account somebody chose last to speak with at a network (SOC-15)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    network = models.CharField(max_length=30)
    connection = models.ForeignKey("core.Connection", models.CASCADE, related_name="+")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "network"], name="one_choice_per_network")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.network}"
