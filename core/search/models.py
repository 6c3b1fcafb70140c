"""The one index over all modules."""

from __future__ import annotations

from django.db import models


class SearchEntry(models.Model):
    """What can be found of one record. Written by `core.search.index` alone.

    `key` has one line a field, the title first, folded, with `^` before each word of letters or digits. The database's own
    gram index hangs on this table: see `core.search.schema`.
    """

    module = models.CharField(max_length=60)
    record_id = models.BigIntegerField()
    title = models.CharField(max_length=200)
    key = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["module", "record_id"], name="search_entry_once")]

    def __str__(self) -> str:
        return self.title
