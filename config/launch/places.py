"""The folder `var/`, its keys, the lock that keeps a second start away, and ports."""

import base64
import fcntl
import os
import secrets
import shutil
import socket
from pathlib import Path
from typing import IO

from .say import Stop

ROOT = Path(__file__).resolve().parent.parent.parent
VAR = Path(os.environ.get("ENISHI_VAR") or ROOT / "var").absolute()
LOGS = VAR / "log"
SETUP_LOG = LOGS / "setup.log"
LOCK = VAR / "up.lock"


def make() -> None:
    try:
        VAR.mkdir(mode=0o700, parents=True, exist_ok=True)
        VAR.chmod(0o700)
        LOGS.mkdir(exist_ok=True)
        if SETUP_LOG.exists() and SETUP_LOG.stat().st_size > 2_000_000:
            SETUP_LOG.replace(SETUP_LOG.with_suffix(".log.1"))
    except OSError as error:
        raise Stop(f"Cannot write to {VAR} ({error.strerror}). Give this user the folder, or set ENISHI_VAR to another one.") from error


def kept(name: str, value: str) -> str:
    """What the file `var/<name>` holds; written once, readable by nobody else."""
    path = VAR / name
    if not path.exists():
        draft = path.with_name(f"{name}.{os.getpid()}")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(value + "\n")
        draft.replace(path)
    return path.read_text().strip()


def secret_key() -> str:
    return kept("secret-key", secrets.token_urlsafe(50))


def field_keys() -> str:
    # A Fernet key is 32 random bytes in URL-safe base64.
    return kept("field-keys", base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())


def lock(address: str) -> IO[str]:
    """Hold the lock as long as the returned file is open."""
    file = LOCK.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.seek(0)
        pid, _, where = file.read().strip().partition(" ")
        raise Stop(f"Enishi is already running at {where} (process {pid}). End it with Ctrl-C there, or with: kill {pid}") from None
    file.truncate(0)
    file.write(f"{os.getpid()} {address}\n")
    file.flush()
    return file


def reset() -> None:
    """Delete everything in var but the lock, which is held."""
    if os.environ.get("DATABASE_URL"):
        raise Stop("--reset deletes var/ with the keys that open what DATABASE_URL holds. Unset it, or drop that database yourself.")
    if any(VAR.iterdir()) and not (VAR / "secret-key").exists() and set(os.listdir(VAR)) - {"log", "up.lock"}:
        raise Stop(f"{VAR} does not look like Enishi's folder (no secret-key in it). Nothing was deleted.")
    for path in VAR.iterdir():
        if path != LOCK:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def need_port(port: int, command: str = "bin/up") -> None:
    """Stop with one line when something already listens there, or when it may not be opened."""
    for host in ("127.0.0.1", "::1"):
        try:
            socket.create_connection((host, port), timeout=1).close()
        except OSError:
            continue
        raise Stop(f"Port {port} is in use by another program. Take another one: {command} --port {port + 1}")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise Stop(f"Port {port} cannot be opened ({error.strerror}). Take another one: {command} --port 8001") from None


def free_port(wish: int = 0) -> int:
    """A free port of this machine, the wished one if it is free."""
    for port in (wish, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise Stop("This machine has no free port.")
