"""A moment in a list: how long ago, or the day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from core.field.look import Look

TOKYO = ZoneInfo("Asia/Tokyo")
NOW = datetime(2026, 5, 20, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "just now"), (59, "just now"), (60, "1 min ago"), (7_200, "2 h ago"), (172_800, "2 d ago"), (700_000, "12 May 2026")],
)
def test_what_was_is_told_as_time_passed_or_as_its_day(seconds: int, words: str) -> None:
    """PLT-6."""
    assert Look(zone=TOKYO, now=NOW).ago(NOW - timedelta(seconds=seconds)) == words


def test_what_a_worker_did_while_the_page_was_made_is_now() -> None:
    """PLT-6: it is a little ahead of the page; tomorrow is a day."""
    assert Look(zone=TOKYO, now=NOW).ago(NOW + timedelta(seconds=1)) == "just now"
    assert Look(zone=TOKYO, now=NOW).ago(NOW + timedelta(days=1)) == "21 May 2026"
