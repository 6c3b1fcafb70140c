"""Event: something happened to a record. One row is history, timeline item and trigger at once; rows are only added."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Event(models.Model):
    """Who did what to which record, by which way, and what changed: `{field key: [before, after]}` in plain JSON."""

    at = models.DateTimeField(_("when"))
    module = models.CharField(max_length=60)
    record_id = models.BigIntegerField()
    kind = models.CharField(max_length=40)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("who"))
    way = models.CharField(_("way"), max_length=10)
    job = models.BigIntegerField(null=True)
    changes = models.JSONField(default=dict)
    detail = models.JSONField(default=dict)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["module", "record_id", "-id"], name="event_of_record"),
            models.Index(fields=["job", "id"], name="event_of_job", condition=models.Q(job__isnull=False)),
            models.Index(fields=["-id"], name="event_newest", condition=models.Q(kind="exported")),
        ]

    def __str__(self) -> str:
        return f"{self.module} {self.record_id} {self.kind}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("Events are only added, never changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("Events are only added, never deleted.")
