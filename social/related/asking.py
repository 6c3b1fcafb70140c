"""With which account a network is asked about somebody; and asking it who they are now (SOC-10, SOC-19)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from core import clock
from core.access.gate import can
from core.remote.abilities import Can
from core.remote.errors import Gone, Hidden, RemoteError
from core.remote.models import ACTIVE, BRAND, PERSONAL, Connection
from core.remote.network import Network, network
from core.remote.wires import Wire

from .. import own
from ..models import Profile
from ..people import keep


def accounts(user: Any, networks: Collection[str]) -> list[Connection]:
    """The accounts this person may ask with, their own first, then those of the organisation. One query."""
    whose = Q(kind=PERSONAL, owner=user) if own.may(user) else Q(pk__in=[])
    if can(user, "social.post", "view"):
        whose |= Q(kind=BRAND)
    rows = Connection.objects.filter(whose, network__in=networks, chain__state=ACTIVE, closed_at=None).select_related("chain")
    return sorted((one for one in rows if one.open), key=lambda one: (one.kind != PERSONAL, one.pk))


def why_not(row: Connection, ability: Can) -> str:
    """Why this account cannot, for people; empty if it can."""
    return network(row.network).why_not(ability, alone=row.kind == PERSONAL, scopes=row.chain.scopes or None)


def able(rows: Sequence[Connection], net: Network, ability: Can) -> Connection | None:
    """The first of these accounts that can do it at a network."""
    return next((one for one in rows if one.network == net.key and not why_not(one, ability)), None)


def _day() -> datetime:
    return clock.now().replace(hour=0, minute=0, second=0, microsecond=0)


def stale(profile: Profile) -> bool:
    """Whether it was not asked for today. A network that bills does so once a UTC day."""
    return profile.asked_at is None or profile.asked_at < _day()


def look(user: Any, profile: Profile) -> RemoteError | None:
    """Ask the network who this is now, once a day however many open the page; what stands in the way, if anything. The row is
    read anew."""
    net = network(profile.network)
    row = able(accounts(user, [net.key]), net, Can.PROFILE)
    if row is None or not _can_look(net, profile):
        return None
    before = profile.asked_at
    free = Q(asked_at=None) | Q(asked_at__lt=_day())
    if not Profile.objects.filter(free, pk=profile.pk).update(asked_at=clock.now()):
        return None
    wire, trouble = Wire(row, person=True, feature="profile"), None
    try:
        if profile.met:
            person = net.by_id(wire, profile.outside_id)  # type: ignore[attr-defined]
        else:
            person = net.by_handle(wire, profile.handle)  # type: ignore[attr-defined]
        with transaction.atomic():
            keep(net.key, [person])
    except Gone:
        Profile.objects.filter(pk=profile.pk).update(gone_at=clock.now())
    except Hidden:
        Profile.objects.filter(pk=profile.pk).update(protected=True)
    except RemoteError as error:
        Profile.objects.filter(pk=profile.pk).update(asked_at=before)
        trouble = error
    return trouble


def _can_look(net: Network, profile: Profile) -> bool:
    """Whether the network has a way to this profile: by its id, or, where people go by handles, by that."""
    return hasattr(net, "by_id") if profile.met else net.profiles.shouts and hasattr(net, "by_handle")


def lookable(user: Any, profiles: Sequence[Profile]) -> set[int]:
    """Of these profiles those that opening the page may ask for now. A query where one is stale, none else."""
    old = [one for one in profiles if stale(one) and _can_look(network(one.network), one)]
    if not old:
        return set()
    rows = accounts(user, {one.network for one in old})
    return {one.pk for one in old if able(rows, network(one.network), Can.PROFILE) is not None}
