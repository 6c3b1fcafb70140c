"""What a web process loads before it answers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# What only jobs, sign-in limits, exports, rules and calls to the outside need: together half of a start.
LATER = ("celery", "kombu", "redis", "requests", "urllib3", "xlsxwriter", "ahocorasick")


def test_a_web_process_starts_without_what_no_page_needs(tmp_path: Path) -> None:
    """Performance 13: the server is ready sooner, and each process smaller."""
    code = f"import sys, config.wsgi; print([name for name in {LATER!r} if name in sys.modules], 'config.urls' in sys.modules)"
    environment = {**os.environ, "ENISHI_ENV": "embedded", "ENISHI_VAR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "config.settings"}

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=True)

    assert done.stdout.strip() == "[] True"


def test_a_message_finds_the_celery_application_of_the_product() -> None:
    """PLT-20: loaded late, it is still the one that settings configure."""
    from config.celery import app
    from core.work.tasks import run_job

    assert run_job.app is app
    assert {"core.tick", "core.run_job"} <= set(app.tasks)
