"""Facts about the machinery for /readyz and the admin page. Cheap, and never waiting for something that is away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Count, Min

from core import clock

from .models import PARKED, RUNNING, WAITING, Heartbeat, Job

# Seconds after which a heartbeat counts as missing.
STALE = 90


@dataclass(frozen=True)
class Facts:
    """Seconds everywhere. `late` is how long the oldest due job of a kind has waited; an age is None if never seen."""

    late: dict[str, float]
    waiting: int
    running: int
    parked: int
    worker_age: float | None
    scheduler_age: float | None
    broker: bool

    @property
    def well(self) -> bool:
        """Whether background work is being done."""
        ages = (self.worker_age, self.scheduler_age)
        return self.broker and all(age is not None and age < STALE for age in ages)


def facts(now: datetime | None = None) -> Facts:
    """Read everything: three small queries and one ping."""
    now = now or clock.now()
    due = Job.objects.filter(state=WAITING, due_at__lte=now).values("kind").annotate(first=Min("due_at")).order_by("kind")
    counts = dict(Job.objects.filter(state__in=[WAITING, RUNNING, PARKED]).values_list("state").annotate(Count("pk")))
    beats = {row.name: max(0.0, (now - row.at).total_seconds()) for row in Heartbeat.objects.all()}
    return Facts(
        late={row["kind"]: (now - row["first"]).total_seconds() for row in due},
        waiting=counts.get(WAITING, 0),
        running=counts.get(RUNNING, 0),
        parked=counts.get(PARKED, 0),
        worker_age=beats.get("worker"),
        scheduler_age=beats.get("scheduler"),
        broker=broker_reachable(),
    )


def broker_reachable(timeout: float = 0.5) -> bool:
    """Whether the broker answers a ping within `timeout` seconds (twice that at most)."""
    from redis import Redis  # not needed by pages: loading it would make the start longer
    from redis.exceptions import RedisError

    url = str(settings.CELERY_BROKER_URL).replace("redis+socket://", "unix://", 1)
    try:
        client = Redis.from_url(url, socket_connect_timeout=timeout, socket_timeout=timeout, retry=None)
    except ValueError:  # not a Redis address (an in-memory broker of tests)
        return url.startswith("memory://")
    try:
        return bool(client.ping())
    except (RedisError, OSError):
        return False
    finally:
        client.close()
