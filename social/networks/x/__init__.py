"""X, formerly Twitter: `network` declares it and holds its verbs, `shapes` reads its answers, `meaning` its refusals, `sending`
is what its deliveries do. Sections are those of its manual, docs.x.com.

The real X or the sandbox: a change of settings only. Both spellings of 2026 are read; the one that is asked in is
`X_SPELLING` (tweet or post).
"""

from . import sending  # noqa: F401 - what its deliveries do
from .network import X

__all__ = ["X"]
