"""What no line of the product does: run a shell or a text as code, read what may act while it is read, make up its own
cryptography, or draw secrets from a die that can be guessed (security I3, I4, I6, C1 to C3)."""

from __future__ import annotations

import ast
from pathlib import Path

from django.conf import settings

from tests.contracts.test_declared import CODE, ROOT

# Numbers that are no secret: what the demo and the bench make up.
DICE = {"core/demo.py", "crm/samples.py", "crm/load.py"}
# These draw from the system's own.
SYSTEM = {"core/remote/budget.py", "core/work/run.py"}


def imported(path: Path) -> set[str]:
    """The modules a file imports, whole and by their first part."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module, *(f"{node.module}.{one.name}" for one in node.names)]
        found |= {*names, *(name.partition(".")[0] for name in names)}
    return found


def called(path: Path) -> set[str]:
    """The names a file calls, as they are written: `os.system`, `eval`."""
    return {ast.unparse(node.func) for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)}


def where(wanted: set[str], of: object, but: frozenset[str] | set[str] = frozenset()) -> list[str]:
    """The files, but those named, of which `imported` or `called` finds something that is wanted."""
    names = {str(path.relative_to(ROOT)): of(path) & wanted for path in CODE}  # type: ignore[operator]
    return [f"{name}: {' '.join(sorted(held))}" for name, held in names.items() if held and name not in but]


def test_nothing_runs_a_shell_or_a_text_as_code() -> None:
    """I3, I4: no process is started, nothing that somebody wrote is a program, and templates are files of ours."""
    assert where({"subprocess", "pty", "popen2"}, imported) == []
    assert where({"os.system", "os.popen", "os.execv", "os.spawnl", "eval", "exec", "__import__"}, called) == []
    assert where({"Template", "template.Template", "Engine", "engines.from_string", "engine.from_string"}, called) == []


def test_nothing_is_read_that_acts_while_it_is_read() -> None:
    """I6: no pickles, no YAML, no XML with entities from outside, and workers take JSON alone."""
    assert where({"pickle", "marshal", "shelve", "dill", "yaml", "lxml", "xml"}, imported, {"core/web/tags.py"}) == []  # our own icons
    assert (settings.CELERY_TASK_SERIALIZER, settings.CELERY_ACCEPT_CONTENT) == ("json", ["json"])
    assert settings.SESSION_SERIALIZER == "django.contrib.sessions.serializers.JSONSerializer"


def test_secrets_are_drawn_and_kept_by_what_is_made_for_it() -> None:
    """C1 to C3: no die that can be guessed, no broken hash, no cipher of our own; passwords as Django keeps them now."""
    assert where({"random"}, imported, DICE | SYSTEM) == []
    assert {one for name in SYSTEM for one in imported(ROOT / name) if one.startswith("random.")} == {"random.SystemRandom"}
    assert where({"hashlib.md5", "hashlib.sha1"}, called) == []
    assert where({"Crypto", "cryptography.hazmat", "nacl"}, imported) == []
