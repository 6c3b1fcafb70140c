"""What the person at the terminal reads: one line a step, one line when it cannot go on."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Stop(Exception):
    """It cannot go on. The text is the one line that says why and what to do."""


def line(words: str = "") -> None:
    print(words, flush=True)


@contextmanager
def step(words: str) -> Iterator[None]:
    """Print the step with its seconds; on a terminal its name stands there while it runs."""
    begin, live = time.monotonic(), sys.stdout.isatty()
    if live:
        print(f"  {words} …", end="", flush=True)
    try:
        yield
    except BaseException:
        if live:
            print(flush=True)
        raise
    line(("\r" if live else "") + f"  {words:<44} {time.monotonic() - begin:5.1f} s")


def tail(path: Path, lines: int = 15) -> str:
    """The last lines of a log, indented, for the terminal."""
    if not path.exists():
        return ""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 20_000))
        text = file.read().decode("utf-8", "replace")
    return "\n".join(f"    {row}" for row in text.splitlines()[-lines:])
