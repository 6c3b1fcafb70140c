"""Allowances as Facebook counts them: per cent of a rolling window, told in headers, closed at one hundred."""

import json
from dataclasses import dataclass

from ..store import Row, Store
from . import settings
from .problems import Problem

HOUR, DAY = 60, 1_440
PER_USER, PER_ENGAGED, PER_READER = 200, 4_800, 200
NUMBERS = ("calls", "cputime", "time")

Header = tuple[str, str]


@dataclass(frozen=True)
class Budget:
    """One allowance: whose, over how many minutes, how much, and what it answers when it is used up."""

    subject: str
    kind: str
    span: int
    size: float
    refusal: str


@dataclass(frozen=True)
class State:
    """Per cent used, by number, and the minutes until the largest falls below one hundred."""

    calls: int
    cputime: int
    time: int
    regain: int

    @property
    def full(self) -> bool:
        return max(self.calls, self.cputime, self.time) >= 100


def of_app(store: Store, app: str, refusal: str = "limit_app") -> Budget:
    """200 calls an hour for each person that uses the app."""
    users = max(1, store.number("SELECT COUNT(DISTINCT person) FROM fb_grants WHERE app = ?", app))
    return Budget(f"app:{app}", "app", HOUR, _size(store, f"app:{app}", PER_USER * users), refusal)


def of_page(store: Store, page: Row) -> Budget:
    """4,800 calls a day for each person who engaged with the page."""
    subject = f"pages:{page['id']}"
    return Budget(subject, "pages", DAY, _size(store, subject, PER_ENGAGED * max(1, page["engaged"])), "limit_page_buc")


def of_messenger(store: Store, page: Row) -> Budget:
    """200 calls a day for each person who can be written to."""
    subject = f"messenger:{page['id']}"
    readers = max(1, store.number("SELECT COUNT(*) FROM fb_threads WHERE page = ? AND wrote_ms IS NOT NULL", page["id"]))
    return Budget(subject, "messenger", DAY, _size(store, subject, PER_READER * readers), "limit_messenger")


def resize(store: Store, budget: Budget, calls: int) -> None:
    """Give an allowance another size; 0 is the documented one again."""
    settings.put(store, f"size:{budget.subject}", calls)


def state(store: Store, budget: Budget) -> State:
    """How much of an allowance is used now."""
    now = _minute(store)
    rows = store.all("SELECT * FROM fb_usage WHERE subject = ? AND minute > ? ORDER BY minute", budget.subject, now - budget.span)
    sums = {name: sum(row[name] for row in rows) for name in NUMBERS}
    per_cent = {name: int(100 * total / budget.size) for name, total in sums.items()}
    return State(per_cent["calls"], per_cent["cputime"], per_cent["time"], _regain(rows, sums, budget, now))


def count(store: Store, budget: Budget, *, calls: float = 1, objects: int = 0) -> None:
    """Count a call; what it looked at costs time. A call to a closed allowance counts too: that is how calling prolongs it."""
    spend(store, budget, _minute(store), calls, cputime=0.4 * calls + objects / 100, time=0.6 * calls + objects / 50)


def spend(store: Store, budget: Budget, minute: int, calls: float, *, cputime: float = 0.0, time: float = 0.0) -> None:
    """Write usage into a minute."""
    store.run(
        """INSERT INTO fb_usage VALUES (?, ?, ?, ?, ?) ON CONFLICT (subject, minute) DO UPDATE
        SET calls = calls + excluded.calls, cputime = cputime + excluded.cputime, time = time + excluded.time""",
        budget.subject,
        minute,
        calls,
        cputime,
        time,
    )
    store.run("DELETE FROM fb_usage WHERE subject = ? AND minute <= ?", budget.subject, _minute(store) - DAY)


def exhaust(store: Store, budget: Budget, per_cent: int = 100, minutes: int = 30) -> State:
    """Use an allowance up to a percentage; what is added falls out of the window after some minutes."""
    wanted = max(0.0, budget.size * per_cent / 100 - _used(store, budget))
    spend(store, budget, _minute(store) - budget.span + min(max(1, minutes), budget.span), wanted)
    return state(store, budget)


def headers(store: Store, budget: Budget) -> list[Header]:
    """What every answer tells about the allowance it used."""
    now = state(store, budget)
    numbers = {"call_count": now.calls, "total_time": now.time, "total_cputime": now.cputime}
    if budget.kind == "app":
        return [("X-App-Usage", _json(numbers))]
    use = {
        "type": budget.kind,
        "call_count": now.calls,
        "total_cputime": now.cputime,
        "total_time": now.time,
        "estimated_time_to_regain_access": now.regain,
    }
    return [("X-Business-Use-Case-Usage", _json({budget.subject.partition(":")[2]: [use]}))]


def refuse_when_full(store: Store, budget: Budget) -> None:
    """Any of the numbers at one hundred blocks; the caller counts the call all the same."""
    if state(store, budget).full:
        raise Problem(budget.refusal)


def _used(store: Store, budget: Budget) -> float:
    now = _minute(store)
    row = store.one("SELECT SUM(calls) FROM fb_usage WHERE subject = ? AND minute > ?", budget.subject, now - budget.span)
    return float(row[0] or 0) if row else 0.0


def _regain(rows: list[Row], sums: dict[str, float], budget: Budget, now: int) -> int:
    """Minutes until enough of the window has passed; 0 while there is room."""
    left = dict(sums)
    minutes = 0
    for row in rows:
        if max(left.values()) < budget.size:
            break
        minutes = row["minute"] + budget.span - now
        left = {name: left[name] - row[name] for name in NUMBERS}
    return minutes


def _size(store: Store, subject: str, usual: float) -> float:
    return float(settings.get(store, f"size:{subject}", "0")) or float(usual)


def _minute(store: Store) -> int:
    return store.now_ms() // 60_000


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
