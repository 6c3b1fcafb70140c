"""Facebook: pages and Messenger, by the Graph API. `network` declares it and holds its verbs, `shapes` reads its answers,
`meaning` its refusals, `usage` its percentages, `sending` is what its deliveries do.

The real Facebook or the sandbox: a change of settings only. People cannot be searched and have no posts for software; what
there is comes from what they write to a page.
"""

from . import sending  # noqa: F401 - what its deliveries do
from .network import Facebook

__all__ = ["Facebook"]
