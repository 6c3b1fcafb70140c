"""What somebody is to be told."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q


class Notification(models.Model):
    """Something one person is told about one record (PLT-19).

    `kind` says which sentence (core.notify.tell), `data` what it needs beyond the record: plain values, never the title,
    which is read through the gate when it is shown. `key` makes the same news one row, however often it is told.
    `mailed_at` is set before a mail is handed over, so that none goes out twice.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)
    module = models.CharField(max_length=60)
    record_id = models.BigIntegerField()
    data = models.JSONField(default=dict)
    key = models.CharField(max_length=120, blank=True, default="")
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)

    stays_when_merged = True  # it leads to the old address, which leads on

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "key"], condition=Q(key__gt=""), name="told_once")]
        indexes: ClassVar = [
            models.Index(fields=["user", "-id"], name="notification_newest"),
            models.Index(fields=["user"], condition=Q(read_at__isnull=True), name="notification_unread"),
            models.Index(fields=["read_at"], condition=Q(read_at__isnull=False), name="notification_read"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.kind} {self.module} {self.record_id}"
