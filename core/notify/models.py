"""What somebody is to be told, by which way, and the mails that tell it."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

__all__ = ["Letter", "Notification", "NotifyChoice"]

NEVER, AT_ONCE, DAILY = "", "now", "daily"
BY_MAIL = [(NEVER, _("Never")), (AT_ONCE, _("At once")), (DAILY, _("Once a day"))]
QUEUED, SENDING, SENT, FAILED, UNKNOWN, DROPPED = "queued", "sending", "sent", "failed", "unknown", "dropped"


class NotifyChoice(models.Model):
    """How one of us wants to be told of one kind: in the page, and by mail. Without a row the kind's own default holds."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)
    page = models.BooleanField(default=True)
    mail = models.CharField(max_length=10, blank=True, default=NEVER)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "kind"], name="one_notify_choice")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.kind}"


class Letter(models.Model):
    """One mail of notifications to one of us: `queued` until `due_at`, `sending` from before it is handed over, then `sent`.

    Found at `sending` by a later try, it may have left: it becomes `unknown` and is not sent again. `dropped`: there was
    nothing left to tell. `about` names the record of a single mail (what comes meanwhile joins it), `day` a digest.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    about = models.CharField(max_length=160, blank=True, default="")
    day = models.DateField(null=True)
    state = models.CharField(max_length=10, default=QUEUED)
    due_at = models.DateTimeField()
    made_at = models.DateTimeField()
    sending_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=60, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "about"], condition=Q(state=QUEUED, day=None), name="one_open_letter"),
            models.UniqueConstraint(fields=["user", "day"], condition=Q(day__isnull=False), name="one_digest_a_day"),
        ]
        indexes: ClassVar = [models.Index(fields=["made_at"], name="letter_made")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.about or self.day} {self.state}"


class Notification(models.Model):
    """Something one person is told about one record, or about many of one act (PLT-19).

    `kind` says which sentence (core.notify.kinds), `data` what it needs beyond the record: plain values, never the title,
    which is read through the gate when it is shown. `key` makes the same news one row, however often it is told. For many
    records `record_id` is 0 and `data` holds {"count", "ids"}. `page`: it shows in the bell; `mail`: how it goes by mail.
    `gone`: the record was binned or the reader lost sight of it, so it counts no more.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)
    module = models.CharField(max_length=60)
    record_id = models.BigIntegerField()
    data = models.JSONField(default=dict)
    key = models.CharField(max_length=120, blank=True, default="")
    page = models.BooleanField(default=True)
    mail = models.CharField(max_length=10, blank=True, default=NEVER)
    letter = models.ForeignKey(Letter, models.SET_NULL, null=True, related_name="rows")
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    gone = models.BooleanField(default=False)

    stays_when_merged = True  # it leads to the old address, which leads on

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "key"], condition=Q(key__gt=""), name="told_once")]
        indexes: ClassVar = [
            models.Index(fields=["user", "-id"], name="notification_newest"),
            models.Index(fields=["user", "-id"], condition=Q(read_at=None, page=True, gone=False), name="notification_unread"),
            models.Index(fields=["module", "record_id"], name="notification_of_record"),
            models.Index(fields=["user", "at"], condition=Q(mail=DAILY, letter=None), name="notification_digest"),
            models.Index(fields=["at"], name="notification_at"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.kind} {self.module} {self.record_id}"
