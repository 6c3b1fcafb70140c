"""Record: what every row of a module carries; and what can be tied to any record: tags, notes, links."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.field.columns import KeyColumn, LongTextColumn


class Record(models.Model):
    """A row of a module. Written only through core.record.write, which checks, keeps history and feeds the search index.

    `version` counts changes: an edit made on an older version is a conflict, never an overwrite. `deleted_at` is set in
    the bin; `deleted_with` names the act that put it there, so that one restore brings back all that went with it.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("owner"))
    created_at = models.DateTimeField(_("created"), editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", editable=False, verbose_name=_("created by")
    )
    changed_at = models.DateTimeField(_("changed"), editable=False)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", editable=False, verbose_name=_("changed by")
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    deleted_at = models.DateTimeField(null=True, editable=False)
    deleted_with = models.UUIDField(null=True, editable=False)
    extra = models.JSONField(default=dict, editable=False)

    # The columns `derive` reads and nothing else: a change of others leaves it out. None: it is always called.
    DERIVED_FROM: ClassVar[frozenset[str] | None] = None

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """What people call this record."""
        raise NotImplementedError

    def derive(self) -> None:
        """Set the columns that follow from others. Called before every write that may touch them (`DERIVED_FROM`)."""

    def refuse(self) -> dict[str, Any]:
        """What is wrong with the record as a whole: messages by field key. Called before every write by a person."""
        return {}

    @property
    def tag_words(self) -> list[str]:
        held: list[str] | None = self.__dict__.get("_tag_words")
        if held is None:
            key = self._meta.label_lower
            held = (
                list(Tagging.objects.filter(module=key, record_id=self.pk).order_by("pk").values_list("tag__word", flat=True))
                if self.pk
                else []
            )
            self.__dict__["_tag_words"] = held
        return held


def record_indexes(name: str, *orders: str, reach: str = "") -> list[models.Index]:
    """The indexes a module's table needs for its lists: each order with the primary key behind it, over living rows.

    A page by key walks one of them from where it stands (docs/performance.md), whatever the size of the table. An order
    of two columns (`status -changed_at`) also serves the filter by the first.

    `reach` are the columns that sharing rules name records by most often. They stand, with the owner, beside the newest and beside
    the primary key, where the database can (PostgreSQL): who may see a record is then read from the index, and everybody's
    records on the way to one's own are not read at all. What keeps a record out of its lists belongs among them.
    """
    made, living = [], models.Q(deleted_at__isnull=True)
    beside = ["owner", *reach.split()] if reach else []
    for order in ("-changed_at", "-created_at", "owner -changed_at", *orders):
        columns = order.split()
        short = "".join(part.strip("-").replace("_", "")[:9] for part in columns)
        columns.append("-id" if columns[-1].startswith("-") else "id")
        include = beside if order == "-changed_at" else []
        made.append(models.Index(fields=columns, name=f"{name}_{short}"[:30], condition=living, include=include))
    if beside:
        made.append(models.Index(fields=["id"], name=f"{name}_reach", condition=living, include=beside))
    return made


class Tag(models.Model):
    """A word people hang on records, one list per module."""

    module = models.CharField(max_length=60)
    word = models.CharField(max_length=60)
    key = KeyColumn()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["module", "key"], name="one_tag_per_word")]

    def __str__(self) -> str:
        return self.word


class Tagging(models.Model):
    """This record carries this tag."""

    tag = models.ForeignKey(Tag, models.CASCADE, related_name="+")
    module = models.CharField(max_length=60)
    record_id = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["module", "record_id", "tag"], name="one_tagging")]
        indexes: ClassVar = [models.Index(fields=["tag", "record_id"], name="tagging_by_tag")]

    def __str__(self) -> str:
        return f"{self.module} {self.record_id}"


class Unopened(models.Model):
    """This one of us was given this record and has not opened it yet."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    module = models.CharField(max_length=60)
    record_id = models.BigIntegerField()

    stays_when_merged = True  # it tells of a record that went; the one that stays is known or not of its own

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "module", "record_id"], name="one_unopened")]
        indexes: ClassVar = [models.Index(fields=["module", "record_id"], name="unopened_record")]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.module} {self.record_id}"


class KeptNotes(models.Manager["Note"]):
    """The notes nobody removed. A removed one can be brought back for BIN_DAYS and is then swept."""

    def get_queryset(self) -> models.QuerySet[Note]:
        return super().get_queryset().filter(removed_at__isnull=True)


class Note(models.Model):
    """What somebody wrote down on a record. Plain text. `mentions` are the ids of users it names (core.record.mentions)."""

    module = models.CharField(max_length=60)
    record_id = models.BigIntegerField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    text = LongTextColumn(_("note"))
    at = models.DateTimeField()
    mentions = models.JSONField(default=list)
    pinned_at = models.DateTimeField(null=True)
    edited_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)

    objects = KeptNotes()
    every = models.Manager()

    class Meta:
        verbose_name, verbose_name_plural = _("note"), _("notes")
        base_manager_name = "every"
        indexes: ClassVar = [
            models.Index(fields=["module", "record_id", "-id"], name="note_of_record"),
            models.Index(fields=["removed_at"], name="note_removed", condition=models.Q(removed_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.text[:60]


class Tie(models.Model):
    """Two records of any modules belong together: a post and its ticket, a lead and the contact it became."""

    called = _("link to another record")
    kind = models.CharField(max_length=40)
    module = models.CharField(max_length=60)
    record_id = models.BigIntegerField()
    other_module = models.CharField(max_length=60)
    other_id = models.BigIntegerField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "module", "record_id", "other_module", "other_id"], name="one_tie")
        ]
        indexes: ClassVar = [
            models.Index(fields=["module", "record_id"], name="tie_of_record"),
            models.Index(fields=["other_module", "other_id", "kind"], name="tie_back"),
        ]

    def __str__(self) -> str:
        return f"{self.module} {self.record_id} {self.kind} {self.other_module} {self.other_id}"
