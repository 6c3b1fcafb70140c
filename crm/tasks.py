"""What falls due in the CRM by itself."""

from __future__ import annotations

from datetime import datetime, timedelta

from core.work.due import due

from . import reminding


@due(every=timedelta(seconds=30), name="crm.reminders")
def reminders(now: datetime) -> None:
    reminding.due(now)
