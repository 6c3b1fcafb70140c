"""By what a person or company is known, who looks like whom, and what was merged into what."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

USER = settings.AUTH_USER_MODEL


class IdentityKey(models.Model):
    """One thing a record is or was known by: an address, a number, a handle, a name at a company; normalised.

    A key once held stays, marked `past`. `who` is the name of its record, to tell two people who share a telephone.
    `live` is False while the record is in the bin or stands aside. Written in the transaction that writes the record.
    """

    module = models.CharField(max_length=60)
    record_id = models.BigIntegerField()
    kind = models.CharField(max_length=8)
    value = models.CharField(max_length=200)
    who = models.CharField(max_length=120, blank=True, default="")
    past = models.BooleanField(default=False)
    live = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["module", "record_id", "kind", "value"], name="one_identity_key")]
        indexes: ClassVar = [models.Index(fields=["value", "kind", "module"], name="identity_value", condition=Q(live=True))]

    def __str__(self) -> str:
        return f"{self.module} {self.record_id} {self.kind}"


class TwinGroup(models.Model):
    """Records of one module that look like one: how sure that is (1-99), and by which kinds of keys. Made from the keys."""

    module = models.CharField(max_length=60)
    confidence = models.PositiveSmallIntegerField()
    size = models.PositiveIntegerField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["module", "-confidence", "-id"], name="twin_group_order")]

    def __str__(self) -> str:
        return f"{self.module} {self.pk}"


class TwinMember(models.Model):
    """This record is in that group; in one at most."""

    group = models.ForeignKey(TwinGroup, models.CASCADE, related_name="members")
    module = models.CharField(max_length=60)
    record_id = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["module", "record_id"], name="one_twin_group")]

    def __str__(self) -> str:
        return f"{self.module} {self.record_id}"


class TwinsApart(models.Model):
    """Somebody said that these two are not the same. `one` is the smaller id."""

    module = models.CharField(max_length=60)
    one = models.BigIntegerField()
    other = models.BigIntegerField()
    by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["module", "one", "other"], name="one_twins_apart")]
        indexes: ClassVar = [models.Index(fields=["module", "other"], name="twins_apart_other")]

    def __str__(self) -> str:
        return f"{self.module} {self.one} {self.other}"


class TwinStale(models.Model):
    """The keys of this record changed; its group is to be found anew."""

    module = models.CharField(max_length=60)
    record_id = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.module} {self.record_id}"


class TwinState(models.Model):
    """Whether a module's records were all gone through once, by which `version` of the rules. `turn` counts how often its
    groups were written: who looked before another wrote looks again."""

    module = models.CharField(max_length=60, primary_key=True)
    version = models.PositiveIntegerField(default=0)
    turn = models.PositiveBigIntegerField(default=0)
    built_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.module} {self.version}"


class Merge(models.Model):
    """Records that were merged into one, with all that is needed to take it back.

    `before` is the winner's row as it was, `changed` what the merge wrote to it by column (before, after), `moved` what hung on the others
    by table and column, `keys` what happened to identity keys. `act` is what binned the others.
    """

    module = models.CharField(max_length=60)
    winner_id = models.BigIntegerField()
    losers = models.JSONField(default=list)
    at = models.DateTimeField()
    by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    act = models.UUIDField(unique=True)
    version = models.PositiveIntegerField()
    before = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    changed = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    moved = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    keys = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["module", "winner_id", "-id"], name="merge_of_record")]

    def __str__(self) -> str:
        return f"{self.module} {self.winner_id}"
