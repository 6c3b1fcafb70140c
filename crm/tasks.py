"""What falls due in the CRM by itself: reminders, and scores to keep up."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from core.work.due import due
from core.work.jobs import Run, job

from . import reminding
from .scoring import keeping


@due(every=timedelta(minutes=1), name="crm.follow_scores")
def follow_scores(now: datetime) -> None:
    keeping.follow_all(now)


@due(every=timedelta(hours=1), name="crm.nightly_scores")
def nightly_scores(now: datetime) -> None:
    keeping.nightly(now)


@job(keeping.FOLLOW, label=_("Score what changed"))
def score_changed(run: Run) -> None:
    keeping.follow(run)


@job(keeping.ALL, label=_("Score all records again"), shown=True)
def score_all(run: Run) -> None:
    keeping.score_all(run)


@due(every=timedelta(seconds=30), name="crm.reminders")
def reminders(now: datetime) -> None:
    reminding.due(now)
