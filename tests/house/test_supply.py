"""What we are made of is known: pinned, hashed, listed (O6)."""

from __future__ import annotations

import io
import json
import re
from importlib import metadata
from pathlib import Path

import django
import pytest
from django.core.management import call_command

REQUIREMENTS = Path(__file__).resolve().parent.parent.parent / "requirements"


@pytest.mark.parametrize("kind", ["run", "dev", "all"])
def test_every_package_is_pinned_and_hashed(kind: str) -> None:
    """O6: one version each, with the SHA-256 of what may be installed; nothing comes from an address, a branch or an editable tree."""
    text = (REQUIREMENTS / f"{kind}.txt").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]

    assert len(lines) > 40
    assert [line for line in lines if not re.match(r"[A-Za-z0-9._-]+(\[[^\]]*\])?==\S+ .*--hash=sha256:[0-9a-f]{64}", line)] == []
    assert not re.search(r"(?i)https?://|git\+|^-e |--(extra-)?index-url", text, re.MULTILINE)


def test_what_is_served_is_what_is_tested() -> None:
    """O6: the larger sets hold the smaller ones, version by version."""
    sets = [
        dict(re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", (REQUIREMENTS / f"{one}.txt").read_text(), re.M))
        for one in ("run", "dev", "all")
    ]

    assert sets[0].items() <= sets[1].items() <= sets[2].items()


def test_the_list_of_components_names_every_package() -> None:
    """O6: `manage.py sbom` gives CycloneDX with name, version, purl and hashes of all, and the licence of what is installed."""
    out = io.StringIO()
    call_command("sbom", stdout=out)
    told = json.loads(out.getvalue())

    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.6")
    found = {one["name"]: one for one in told["components"]}
    assert len(found) == len(told["components"]) == len(re.findall(r"^\S+==", (REQUIREMENTS / "run.txt").read_text(), re.M))
    assert all(one["purl"] == f"pkg:pypi/{name}@{one['version']}" and one["hashes"] for name, one in found.items())
    assert found["django"]["version"] == metadata.version("django") == django.__version__
    assert found["django"]["licenses"][0]["license"]["name"]


def test_django_is_of_the_supported_line() -> None:
    """O6: 5.2, the long-supported one."""
    assert django.VERSION[:2] == (5, 2)
