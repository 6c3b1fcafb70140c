"""LinkedIn: company pages, one's own account, and — at levels nobody can apply for — other members. `network` declares it, `signin` is
the way in and out, `reading` and `writing` hold its verbs, `shapes` reads its answers, `meaning` its refusals, `restli` is how it spells.

The real LinkedIn or the sandbox: a change of settings only. What members' data may be kept for is `Network.keeps`.
"""

from . import sending  # noqa: F401 - what its deliveries do
from .network import LinkedIn

__all__ = ["LinkedIn"]
