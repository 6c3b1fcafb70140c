"""What the console keeps for itself: the plan that is subscribed to, its history, and offers to take the account over."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

USER = settings.AUTH_USER_MODEL


class Subscription(models.Model):
    """The one row of what is subscribed to: a plan of the installer's table, and how many licences were ordered of it."""

    plan = models.CharField(_("plan"), max_length=40)
    seats = models.PositiveIntegerField(_("licences"), default=0)
    since = models.DateTimeField(_("since"))

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(pk=1), name="one_subscription")]

    def __str__(self) -> str:
        return self.plan


class SubscriptionChange(models.Model):
    """One line of the subscription's history; only added."""

    at = models.DateTimeField(_("when"))
    by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+", verbose_name=_("who"))
    plan = models.CharField(_("plan"), max_length=40)
    seats = models.PositiveIntegerField(_("licences"), default=0)

    class Meta:
        ordering: ClassVar = ["-pk"]

    def __str__(self) -> str:
        return f"{self.plan} {self.seats}"


class AccountOffer(models.Model):
    """An account admin offers another person to look after the account; it counts once that person has said yes.

    `leaves` says whether the one who offers becomes a suite admin then. At most one offer is open."""

    by = models.ForeignKey(USER, models.CASCADE, related_name="+")
    to = models.ForeignKey(USER, models.CASCADE, related_name="+")
    leaves = models.BooleanField(default=True)
    made_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    open = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["open"], condition=models.Q(open=True), name="one_account_offer")]

    def __str__(self) -> str:
        return f"{self.by_id} → {self.to_id}"
