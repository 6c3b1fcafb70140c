"""bin/up and bin/test as a person meets them: real processes, each ending with one clear line."""

import ast
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
NOWHERE = "http://127.0.0.1:9"
SETTINGS = {"DATABASE_URL", "REDIS_URL", "BASE_URL", "SECRET_KEY", "FIELD_KEYS", "X_API", "X_CLIENT_ID", "DJANGO_SETTINGS_MODULE"}


def person(**more):
    """The environment of a person's terminal: nothing that bin/test has set for the tests."""
    ours = ("ENISHI_", "PIP_", "UV_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours) and name not in SETTINGS} | more


def run(*command, env=None, cwd=ROOT, seconds=60):
    words = [str(word) for word in command]
    return subprocess.run(words, cwd=cwd, env=person(**(env or {})), capture_output=True, text=True, timeout=seconds)


@pytest.fixture
def checkout(tmp_path):
    """What bin/up needs of a fresh checkout, without packages and without data."""
    there = tmp_path / "enishi"
    shutil.copytree(ROOT / "bin", there / "bin")
    shutil.copytree(ROOT / "config", there / "config", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "requirements", there / "requirements")
    return there


def fake_python(folder, version):
    """A `python3` that says it is of another version."""
    folder.mkdir()
    pretend = (
        f"import sys; sys.version_info = {version}; sys.argv = sys.argv[1:]; __file__ = sys.argv[0]; "
        "exec(compile(open(__file__).read(), __file__, 'exec'))"
    )
    script = folder / "python3"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{pretend}" "$@"\n')
    script.chmod(0o755)


@pytest.mark.parametrize("command", ["up", "test"])
def test_an_old_python_gets_one_line(tmp_path, command):
    """PLT-1: an old Python: one clear line that says what to do."""
    fake_python(tmp_path / "bin", (3, 9, 18, "final", 0))

    answer = run(tmp_path / "bin" / "python3", ROOT / "bin" / command, env={"PATH": str(tmp_path / "bin")})

    assert answer.returncode == 1
    assert answer.stdout == ""
    assert answer.stderr.count("\n") == 1
    assert answer.stderr.startswith("Enishi needs Python 3.11 or newer; this is 3.9. Install one ")
    assert answer.stderr.endswith(f"and run bin/{command} again.\n")


def test_an_old_python_goes_on_with_a_newer_one_from_the_path(tmp_path):
    """PLT-1: Python 3.11 or newer is enough, also when `python3` is another one."""
    fake_python(tmp_path / "bin", (3, 9, 18, "final", 0))
    (tmp_path / "bin" / "python3.12").symlink_to("/bin/false")
    (tmp_path / "bin" / "python3.11").symlink_to(sys.executable)

    answer = run(tmp_path / "bin" / "python3", ROOT / "bin" / "up", "--help", env={"PATH": str(tmp_path / "bin")})

    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout.startswith("usage: bin/up")


@pytest.mark.parametrize("name", ["bin/up", "bin/test", "config/launch/__init__.py", "config/launch/python.py"])
def test_what_runs_first_is_read_by_an_old_python(name):
    """PLT-1: the line about an old Python can only be said in words it understands."""
    ast.parse((ROOT / name).read_text(), feature_version=(3, 6))


def test_a_port_in_use_gets_one_line(checkout):
    """PLT-1: a port in use: one clear line that says what to do."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        answer = run(sys.executable, "bin/up", "--port", port, cwd=checkout)

    assert answer.returncode == 1
    assert answer.stdout == f"Port {port} is in use by another program. Take another one: bin/up --port {port + 1}\n"
    assert stat.S_IMODE((checkout / "var").stat().st_mode) == 0o700
    assert not (checkout / ".venv").exists()


@pytest.mark.parametrize("command", ["up", "test"])
def test_no_network_gets_one_line(checkout, tmp_path, command):
    """PLT-1: no network: one clear line that says what to do."""
    cut = dict.fromkeys(["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"], NOWHERE)
    empty = {"PIP_CONFIG_FILE": "/dev/null", "PIP_NO_CACHE_DIR": "1", "UV_CACHE_DIR": str(tmp_path / "cache"), "UV_NO_CONFIG": "1"}
    port = ["--port", free_port()] if command == "up" else []

    answer = run(sys.executable, f"bin/{command}", *port, cwd=checkout, env=cut | empty, seconds=120)

    assert answer.returncode == 1
    assert answer.stdout == (
        "Cannot download packages: no network. Connect this machine (or set HTTPS_PROXY, or PIP_INDEX_URL for a mirror), "
        f"then run bin/{command} again. Details: {checkout}/var/log/setup.log\n"
    )


def test_a_second_start_beside_a_running_one_gets_one_line(checkout):
    """PLT-1: a second bin/up says that, and where, Enishi is running."""
    hold = (
        "import sys; sys.path.insert(0, 'config'); from launch import places; places.make(); "
        "held = places.lock('http://localhost:8123'); print('held', flush=True); input()"
    )
    words = [sys.executable, "-c", hold]
    first = subprocess.Popen(words, cwd=checkout, env=person(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert first.stdout.readline() == "held\n"

    answer = run(sys.executable, "bin/up", "--port", free_port(), cwd=checkout)
    first.communicate("\n")

    assert answer.returncode == 1
    assert answer.stdout == (
        f"Enishi is already running at http://localhost:8123 (process {first.pid}). End it with Ctrl-C there, or with: kill {first.pid}\n"
    )


def test_reset_deletes_nothing_without_yes(checkout):
    """PLT-1: neither command asks anything; so deleting needs the word."""
    data = checkout / "var" / "enishi.sqlite3"
    data.parent.mkdir()
    data.write_text("rows")

    answer = run(sys.executable, "bin/up", "--reset", cwd=checkout)

    assert answer.returncode == 1
    assert answer.stdout.endswith("If you mean it: bin/up --reset --yes\n")
    assert data.read_text() == "rows"


def test_reset_keeps_away_from_a_folder_that_is_not_enishis(checkout, tmp_path):
    """PLT-1: a wrong ENISHI_VAR deletes nobody's files."""
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear-ann.txt").write_text("…")

    answer = run(sys.executable, "bin/up", "--reset", "--yes", cwd=checkout, env={"ENISHI_VAR": str(tmp_path / "letters")})

    assert answer.returncode == 1
    assert answer.stdout.endswith("does not look like Enishi's folder (no secret-key in it). Nothing was deleted.\n")
    assert (tmp_path / "letters" / "dear-ann.txt").exists()


def pins(name):
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    return dict(re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^ ;\\]+)", text, re.M))


@pytest.mark.parametrize(("smaller", "larger"), [("run", "dev"), ("dev", "all")])
def test_a_set_of_packages_holds_the_one_before(smaller, larger):
    """PLT-1: a start after bin/test keeps the tests' packages, because their set holds the run-time one."""
    assert pins(smaller).items() <= pins(larger).items()


@pytest.mark.parametrize("name", ["run", "dev", "all"])
def test_locked_packages_name_no_host(name):
    """PLT-1: packages come from whatever index the machine is told to use."""
    assert "://" not in (ROOT / "requirements" / f"{name}.txt").read_text()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
