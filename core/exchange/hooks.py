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

from .intake import claim
from .models import HookEvent

KIND = "exchange.hear"
# No network sends more in one request.
LARGEST = 1_000_000
MOST = 1_000


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
    new = 0
    with transaction.atomic():
        for news in net.news(body)[:MOST]:
            if not news.outside_id or net.key not in _ears or not claim(net.key, "event", news.outside_id[:200]):
                continue
            kept = {"kind": news.kind[:60], "subject": news.subject[:120], "payload": news.payload}
            row = HookEvent.objects.create(network=net.key, at=clock.now(), **kept)
            enqueue(KIND, key=f"hook:{row.pk}", args={"event": row.pk})
            new += 1
    return new


@job(KIND, label=_("Take in what a network told"), stoppable=False)
def hear(run: Run) -> None:
    """Work one event off. What it brought is in the tables of whoever heard it; the event itself is not kept."""
    row = HookEvent.objects.filter(pk=run.args["event"]).first()
    if row is None:
        return
    with run.step():
        ear = _ears.get(row.network)
        if ear is not None:
            ear(row)
        row.delete()
