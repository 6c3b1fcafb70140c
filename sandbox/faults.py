"""Trouble on order: what a network does on its bad days, played a given number of times."""

from collections.abc import Container, Iterable
from dataclasses import dataclass

from .store import Row, Store

# What each kind is, for the control page. "cut" and "drop" close the connection after and before the work is done.
KINDS = {
    "429": "Rate limit · 回数制限",
    "500": "Server error · サーバーエラー",
    "503": "Service unavailable · 一時停止",
    "401": "Token refused · トークン拒否",
    "402": "No credits · 残高不足",
    "capped": "Monthly cap · 月間上限",
    "html": "HTML instead of JSON · HTMLで応答",
    "empty": "Empty body · 空の応答",
    "cut": "Cut after the work · 実行後に切断",
    "drop": "Cut before the work · 実行前に切断",
    "slow": "Slow answer · 遅い応答",
}
USUAL_SECONDS = {"429": 60.0, "slow": 2.0}
LONGEST_WAIT_S = 120.0


@dataclass(frozen=True)
class Fault:
    """One kind of trouble; `seconds` is the wait of "slow" and the reset of "429", `status` is for "html" and "empty"."""

    kind: str
    seconds: float = 0.0
    status: int | None = None


def order(
    store: Store,
    kind: str,
    count: int,
    path_prefix: str,
    *,
    seconds: float | None,
    status: int | None,
    kinds: Iterable[str] = tuple(KINDS),
) -> int:
    """Ask for trouble on the next `count` requests below a path; `kinds` are those the network can play."""
    if kind not in kinds:
        raise ValueError(f"kind: one of {', '.join(kinds)}")
    if not 1 <= count <= 100_000:
        raise ValueError("count: 1 to 100000")
    wait = USUAL_SECONDS.get(kind, 0.0) if seconds is None else seconds
    if not 0 <= wait <= (LONGEST_WAIT_S if kind == "slow" else 86_400):
        raise ValueError("seconds: too long")
    store.run(
        "INSERT INTO faults (kind, remaining, path_prefix, seconds, status) VALUES (?, ?, ?, ?, ?)", kind, count, path_prefix, wait, status
    )
    return store.number("SELECT MAX(id) FROM faults")


def take(store: Store, path: str, kinds: Container[str] | None = None, method: str = "") -> Fault | None:
    """The trouble that this request gets, if any; the oldest order first, only of some kinds where these are given.

    A path that was ordered as "POST /2/" is for that method only.
    """
    for row in waiting(store):
        wanted = f"{method} {path}" if " " in row["path_prefix"] else path
        if wanted.startswith(row["path_prefix"]) and (kinds is None or row["kind"] in kinds):
            store.run("UPDATE faults SET remaining = remaining - 1 WHERE id = ?", row["id"])
            return Fault(row["kind"], row["seconds"], row["status"])
    return None


def waiting(store: Store) -> list[Row]:
    """The orders that are not used up."""
    return store.all("SELECT * FROM faults WHERE remaining > 0 ORDER BY id")


def clear(store: Store) -> None:
    """Forget all orders."""
    store.run("DELETE FROM faults")
