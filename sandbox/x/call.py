"""One call of the API on its way through the sandbox."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..store import Store
from ..web import Request
from .limits import Limits

Body = dict[str, Any]


@dataclass
class Call:
    """Who calls what with which values; `cost_usd` is what X would charge."""

    store: Store
    request: Request
    values: dict[str, str]
    endpoint: str
    person: int | None
    client_id: str
    scopes: frozenset[str] = frozenset()
    cost_usd: float = 0.0

    @property
    def viewer(self) -> int:
        """The person who looks; 0, nobody, for an app token."""
        return self.person or 0


@dataclass(frozen=True)
class Endpoint:
    """One line of the contract: where it is, who may, how often, with which parameters."""

    id: str
    method: str
    path: str
    limits: Limits
    answer: Callable[[Call], Body]
    params: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ("tweet.read", "users.read")
    app: bool = True
    user: bool = True
    status: int = 200
    # The lowest level that has it; empty for all.
    level: str = ""
