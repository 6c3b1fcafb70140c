"""What writing calls to Facebook share: the id of what was made."""

from __future__ import annotations

from typing import Any

from core.remote.errors import OutcomeUnknown

from .shapes import as_dict


def named(body: Any, name: str) -> str:
    """The id of what was made. Taken without naming it, it has to be looked for."""
    outside_id = as_dict(body).get(name)
    if not isinstance(outside_id, str) or not outside_id:
        raise OutcomeUnknown("no id in the answer")
    return outside_id
