"""Linkedin-Version: one a month, each dead about a year later."""

from datetime import UTC, datetime

from ..store import Store
from .problems import Problem, version_dead, version_missing

# 202508 ended on 2026-08-17: the 17th of the same month one year on.
LAST_DAY = 17
FIRST = 202206


def check(store: Store, version: str) -> str:
    """The version, if it is alive now."""
    if not version:
        raise version_missing()
    problem = version_dead(version)
    if not (version.isdigit() and len(version) == 6 and 1 <= int(version[4:]) <= 12):
        raise problem
    return _alive(store, version, problem)


def _alive(store: Store, version: str, problem: Problem) -> str:
    now = datetime.fromtimestamp(store.now_ms() / 1000, UTC)
    years, months = int(version[:4]), int(version[4:])
    born = datetime(years, months, 1, tzinfo=UTC)
    ends = datetime(years + 1, months, LAST_DAY, tzinfo=UTC)
    if int(version) < FIRST or not born <= now < ends:
        raise problem
    return version
