"""The process that Nursery's workers are forked from: each line it is told names a log, it answers with the number of a worker."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any


def main() -> None:
    import django

    django.setup()
    from config.celery import app
    from core.work import registry

    app.loader.import_default_modules()
    registry.load()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the dead
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    for line in sys.stdin:
        number = os.fork()
        if number == 0:
            _worker(app, line.strip())
        answers.write(f"{number}\n")


def _worker(app: Any, log: str) -> None:
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    written = os.open(log, os.O_WRONLY | os.O_CREAT)
    for stream in (1, 2):
        os.dup2(written, stream)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    app.worker_main(["worker", "-c", "2", "-l", "WARNING", "--without-mingle", "--without-gossip"])
    os._exit(0)


if __name__ == "__main__":
    main()
