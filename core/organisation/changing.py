"""Changing what the organisation has set, with an event for the audit log."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from core.actor import Actor
from core.event.emit import emit_one
from core.organisation.models import Organisation
from core.stamps import bump


@transaction.atomic
def change(actor: Actor, **values: Any) -> None:
    """Save what differs, with an event for the audit log, and let all processes know."""
    row, _made = Organisation.objects.select_for_update().get_or_create(pk=1)
    changes = {name: [getattr(row, name), value] for name, value in values.items() if getattr(row, name) != value}
    if not changes:
        return
    for name, (_before, after) in changes.items():
        setattr(row, name, after)
    row.save(update_fields=list(changes))
    emit_one("core.organisation", row, "configured", actor, changes, act="changed", what="organisation", label=str(row))
    bump("organisation")
