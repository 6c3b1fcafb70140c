"""What networks tell by themselves: checked, written down and answered at once, worked off by a job (SOC-8).

    raw body → signature of the network → one row for each event that never came before, and its job, in one transaction

Polling is the net under it: whatever comes both ways is stored once. A handler is registered with `hears`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import clock
from core.remote.network import Network
from core.work.jobs import Run, enqueue, job

from .intake import take
from .models import HookEvent

KIND = "exchange.hear"
# No network sends more in one request.
LARGEST = 1_000_000
MOST = 1_000
# Of a body's events so many get their jobs in the request; a job hands the rest out.
AT_ONCE = 10


@dataclass(frozen=True, slots=True)
class News:
    """One event as a network sends it: its id there, what kind, whom it is about, and what it says."""

    outside_id: str
    kind: str
    subject: str = ""
    payload: dict[str, Any] = field(default_factory=dict)


Ear = Callable[[HookEvent], None]
_ears: dict[str, Ear] = {}


def hears(network_key: str) -> Callable[[Ear], Ear]:
    """Register `fn(event)`, called in the transaction that takes the event off the list. It may be called twice."""

    def register(ear: Ear) -> Ear:
        _ears[network_key] = ear
        return ear

    return register


def receive(net: Network, body: bytes) -> int:
    """Write down what is new in a body whose signature was checked. Gives how many events are new; a replay has none."""
    told = [one for one in net.news(body)[:MOST] if one.outside_id and net.key in _ears]
    with transaction.atomic():
        new, now = take(net.key, "event", told, key=lambda one: one.outside_id[:200]), clock.now()
        made = [HookEvent(network=net.key, at=now, kind=one.kind[:60], subject=one.subject[:120], payload=one.payload) for one in new]
        rows = [row.pk for row in HookEvent.objects.bulk_create(made, batch_size=500)]
        for row in rows[:AT_ONCE]:
            _hand_out(row)
        if rest := rows[AT_ONCE:]:
            enqueue(KIND, key=f"hooks:{rest[0]}", args={"events": rest})
    return len(new)


def _hand_out(row: int) -> None:
    """One job for one event, so that none waits for another that fails."""
    enqueue(KIND, key=f"hook:{row}", args={"event": row})


@job(KIND, label=_("Take in what a network told"), stoppable=False)
def hear(run: Run) -> None:
    """Work one event off, or hand many out. What it brought is in the tables of whoever heard it; the event itself is not kept."""
    if "events" in run.args:
        for waiting in HookEvent.objects.filter(pk__in=run.args["events"]).order_by("pk").values_list("pk", flat=True):
            with run.step():
                _hand_out(waiting)
        return
    row = HookEvent.objects.filter(pk=run.args["event"]).first()
    if row is None:
        return
    with run.step():
        ear = _ears.get(row.network)
        if ear is not None:
            ear(row)
        row.delete()
