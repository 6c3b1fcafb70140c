"""How Facebook writes a moment, and how it reads one."""

import re
from datetime import UTC, datetime

from .problems import invalid

NEVER = 2**62


def written(at_ms: int) -> str:
    """`2026-08-20T01:02:03+0000`, without a colon in the zone."""
    return datetime.fromtimestamp(at_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def read(value: str, name: str) -> int:
    """Unix seconds or a date, as milliseconds."""
    if re.fullmatch(r"\d{1,11}", value):
        return int(value) * 1000
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise invalid(f"Param {name} must be a valid timestamp") from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
