"""Tags: words on records, kept in one table for all modules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet

from core.record.hanging import hangs, may_have
from core.record.models import Tag, Tagging
from core.text.fold import fold
from core.worded import worded


def tags_of(module: str, words: Iterable[str]) -> dict[str, int]:
    """Tag ids by folded word; words not met before become tags."""
    keys = {fold(word): word for word in words}
    Tag.objects.bulk_create([Tag(module=module, word=word, key=key) for key, word in keys.items()], ignore_conflicts=True)
    return dict(Tag.objects.filter(module=module, key__in=list(keys)).values_list("key", "pk"))


def set_tags(module: str, wanted: Mapping[int, Sequence[str]]) -> None:
    """Make the tags of each record exactly those given, by record id."""
    ids = tags_of(module, {word for words in wanted.values() for word in words})
    rows = {(record, ids[fold(word)]) for record, words in wanted.items() for word in words}
    held = {
        (record, tag): pk
        for pk, record, tag in Tagging.objects.filter(module=module, record_id__in=list(wanted)).values_list("pk", "record_id", "tag_id")
    }
    Tagging.objects.filter(pk__in=[pk for row, pk in held.items() if row not in rows]).delete()
    new = [Tagging(module=module, record_id=record, tag_id=tag) for record, tag in sorted(rows - held.keys())]
    Tagging.objects.bulk_create(new, ignore_conflicts=True, batch_size=500)


def load_tags(module: str, records: Iterable[Any]) -> None:
    """Read the tags of a page of records in one query."""
    by_id = {record.pk: record for record in records}
    for record in by_id.values():
        record.__dict__["_tag_words"] = []
    asked = tuple(pk for pk, record in by_id.items() if may_have(record, "tags"))
    for _pk, record_id, word in sorted(_tagged(module, asked)) if asked else ():
        by_id[record_id].__dict__["_tag_words"].append(word)


@worded()
def _tagged(module: str, ids: tuple[int, ...]) -> QuerySet[Any, Any]:
    return Tagging.objects.filter(module=module, record_id__in=ids).values_list("pk", "record_id", "tag__word")


@hangs("tags")
def _tags(module: str) -> tuple[QuerySet[Any], str]:
    return Tagging.objects.filter(module=module), "record_id"
