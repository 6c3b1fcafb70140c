"""The app of each network as an admin entered it on its page: keys, access level, budgets. The environment comes second.

Secrets are sealed, and shown to nobody again. Kept in each process until the page changes something.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from core.stamps import stamped

from .models import NetworkApp
from .secrets import SealBroken, Secret


@dataclass(frozen=True, slots=True)
class Entered:
    """What stands on the page of a network; empty where nothing was entered. Limits are in millionths of a dollar."""

    client_id: str = ""
    level: str = ""
    app_key: str = ""
    day_limit: int | None = None
    month_limit: int | None = None
    people_go_on: bool = True
    _secret: str = field(default="", repr=False)
    _app_secret: str = field(default="", repr=False)

    def secret(self) -> str:
        """The client secret in plain; empty if no present key opens it, so that the network refuses and says so."""
        return _plain(self._secret)

    def app_secret(self) -> str:
        return _plain(self._app_secret)


def _plain(sealed: str) -> str:
    try:
        return Secret(sealed).reveal()
    except SealBroken:
        return ""


@stamped("networks")
def entered(network: str) -> Entered:
    """What an admin entered for a network."""
    row = NetworkApp.objects.filter(network=network).first()
    if row is None:
        return Entered()
    return Entered(
        row.client_id,
        row.level,
        row.app_key,
        row.day_limit,
        row.month_limit,
        row.people_go_on,
        row.client_secret.sealed,
        row.app_secret.sealed,
    )
