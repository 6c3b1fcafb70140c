"""How long an answer asks us to wait, by its headers (RFC 9110, 10.2.3; `x-rate-limit-reset` as X sends it)."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

from core import clock

from .http import Answer


def seconds_until(stamp: int, answer: Answer) -> float:
    """Seconds until a network's unix time. Their clock is compared with their Date header, not with ours (rule 3)."""
    try:
        now = parsedate_to_datetime(answer.headers.get("Date") or "")
    except (TypeError, ValueError):
        now = clock.now()
    return max(0.0, stamp - now.timestamp())


def retry_after(answer: Answer, default: float = 900.0) -> float:
    """Seconds to wait after a 429: Retry-After, x-rate-limit-reset, or a quarter of an hour."""
    header = answer.headers.get("Retry-After") or ""
    if header.isdigit():
        return float(header)
    try:
        return max(0.0, (parsedate_to_datetime(header) - clock.now()).total_seconds())
    except (TypeError, ValueError):
        pass
    reset = answer.headers.get("x-rate-limit-reset") or ""
    return seconds_until(int(reset), answer) if reset.isdigit() else default
