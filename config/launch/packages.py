"""The packages in `.venv`, exactly those of requirements/*.txt: by uv, or by pip where uv cannot be had."""

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from . import say, wheel
from .places import ROOT, SETUP_LOG
from .say import Stop

VENV = ROOT / ".venv"
TOOLS = ROOT / ".tools"
STAMP = VENV / "enishi.json"
PYTHON = VENV / "bin" / "python"
# Each set holds the one before it.
SETS = ("run", "dev", "all")
UV = "uv>=0.9,<1"
# What pip and uv write when they cannot reach anything, as opposed to a package that does not exist or does not fit.
NO_NETWORK = re.compile(r"connect|tunnel|proxyerror|dns error|name resolution|unreachable|timed out|error sending request", re.I)
# A company's proxy signs what passes with a certificate of its own: not "no network", and not an error of ours.
UNTRUSTED = re.compile(r"certificate", re.I)


def ensure(wanted: str, command: str) -> Path:
    """Install the set unless it is there, and give the Python that has it."""
    if not ready(wanted):
        with say.step("Packages"):
            _install(wanted, command)
    return PYTHON


def ready(wanted: str) -> bool:
    """Whether this set, or one that holds it, was installed from the files as they are now."""
    stamp = _stamp()
    have = stamp.get("set")
    return (
        PYTHON.exists()
        and have in SETS[SETS.index(wanted) :]
        and stamp.get("digest") == digest(have)
        and stamp.get("python") == os.path.realpath(PYTHON)
    )


def digest(which: str) -> str:
    return hashlib.sha256((ROOT / "requirements" / f"{which}.txt").read_bytes()).hexdigest()


def _stamp() -> dict[str, Any]:
    try:
        stamp = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def _install(wanted: str, command: str) -> None:
    have = _stamp().get("set", wanted)
    # What bin/test added stays: a start never takes the tests' packages away.
    which = max(wanted, have if have in SETS else wanted, key=SETS.index)
    # Another Python (an upgrade of the system) makes the old folder useless; a folder that had no stamp was made by hand.
    made_by_hand = PYTHON.exists() and bool(_stamp().get("by_hand", not STAMP.exists()))
    usable = made_by_hand or (PYTHON.exists() and _stamp().get("python") == os.path.realpath(PYTHON))
    wish = str(ROOT / "requirements" / f"{which}.txt")
    begin = _size()
    uv = _uv(command)
    if not (uv and _by_uv(uv, wish, usable, made_by_hand)) and not _by_pip(wish, usable):
        raise _failed(command, begin)
    stamp = {"set": which, "digest": digest(which), "python": os.path.realpath(PYTHON), "by_hand": made_by_hand}
    STAMP.write_text(json.dumps(stamp) + "\n")


def _by_uv(uv: str, wish: str, usable: bool, made_by_hand: bool) -> bool:
    if not usable and _run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(VENV)]):
        return False
    # `sync` also removes what is not named; in a folder made by hand nothing is removed.
    verb = ["install", "--requirements"] if made_by_hand else ["sync"]
    return _run([uv, "pip", *verb, wish, "--require-hashes", "--python", str(PYTHON)]) == 0


def _by_pip(wish: str, usable: bool) -> bool:
    _need_venv()
    if (not usable or _run([str(PYTHON), "-m", "pip", "--version"])) and _run([sys.executable, "-m", "venv", "--clear", str(VENV)]):
        return False
    return _run([str(PYTHON), "-m", "pip", "install", "--quiet", "--retries", "1", "--require-hashes", "-r", wish]) == 0


def _uv(command: str) -> str | None:
    """uv: ours, else the one on PATH, else installed by pip into a small folder of its own."""
    own = TOOLS / "bin" / "uv"
    found = str(own) if own.exists() else shutil.which("uv")
    if found:
        return found
    begin = _size()
    pip = _pip()
    if pip and _run([*pip, "--quiet", "--retries", "1", UV]) == 0:
        return str(own)
    if NO_NETWORK.search(said := _written_since(begin)) or UNTRUSTED.search(said):
        raise _failed(command, begin)
    return None


def _pip() -> list[str] | None:
    """A pip that installs into the folder of tools: that of a small environment, or without `ensurepip` its bare wheel."""
    if _makes_venvs():
        if _run([sys.executable, "-m", "venv", "--clear", str(TOOLS)]):
            return None
        return [str(TOOLS / "bin" / "python"), "-m", "pip", "install"]
    found = wheel.fetch(TOOLS, _note)
    return [sys.executable, str(found / "pip"), "install", "--upgrade", "--target", str(TOOLS)] if found else None


def _makes_venvs() -> bool:
    return bool(importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip"))


def _need_venv() -> None:
    if not _makes_venvs():
        name = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
        raise Stop(f"This Python cannot make virtual environments. Install that (Debian, Ubuntu: apt install {name}) and start again.")


def _failed(command: str, begin: int) -> Stop:
    said = _written_since(begin)
    if UNTRUSTED.search(said):
        return Stop(
            f"Cannot download packages: this machine does not trust the certificate that the package index shows (a proxy?). Install the "
            f"proxy's certificate, or name a file of trusted ones: PIP_CERT=/path/to/bundle.pem {command}. Details: {SETUP_LOG}"
        )
    if NO_NETWORK.search(said):
        return Stop(
            f"Cannot download packages: no network. Connect this machine (or set HTTPS_PROXY, or PIP_INDEX_URL for a mirror), "
            f"then run {command} again. Details: {SETUP_LOG}"
        )
    return Stop(f"{say.tail(SETUP_LOG)}\nInstalling packages failed; the end of {SETUP_LOG} is above. Mend that and run {command} again.")


def environment(known: Mapping[str, str]) -> dict[str, str]:
    """For uv: no Python of its own, and the mirror and certificates that pip is told about."""
    names = {"UV_DEFAULT_INDEX": "PIP_INDEX_URL", "SSL_CERT_FILE": "PIP_CERT"}
    same = {ours: known[theirs] for ours, theirs in names.items() if known.get(theirs) and not known.get(ours)}
    ours = {
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_NO_PROGRESS": "1",
        "UV_SYSTEM_CERTS": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
    }
    return {**known, **same, **ours}


def _run(command: Sequence[str]) -> int:
    with SETUP_LOG.open("ab") as log:
        log.write(f"$ {' '.join(command)}\n".encode())
        log.flush()
        try:
            return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment(os.environ)).returncode
        except OSError as error:
            log.write(f"{error}\n".encode())
            return 1


def _note(words: str) -> None:
    with SETUP_LOG.open("a") as log:
        log.write(words)


def _size() -> int:
    return SETUP_LOG.stat().st_size if SETUP_LOG.exists() else 0


def _written_since(begin: int) -> str:
    return SETUP_LOG.read_bytes()[begin:].decode("utf-8", "replace")
