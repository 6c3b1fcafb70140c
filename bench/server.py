"""The web server as bin/up starts it, with the bench's settings; and what its processes hold."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from bench.client import Browser


class Server:
    """gunicorn with two processes of four threads."""

    def __init__(self, root: Path, port: int, environment: Mapping[str, str], log: Path) -> None:
        words = f"-m gunicorn config.wsgi --bind 127.0.0.1:{port} --worker-class gthread --workers 2 --threads 4 --preload"
        manner = "--graceful-timeout 3 --keep-alive 30 --no-control-socket --log-level warning"
        self.began, self.port = time.monotonic(), port
        self.log = log.open("wb")
        self.process = subprocess.Popen(
            [sys.executable, *words.split(), *manner.split()],
            cwd=root,
            env=dict(environment),
            stdout=self.log,
            stderr=self.log,
            start_new_session=True,
        )
        self.cold = self._wait()

    def _wait(self) -> float:
        """Seconds until the first answer."""
        while True:
            if self.process.poll() is not None:
                raise SystemExit(f"The web server does not start; see {self.log.name}")
            try:
                if Browser(self.port).get("/healthz").status == 200:
                    return time.monotonic() - self.began
            except OSError:
                time.sleep(0.02)

    def memory(self) -> list[float]:
        """PSS of each process in MB, the parent first."""
        found = [self.process.pid, *self._children()]
        return [_pss(pid) for pid in found]

    def _children(self) -> list[int]:
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()] if path.exists() else []

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.log.close()


def _pss(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
