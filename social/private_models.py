"""What is said in private: conversations of an account of ours with one person of a network, and their messages (SOC-14, SOC-34)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from core.field.columns import HandleColumn, LongTextColumn, PicklistColumn, TextColumn
from core.record.models import Record, record_indexes

# What comes with a message, by the words networks use.
ATTACHED = {
    "image": _("Picture"),
    "photo": _("Picture"),
    "animated_gif": _("Picture"),
    "video": _("Video"),
    "audio": _("Sound"),
    "file": _("File"),
}


class Conversation(models.Model):
    """One account of ours and one person. Of an organisation's `channel`, or of somebody's own account: then `owner` alone sees it.

    `account` is our side's id at the network, which a new sign-in does not change. `heard_at` is when the person last wrote
    (windows of reply count from it), `last_at` when anybody did. `closed`: they take no messages from us. `read_at` is when its
    history was last read there, `older` where the rest of the history goes on, empty for none; `last_error` and `facts` say why it
    could not be read (core.remote.errors).
    """

    network = models.CharField(_("network"), max_length=30)
    account = models.CharField(max_length=120)
    channel = models.ForeignKey("social.Channel", models.PROTECT, null=True, related_name="conversations", verbose_name=_("channel"))
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="conversations", verbose_name=_("owner"))
    profile = models.ForeignKey("social.Profile", models.PROTECT, related_name="conversations", verbose_name=_("social profile"))
    outside_id = models.CharField(max_length=120, blank=True, default="")
    heard_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    older = models.TextField(blank=True, default="")
    closed = models.BooleanField(default=False)
    last_error = models.CharField(max_length=30, blank=True, default="")
    facts = models.JSONField(default=dict)

    class Meta:
        verbose_name, verbose_name_plural = _("conversation"), _("conversations")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["network", "account", "profile"], condition=Q(owner=None), name="one_conversation"),
            models.UniqueConstraint(
                fields=["network", "account", "profile", "owner"], condition=Q(owner__isnull=False), name="one_own_conversation"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["-last_at", "-id"], name="conversation_last", condition=Q(owner=None))]

    def __str__(self) -> str:
        return f"{self.network} {self.account} {self.profile_id}"


class OfChannels(models.Manager["Message"]):
    """The messages of the organisation's channels: the only ones that lists, search, exports and counts can come by."""

    def get_queryset(self) -> models.QuerySet[Message]:
        return super().get_queryset().filter(channel__isnull=False)


class Message(Record):
    """One private message, theirs or ours, kept once however often it comes (SOC-5).

    `profile` is the person at the other end, whoever wrote. `written_by` is who of us did, where it went out from here.
    `attachments` holds {"kind", "name", "url"}: the files stay at the network. `objects` are those of channels; those of
    somebody's own account are in `every` alone, and social.private.visible gives them to nobody but their owner.
    """

    network = PicklistColumn(_("network"), editable=False)
    outside_id = TextColumn(_("id at the network"), max_length=120, editable=False)
    conversation = models.ForeignKey(Conversation, models.PROTECT, related_name="+", editable=False, verbose_name=_("conversation"))
    channel = models.ForeignKey("social.Channel", models.PROTECT, null=True, related_name="+", editable=False, verbose_name=_("channel"))
    profile = models.ForeignKey("social.Profile", models.PROTECT, related_name="+", editable=False, verbose_name=_("social profile"))
    author_name = TextColumn(_("author"), editable=False)
    author_handle = HandleColumn(_("handle"), max_length=120, editable=False)
    text = LongTextColumn(_("text"), editable=False)
    attachments = models.JSONField(default=list, editable=False)
    said_at = models.DateTimeField(_("said"), editable=False)
    thread = TextColumn(_("conversation at the network"), max_length=120, editable=False)
    ours = models.BooleanField(_("ours"), default=False, editable=False)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False, verbose_name=_("written by")
    )
    deleted_on_network = models.BooleanField(_("deleted on the network"), default=False, editable=False)

    objects = OfChannels()
    every = models.Manager["Message"]()

    class Meta:
        verbose_name, verbose_name_plural = _("private message"), _("private messages")
        constraints: ClassVar = [models.UniqueConstraint(fields=["conversation", "outside_id"], name="one_message")]
        indexes: ClassVar = [
            *record_indexes("message", "-said_at"),
            models.Index(fields=["profile", "-said_at", "-id"], name="message_profile", condition=Q(deleted_at__isnull=True)),
        ]

    @property
    def title(self) -> str:
        words = " ".join(self.text.split()) or ", ".join(self.attached)
        return words if len(words) <= 80 else f"{words[:79]}…"

    @property
    def attached(self) -> list[str]:
        """What came with it, in words."""
        return [str(ATTACHED.get(str(one.get("kind")), _("Attachment"))) for one in self.attachments] or (
            [] if self.text else [say("Something that cannot be shown here")]
        )

    @property
    def files(self) -> list[dict[str, str]]:
        """What came with it: its word, its name, and where it lies at the network, if that is an address."""
        made = [
            {
                "label": str(ATTACHED.get(str(one.get("kind")), _("Attachment"))),
                "name": str(one.get("name") or ""),
                "url": url if (url := str(one.get("url") or "")).startswith(("https://", "http://")) else "",
            }
            for one in self.attachments
        ]
        return made or ([] if self.text else [{"label": label, "name": "", "url": ""} for label in self.attached])

    @property
    def author_id(self) -> str:
        """The author's id at the network, as core.record.messages asks for it."""
        return self.profile.outside_id

    @property
    def link(self) -> str:
        """Where the conversation stands at the network."""
        from core.remote.network import network

        found: Any = network(self.network)
        return str(found.link("message", user_id=self.profile.outside_id))
