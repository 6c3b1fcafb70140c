"""A form acts once, however often it is sent."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.http import HttpRequest

from core.web.models import Sent


def token() -> str:
    """A fresh token for a form, put into its hidden input `once`."""
    return secrets.token_urlsafe(18)


@contextmanager
def once(request: HttpRequest, purpose: str) -> Iterator[Sent]:
    """One transaction per form token. The row is taken first, so a second sending waits for the first and then finds its
    `result`; set `result` to what the first one made. A form without token acts each time."""
    given = request.POST.get("once", "").replace("\x00", "")[:64]
    with transaction.atomic():
        if not given:
            yield Sent(purpose=purpose)
            return
        row = Sent(token=given, user=request.user, purpose=purpose)  # type: ignore[misc]
        Sent.objects.bulk_create([row], ignore_conflicts=True)
        row = Sent.objects.select_for_update().get(user=request.user, purpose=purpose, token=given)  # type: ignore[misc]
        yield row
        row.save(update_fields=["result"])
