"""Licences: how many there are, who takes one, what is over. Asked within every act that could take one (admin_console.acts),
while no other act passes: of two invitations at the last licence one wins (ADM-6)."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q
from django.utils.translation import ngettext

from core import clock
from core.access.models import AppAccess, User
from core.record.write import Refused
from core.web.menu import given_apps

from .models import Subscription
from .plans import Plan, first_plan, plans
from .states import counted


class NoLicence(Refused):
    """There are not enough licences; the sentence names the number."""

    def __init__(self, lacking: int) -> None:
        total = standing().total
        words = ngettext(
            "Your plan has %(total)d licence and it is taken. %(lacking)d more would be needed.",
            "Your plan has %(total)d licences and all are taken. %(lacking)d more would be needed.",
            total,
        )
        super().__init__(words % {"total": total, "lacking": lacking})
        self.lacking = lacking


@dataclass(frozen=True)
class Standing:
    """How the licences stand. Nobody counts where `plan.endless`."""

    plan: Plan
    seats: int
    full: int
    limited: int

    @property
    def total(self) -> int:
        """Licences there are."""
        return self.seats if self.plan.ordered else max(self.plan.users, 0)

    @property
    def limited_used(self) -> int:
        """People with one app who take no licence."""
        return min(self.limited, self.plan.limited)

    @property
    def used(self) -> int:
        return self.full + self.limited - self.limited_used

    @property
    def left(self) -> int | None:
        """Licences left; below nought what is over; None where nobody counts."""
        return None if self.plan.endless else self.total - self.used


def subscription() -> Subscription:
    """The row, or what a new installation begins with."""
    row = Subscription.objects.filter(pk=1).first()
    return row or Subscription(pk=1, plan=first_plan().key, seats=0, since=clock.now())


def plan_of(row: Subscription) -> Plan:
    """The plan of a row; one that the installer took out of the table counts as the first."""
    return plans().get(row.plan) or first_plan()


def heads() -> tuple[int, int]:
    """(people who take a full licence, people with at most one app and no admin's rights)."""
    rows = counted(User.objects.all()).annotate(
        number=Count("apps", filter=Q(apps__app__in=given_apps())), admins=Count("apps", filter=Q(apps__is_admin=True))
    )
    limited = rows.filter(level="", number__lte=1, admins=0).count()
    return counted(User.objects.all()).count() - limited, limited


def standing(plan: Plan | None = None, seats: int | None = None) -> Standing:
    """How the licences stand, or would stand with another plan."""
    row = subscription()
    return Standing(plan or plan_of(row), row.seats if seats is None else seats, *heads())


def lacking() -> int:
    """How many licences are missing now; nought where they suffice."""
    left = standing().left
    return max(-left, 0) if left is not None else 0


def not_included(plan: Plan) -> dict[str, int]:
    """Apps that people have and a plan does not include, with the number of people."""
    return {app: number for app, number in usage().items() if not plan.includes(app)}


def usage() -> dict[str, int]:
    """People per app."""
    rows = AppAccess.objects.filter(user__in=counted(User.objects.all()), app__in=given_apps())
    return dict(rows.values_list("app").annotate(Count("pk")).order_by("app"))
