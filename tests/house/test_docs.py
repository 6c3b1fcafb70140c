"""What the documentation names is there: files, names in the code, commands, and pages it links to."""

from __future__ import annotations

import re
import subprocess
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from django.core.management import get_commands

from core.action.registry import find
from core.module.registry import modules

ROOT = Path(__file__).resolve().parent.parent.parent
APPS = ("core", "crm", "automation", "social", "helpdesk", "campaigns", "admin_console", "config", "sandbox", "bench", "tests")
FILES = re.compile(r"\.(?:py|md|toml|txt|json|html|js|css|po|yml)$")
# What CONTRIBUTING.md lets somebody make, and what an installation makes for itself.
EXAMPLES, MADE = {"crm/machines.py", "crm.machine"}, ("var/", ".venv/")


def tracked() -> set[str]:
    """The files of the repository, and their folders."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    files = {one for one in listed.splitlines() if (ROOT / one).exists()}
    return files | {str(folder) for one in files for folder in Path(one).parents}


THERE = tracked()
TEXTS = sorted(one for one in THERE if one.endswith(".md") and not one.startswith("tests/"))
NAMES = {Path(one).name for one in THERE}
TOP = {one.partition("/")[0] for one in THERE if "/" in one}


def spread(word: str) -> list[str]:
    """`css/{a,b}.css` as the two it stands for."""
    parts = [part[1:-1].split(",") if part.startswith("{") else [part] for part in re.findall(r"\{[^}]*\}|[^{]+", word)]
    return ["".join(one) for one in product(*parts)]


def missing(text: str) -> list[str]:
    """The words in backticks that look like a file or folder of the repository and are none. A name alone is one of some folder."""
    codes = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    words = [part for code in codes for word in code.split() for part in spread(word)]
    return [word for word in words if meant(word) and not is_there(word.rstrip("/"))]


def meant(word: str) -> bool:
    """Whether it looks like a file or folder of ours: no address, no blank to fill in, nothing that an installation makes."""
    if re.search(r"[<>…:]", word) or word.startswith(("/", *MADE)) or word in EXAMPLES:
        return False
    return bool(FILES.search(word)) or ("/" in word and word.partition("/")[0] in TOP)


def is_there(word: str) -> bool:
    return any(ROOT.glob(word)) if "*" in word else word in THERE or ("/" not in word and word in NAMES)


def resolves(name: str) -> bool:
    """Whether `a.b.c` is a module of Python, or something in one."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        try:
            found: Any = import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for part in parts[end:]:
            if not hasattr(found, part):
                return False
            found = getattr(found, part)
        return True
    return False


@pytest.mark.parametrize("name", TEXTS)
def test_every_file_that_a_text_names_is_there(name: str) -> None:
    """PLT-2: nobody is sent to a file that moved."""
    assert missing((ROOT / name).read_text()) == []


@pytest.mark.parametrize("name", TEXTS)
def test_every_name_of_the_code_in_a_text_is_there(name: str) -> None:
    """PLT-2: modules, functions and keys that a text names in backticks."""
    known = {one.key for one in modules()} | EXAMPLES
    named = set(re.findall(rf"`((?:{'|'.join(APPS)})(?:\.\w+)+)", (ROOT / name).read_text()))

    assert [one for one in sorted(named - known) if not (FILES.search(one) or find(one) or resolves(one))] == []


@pytest.mark.parametrize("name", TEXTS)
def test_every_page_a_text_links_to_is_there(name: str) -> None:
    """PLT-2: links between the texts, from where each stands."""
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", (ROOT / name).read_text())

    assert [one for one in targets if not ((ROOT / name).parent / one).exists()] == []


def test_every_command_is_told_and_every_one_told_is_there() -> None:
    """PLT-2: docs/operations.md knows the commands of ours; no text names another."""
    ours = {name for name, app in get_commands().items() if app in APPS}
    told = {one for name in TEXTS for one in re.findall(r"manage\.py (\w+)", (ROOT / name).read_text())}
    operations = set(re.findall(r"manage\.py (\w+)", (ROOT / "docs" / "operations.md").read_text()))

    assert (sorted(told - set(get_commands())), sorted(ours - operations)) == ([], [])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("`core/nowhere.py` `docs/networks.md`", ["core/nowhere.py"]),
        ("`static/css/{base,lost}.css`", ["static/css/lost.css"]),
        ("`social/networks/nobody/` and `social/networks/x/`", ["social/networks/nobody/"]),
        ("`requirements/*.txt` `static/*.txt` `gate.py` `gone.py` `/healthz` `Asia/Tokyo` `var/media`", ["static/*.txt", "gone.py"]),
    ],
)
def test_what_is_not_there_is_seen(text: str, found: list[str]) -> None:
    assert missing(text) == found
