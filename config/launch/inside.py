"""Make the database ready, in one process with Django loaded: translations, migrations, the first run's demo data."""

import io
import os
import sys
import traceback
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from . import say
from .say import Stop

UNFINISHED = "demo, not finished"


def prepare(empty: bool) -> None:
    import django  # Settings are read here; what is wrong with them is a Stop of its own.
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured

    try:
        django.setup()
    except ImproperlyConfigured as error:
        raise Stop(str(error)) from error
    _reach()
    if _stale(settings.BASE_DIR):
        with say.step("Translations"):
            _manage("messages", "--compile")
    with say.step("Database"):
        _manage("migrate", "--no-input", "-v", "1")
    if settings.MODE == "production":
        with say.step("Static files"):
            _manage("collectstatic", "--no-input")
    _first_run(settings.VAR / "first-run", empty)
    _setup_link(settings.VAR / "setup-link.txt")


def _reach() -> None:
    from django.db import OperationalError, connection

    try:
        connection.ensure_connection()
    except OperationalError as error:
        setting = connection.settings_dict
        where = f"{setting['HOST'] or 'the local socket'}:{setting['PORT'] or 5432}, database {setting['NAME']}"
        if connection.vendor == "sqlite":
            raise Stop(f"The database file {setting['NAME']} cannot be opened: {error}") from error
        # libpq says where twice and gives advice; the reason stands in between.
        why = " ".join(str(error).split("Is the server running")[0].rpartition("failed: ")[2].split()).rstrip(".")
        raise Stop(f"PostgreSQL does not answer at {where}: {why}. Start it or mend DATABASE_URL; unset, SQLite is used.") from error


def _stale(root: Path) -> bool:
    """Whether a translation is newer than what was compiled from it."""
    if not (root / "core/management/commands/messages.py").exists():
        return False
    pairs = [(source, source.with_suffix(".mo")) for source in root.glob("locale/*/LC_MESSAGES/*.po")]
    return any(not made.exists() or made.stat().st_mtime < source.stat().st_mtime for source, made in pairs)


def _first_run(marker: Path, empty: bool) -> None:
    """Load the demo once, into a database without people only; a load that was cut is done again."""
    from django.contrib.auth import get_user_model

    state = marker.read_text().strip() if marker.exists() else ""
    if state not in {"", UNFINISHED}:
        return
    if not state and (empty or get_user_model()._default_manager.exists()):
        marker.write_text("empty\n" if empty else "there were people\n")
        return
    marker.write_text(f"{UNFINISHED}\n")
    with say.step("Demo organisation"):
        _manage("demo")
        _manage("connect_sandbox")
    marker.write_text("demo\n")


def _setup_link(place: Path) -> None:
    """Where the first person goes, for `bin/up` to print; gone once there is somebody."""
    from core.access import setup

    if setup.is_empty():
        place.write_text(setup.link() + "\n")
    else:
        place.unlink(missing_ok=True)


def _manage(*words: str) -> None:
    """Run a management command; what it says goes into the log."""
    from django.core.management import call_command

    text = io.StringIO()
    try:
        with redirect_stdout(text), redirect_stderr(text):
            call_command(*words)
    finally:
        print(f"$ manage.py {' '.join(words)}\n{text.getvalue()}", file=sys.stderr, flush=True)


def run(work: Callable[[], None]) -> int:
    try:
        work()
    except Stop as stop:
        say.line(str(stop))
        return 3
    except Exception:
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    sys.exit(run(lambda: prepare(empty="--empty" in sys.argv)))
