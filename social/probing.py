"""Finding within half an hour that access was taken back at the network, also where nothing else calls (SOC-3)."""

from __future__ import annotations

from datetime import datetime

from core.remote.connection import quiet
from core.remote.errors import RemoteError
from core.remote.models import Connection
from core.remote.network import network
from core.remote.wires import Wire
from core.work.jobs import Run, enqueue

KIND = "social.probe"
# Looked for every five minutes: together well below the half hour.
QUIET_MINUTES = 20


def enqueue_quiet(now: datetime) -> int:
    """Write a job for every connection without a good call of late. Gives how many."""
    rows = quiet(now, QUIET_MINUTES)
    for row in rows:
        enqueue(KIND, key=f"probe:{row.pk}", args={"connection": row.pk})
    return len(rows)


def work(run: Run) -> None:
    """One call. What it means is followed by the wire: an ended sign-in is noted and told; trouble on the way says nothing."""
    row = Connection.objects.select_related("chain").filter(pk=run.args["connection"]).first()
    if row is None or row.chain.state != "active":
        return
    try:
        network(row.network).probe(Wire(row, person=True, guard=run.hold, feature="probe"))
    except RemoteError:
        return
