"""The one source of time, so that tests and invented histories can move it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime

from django.utils import timezone

_moved: ContextVar[datetime | None] = ContextVar("moved", default=None)


def now() -> datetime:
    """This moment in UTC."""
    return _moved.get() or timezone.now()


def today() -> date:
    """Today in the zone of the active user."""
    return timezone.localdate(_moved.get())


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Whatever is written in the block happens at `moment`. For the demo organisation's past alone: nothing that people or
    networks do may be dated otherwise than it happened."""
    token = _moved.set(moment)
    try:
        yield
    finally:
        _moved.reset(token)
