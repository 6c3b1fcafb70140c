"""A PostgreSQL for one test run: a small cluster in a temporary folder, gone when the run ends.

Alone it runs a command with DATABASE_URL set: PYTHONPATH=config python3 -m launch.postgres bin/test …
"""

import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .children import die_with_us
from .places import free_port
from .say import Stop

# Nothing here has to survive a power cut, and no question is long enough to be compiled for.
FAST = (
    *("fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0", "max_wal_size=4GB"),
    *("jit=off", "shared_buffers=256MB", "max_connections=60"),
)


# For a server whose processes are killed: what is committed is handed to the system, which goes on living.
SURE = ("synchronous_commit=on",)


@contextmanager
def cluster(*more: str) -> Iterator[str]:
    """A running server; gives the URL of an empty database in it. `more` are options that go before those here."""
    programs = binaries()
    person: dict[str, Any] = {}
    folder = Path(tempfile.mkdtemp(prefix="enishi-pg-"))
    if os.geteuid() == 0:
        # PostgreSQL refuses to run as root; its package made a user for it.
        entry = pwd.getpwnam("postgres")
        person = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        os.chown(folder, entry.pw_uid, entry.pw_gid)
    data, port = folder / "data", free_port()
    log = (folder / "log").open("wb")
    try:
        _call(
            [str(programs / "initdb"), "-D", str(data), "-U", "enishi", "--auth=trust", "--encoding=UTF8", *_locale(programs)],
            folder,
            person,
        )
        options = [word for option in (*FAST, *more) for word in ("-c", option)]
        command = [str(programs / "postgres"), "-D", str(data), "-k", str(folder), "-h", "127.0.0.1", "-p", str(port), *options]
        server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, start_new_session=True, preexec_fn=die_with_us, **person)
        try:
            _wait(programs, folder, port, server)
            _call([str(programs / "createdb"), "-h", str(folder), "-p", str(port), "-U", "enishi", "enishi"], folder, person)
            yield f"postgres://enishi@127.0.0.1:{port}/enishi"
        finally:
            server.send_signal(signal.SIGINT)
            server.wait()
    finally:
        log.close()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def own_name(url: str, python: Path) -> Iterator[str]:
    """The same server under a database name no other run has; what a cut run left of it is dropped."""
    parts = urlsplit(url)
    name = f"{parts.path.lstrip('/')[:30]}_{secrets.token_hex(4)}"
    try:
        yield parts._replace(path=f"/{name}").geturl()
    finally:
        subprocess.run([str(python), "-c", DROP, url, f"test_{name}"], check=False)


DROP = """
import sys
import psycopg2
from psycopg2 import sql
connection = psycopg2.connect(sys.argv[1])
connection.autocommit = True
cursor = connection.cursor()
cursor.execute("SELECT datname FROM pg_database WHERE left(datname, %s) = %s", [len(sys.argv[2]), sys.argv[2]])
for (name,) in cursor.fetchall():
    cursor.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
"""


def binaries() -> Path:
    """Where initdb, pg_dump and the others are. Raises Stop."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(re.sub(r"\D", "", path.parts[-3]) or 0))
    found = str(versions[-1]) if versions else shutil.which("initdb")
    if not found:
        raise Stop("No PostgreSQL here. Install it (Debian, Ubuntu: apt install postgresql), or set DATABASE_URL.")
    return Path(found).resolve().parent


def _locale(programs: Path) -> list[str]:
    answer = subprocess.run([str(programs / "postgres"), "--version"], capture_output=True, text=True, check=True).stdout
    version = int(re.findall(r"\d+", answer)[0])
    # By code point, as production has it (docs/install.md).
    return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C.UTF-8"] if version >= 17 else ["--locale=C.UTF-8"]


def _call(command: list[str], folder: Path, person: Mapping[str, Any]) -> None:
    answer = subprocess.run(command, cwd=folder, capture_output=True, text=True, **person)
    if answer.returncode:
        raise Stop(f"{answer.stdout}{answer.stderr}\nPostgreSQL for the tests does not start: {Path(command[0]).name} failed, see above.")


def _wait(programs: Path, folder: Path, port: int, server: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        if subprocess.run([str(programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]).returncode == 0:
            return
        if server.poll() is not None:
            break
        time.sleep(0.1)
    raise Stop(f"{(folder / 'log').read_text()}\nPostgreSQL for the tests does not start; its log is above.")


def main(command: list[str]) -> int:
    # The path by which this module was found would hide packages from the command.
    known = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    try:
        with cluster() as url:
            return subprocess.run(command, env={**known, "DATABASE_URL": url}).returncode
    except Stop as stop:
        print(stop, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
