"""What calls cost, counted by day, feature, argument and channel, and the budgets at which robots stop (SOC-9).

A resource that a network charges once a UTC day is counted once a day: `micros` is what we expect to pay, `worst` what it
would be without that promise. All sums are millionths of a dollar.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import F, Sum

from core import clock

from . import apps, budget
from .errors import OverBudget
from .models import Connection, NetworkApp, Spending

if TYPE_CHECKING:
    from .network import Network

# The share of a budget at which its admins are told.
WARN_AT = 0.8

_listeners: list[Callable[[str, str, int, int], None]] = []


def on_warning(listener: Callable[[str, str, int, int], None]) -> Callable[[str, str, int, int], None]:
    """Register `fn(network key, "day" or "month", spent, limit)`: called once for each day and month that comes near its limit, and
    once more when it is used up."""
    _listeners.append(listener)
    return listener


@dataclass(frozen=True, slots=True)
class Spent:
    """What a network has cost in a day and a month, and what it may."""

    day: int
    month: int
    day_limit: int | None
    month_limit: int | None

    def over(self, share: float = 1.0) -> str:
        """Which budget is used up to this share: "month", "day" or none."""
        if self.month_limit is not None and self.month >= self.month_limit * share:
            return "month"
        return "day" if self.day_limit is not None and self.day >= self.day_limit * share else ""


def spent(network: str, today: date | None = None) -> Spent:
    """What a network has cost so far."""
    today = today or clock.now().date()
    rows = Spending.objects.filter(network=network, day__gte=today.replace(day=1), day__lte=today).order_by()
    by_day = dict(rows.values_list("day").annotate(Sum("micros")))
    limits = apps.entered(network)
    return Spent(by_day.get(today, 0), sum(by_day.values()), limits.day_limit, limits.month_limit)


def open_for(net: Network, *, person: bool) -> None:
    """Raises OverBudget when the budget of the day or the month is used up: for robots, and for people if the admin said so."""
    limits = apps.entered(net.key)
    if (limits.day_limit is None and limits.month_limit is None) or (person and limits.people_go_on):
        return
    which = spent(net.key).over()
    if which:
        _warn(net.key)  # a limit that was entered below what is spent already is passed by no call
        raise OverBudget(resumes(which))


def resumes(which: str) -> datetime:
    """When a budget begins anew: the next day or the next month, by UTC, as networks bill."""
    now = clock.now()
    return budget.from_midnight(now) if which == "day" else budget.from_midnight(now.replace(day=1) + timedelta(days=31)).replace(day=1)


def charge(
    net: Network, charged: Iterable[tuple[str, list[str]]], *, feature: str, argument: str = "", connection: Connection | None = None
) -> int:
    """Count one call and what it is charged with. Gives what we expect to pay."""
    micros = worst = units = 0
    for unit, ids in charged:
        price = net.prices.get(unit, 0)
        micros += price * _new(net.key, unit, ids)
        worst += price * len(ids)
        units += len(ids)
    _count(net.key, feature, argument[:100], connection.pk if connection else 0, micros, worst, units)
    if micros:
        _warn(net.key)
    return micros


def _new(network: str, unit: str, ids: list[str]) -> int:
    """How many of these the network did not charge today yet. A call itself, without ids, is always charged."""
    named = [one for one in ids if one]
    if not named:
        return len(ids)
    return budget.first_seen(f"seen:{network}:{unit}:{clock.now():%Y-%m-%d}", named) + len(ids) - len(named)


def _count(network: str, feature: str, argument: str, connection: int, micros: int, worst: int, units: int) -> None:
    where = {"network": network, "day": clock.now().date(), "feature": feature, "argument": argument, "connection": connection}
    more = {"calls": F("calls") + 1, "units": F("units") + units, "micros": F("micros") + micros, "worst": F("worst") + worst}
    if Spending.objects.filter(**where).update(**more):
        return
    try:
        with transaction.atomic():
            Spending.objects.create(**where, calls=1, units=units, micros=micros, worst=worst)
    except IntegrityError:  # another worker made the row of the day a moment before
        Spending.objects.filter(**where).update(**more)


def _warn(network: str) -> None:
    limits = apps.entered(network)
    if limits.day_limit is None and limits.month_limit is None:
        return
    now = spent(network)
    full = now.over()
    which = full or now.over(WARN_AT)
    if not which:
        return
    mark = f"{which} {clock.now():%Y-%m-%d}" if which == "day" else f"{which} {clock.now():%Y-%m}"
    mark += " full" if full else ""
    with transaction.atomic():
        if NetworkApp.objects.filter(network=network).exclude(warned=mark).update(warned=mark):
            sums = (now.month, now.month_limit or 0) if which == "month" else (now.day, now.day_limit or 0)
            for listener in _listeners:
                listener(network, which, *sums)
