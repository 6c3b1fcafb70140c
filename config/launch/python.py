"""Go on with a Python that is new enough, or say in one line what to install. Must parse on any Python 3."""

import os
import shutil
import subprocess
import sys

OLDEST = (3, 11)
NEWER = ("python3.13", "python3.12", "python3.11", "python3.14")


def require(script, command):
    """Return on a good Python; else start the script again with a good one from PATH, else stop."""
    if sys.version_info >= OLDEST:
        return
    for name in NEWER:
        path = shutil.which(name)
        if path and _works(path):
            os.execv(path, [path, script] + sys.argv[1:])  # noqa: S606
    sys.stderr.write(
        f"Enishi needs Python 3.11 or newer; this is {sys.version_info[0]}.{sys.version_info[1]}. Install one "
        "(Debian, Ubuntu: apt install python3.11 python3.11-venv; macOS: brew install python@3.12) "
        f"and run {command} again.\n"
    )
    sys.exit(1)


def _works(path):
    # A name on PATH may be a shim for a Python that is not there.
    ask = [path, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
    with open(os.devnull, "w") as nowhere:
        return subprocess.call(ask, stdout=nowhere, stderr=nowhere) == 0
