"""Who signed in from where, who was invited, what the house demands of them, and the audit log."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

USER = settings.AUTH_USER_MODEL


class SecurityPolicy(models.Model):
    """What this installation demands of its people: one row, number 1. Read it through `core.signin.policy.policy`."""

    least_length = models.PositiveSmallIntegerField(_("shortest password"), default=8)
    # {"levels": ["account", …], "profiles": [id, …], "roles": [id, …]}: who must have a second factor.
    factor_for = models.JSONField(default=dict, blank=True)
    # 0 is without end.
    idle_minutes = models.PositiveIntegerField(_("minutes without a click until one is signed out"), default=1440)
    absolute_hours = models.PositiveIntegerField(_("hours until one must sign in again"), default=336)
    # Networks people may come from, as CIDR; empty: from everywhere.
    networks = models.JSONField(default=list, blank=True)

    def __str__(self) -> str:
        return str(_("Security"))


class UserSession(models.Model):
    """One place where somebody is signed in. `key` is the session's own, which no page and no log shows."""

    user = models.ForeignKey(USER, models.CASCADE, related_name="+")
    key = models.CharField(max_length=40, unique=True)
    device = models.CharField(max_length=80, blank=True)
    address = models.CharField(max_length=45, blank=True)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["user", "-seen_at"], name="session_of_user")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.device}"


class SignInTry(models.Model):
    """One try to sign in, whether it went well or not. `outcome` is one of OUTCOMES."""

    OUTCOMES: ClassVar = [
        ("in", _("signed in")),
        ("wrong", _("wrong e-mail or password")),
        ("inactive", _("account is not active")),
        ("factor", _("wrong second factor")),
        ("limited", _("too many tries")),
        ("network", _("network is not allowed")),
    ]
    at = models.DateTimeField()
    user = models.ForeignKey(USER, models.CASCADE, null=True, related_name="+")
    email = models.CharField(max_length=254, blank=True)
    address = models.CharField(max_length=45, blank=True)
    device = models.CharField(max_length=80, blank=True)
    # How: password, passkey, totp, recovery_codes, invitation, setup.
    way = models.CharField(max_length=20, blank=True)
    outcome = models.CharField(max_length=10, choices=OUTCOMES)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["email", "-id"], name="try_by_email"),
            models.Index(fields=["address", "-id"], name="try_by_address"),
            models.Index(fields=["outcome", "-id"], name="try_by_outcome"),
            models.Index(fields=["user", "-id"], name="try_of_user"),
            models.Index(fields=["at"], name="try_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.email} {self.outcome}"


class Invitation(models.Model):
    """One link that was mailed to somebody so that they choose a password. Only the newest of a person is worth anything.

    The link itself stands nowhere: `digest` is made when the mail is written, by the job that sends it.
    """

    user = models.ForeignKey(USER, models.CASCADE, related_name="invitations")
    email = models.EmailField()
    digest = models.CharField(max_length=64, blank=True, db_index=True)
    invited_by = models.ForeignKey(USER, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    mailed_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)
    # Withdrawn, or replaced by a newer one.
    ended_at = models.DateTimeField(null=True)
    replaced = models.BooleanField(default=False)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["user", "-id"], name="invitation_of_user")]

    def __str__(self) -> str:
        return self.email


class EmailChange(models.Model):
    """A new address somebody asked for and has not confirmed yet: one for each person, the newest. The link itself stands nowhere:
    `digest` is made when the mail is written, by the job that sends it."""

    user = models.OneToOneField(USER, models.CASCADE, related_name="+")
    email = models.EmailField()
    digest = models.CharField(max_length=64, blank=True, db_index=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    mailed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.user_id} → {self.email}"


class AuditEntry(models.Model):
    """One act of an admin, as it was. Rows are only added: here, and by the database itself (core.signin.audit_table).

    `who` and `label` keep the names as they were said; `changes` is {name: [before, after]} in plain JSON.
    """

    at = models.DateTimeField(_("when"))
    actor = models.ForeignKey(USER, models.DO_NOTHING, null=True, db_constraint=False, related_name="+", verbose_name=_("who"))
    who = models.CharField(max_length=130, blank=True)
    way = models.CharField(max_length=10)
    act = models.CharField(max_length=60)
    # What it was done to: a model's label ("core.user") or a module's key, and its id.
    kind = models.CharField(max_length=60)
    target_id = models.BigIntegerField(null=True)
    label = models.CharField(max_length=200, blank=True)
    changes = models.JSONField(default=dict)
    detail = models.JSONField(default=dict)
    address = models.CharField(max_length=45, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["actor", "-id"], name="audit_of_actor"),
            models.Index(fields=["kind", "-id"], name="audit_of_kind"),
            models.Index(fields=["at"], name="audit_by_moment"),
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.label}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("The audit log is only added to.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("The audit log is only added to.")


class PersonalFile(models.Model):
    """All data of one customer in one ZIP, in the storage until `expires_at`, for the admin who asked."""

    user = models.ForeignKey(USER, models.CASCADE, related_name="+")
    module = models.CharField(max_length=60)
    record_id = models.BigIntegerField()
    path = models.CharField(max_length=200, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    job = models.ForeignKey("core.Job", models.SET_NULL, null=True, related_name="+")

    stays_when_merged = True  # it tells what was kept under this number, for a day

    class Meta:
        indexes: ClassVar = [models.Index(fields=["expires_at"], name="personal_file_by_age")]

    def __str__(self) -> str:
        return f"{self.module} {self.record_id}"
