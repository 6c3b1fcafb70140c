"""Jobs for the tests, imported by the tests and by the real workers alike."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from core.work.jobs import Run, job

KINDS = {"test.slow", "test.once", "test.poison"}


def trace(word: object) -> None:
    """Note that something happened, outside the database; one short append is atomic."""
    path = os.environ.get("TRACE")
    if path:
        with Path(path).open("a") as file:
            file.write(f"{word}\n")


@job("test.slow", label="Counts slowly")
def slow(run: Run) -> None:
    for number in range(run.cursor.get("next", 0), run.args["upto"]):
        with run.step() as step:
            trace(number)
            time.sleep(run.args["pause"])
            step.advance(done=number + 1, cursor={"next": number + 1}, numbers=[*run.job.result.get("numbers", []), number])


@job("test.once")
def once(run: Run) -> None:
    with run.step():
        trace(run.args["number"])
        run.finish()


@job("test.poison")
def poison(run: Run) -> None:
    trace("poison")
    os.kill(os.getpid(), signal.SIGKILL)
