"""How full Facebook's allowances are, as its headers tell it: per cent of a rolling window whose size it does not tell.

The largest of the three numbers counts, 100 blocks. Robots stop at 80, as everywhere; what is told is believed for five
minutes, or as long as Facebook says that it takes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from core.remote.budget import Bucket, Learned
from core.remote.http import Answer

from .shapes import as_dict

# A call is no per cent: buckets count hundredths of one, and a call takes one until the next answer tells how it is.
WHOLE = 10_000
BELIEVED = 300
PAGE, MESSENGER, APP = "page-usage", "messenger-usage", "app-usage"
_NUMBERS = ("call_count", "total_time", "total_cputime")


def learned(buckets: list[Bucket], answer: Answer) -> Iterator[Learned]:
    """What an answer tells of each bucket that it tells anything of."""
    told = {
        APP: [_header(answer, "X-App-Usage")],
        PAGE: [_header(answer, "X-Page-Usage"), *(one for one in _business(answer) if one.get("type") != "messenger")],
        MESSENGER: [one for one in _business(answer) if one.get("type") == "messenger"],
    }
    for bucket in buckets:
        usages = [one for one in told.get(bucket.key.rsplit(":", 1)[-1], ()) if any(name in one for name in _NUMBERS)]
        if usages:
            left = max(0, WHOLE - round(100 * max(map(_percent, usages))))
            yield Learned(bucket, WHOLE, left, max(BELIEVED, *(map(_regained, usages))))


def wait(answer: Answer) -> float:
    """Seconds to stay away after a refusal: until access is regained, else five minutes; calling meanwhile prolongs it."""
    return max([BELIEVED, *map(_regained, _business(answer))])


def _business(answer: Answer) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for entries in _header(answer, "X-Business-Use-Case-Usage").values():
        found += [one for one in entries if isinstance(one, dict)] if isinstance(entries, list) else []
    return found


def _header(answer: Answer, name: str) -> dict[str, Any]:
    try:
        return as_dict(json.loads(answer.headers.get(name) or ""))
    except ValueError:
        return {}


def _percent(usage: dict[str, Any]) -> float:
    return max(_numbers(usage.get(name) for name in _NUMBERS), default=0.0)


def _regained(usage: dict[str, Any]) -> float:
    return 60 * max(_numbers([usage.get("estimated_time_to_regain_access")]), default=0.0)


def _numbers(values: Iterable[Any]) -> list[float]:
    return [float(one) for one in values if isinstance(one, int | float) and not isinstance(one, bool)]
