"""What the kernel itself listens to."""

from core.notify import (
    happenings,  # noqa: F401 - records given, notes that name somebody, work that ended
    shares,  # noqa: F401 - records shared by hand
)
from core.record import unopened  # noqa: F401 - records given and not opened yet
