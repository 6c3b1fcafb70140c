"""`manage.py sbom`: what this installation is made of, as a CycloneDX list (O6), out of the pinned requirements it was installed by."""

from __future__ import annotations

import json
import re
from importlib import metadata
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

_PINNED = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(?P<version>[^\s;\\]+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def components(text: str) -> list[dict[str, Any]]:
    """One component for each pinned line of a requirements file, with the hashes that may be installed."""
    made: list[dict[str, Any]] = []
    for line in text.splitlines():
        if found := _PINNED.match(line):
            name, version = found["name"].lower(), found["version"]
            purl = f"pkg:pypi/{name}@{version}"
            known = {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}
            made.append({**known, "hashes": [], **_licence(name)})
        if made:
            made[-1]["hashes"] += [{"alg": "SHA-256", "content": digest} for digest in _HASH.findall(line)]
    return made


def _licence(name: str) -> dict[str, Any]:
    """What the installed package says of its licence; nothing for one that this system does not need."""
    try:
        told = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return {}
    classes = [one.rpartition(":: ")[2] for one in told.get_all("Classifier") or () if one.startswith("License ::")]
    given = [*(told.get_all("License-Expression") or ()), *classes, *(told.get_all("License") or ())]
    said = given[0].partition("\n")[0] if given else ""
    return {"licenses": [{"license": {"name": said[:100]}}]} if said else {}


def bom(kind: str = "run") -> dict[str, Any]:
    """The whole list."""
    text = (Path(settings.BASE_DIR) / "requirements" / f"{kind}.txt").read_text()
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "bom-ref": "enishi", "name": "enishi"}},
        "components": components(text),
    }


class Command(BaseCommand):
    help = "Print a CycloneDX list (JSON) of every package this product is installed with."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--kind", default="run", choices=["run", "dev", "all"], help="Which set of requirements.")

    def handle(self, *args: Any, kind: str, **options: Any) -> None:
        self.stdout.write(json.dumps(bom(kind), indent=1))
