"""bin/test: what tests need, then all of them, with a broker of their own and, on request, PostgreSQL or a browser."""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from . import broker, packages, places, postgres, say
from .children import die_with_us
from .places import ROOT
from .say import Stop

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
# What a person set for running Enishi must not reach the tests: they would run against real data.
SETTING = re.compile(r'(?:env\.\w+|_needed)\(\s*"([A-Z_]+)"')
KEPT = {"LOG_LEVEL", "TEST_BROKER_URL"}


def main(arguments: list[str]) -> int:
    args, rest = _arguments(arguments)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(143))
    try:
        with ExitStack() as stack:
            return _test(args, rest, stack)
    except Stop as stop:
        say.line(str(stop))
        return 1
    except KeyboardInterrupt:
        return 130


def _arguments(arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(
        prog="bin/test",
        description="Install what tests need and run all that need no browser. Other arguments go to pytest.",
        allow_abbrev=False,
    )
    parser.add_argument("--pg", action="store_true", help="on PostgreSQL: that of DATABASE_URL, else one started for this run")
    parser.add_argument("--browser", action="store_true", help="the browser tests instead")
    return parser.parse_known_args(arguments)


def _test(args: argparse.Namespace, rest: list[str], stack: ExitStack) -> int:
    chromium = _chromium() if args.browser else ""
    places.make()
    python = packages.ensure("all" if args.browser else "dev", "bin/test")
    known = _environment(stack)
    if args.pg:
        url = os.environ.get("DATABASE_URL")
        known["DATABASE_URL"] = stack.enter_context(postgres.own_name(url, python) if url else postgres.cluster())
    if not known.get("TEST_REDIS_URL"):
        known["TEST_REDIS_URL"] = stack.enter_context(_private_broker(python))
    known["REDIS_URL"] = known["TEST_REDIS_URL"]
    if chromium:
        known["CHROMIUM"] = chromium
    _translations(python, known)
    lint = 0 if rest or args.browser or args.pg else _lint(python, known)
    return _attend([str(python), "-m", "pytest", *_pytest(args, rest)], known) or lint


def _attend(command: list[str], known: dict[str, str]) -> int:
    """Run it to its end. Ctrl-C reaches it as well; it says its own last words, then the rest is cleared away."""
    process = subprocess.Popen(command, cwd=ROOT, env=known)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return process.wait()
    finally:
        signal.signal(signal.SIGINT, before)
        if process.poll() is None:
            process.terminate()
            process.wait()


def _environment(stack: ExitStack) -> dict[str, str]:
    settings = set(SETTING.findall((ROOT / "config" / "settings.py").read_text())) - KEPT
    known = {name: value for name, value in os.environ.items() if name not in settings | {"DJANGO_SETTINGS_MODULE", "PYTHONHOME"}}
    var = stack.enter_context(tempfile.TemporaryDirectory(prefix="enishi-test-"))
    return {**known, "ENISHI_ENV": "test", "ENISHI_VAR": var}


@contextmanager
def _private_broker(python: Path) -> Iterator[str]:
    """A server for this run alone, in memory, on a free port."""
    port = places.free_port()
    options = f"--bind 127.0.0.1 --port {port} --appendonly no --loglevel warning"
    command = [broker.binary(python), *options.split(), "--save", ""]
    with tempfile.TemporaryDirectory(prefix="enishi-broker-") as folder:
        server = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, start_new_session=True, preexec_fn=die_with_us)
        try:
            url = f"redis://127.0.0.1:{port}/0"
            if not broker.wait(url):
                raise Stop("The broker for the tests does not start.")
            yield url
        finally:
            server.kill()
            server.wait()


def _translations(python: Path, known: dict[str, str]) -> None:
    if (ROOT / "core/management/commands/messages.py").exists():
        answer = subprocess.run([str(python), "manage.py", "messages", "--compile"], cwd=ROOT, env=known, capture_output=True, text=True)
        if answer.returncode:
            raise Stop(f"{answer.stdout}{answer.stderr}\nCompiling the translations failed; see above.")


def _lint(python: Path, known: dict[str, str]) -> int:
    """Where the linters are installed they speak first, so that pytest's own lines stand last."""
    worst = 0
    for words in (["ruff", "check", "."], ["ruff", "format", "--check", "."], ["lint-imports"]):
        tool = python.parent / words[0]
        if tool.exists():
            answer = subprocess.run([str(tool), *words[1:]], cwd=ROOT, env=known, capture_output=True, text=True)
            worst = max(worst, answer.returncode)
            say.line(f"{answer.stdout}{answer.stderr}" if answer.returncode else f"  {' '.join(words)}: clean")
    return worst


def _pytest(args: argparse.Namespace, rest: list[str]) -> list[str]:
    """What pytest is called with: what the person said wins."""
    words = list(rest)
    if not any(_is_path(word) for word in rest):
        words.append("tests/browser" if args.browser and (ROOT / "tests/browser").exists() else "tests")
    if not any(word == "-m" or word.startswith("-m=") for word in rest):
        words += ["-m", "browser" if args.browser else "not browser" if args.pg else "not browser and not postgres"]
    if not any(word.startswith(("-n", "--numprocesses")) for word in rest):
        cores = os.cpu_count() or 2
        # Each that drives a browser starts a whole product, too: two of them fill four cores.
        words += ["-n", "2" if args.browser else str(max(2, min(8, cores)))]
    # One by one, so that none waits at the end while another has a heap of its own.
    if not any(word.startswith(("--maxschedchunk", "--dist")) for word in rest):
        words += ["--maxschedchunk", "1"]
    return words


def _is_path(word: str) -> bool:
    return not word.startswith("-") and (ROOT / word.partition("::")[0]).exists()


def _chromium() -> str:
    given = os.environ.get("CHROMIUM")
    found = given or next(filter(None, map(shutil.which, CHROMIUM)), None)
    if not found:
        raise Stop("No Chromium on PATH. Install it (Debian, Ubuntu: apt install chromium fonts-noto-cjk), or set CHROMIUM to its path.")
    return found
