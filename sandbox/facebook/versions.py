"""Versions of the Graph API: which live, and which one answers a call to a dead one."""

from datetime import UTC, datetime

from ..store import Store
from . import settings
from .problems import Problem

# "Graph API changelog, versions": the day on which each ends; the newest has none yet.
LIVE = {
    "v19.0": "2026-05-21",
    "v20.0": "2026-09-24",
    "v21.0": "2027-01-21",
    "v22.0": "2027-05-20",
    "v23.0": "2027-10-08",
    "v24.0": "2028-02-18",
    "v25.0": "2028-07-29",
    "v26.0": "",
}


def answering(store: Store, asked: str, path: str) -> str:
    """The version that answers. A dead one is silently answered by the oldest that lives, or refused where the control wants that."""
    if not _known(asked):
        raise Problem("path_unknown", path=path)
    living = [name for name, end in LIVE.items() if not end or store.now_ms() < _ms(end)]
    if asked in living:
        return asked
    if settings.get(store, "dead_versions", "served") == "refused":
        raise Problem("version_too_old", version=living[-1])
    return living[0]


def _known(asked: str) -> bool:
    return asked in LIVE or float(asked.removeprefix("v")) < float(next(iter(LIVE)).removeprefix("v"))


def _ms(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp() * 1000)
