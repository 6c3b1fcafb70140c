"""The rows of imports, exports and bulk edits: what was asked, where its file lies, and what became of each line."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.work.models import Job

USER = settings.AUTH_USER_MODEL

FAILED, SKIPPED, WARNING = "failed", "skipped", "warning"


class ImportRun(models.Model):
    """One file that somebody brings in: how its columns are read, and by which jobs it was imported and undone.

    Rows of the file that need a word stand in RowNote under the job; what was made and changed stands in the history,
    whose events carry the job's id. Only `user` can reach it.
    """

    user = models.ForeignKey(USER, models.CASCADE, related_name="+")
    module = models.CharField(max_length=60)
    name = models.CharField(_("file"), max_length=200)
    file = models.CharField(max_length=200)
    size = models.PositiveBigIntegerField()
    digest = models.CharField(max_length=64)
    headers = models.JSONField(default=list)
    rows = models.PositiveIntegerField()
    encoding = models.CharField(max_length=40, blank=True)
    # {"columns": {"0": "email"}, "mode": …, "keys": […], …}: core.record.importing_wishes.
    wishes = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    job = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="+")
    undo = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name, verbose_name_plural = _("import"), _("imports")
        indexes: ClassVar = [
            models.Index(fields=["user", "module", "-id"], name="import_of_user"),
            models.Index(fields=["created_at"], name="import_by_age"),
        ]

    def __str__(self) -> str:
        return self.name


class ImportMapping(models.Model):
    """How somebody read a table with these headings the last time, found again by the headings."""

    user = models.ForeignKey(USER, models.CASCADE, related_name="+")
    module = models.CharField(max_length=60)
    headings = models.CharField(max_length=64)
    wishes = models.JSONField(default=dict)
    used_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "module", "headings"], name="one_mapping_per_headings")]

    def __str__(self) -> str:
        return f"{self.module} {self.headings[:8]}"


class RowNote(models.Model):
    """A line or record of a job that needs a word: it failed, it was skipped, or something was left out.

    `code` and `values` become a sentence in the reader's language (core.record.importing_words). Written in the step that
    handled the line, so that a repeated step leaves no second one.
    """

    LEVELS: ClassVar = [(FAILED, _("Not imported")), (SKIPPED, _("Skipped")), (WARNING, _("With a remark"))]

    job = models.ForeignKey(Job, models.CASCADE, related_name="notes")
    line = models.PositiveIntegerField(null=True)
    record_id = models.BigIntegerField(null=True)
    level = models.CharField(max_length=8, choices=LEVELS)
    code = models.CharField(max_length=40)
    values = models.JSONField(default=dict)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["job", "level", "line"], name="note_of_job")]

    def __str__(self) -> str:
        return f"{self.line or self.record_id}: {self.code}"


class ExportFile(models.Model):
    """A finished or growing export: its parts in the storage, for `user` alone, until `expires_at`."""

    user = models.ForeignKey(USER, models.CASCADE, related_name="+")
    module = models.CharField(max_length=60)
    name = models.CharField(max_length=120)
    format = models.CharField(max_length=4)
    # What was asked: {"query": address of the list, "columns": "list" | "all", "bom": bool}.
    asked = models.JSONField(default=dict)
    parts = models.JSONField(default=list)
    rows = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    job = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name, verbose_name_plural = _("export"), _("exports")
        indexes: ClassVar = [models.Index(fields=["expires_at"], name="export_by_age"), models.Index(fields=["job"], name="export_of_job")]

    def __str__(self) -> str:
        return self.name


class BulkRun(models.Model):
    """One change to many records: which ones (ids, or the address of a list up to a primary key), and what."""

    user = models.ForeignKey(USER, models.CASCADE, related_name="+")
    module = models.CharField(max_length=60)
    # One of core.record.bulk.DOES, or the key of an action.
    do = models.CharField(max_length=80)
    # Plain values by field key; for tags {"add": […], "remove": […]}.
    values = models.JSONField(default=dict)
    ids: Any = models.JSONField(default=list)
    query = models.TextField(blank=True)
    upto = models.BigIntegerField(default=0)
    act = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    job = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="+")

    def __str__(self) -> str:
        return f"{self.do} {self.module}"
