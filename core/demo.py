"""The demo organisation: what every app adds to it, and the clock by which its past happens.

An app offers `demo.py` with functions decorated by `@demo(order=…)`; `manage.py demo` calls them in that order, all in one
transaction. Everything is written through core.record.write, so that history, search and listeners are as in real life:

    @demo(order=40)
    def tickets(story: Story) -> None:
        story.then(story.ago(days=3, hour=10), open_ticket, story, story.kept["x_lead"])

`then` notes what happens when; after the function returns, its steps run in the order of time, each with the clock moved
to its moment. Numbers come from `story.dice` alone, so that the organisation is the same wherever it is made.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from core import clock
from core.access.models import User
from core.actor import Actor

Part = Callable[["Story"], None]
_parts: list[tuple[int, str, Part]] = []


@dataclass
class Story:
    """The organisation while it is made: its people by first name, and what one app made for the next to find."""

    now: datetime = field(default_factory=clock.now)
    dice: random.Random = field(default_factory=lambda: random.Random(20))
    people: dict[str, User] = field(default_factory=dict)
    kept: dict[str, Any] = field(default_factory=dict)
    _steps: list[tuple[datetime, int, Callable[..., Any], tuple[Any, ...]]] = field(default_factory=list)
    _count: Iterator[int] = field(default_factory=itertools.count)

    def actor(self, name: str, way: str = "page") -> Actor:
        return Actor(self.people[name], way)

    def ago(self, days: float = 0, hour: int | None = None, minute: int = 0) -> datetime:
        """A moment of the past: so many days ago, at an hour of our office if one is given. Never later than now."""
        found = self.now - timedelta(days=days)
        if hour is not None:
            found = timezone.localtime(found).replace(hour=hour, minute=minute, second=self.dice.randrange(60))
        return min(found, self.now - timedelta(minutes=1))

    def day(self, offset: int) -> date:
        """The day so many days from today."""
        return timezone.localdate(self.now) + timedelta(days=offset)

    def then(self, moment: datetime, act: Callable[..., Any], *values: Any) -> None:
        """Let `act` happen at `moment`. What would lie in the future does not happen."""
        if moment <= self.now:
            heapq.heappush(self._steps, (moment, next(self._count), act, values))

    def play(self) -> None:
        """Run all that was noted, in the order of time; a step may note further ones."""
        while self._steps:
            moment, _number, act, values = heapq.heappop(self._steps)
            with clock.at(moment):
                act(*values)


def demo(order: int) -> Callable[[Part], Part]:
    """Decorator: a part of the demo. 0 to 9 people, 10 to 29 the CRM, 30 and more the features."""

    def add(function: Part) -> Part:
        _parts.append((order, f"{function.__module__}.{function.__name__}", function))
        return function

    return add


def tell(story: Story) -> None:
    """All parts, in their order."""
    for _order, _name, part in sorted(_parts, key=lambda one: one[:2]):
        part(story)
        story.play()
