"""Child processes: started, watched, started again when they die, and ended all together."""

import ctypes
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from . import say
from .say import Stop

PATIENCE = 4.0
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
# A child that lived this long was well: the next pause is a short one again.
WELL = 60.0
LARGEST_LOG = 10_000_000
DATED = re.compile(r"^[\[\d]")
BAD = re.compile(r"\b(ERROR|CRITICAL|FATAL)\b")

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_us() -> None:
    """On Linux the kernel ends a child whose parent was killed, so that nothing is left over."""
    if _libc:
        pr_set_pdeathsig = 1
        _libc.prctl(pr_set_pdeathsig, signal.SIGTERM)


@dataclass
class Child:
    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    cwd: Path
    process: subprocess.Popen[bytes] | None = None
    began: float = 0.0
    pause: float = FIRST_PAUSE
    due: float | None = None
    deaths: int = 0
    pump: threading.Thread | None = field(default=None, repr=False)

    def start(self) -> None:
        self.began, self.due = time.monotonic(), None
        # A session of its own: Ctrl-C reaches this program alone, which then ends everything in order.
        self.process = subprocess.Popen(
            self.command,
            cwd=self.cwd,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_us,  # noqa: PLW1509
        )
        assert self.process.stdout
        self.pump = threading.Thread(target=self._copy, args=(self.process.stdout,), daemon=True)
        self.pump.start()

    def _copy(self, lines: IO[bytes]) -> None:
        """Everything into the log; errors, each with the last line of its traceback, to the terminal too."""
        inside = False
        file = self.log.open("ab")
        for raw in lines:
            if file.tell() > LARGEST_LOG:
                file.close()
                self.log.replace(self.log.with_name(f"{self.log.name}.1"))
                file = self.log.open("ab")
            file.write(raw)
            file.flush()
            text = raw.decode("utf-8", "replace").rstrip()
            if BAD.search(text[:80]) and DATED.match(text):
                inside = True
                say.line(f"  {self.name} | {text[:300]}")
            elif inside and text and not text.startswith((" ", "Traceback", "During", "The above")):
                inside = False
                if not DATED.match(text):
                    say.line(f"  {self.name} | {text[:300]}")
        file.close()

    def dead(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def signal(self, number: int, everyone: bool = False) -> None:
        if self.process and (everyone or self.process.poll() is None):
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number) if everyone else self.process.send_signal(number)


class Crew:
    """The children; when all end, the broker is the last."""

    def __init__(self, cwd: Path, logs: Path) -> None:
        self.cwd, self.logs = cwd, logs
        self.children: list[Child] = []

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> Child:
        child = Child(name, command, environment, self.logs / f"{name}.log", self.cwd)
        child.start()
        self.children.append(child)
        return child

    def look(self) -> None:
        """Start again what died, after a pause that grows with each death."""
        now = time.monotonic()
        for child in self.children:
            if child.due is not None:
                if now >= child.due:
                    child.start()
            elif child.dead():
                child.pause = FIRST_PAUSE if now - child.began > WELL else child.pause
                child.due, child.deaths = now + child.pause, child.deaths + 1
                # What it left behind would hold its port.
                child.signal(signal.SIGKILL, everyone=True)
                assert child.process
                say.line(f"  {child.name} ended ({_fate(child.process.returncode)}); again in {child.pause:.0f} s. Log: {child.log}")
                child.pause = min(child.pause * 2, LONGEST_PAUSE)

    def need(self, child: Child, deaths: int = 2) -> None:
        """Stop when the child cannot even start."""
        if child.deaths >= deaths:
            raise Stop(f"{say.tail(child.log)}\n{child.name} does not start; the end of {child.log} is above.")

    def watch(self) -> None:
        while True:
            self.look()
            time.sleep(0.25)

    def stop(self) -> None:
        """End all, the broker last: the worker gives back to it what it has not begun."""
        _end([child for child in self.children if child.name != "broker"])
        _end([child for child in self.children if child.name == "broker"])
        self.children = []


def _end(children: Sequence[Child]) -> None:
    for child in children:
        child.due = None
        child.signal(signal.SIGTERM)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and not all(child.process is None or child.dead() for child in children):
        time.sleep(0.05)
    for child in children:
        # The whole session: a pool process whose master went first would stay for ever.
        child.signal(signal.SIGKILL, everyone=True)
        if child.process:
            child.process.wait()
        if child.pump:
            child.pump.join(1)


def _fate(code: int) -> str:
    return f"code {code}" if code >= 0 else signal.Signals(-code).name
