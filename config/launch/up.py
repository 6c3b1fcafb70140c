"""bin/up: from a checkout to a page that answers, and everything ended by Ctrl-C."""

import argparse
import http.client
import os
import secrets
import signal
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from . import broker, packages, places, say
from .children import Child, Crew
from .places import LOGS, ROOT, SETUP_LOG, VAR
from .say import Stop

FIRST_PAGE_SECONDS = 90


def main(arguments: list[str]) -> int:
    args = _arguments(arguments)
    crew = Crew(ROOT, LOGS)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        _up(args, crew)
    except Stop as stop:
        if str(stop):
            say.line(str(stop))
        return 1
    except KeyboardInterrupt:
        say.line("\n  Ending …")
    finally:
        # A second Ctrl-C while everything ends changes nothing: it takes a few seconds at most.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        crew.stop()
    say.line("  Everything has ended.")
    return 0


def _arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bin/up", description="Start Enishi with everything it needs. Ctrl-C ends all of it.", allow_abbrev=False
    )
    parser.add_argument("--port", type=int, default=8000, help="the port of the pages (8000)")
    parser.add_argument("--empty", action="store_true", help="on the first run: no demo data, the set-up page instead")
    parser.add_argument("--reset", action="store_true", help="delete the data in var/ first; needs --yes")
    parser.add_argument("--yes", action="store_true", help="with --reset: yes, delete it")
    args = parser.parse_args(arguments)
    if not 0 < args.port < 65536:
        parser.error("--port is a number from 1 to 65535")
    return args


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _up(args: argparse.Namespace, crew: Crew) -> None:
    begin = time.monotonic()
    address = os.environ.get("BASE_URL") or f"http://localhost:{args.port}"
    if args.reset and not args.yes:
        raise Stop(f"This deletes {VAR}: database, files and keys. If you mean it: bin/up --reset --yes")
    places.make()
    lock = places.lock(address)
    if args.reset:
        places.reset()
        places.make()
    places.need_port(args.port)
    python = packages.ensure("run", "bin/up")
    known = _environment(address)
    _start_broker(crew, python, known)
    _start_sandbox(crew, python, known)
    _prepare(python, known, args.empty)
    web = crew.start("web", _web(python, args.port), known)
    crew.start("worker", [str(python), "-m", "config.launch.worker", *([] if os.environ.get("REDIS_URL") else ["--own-broker"])], known)
    with say.step("First page"):
        _first_page(crew, web, args.port, address)
    _welcome(address, time.monotonic() - begin)
    crew.watch()
    lock.close()


def _environment(address: str) -> dict[str, str]:
    """What every child gets: the keys and addresses, unless the person has set them."""
    ours = {
        "ENISHI_ENV": "embedded",
        "ENISHI_VAR": str(VAR),
        "BASE_URL": address,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONUNBUFFERED": "1",
    }
    known = {**ours, **os.environ}
    known.pop("PYTHONHOME", None)
    if not known.get("SECRET_KEY"):
        known["SECRET_KEY"] = places.secret_key()
    if not known.get("FIELD_KEYS"):
        known["FIELD_KEYS"] = places.field_keys()
    return known


def _start_broker(crew: Crew, python: Path, known: dict[str, str]) -> None:
    if known.get("REDIS_URL"):
        broker.need(known["REDIS_URL"])
        return
    with say.step("Broker"):
        server = broker.binary(python)
        known["REDIS_URL"] = broker.place()
        child = crew.start("broker", broker.command(server), known)
        if not broker.wait(known["REDIS_URL"]):
            raise Stop(f"{say.tail(child.log)}\nThe broker does not start; the end of {child.log} is above.")


def _start_sandbox(crew: Crew, python: Path, known: dict[str, str]) -> None:
    """The stand-in networks, unless the settings of a real one are given."""
    if known.get("X_API") or known.get("X_CLIENT_ID") or not (ROOT / "sandbox" / "__main__.py").exists():
        return
    wish = places.kept("sandbox-port", str(places.free_port()))
    port = places.free_port(int(wish))
    (VAR / "sandbox-port").write_text(f"{port}\n")
    site = f"http://127.0.0.1:{port}"
    known.update(
        X_API=site,
        X_SITE=site,
        X_CLIENT_ID="enishi-sandbox",
        X_CLIENT_SECRET=places.kept("sandbox-secret", secrets.token_hex(24)),
        X_POLL_FLOOR=known.get("X_POLL_FLOOR") or "10",
        # Whoever tries the sandbox after an hour must not wait a quarter of one for a ticket.
        X_POLL_CEILING=known.get("X_POLL_CEILING") or "20",
        INNER_HOSTS=",".join(filter(None, [known.get("INNER_HOSTS"), f"127.0.0.1:{port}"])),
        SANDBOX_REDIRECT=f"{known['BASE_URL']}/social/connect/x/callback",
        SANDBOX_FACEBOOK_REDIRECT=f"{known['BASE_URL']}/social/connect/facebook/callback",
        SANDBOX_FACEBOOK_DEAUTHORIZE=f"{known['BASE_URL']}/hooks/facebook/deauthorize",
        SANDBOX_FACEBOOK_DELETION=f"{known['BASE_URL']}/hooks/facebook/deletion",
        SANDBOX_LINKEDIN_REDIRECT=f"{known['BASE_URL']}/social/connect/linkedin/callback",
    )
    known.update(SANDBOX_CLIENT_ID=known["X_CLIENT_ID"], SANDBOX_CLIENT_SECRET=known["X_CLIENT_SECRET"])
    if not known.get("FACEBOOK_API") and not known.get("FACEBOOK_APP_ID"):
        known.update(
            FACEBOOK_API=site,
            FACEBOOK_SITE=site,
            FACEBOOK_APP_ID="900000000000001",
            FACEBOOK_APP_SECRET=places.kept("sandbox-facebook-secret", secrets.token_hex(24)),
            FACEBOOK_LEVEL=known.get("FACEBOOK_LEVEL") or "advanced",
            FACEBOOK_POLL_FLOOR=known.get("FACEBOOK_POLL_FLOOR") or "10",
            FACEBOOK_POLL_CEILING=known.get("FACEBOOK_POLL_CEILING") or "20",
        )
        known.update(SANDBOX_FACEBOOK_ID=known["FACEBOOK_APP_ID"], SANDBOX_FACEBOOK_SECRET=known["FACEBOOK_APP_SECRET"])
    if not known.get("LINKEDIN_API") and not known.get("LINKEDIN_CLIENT_ID"):
        _linkedin(known, site)
    crew.start("sandbox", [str(python), "-m", "sandbox", "--port", str(port), "--data", str(VAR / "sandbox.sqlite3")], known)


def _linkedin(known: dict[str, str], site: str) -> None:
    """LinkedIn as the sandbox plays it, with what was open of it years ago, so that all of it can be tried."""
    known.update(
        LINKEDIN_API=site,
        LINKEDIN_SITE=site,
        LINKEDIN_CLIENT_ID="sandbox-linkedin",
        LINKEDIN_CLIENT_SECRET=places.kept("sandbox-linkedin-secret", secrets.token_hex(24)),
        # The number that the sandbox has for this app.
        LINKEDIN_APP_ID="166494799",
        LINKEDIN_LEVEL=known.get("LINKEDIN_LEVEL") or "cm_standard,historic",
        LINKEDIN_VERSION=known.get("LINKEDIN_VERSION") or f"{datetime.now(UTC):%Y%m}",
        LINKEDIN_POLL_FLOOR=known.get("LINKEDIN_POLL_FLOOR") or "60",
        LINKEDIN_POLL_CEILING=known.get("LINKEDIN_POLL_CEILING") or "100",
        SANDBOX_LINKEDIN_LEVEL=known.get("SANDBOX_LINKEDIN_LEVEL") or "historic",
    )
    known.update(SANDBOX_LINKEDIN_CLIENT_ID=known["LINKEDIN_CLIENT_ID"], SANDBOX_LINKEDIN_CLIENT_SECRET=known["LINKEDIN_CLIENT_SECRET"])


def _prepare(python: Path, known: dict[str, str], empty: bool) -> None:
    """Translations, migrations and demo data, in one process; it says its own steps."""
    with SETUP_LOG.open("ab") as log:
        answer = subprocess.run(
            [str(python), "-m", "config.launch.inside", *(["--empty"] if empty else [])],
            cwd=ROOT,
            env=known,
            stdin=subprocess.DEVNULL,
            stderr=log,
        )
    if answer.returncode == 3:
        raise Stop("")  # It has said why.
    if answer.returncode:
        raise Stop(f"{say.tail(SETUP_LOG)}\nSetting up the database failed; the end of {SETUP_LOG} is above.")


def _web(python: Path, port: int) -> list[str]:
    # Loaded before the fork: the processes share memory, and a fault in the code shows at once.
    server = f"-m gunicorn config.wsgi --bind 127.0.0.1:{port} --worker-class gthread --workers 2 --threads 4 --preload"
    manner = "--graceful-timeout 3 --keep-alive 5 --no-control-socket --log-level warning"
    return [str(python), *server.split(), *manner.split()]


def _first_page(crew: Crew, web: Child, port: int, address: str) -> None:
    end = time.monotonic() + FIRST_PAGE_SECONDS
    host = urlsplit(address).netloc
    while not _answers(port, host, "/healthz"):
        crew.look()
        crew.need(web)
        if time.monotonic() > end:
            raise Stop(f"{say.tail(web.log)}\nNo page within {FIRST_PAGE_SECONDS} seconds; the end of {web.log} is above.")
        time.sleep(0.1)
    if not _answers(port, host, "/"):
        raise Stop(f"{say.tail(web.log)}\nThe first page does not answer as it should; the end of {web.log} is above.")


def _answers(port: int, host: str, path: str) -> bool:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        line.request("GET", path, headers={"Host": host, "X-Forwarded-Proto": "https"})
        return line.getresponse().status < 400
    except (OSError, http.client.HTTPException):
        return False
    finally:
        line.close()


def _welcome(address: str, seconds: float) -> None:
    say.line(f"\nEnishi is ready at {address}  ({seconds:.1f} s)\n")
    logins = VAR / "demo-logins.txt"
    if logins.exists():
        say.line("\n".join(f"  {row}" for row in logins.read_text().splitlines()) + "\n")
    elif (VAR / "setup-link.txt").exists():
        say.line(f"  Set up your organisation: {(VAR / 'setup-link.txt').read_text().strip()}\n")
    say.line(f"Logs are in {LOGS}. Ctrl-C ends everything.")
