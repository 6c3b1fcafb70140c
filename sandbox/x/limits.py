"""Rate limits: windows that really close, counted per user or app and endpoint, told in every answer's headers."""

from dataclasses import dataclass, replace

from ..store import Store
from .problems import TOO_MANY, Problem

WINDOW_S = 900
DAY_S = 86_400
POSTING_S = 10_800

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Limits:
    """Calls per 15 minutes for a user token and an app token; per 24 hours for writes that have such a limit."""

    per_user: int
    per_app: int = 0
    per_user_24h: int = 0
    per_app_24h: int = 0
    # Posts and reposts of a person together, in three hours; told in no header.
    posting_3h: int = 0


@dataclass(frozen=True)
class Bucket:
    """One counter: whose, of what, over how long, how large, and what its headers begin with."""

    subject: str
    endpoint: str
    span_s: int
    size: int
    header: str


def buckets(endpoint: str, limits: Limits, person: int | None, client_id: str) -> list[Bucket]:
    """The counters that a call of this endpoint touches."""
    user, app = f"user:{person}", f"app:{client_id}"
    if person is None:
        return [Bucket(app, endpoint, WINDOW_S, limits.per_app, "x-rate-limit")]
    found = [Bucket(user, endpoint, WINDOW_S, limits.per_user, "x-rate-limit")]
    if limits.per_user_24h:
        found.append(Bucket(user, endpoint, DAY_S, limits.per_user_24h, "x-user-limit-24hour"))
    if limits.per_app_24h:
        found.append(Bucket(app, endpoint, DAY_S, limits.per_app_24h, "x-app-limit-24hour"))
    if limits.posting_3h:
        found.append(Bucket(user, "posting", POSTING_S, limits.posting_3h, ""))
    return found


def told(store: Store, wanted: list[Bucket]) -> list[Bucket]:
    """The counters as the control has set them: X changes its limits, too."""
    found = []
    for bucket in wanted:
        changed = store.setting(f"limit:{bucket.endpoint}", "") if bucket.span_s == WINDOW_S else ""
        size, _comma, span = changed.partition(",")
        found.append(replace(bucket, size=int(size), span_s=int(span)) if changed else bucket)
    return found


def take(store: Store, wanted: list[Bucket]) -> Headers:
    """Count one call in every bucket; with one of them empty nothing is counted and the call is refused."""
    states = [_state(store, bucket) for bucket in wanted]
    if any(used >= bucket.size for bucket, (_, used) in zip(wanted, states, strict=True)):
        raise Problem(429, TOO_MANY, _headers(wanted, states))
    states = [(ends_s, used + 1) for ends_s, used in states]
    for bucket, (ends_s, used) in zip(wanted, states, strict=True):
        _write(store, bucket, ends_s, used)
    return _headers(wanted, states)


def exhaust(store: Store, bucket: Bucket) -> None:
    """Empty a bucket until its window closes."""
    ends_s, _ = _state(store, bucket)
    _write(store, bucket, ends_s, bucket.size)


def _state(store: Store, bucket: Bucket) -> tuple[int, int]:
    """When the window closes and how many calls are used; a window opens with its first call."""
    now_s = store.now_ms() // 1000
    row = store.one(
        "SELECT ends_s, used FROM buckets WHERE subject = ? AND endpoint = ? AND span_s = ?", bucket.subject, bucket.endpoint, bucket.span_s
    )
    # A clock that was turned back must not leave a window open for longer than its span.
    if row and now_s < row["ends_s"] <= now_s + bucket.span_s:
        return row["ends_s"], row["used"]
    return now_s + bucket.span_s, 0


def _write(store: Store, bucket: Bucket, ends_s: int, used: int) -> None:
    store.run("INSERT OR REPLACE INTO buckets VALUES (?, ?, ?, ?, ?)", bucket.subject, bucket.endpoint, bucket.span_s, ends_s, used)


def _headers(wanted: list[Bucket], states: list[tuple[int, int]]) -> Headers:
    lines: list[tuple[str, str]] = []
    for bucket, (ends_s, used) in zip(wanted, states, strict=True):
        if not bucket.header:
            continue
        left = max(0, bucket.size - used)
        lines += [
            (f"{bucket.header}-{name}", str(value)) for name, value in (("limit", bucket.size), ("remaining", left), ("reset", ends_s))
        ]
    return tuple(lines)
