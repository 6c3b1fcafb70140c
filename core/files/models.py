"""What people keep beside a record: attachments, and the photo of a person. The bytes lie in the storage, never in the web root."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

USER = settings.AUTH_USER_MODEL
# Longest sides, in pixels, of the pictures made of a picture: in the list of files, and in a window of its own.
SMALL, LARGE = 160, 1600
SIZES = (SMALL, LARGE)


class Kept(models.Manager["Attachment"]):
    """Rows that nobody removed. A removed one can be brought back for BIN_DAYS and is then swept (core.files.sweeping)."""

    def get_queryset(self) -> models.QuerySet[Attachment]:
        return super().get_queryset().filter(removed_at__isnull=True)


class File(models.Model):
    """Bytes in the storage under a random name (U1): what they are by their content, and what was made of them.

    `variants` are the sizes in pixels of the re-encoded pictures that lie beside it. A file that no attachment, no photo and
    no mail (core.mail.models.Enclosure) names any longer is swept, bytes first.
    """

    place = models.CharField(max_length=200, unique=True)
    size = models.PositiveBigIntegerField()
    digest = models.CharField(max_length=64)
    type = models.CharField(max_length=120)
    variants = models.JSONField(default=list)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.type} {self.digest[:8]}"

    def variant(self, size: int) -> str:
        """The place of the picture of this size."""
        return f"{self.place}.{size}"

    @property
    def places(self) -> list[str]:
        """Every place its bytes can lie at."""
        return [self.place, *(self.variant(size) for size in {*self.variants, *SIZES})]


class Attachment(models.Model):
    """A file that somebody put on a record, under the name they gave it."""

    file = models.OneToOneField(File, models.PROTECT, related_name="attachment")
    module = models.CharField(max_length=60)
    record_id = models.BigIntegerField()
    name = models.CharField(_("file"), max_length=200)
    by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+", verbose_name=_("who"))
    at = models.DateTimeField(_("when"))
    removed_at = models.DateTimeField(null=True)
    removed_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")

    objects = Kept()
    every = models.Manager()

    class Meta:
        verbose_name, verbose_name_plural = _("attachment"), _("attachments")
        base_manager_name = "every"
        indexes: ClassVar = [
            models.Index(fields=["module", "record_id", "-id"], name="attachment_of_record"),
            models.Index(fields=["removed_at"], name="attachment_removed", condition=Q(removed_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_picture(self) -> bool:
        """Whether there is a re-encoded picture of it to look at."""
        return bool(self.file.variants)

    @property
    def opens(self) -> bool:
        """Whether a browser may show it in a window of its own: a true PDF, or our own picture of a picture."""
        return self.is_picture or self.file.type == "application/pdf"


class Photo(models.Model):
    """The picture of a person: a square of ours, never the bytes somebody sent. A new picture is a new row, so that its
    address may be kept by browsers."""

    file = models.OneToOneField(File, models.PROTECT, related_name="photo")
    module = models.CharField(max_length=60)
    record_id = models.BigIntegerField()
    by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("photo"), _("photos")
        constraints: ClassVar = [models.UniqueConstraint(fields=["module", "record_id"], name="one_photo_per_record")]

    def __str__(self) -> str:
        return f"{self.module} {self.record_id}"
