"""The log of every request to every network."""

from .store import Store
from .web import Request

KEPT_REQUESTS = 20_000


def write(
    store: Store, request: Request, status: int, *, endpoint: str, username: str, fault: str, cost_usd: float = 0.0, secret: bool = False
) -> None:
    """Note a request. What is in a sign-in's query or in a body may be a secret; the log keeps neither."""
    store.run(
        "INSERT INTO requests (at_ms, method, path, query, endpoint, username, status, fault, cost_usd) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        store.now_ms(),
        request.method,
        request.path,
        "" if secret else request.query,
        endpoint,
        username,
        status,
        fault,
        cost_usd,
    )
    store.run("DELETE FROM requests WHERE id <= (SELECT MAX(id) FROM requests) - ?", KEPT_REQUESTS)
