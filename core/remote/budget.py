"""Allowances of outside calls, shared by all workers: taken before a call, corrected by its answer (SOC-4).

A bucket is what a network counts: so many calls in a window that ends at a known time. One Lua script takes from all
buckets of a call or from none, by the clock of Redis. With Redis away nothing is sent: `Transient`, never blind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from random import SystemRandom
from typing import TYPE_CHECKING, Any

from django.conf import settings

from core import clock

from .errors import Limited, Transient

if TYPE_CHECKING:
    from redis import Redis

_random = SystemRandom()
# After a window's end calls are let in over this many seconds, not all at once.
RELEASE = 5.0

# KEYS: the buckets. ARGV: 1 for a person, then limit and window in ms of each. Gives 0, or the ms to wait.
# People may use everything; robots leave a fifth, at least 2 calls, but always have one.
_TAKE = """
local t = redis.call('TIME'); local now = t[1] * 1000 + math.floor(t[2] / 1000)
local wait, rows = 0, {}
for i, key in ipairs(KEYS) do
  local h = redis.call('HMGET', key, 'limit', 'left', 'reset')
  local limit, left, reset = tonumber(h[1] or ARGV[2 * i]), tonumber(h[2] or 0), tonumber(h[3] or 0)
  if reset <= now then left = limit; reset = now + tonumber(ARGV[2 * i + 1]) end
  local kept = 0
  if ARGV[1] ~= '1' then kept = math.min(math.max(2, math.ceil(limit / 5)), math.max(limit - 1, 0)) end
  if left - 1 < kept then wait = math.max(wait, reset - now) end
  rows[i] = {limit, left, reset}
end
if wait > 0 then return wait end
for i, key in ipairs(KEYS) do
  redis.call('HSET', key, 'limit', rows[i][1], 'left', rows[i][2] - 1, 'reset', rows[i][3])
  redis.call('PEXPIREAT', key, math.max(rows[i][3], now) + 86400000)
end
return 0
"""

# KEYS: one bucket. ARGV: limit, calls left, ms until the reset. The network is right; within one window of one
# limit the smaller number counts, for answers overtake each other.
_LEARN = """
local t = redis.call('TIME'); local now = t[1] * 1000 + math.floor(t[2] / 1000)
local h = redis.call('HMGET', KEYS[1], 'limit', 'left', 'reset')
local limit, left, reset = tonumber(ARGV[1]), tonumber(ARGV[2]), now + tonumber(ARGV[3])
if h[1] and tonumber(h[1]) == limit and math.abs(tonumber(h[3]) - reset) < 3000 then left = math.min(left, tonumber(h[2])) end
redis.call('HSET', KEYS[1], 'limit', limit, 'left', left, 'reset', reset)
redis.call('PEXPIREAT', KEYS[1], reset + 86400000)
return left
"""


@dataclass(frozen=True, slots=True)
class Bucket:
    """One allowance: `limit` calls in `seconds`, as published until an answer tells better. `daily` ones end at 00:00 UTC. `per` is
    whose it is, the "user"'s (token's) or the "app"'s."""

    key: str
    limit: int
    seconds: int
    daily: bool = False
    per: str = "user"

    @property
    def name(self) -> str:
        return f"budget:{self.key}:{self.seconds}"

    @property
    def window(self) -> int:
        """How long a window is that opens now, in ms."""
        if not self.daily:
            return self.seconds * 1000
        now = clock.now()
        return int((from_midnight(now) - now).total_seconds() * 1000) + 1


@dataclass(frozen=True, slots=True)
class Learned:
    """What an answer said of a bucket: `left` of `limit` calls, the window ends in `seconds`."""

    bucket: Bucket
    limit: int
    left: int
    seconds: float


def from_midnight(now: datetime) -> datetime:
    """When days that are counted by UTC begin anew."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


@cache
def _redis(url: str) -> Redis:
    from redis import Redis  # a third of a second of loading that no page needs

    return Redis.from_url(url, socket_connect_timeout=0.5, socket_timeout=1.0, decode_responses=True, retry=None)


def away() -> tuple[type[Exception], ...]:
    """What it means that Redis does not answer; asked only when something was raised."""
    from redis.exceptions import RedisError  # as above

    return RedisError, OSError


def redis() -> Redis:
    return _redis(str(settings.REDIS_URL))


def reset() -> None:
    """Forget the connection (tests)."""
    _redis.cache_clear()


def _script(source: str, keys: list[str], args: list[Any]) -> int:
    try:
        return int(redis().eval(source, len(keys), *keys, *args))
    except away() as error:
        raise Transient("the budget cannot be read") from error


def take(buckets: Sequence[Bucket], *, person: bool = False) -> None:
    """Take one call from every bucket, or none. Raises Limited(until) if there is no room, Transient without Redis.

    `person` is for what somebody waits for: it may use the part that is kept from robots.
    """
    if not buckets:
        return
    args: list[Any] = [1 if person else 0]
    for bucket in buckets:
        args += [bucket.limit, bucket.window]
    wait = _script(_TAKE, [bucket.name for bucket in buckets], args)
    if wait:
        raise Limited(clock.now() + timedelta(milliseconds=wait, seconds=_random.uniform(0, RELEASE)))


def learn(learned: Learned) -> None:
    """Set a bucket to what the network said. A failure is harmless: the next answer says it again."""
    left, wait = max(0, learned.left), max(0, int(learned.seconds * 1000))
    try:
        _script(_LEARN, [learned.bucket.name], [learned.limit, left, wait])
    except Transient:
        return


def empty(bucket: Bucket, seconds: float) -> None:
    """The network said enough (429): nothing goes out for `seconds`, whatever we thought was left."""
    learn(Learned(bucket, bucket.limit, 0, seconds))


def ceiling(bucket: Bucket, seconds: float) -> None:
    """The day's limit came at the count we had: for networks that publish none, that count is the limit from now on."""
    used = max(1, states([bucket])[0].used)
    learn(Learned(bucket, used, 0, seconds))


def first_seen(key: str, names: Sequence[str]) -> int:
    """How many of these were not named under this key in the last two days; all of them without Redis."""
    try:
        pipe = redis().pipeline()
        pipe.sadd(key, *names)
        pipe.expire(key, 2 * 86_400)
        return int(pipe.execute()[0])
    except away():
        return len(names)


@dataclass(frozen=True, slots=True)
class State:
    """What is left of a bucket: `used` of `limit`, counted anew in `seconds`; None where nothing was used lately."""

    used: int
    limit: int
    seconds: float | None


def states(buckets: Sequence[Bucket]) -> list[State]:
    """What is known now of each bucket, for people. Raises Transient without Redis."""
    try:
        pipe = redis().pipeline()
        for bucket in buckets:
            pipe.hmget(bucket.name, ["limit", "left", "reset"])
        pipe.time()
        *rows, (seconds, micro) = pipe.execute()
    except away() as error:
        raise Transient("the budget cannot be read") from error
    now = seconds * 1000 + micro / 1000
    return [_state(bucket, row, now) for bucket, row in zip(buckets, rows, strict=True)]


def _state(bucket: Bucket, row: Any, now: float) -> State:
    limit = bucket.limit if row[0] is None else int(row[0])
    if row[0] is None or float(row[2]) <= now:
        return State(0, limit, None)
    return State(limit - int(row[1]), limit, (float(row[2]) - now) / 1000)


def pace(rounds: Mapping[Bucket, int]) -> float:
    """How many seconds a robot waits before its next round so that what robots may take lasts until the window ends, and all of it
    is taken by then. `rounds` holds, for each bucket, the calls that all who share it make in one round. 0 without Redis."""
    try:
        known = dict(zip(rounds, states(list(rounds)), strict=True))
    except Transient:
        return 0.0
    pauses = [0.0]
    for bucket, calls in rounds.items():
        state = known[bucket]
        seconds = bucket.window / 1000 if state.seconds is None else state.seconds
        room = max(0, state.limit - state.used - kept(state.limit))
        pauses.append(seconds * calls / (room + calls))
    return max(pauses)


def kept(limit: int) -> int:
    """How many calls of a limit robots leave to people: a fifth, at least two, but never all."""
    return min(max(2, -(-limit // 5)), max(limit - 1, 0))


def left(bucket: Bucket) -> tuple[int, int]:
    """(calls left, limit) as known now. Raises Transient without Redis."""
    state = states([bucket])[0]
    return state.limit - state.used, state.limit
