"""Rows that processes keep in memory (core.stamps): writes to many of them at once tell of themselves, too.

Django sends a signal for a row that is saved or deleted, and none for what a question changes; that is told here.
"""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar

from django.db import models

M = TypeVar("M", bound=models.Model, covariant=True)


class Watched(models.QuerySet[M]):
    """A question whose writes change the stamp that `core.stamps.watch` set for its model."""

    stamps: ClassVar[dict[type[models.Model], str]] = {}

    def _told(self) -> None:
        from core.stamps import bump  # which needs the models that are watched

        if self.model in self.stamps:
            bump(self.stamps[self.model])

    def update(self, **values: Any) -> int:
        done = super().update(**values)
        self._told()
        return done

    def bulk_create(self, *args: Any, **more: Any) -> list[Any]:
        made = super().bulk_create(*args, **more)
        self._told()
        return made
