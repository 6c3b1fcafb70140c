"""What is used of the limits of a network's accounts: for the page of the network and for `manage.py social status`."""

from __future__ import annotations

from dataclasses import dataclass

from core.remote import budget
from core.remote.budget import Bucket, State
from core.remote.models import Connection
from core.remote.network import Network


@dataclass(frozen=True)
class Allowance:
    """One allowance that was used lately. `whose` is an account's name, empty for the app itself; `what` the endpoint, or the
    name that several endpoints share."""

    whose: str
    what: str
    bucket: Bucket
    state: State


def allowances(net: Network, most: int) -> list[Allowance]:
    """Those of the first `most` accounts and of the app. Days that a network counts always show. Raises Transient without Redis."""
    asked = []
    rows = Connection.objects.filter(network=net.key).select_related("chain").order_by("pk")[:most]
    for row in rows:
        for endpoint in net.limits:
            asked += [(f"@{row.handle}" if row.handle else row.name, one) for one in net.buckets(endpoint, net.subject_of(row.chain))]
    asked += [("", one) for endpoint in net.app_limits for one in net.app_buckets(endpoint)]
    # What several share, as the app's day, is one line.
    seen: dict[str, tuple[str, str, Bucket]] = {}
    for whose, bucket in asked:
        seen.setdefault(bucket.name, ("" if ":app:" in bucket.key else whose, bucket.key.rsplit(":", 1)[-1], bucket))
    states = budget.states([bucket for _whose, _what, bucket in seen.values()])
    return [
        Allowance(whose, what, bucket, state)
        for (whose, what, bucket), state in zip(seen.values(), states, strict=True)
        if state.seconds is not None or what in net.counted
    ]
