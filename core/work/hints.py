"""Telling a worker that a row is waiting. Never raises, never hangs: a lost hint is re-sent by the sweep.

One publish may take 1.5 s at most; after a failure the circuit stays open for some seconds, so that with Redis away
the following requests of this process do not wait at all (PLT-20, reliability F4).
"""

from __future__ import annotations

import logging
import os
import time
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kombu.connection import Connection
    from kombu.pools import ProducerPool

logger = logging.getLogger(__name__)

# Seconds without a try after a failed publish.
PAUSE = 5.0
_limits = {"socket_connect_timeout": 0.5, "socket_timeout": 0.7, "max_retries": 0, "connect_retries_timeout": 0.5}
_circuit = {"open_until": 0.0}


@cache
def _producers(_process: int) -> ProducerPool:
    """Producers with short time-outs, one pool for each process (a forked child must not share sockets)."""
    from kombu.pools import ProducerPool  # with the first message, not with the web server

    from .tasks import run_job  # the task imports the engine, the engine only its name

    app = run_job.app
    shared: Connection = app.connection_for_write()
    options = {**(shared.transport_options or {}), **_limits}
    connection = app.connection_for_write(transport_options=options)
    pool: ProducerPool = ProducerPool(connection.Pool(limit=8), limit=8)  # type: ignore[no-untyped-call]
    return pool


def _publish(job_id: int) -> None:
    from .tasks import run_job  # as above

    with _producers(os.getpid()).acquire(block=True, timeout=0.5) as producer:  # type: ignore[no-untyped-call]
        run_job.apply_async((job_id,), producer=producer, retry=False)


def circuit_open() -> bool:
    """Whether hints are withheld for the moment because the broker did not answer."""
    return time.monotonic() < _circuit["open_until"]


def reset() -> None:
    """Forget what was learned about the broker (tests, a new broker address)."""
    _circuit["open_until"] = 0.0
    _producers.cache_clear()


def send(job_id: int) -> bool:
    """Publish one hint. False if it did not go out; nothing is raised."""
    if circuit_open():
        return False
    try:
        _publish(job_id)
    except Exception as error:  # any failure of the broker's client means the same
        _failed(error)
        return False
    return True


def _failed(error: Any) -> None:
    _circuit["open_until"] = time.monotonic() + PAUSE
    _producers.cache_clear()
    logger.warning("the broker did not take a hint (%s); the sweep will", type(error).__name__)
