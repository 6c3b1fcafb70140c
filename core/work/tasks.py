"""The two Celery tasks. Everything they know is an id; everything they decide is in the rows."""

from __future__ import annotations

import time
from typing import Any

from celery import Celery
from celery.signals import heartbeat_sent, worker_ready
from django.conf import settings
from django.db import DatabaseError, connection
from django.utils.module_loading import import_string

from core import clock

from . import due, run
from .models import beat

# The floor above names the application; whoever sends the first message loads it.
app: Celery = import_string(settings.TASK_APP)
# Seconds between two notes that a worker is alive.
BEAT_EVERY = 20.0
_last = {"beat": 0.0}


@app.task(name="core.tick", ignore_result=True)  # type: ignore[untyped-decorator]
def tick() -> None:
    due.tick()


@app.task(name="core.run_job", ignore_result=True)  # type: ignore[untyped-decorator]
def run_job(job_id: int) -> None:
    run.work(job_id)


@worker_ready.connect  # type: ignore[untyped-decorator]
@heartbeat_sent.connect  # type: ignore[untyped-decorator]
def alive(**_ignored: Any) -> None:
    """A worker's main process lives. It keeps no database connection: its children must not inherit one."""
    if time.monotonic() - _last["beat"] < BEAT_EVERY:
        return
    _last["beat"] = time.monotonic()
    try:
        beat("worker", clock.now())
    except DatabaseError:
        pass  # the database is away; the next beat tells
    finally:
        connection.close()
