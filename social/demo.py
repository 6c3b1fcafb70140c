"""The demo organisation's brand. Its channel is connected when the sandbox runs (`manage.py connect_sandbox`)."""

from __future__ import annotations

from core.demo import Story, demo

from .models import Brand


@demo(order=30)
def brand(story: Story) -> None:
    """One brand; what customers said to it comes from the sandbox, over HTTP, as it would from X."""
    Brand.objects.get_or_create(name="青葉商事")
