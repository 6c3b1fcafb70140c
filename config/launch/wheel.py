"""pip for a Python without `ensurepip` (Debian keeps it in a package of its own): its wheel runs without being installed."""

import hashlib
import os
import re
import ssl
import urllib.request
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urljoin

NAME = "pip-26.3-py3-none-any.whl"
SHA256 = "f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13"
INDEX = "https://pypi.org/simple"


def fetch(folder: Path, say: Callable[[str], object]) -> Path | None:
    """The wheel of exactly this pip, checked by its hash, from the index pip is told about; None with the reason said."""
    place = folder / NAME
    if place.exists() and _right(place.read_bytes()):
        return place
    index = os.environ.get("PIP_INDEX_URL") or INDEX
    try:
        page = f"{index.rstrip('/')}/pip/"
        found = re.search(rf'href="([^"]*/)?{re.escape(NAME)}[^"]*"', _read(page).decode("utf-8", "replace"))
        data = _read(urljoin(page, found.group()[6:-1].partition("#")[0])) if found else b""
    except OSError as error:
        say(f"{index}: {error}\n")
        return None
    if not _right(data):
        say(f"{index} has no {NAME} with the hash we know.\n")
        return None
    folder.mkdir(exist_ok=True)
    place.write_bytes(data)
    return place


def _right(data: bytes) -> bool:
    return hashlib.sha256(data).hexdigest() == SHA256


def _read(address: str) -> bytes:
    trusted = ssl.create_default_context(cafile=os.environ.get("PIP_CERT") or None)
    with urllib.request.urlopen(address, timeout=30, context=trusted) as answer:  # noqa: S310 - the index a person names
        return bytes(answer.read())
