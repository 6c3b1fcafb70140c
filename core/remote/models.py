"""The keys to outside accounts, and who is linked to them."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core import clock

from .secrets import EncryptedTextField

__all__ = ["Connection", "NetworkApp", "Spending", "TokenChain"]

ACTIVE, NEEDS_SIGNIN, REVOKED_HERE = "active", "needs_signin", "revoked_here"
PERSONAL, BRAND = "personal", "brand"


class TokenChain(models.Model):
    """One line of tokens: a network replaces the older ones of the same app and outside user, so there is one row.

    `version` grows with each new pair. `refresh_lease` names who is refreshing until `refresh_lease_until`.
    The previous refresh token is kept for 24 h, in case the network never noted the newer one (social-APIs 9.4).
    """

    STATES: ClassVar = [(ACTIVE, _("Active")), (NEEDS_SIGNIN, _("Needs a new sign-in")), (REVOKED_HERE, _("Disconnected"))]

    network = models.CharField(_("network"), max_length=30)
    client_id = models.CharField(max_length=120)
    outside_id = models.CharField(max_length=120)
    # Who agreed at the network, where that is another than the account: the person who runs a page.
    granted_by = models.CharField(max_length=120, blank=True, default="")
    access = EncryptedTextField(blank=True, default="")
    refresh = EncryptedTextField(blank=True, default="")
    previous_refresh = EncryptedTextField(blank=True, default="")
    previous_until = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    scopes = models.JSONField(default=list)
    version = models.PositiveIntegerField(default=1)
    state = models.CharField(_("state"), max_length=15, choices=STATES, default=ACTIVE)
    state_reason = models.CharField(max_length=200, blank=True, default="")
    issued_at = models.DateTimeField()
    refreshed_at = models.DateTimeField()
    last_ok_at = models.DateTimeField(null=True)
    refresh_lease = models.UUIDField(null=True, editable=False)
    refresh_lease_until = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["network", "client_id", "outside_id"], name="one_chain_per_outside_user")]
        indexes: ClassVar = [models.Index(fields=["state", "last_ok_at"], name="chain_quiet")]

    def __str__(self) -> str:
        return f"{self.network} {self.outside_id}"


class Connection(models.Model):
    """Somebody of us (personal), or the house (brand), linked to an outside account (T5: one of each at a time).

    `closed_at` says since when it is taken off here; its chain may go on for another connection of the same account. At `ends_at`
    it is taken off by itself, as its owner chose.
    """

    KINDS: ClassVar = [(PERSONAL, _("Personal")), (BRAND, _("Brand"))]

    network = models.CharField(_("network"), max_length=30)
    chain = models.ForeignKey(TokenChain, models.PROTECT, related_name="connections")
    kind = models.CharField(_("kind"), max_length=10, choices=KINDS)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="connections", verbose_name=_("owner"))
    label = models.CharField(_("name here"), max_length=100, blank=True, default="")
    handle = models.CharField(_("handle"), max_length=120, blank=True, default="")
    name = models.CharField(_("name"), max_length=200, blank=True, default="")
    picture_url = models.URLField(max_length=500, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, editable=False)
    ends_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name, verbose_name_plural = _("connection"), _("connections")
        constraints: ClassVar = [models.UniqueConstraint(fields=["chain", "kind"], name="one_connection_per_chain_and_kind")]

    def __str__(self) -> str:
        return self.label or self.handle or self.name

    @property
    def open(self) -> bool:
        """Whether it is in use here; whether the network still knows us stands in the chain."""
        return self.closed_at is None and (self.ends_at is None or self.ends_at > clock.now())


class NetworkApp(models.Model):
    """What an admin entered for a network: the keys of our app there, its access level, and what it may cost (SOC-2, SOC-9).

    `app_key` and `app_secret` are the pair for calls without a person and for signatures of webhooks, where a network has one
    beside the client's. Limits are in millionths of a dollar. `warned` names the day or month whose last warning went out, and
    whether that was of its end.
    """

    network = models.CharField(_("network"), max_length=30, unique=True)
    client_id = models.CharField(_("client id"), max_length=120, blank=True, default="")
    client_secret = EncryptedTextField(blank=True, default="")
    app_key = models.CharField(max_length=200, blank=True, default="")
    app_secret = EncryptedTextField(blank=True, default="")
    level = models.CharField(_("access level"), max_length=60, blank=True, default="")
    day_limit = models.BigIntegerField(null=True)
    month_limit = models.BigIntegerField(null=True)
    people_go_on = models.BooleanField(default=True)
    warned = models.CharField(max_length=20, blank=True, default="")
    changed_at = models.DateTimeField(null=True)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name, verbose_name_plural = _("network"), _("networks")

    def __str__(self) -> str:
        return self.network


class Spending(models.Model):
    """What calls to a network came to on one UTC day: by what they were for, and by whose connection (SOC-9)."""

    network = models.CharField(max_length=30)
    day = models.DateField()
    feature = models.CharField(max_length=60)
    argument = models.CharField(max_length=100, blank=True, default="")
    connection = models.BigIntegerField(default=0)
    calls = models.PositiveIntegerField(default=0)
    units = models.PositiveIntegerField(default=0)
    micros = models.BigIntegerField(default=0)
    worst = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["network", "day", "feature", "argument", "connection"], name="one_spending")
        ]

    def __str__(self) -> str:
        return f"{self.network} {self.day} {self.feature}"
