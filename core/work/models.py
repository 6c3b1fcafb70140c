"""The rows of background work: what is left to do, what fell due, who is alive."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .registry import kinds

__all__ = ["Heartbeat", "Job", "Occurrence"]

WAITING, RUNNING, DONE, FAILED, PARKED, CANCELLED = "waiting", "running", "done", "failed", "parked", "cancelled"
OPEN = (WAITING, RUNNING)
STATES = [
    (WAITING, _("Waiting")),
    (RUNNING, _("Running")),
    (DONE, _("Done")),
    (FAILED, _("Failed")),
    (PARKED, _("Parked")),
    (CANCELLED, _("Cancelled")),
]


class Job(models.Model):
    """A piece of work that outlives its request.

    `args` hold ids only (C4). `cursor` is where the next slice begins. `done` of `total` is the progress in items
    (`total` is null while it is unknown). `lease` names the worker that holds the row until `lease_until`; without
    it no one writes. `attempts` counts runs without progress, before the work. `last_error` is short and carries
    no text from outside. `hinted_at` is when a worker was last told of the row; null means at the next sweep.
    """

    kind = models.CharField(max_length=60)
    key = models.CharField(max_length=120, blank=True, default="")
    label = models.CharField(_("job"), max_length=200, blank=True, default="")
    state = models.CharField(_("state"), max_length=10, choices=STATES, default=WAITING)
    due_at = models.DateTimeField(_("due"))
    lease = models.UUIDField(null=True, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    hinted_at = models.DateTimeField(null=True, editable=False)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    last_error = models.CharField(_("last error"), max_length=300, blank=True, default="")
    args = models.JSONField(default=dict)
    cursor = models.JSONField(default=dict)
    done = models.PositiveBigIntegerField(_("done"), default=0)
    total = models.PositiveBigIntegerField(_("of"), null=True)
    result = models.JSONField(default=dict)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("asked by"))
    cancel_asked = models.BooleanField(default=False)
    shown = models.BooleanField(default=False)
    created_at = models.DateTimeField(_("asked"))
    started_at = models.DateTimeField(_("started"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("job"), _("jobs")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "key"], condition=Q(state__in=OPEN) & Q(key__gt=""), name="one_open_job_per_key"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["due_at", "id"], condition=Q(state=WAITING), name="job_due"),
            models.Index(fields=["lease_until", "id"], condition=Q(state=RUNNING), name="job_leased"),
            models.Index(fields=["user", "-created_at"], condition=Q(shown=True), name="job_of_user"),
            models.Index(fields=["finished_at"], condition=Q(finished_at__isnull=False), name="job_finished"),
            models.Index(fields=["state"], condition=Q(state=PARKED), name="job_parked"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk} {self.state}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def said(self) -> str:
        """What it is called: by the name it was asked for with, else by that of its kind, in the reader's language."""
        return self.label or (str(kinds[self.kind].label) if self.kind in kinds else "")

    @property
    def percent(self) -> int | None:
        """Progress from 0 to 100; None while the total is unknown."""
        if not self.total:
            return None
        return min(100, int(self.done * 100 / self.total))


class Occurrence(models.Model):
    """One planned moment of one schedule. Unique, so that two clocks make one (reliability F13).

    Claimed like a job: `attempts` counted before the work, taken over when `claimed_at` is too old and `done_at` empty.
    """

    schedule = models.CharField(max_length=120)
    planned_at = models.DateTimeField()
    claimed_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=1)
    last_error = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["schedule", "planned_at"], name="one_occurrence")]
        indexes: ClassVar = [models.Index(fields=["planned_at"], name="occurrence_planned")]

    def __str__(self) -> str:
        return f"{self.schedule} {self.planned_at:%Y-%m-%d %H:%M}"


class Heartbeat(models.Model):
    """When a part of the machinery (`worker`, `scheduler`) was last seen alive."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} {self.at:%H:%M:%S}"


def beat(name: str, at: Any) -> None:
    """Note that `name` is alive."""
    Heartbeat.objects.update_or_create(name=name, defaults={"at": at})
