"""Handles that were written into records and that nobody spoke with yet: whose they are is asked in the background (SOC-12).

X charges for each person: so many a day and no more, within the budgets for robots, and each handle once.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.remote import budget
from core.remote.abilities import Can
from core.remote.budget import Bucket
from core.remote.errors import Limited, OverBudget, RemoteError, Revoked, Transient
from core.remote.models import ACTIVE, BRAND, Connection
from core.remote.network import network
from core.remote.wires import Wire
from core.work.jobs import Run, enqueue, job

from .people import keep, known_handles

KIND, NETWORK = "social.look_up", "x"
# How many a day, and how many with one call.
A_DAY, AT_ONCE = 500, 100
_DAY = Bucket(f"{NETWORK}:handles", A_DAY, 86_400, daily=True)


def ask_for(handles: Iterable[str]) -> None:
    """Have these handles asked for, if an account of the organisation may ask. In the transaction that wrote them."""
    wanted = sorted({one.lower() for one in handles})
    if not wanted or _account() is None:
        return
    for begin in range(0, len(wanted), AT_ONCE):
        part = wanted[begin : begin + AT_ONCE]
        enqueue(KIND, key=f"{part[0]}:{part[-1]}:{len(part)}"[:190], args={"handles": part})


def _account() -> Connection | None:
    """An account of the organisation that can be asked with."""
    if not network(NETWORK).can(Can.LINK_BY_HANDLE):
        return None
    rows = Connection.objects.filter(network=NETWORK, kind=BRAND, closed_at=None, chain__state=ACTIVE).select_related("chain")
    return rows.order_by("pk").first()


@job(KIND, label=_("Look up X handles"))
def look_up(run: Run) -> None:
    """Ask for those that are still unknown; whom the network knows is tied to the records that carry the handle."""
    handles: list[str] = run.args["handles"]
    known = known_handles(handles)
    row, wanted = _account(), [one for one in handles if one not in known]
    if row is None or not wanted:
        return None
    net: Any = network(NETWORK)
    try:
        allowed = []
        for one in wanted:
            try:
                budget.take([_DAY], person=True)
            except Limited as error:
                until = error.until
                break
            allowed.append(one)
        people = net.by_handles(Wire(row, guard=run.hold, feature="handles"), allowed) if allowed else {}
    except (Limited, OverBudget) as error:
        return run.later(error.until)
    except (Transient, Revoked):
        raise
    except RemoteError:
        return None
    with run.step(), transaction.atomic():
        keep(NETWORK, people.values())
    return run.later(until) if len(allowed) < len(wanted) else None
