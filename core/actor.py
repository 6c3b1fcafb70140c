"""Who acts, and by which way. Every write takes an actor; nothing takes the current user from the air."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.access.models import User

# The ways a change can come about, as history shows them (PLT-18).
WAYS = ("page", "import", "bulk", "sync", "rule", "api", "system")


@dataclass(frozen=True, slots=True)
class Actor:
    """A user or the system (`user` is None), and the way the act came: one of WAYS.

    `job` is the id of the background job that acts, if one does: history and undo find their rows by it.
    """

    user: User | None
    way: str = "page"
    job: int | None = None

    @classmethod
    def system(cls, way: str = "system", job: int | None = None) -> Actor:
        return cls(None, way, job)

    @property
    def user_id(self) -> int | None:
        return self.user.pk if self.user else None
