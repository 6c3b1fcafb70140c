"""Celery workers that begin in a moment: forked from one process that has loaded everything, so that a hundred can be killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

from tests.core.test_work_services import ROOT, Workers


class Nursery(Workers):
    """Workers as those they stand for: sessions of their own with two processes each."""

    mother: subprocess.Popen[str] | None = None

    def start(self, also: str = "") -> Any:
        if self.mother is None:
            command = [sys.executable, "-m", "tests.flows.mother"]
            pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
            log = (self.folder / "nursery.log").open("wb")
            self.mother = subprocess.Popen(command, cwd=ROOT, env=self.surroundings(), stderr=log, **pipes)
        assert self.mother.stdin and self.mother.stdout
        self.mother.stdin.write(f"{self.folder / f'worker{len(self.running)}.log'}\n")
        made: Any = SimpleNamespace(pid=int(self.mother.stdout.readline()))
        self.running.append(made)
        return made

    def kill(self, process: Any) -> None:
        """kill -9 of the worker and its children."""
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

    def end(self) -> None:
        for process in self.running:
            self.kill(process)
        if self.mother is not None:
            self.mother.kill()
            self.mother.wait()
