"""The outbox (`Delivery`) and the intake (`Arrival`)."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.access.models import User
from core.remote.errors import said
from core.remote.models import PERSONAL, Connection

from .verbs import VERBS

__all__ = ["Arrival", "Delivery", "HookEvent"]

WAITING, SENDING, SENT, HELD, FAILED, UNKNOWN = "waiting", "sending", "sent", "held", "failed", "unknown"
STATES = [
    (WAITING, _("Waiting")),
    (SENDING, _("Sending")),
    (SENT, _("Sent")),
    (HELD, _("Held")),
    (FAILED, _("Not sent")),
    (UNKNOWN, _("Unclear")),
]


class Delivery(models.Model):
    """One thing to be done at a network, once.

    `key` makes the same wish the same row. `action` is the verb (core.exchange.verbs), `target` what the verb needs (ids of the
    network), `text` the words. `reason_code` and `facts` say why it is not sent; `why` tells it to a reader in their language and
    zone, `reason` is what the worker read. `looks` counts readings back.
    `module` and `record_id` name the record it belongs to.
    """

    network = models.CharField(_("network"), max_length=30)
    connection = models.ForeignKey(Connection, models.PROTECT, related_name="deliveries", verbose_name=_("sent as"))
    action = models.CharField(max_length=30)
    target = models.JSONField(default=dict)
    text = models.TextField(_("text"), blank=True, default="")
    state = models.CharField(_("state"), max_length=10, choices=STATES, default=WAITING)
    not_before = models.DateTimeField(_("not before"), null=True)
    reason_code = models.CharField(max_length=30, blank=True, default="")
    reason = models.CharField(_("reason"), max_length=300, blank=True, default="")
    facts = models.JSONField(default=dict)
    attempts = models.PositiveSmallIntegerField(default=0)
    looks = models.PositiveSmallIntegerField(default=0)
    outside_id = models.CharField(max_length=120, blank=True, default="")
    key = models.CharField(max_length=150, unique=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("asked by"))
    module = models.CharField(max_length=60, blank=True, default="")
    record_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(_("asked"))
    sending_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(_("sent"), null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("delivery"), _("deliveries")
        indexes: ClassVar = [
            models.Index(fields=["module", "record_id"], name="delivery_of_record"),
            models.Index(fields=["connection", "state"], name="delivery_of_connection"),
            models.Index(fields=["network", "outside_id"], name="delivery_outside"),
        ]

    def __str__(self) -> str:
        return f"{self.network} {self.action} {self.pk} {self.state}"

    def may_be_settled_by(self, user: User) -> bool:
        """Whether this person says what becomes of it: with somebody's own account only they speak, again or not at all."""
        return self.connection.kind != PERSONAL or self.connection.owner_id == user.pk

    @property
    def verb(self) -> str:
        """What it does, for people."""
        verb = VERBS.get(self.action)
        return str(verb.label) if verb else str(self.action)

    @property
    def why(self) -> str:
        """Why it is not sent, for whoever reads it now; empty if nothing is in its way."""
        return said(self.reason_code, self.facts) or str(self.reason)


class Arrival(models.Model):
    """Something that came in. The constraint makes it come in once, whichever way and however often."""

    source = models.CharField(max_length=60)
    kind = models.CharField(max_length=40)
    outside_id = models.CharField(max_length=200)
    batch = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["source", "kind", "outside_id"], name="one_arrival")]

    def __str__(self) -> str:
        return f"{self.source} {self.kind} {self.outside_id}"


class HookEvent(models.Model):
    """One event that a network sent and that is not worked off yet; then it is deleted. That it came stands in `Arrival`."""

    network = models.CharField(max_length=30)
    kind = models.CharField(max_length=60)
    subject = models.CharField(max_length=120, blank=True, default="")
    payload = models.JSONField(default=dict)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.network} {self.kind} {self.pk}"
