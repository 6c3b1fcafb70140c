"""Silent days: calls counted per app and per member until 00:00 UTC, told to nobody before the first 429."""

from dataclasses import dataclass

from ..store import Store
from . import levels
from .problems import burst, day_limit

DAY_MS = 86_400_000
EVERYTHING = "everything"
# Unpublished on the real network; these are the sandbox's own, and the control can change them. Per member, per app.
USUAL = (1_000, 100_000)
SIZES = {
    "profile search": (100, 10_000),
    "private messages": (50, 5_000),
    "invitations": (40, 4_000),
    "network updates": (200, 20_000),
    "profile details": (250, 25_000),
    # "500 calls per app and 100 per member in 24 hours (one source)": all endpoints together, at the development tier only.
    EVERYTHING: (100, 500),
}
FIVE = tuple(name for name in SIZES if name != EVERYTHING)
BURST, BURST_MS = 10, 60_000


@dataclass(frozen=True)
class Count:
    """How often a bucket was used today, and how often it may be."""

    subject: str
    bucket: str
    used: int
    size: int


def day(store: Store) -> int:
    """The day in UTC, by the sandbox's clock."""
    return store.now_ms() // DAY_MS


def size(store: Store, bucket: str) -> tuple[int, int]:
    """Per member and per app."""
    row = store.one("SELECT * FROM li_limits WHERE bucket = ?", bucket)
    return (row["per_member"], row["per_app"]) if row else SIZES.get(bucket, USUAL)


def counts(store: Store, bucket: str, member: str, client_id: str) -> tuple[Count, Count]:
    """The app's counter and the member's."""
    per_member, per_app = size(store, bucket)
    subjects = (f"app:{client_id}", per_app), (f"member:{client_id}:{member}", per_member)
    app, own = (Count(subject, bucket, _used(store, subject, bucket), most) for subject, most in subjects)
    return app, own


def take(store: Store, bucket: str, member: str, client_id: str) -> None:
    """Count one call, or refuse it; a refused one is not counted."""
    buckets = [bucket, EVERYTHING] if levels.current(store) == levels.CM_DEVELOPMENT else [bucket]
    found = [counts(store, name, member, client_id) for name in buckets]
    for app, own in found:
        if app.used >= app.size:
            raise day_limit("APPLICATION")
        if own.used >= own.size:
            raise day_limit("MEMBER")
    for pair in found:
        for one in pair:
            _write(store, one, one.used + 1)


def exhaust(store: Store, count: Count) -> None:
    """Use a counter up until midnight in UTC."""
    _write(store, count, max(count.used, count.size))


def check_burst(store: Store, actor: str) -> None:
    """A pause of about a minute for who comments too quickly; not the day's limit."""
    since = store.now_ms() - BURST_MS
    if store.number("SELECT COUNT(*) FROM li_comments WHERE actor = ? AND created_ms > ?", actor, since) >= BURST:
        raise burst()


def _used(store: Store, subject: str, bucket: str) -> int:
    return store.number("SELECT used FROM li_counts WHERE day = ? AND subject = ? AND bucket = ?", day(store), subject, bucket)


def _write(store: Store, count: Count, used: int) -> None:
    store.run("INSERT OR REPLACE INTO li_counts VALUES (?, ?, ?, ?)", day(store), count.subject, count.bucket, used)
