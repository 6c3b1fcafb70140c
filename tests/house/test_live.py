"""The whole product in its own processes, started as a person starts it. Slow: runs with ENISHI_SLOW=1 (`.ci/run`)."""

import http.client
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from .test_up import ROOT, SETTINGS, free_port

pytestmark = [
    pytest.mark.services,
    pytest.mark.skipif(not os.environ.get("ENISHI_SLOW"), reason="starts everything from a fresh clone: set ENISHI_SLOW=1"),
]


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    there = tmp_path_factory.mktemp("live") / "enishi"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(there)], check=True)
    return there


@contextmanager
def running(clone, *arguments, env=None):
    """bin/up, from its start to Ctrl-C; gives the port and what it has said until it was ready."""
    port = free_port()
    known = {name: value for name, value in os.environ.items() if not name.startswith("ENISHI_") and name not in SETTINGS}
    process = subprocess.Popen(
        [sys.executable, "bin/up", "--port", str(port), *arguments], cwd=clone, env=known | (env or {}), stdout=subprocess.PIPE, text=True
    )
    said = []
    try:
        for line in process.stdout:
            said.append(line)
            if line.startswith("Logs are in"):
                break
        else:
            pytest.fail("bin/up ended:\n" + "".join(said))
        yield port, "".join(said)
    finally:
        begin = time.monotonic()
        process.send_signal(signal.SIGINT)
        rest = process.communicate(timeout=30)[0]
        took = time.monotonic() - begin
    assert rest.endswith("Everything has ended.\n")
    assert took < 10
    assert left_over(clone) == []


def left_over(clone):
    """The processes that still run out of the clone."""
    rows = subprocess.run(["ps", "-wweo", "pid,args"], capture_output=True, text=True, check=True).stdout.splitlines()
    return [row for row in rows if str(clone) in row]


def get(port, path):
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    line.request("GET", path, headers={"Host": f"localhost:{port}"})
    answer = line.getresponse()
    return answer.status, answer.read().decode()


def ready_within(port, seconds):
    """/readyz: database, broker, worker heartbeat, migrations."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        status, _ = get(port, "/readyz")
        if status == 200:
            return True
        time.sleep(0.5)
    return False


@pytest.mark.xdist_group("embedded")
def test_one_command_serves_on_an_embedded_default(clone):
    """PLT-1: bin/up installs, migrates, loads the demo, serves, and Ctrl-C ends all of it; a second start keeps the data."""
    with running(clone) as (port, said):
        logins = (clone / "var" / "demo-logins.txt").read_text()
        assert f"Enishi is ready at http://localhost:{port}" in said
        assert all(row.strip() in said for row in logins.splitlines())
        assert ready_within(port, 60)
    if there := os.environ.get("ENISHI_DEMO_VAR"):  # for the browser tests of the same run (tests/browser/conftest.py)
        shutil.copytree(clone / "var", there, ignore=shutil.ignore_patterns("broker*", "*.lock", "log", "sandbox-port"))

    begin = time.monotonic()
    with running(clone) as (port, said):
        seconds = time.monotonic() - begin
        assert "Packages" not in said
        assert "Demo organisation" not in said
        assert ready_within(port, 60)
    assert seconds < 30  # five on an idle machine; the other half of these tests, a second product, starts beside it


@pytest.mark.xdist_group("embedded")
def test_a_killed_worker_comes_back(clone):
    """PLT-1: a dead child is started again."""
    with running(clone) as (port, _):
        assert ready_within(port, 60)
        rows = [row for row in left_over(clone) if "config.launch.worker" in row]
        os.kill(min(int(row.split()[0]) for row in rows), signal.SIGKILL)
        time.sleep(6)
        assert ready_within(port, 60)
        assert [row for row in left_over(clone) if "config.launch.worker" in row]


@pytest.mark.xdist_group("others")
def test_empty_starts_without_demo_data(clone, tmp_path):
    """PLT-1: bin/up --empty starts with the set-up page instead of demo data."""
    with running(clone, "--empty", env={"ENISHI_VAR": str(tmp_path / "var")}) as (port, said):
        assert "Demo organisation" not in said
        assert not (tmp_path / "var" / "demo-logins.txt").exists()
        assert get(port, "/healthz")[0] == 200


@pytest.mark.xdist_group("others")
@pytest.mark.postgres
@pytest.mark.skipif(not os.environ.get("DATABASE_URL"), reason="needs PostgreSQL: bin/test --pg")
def test_the_same_code_on_postgresql_and_redis(clone, tmp_path):
    """PLT-2: the same code on PostgreSQL and Redis when DATABASE_URL and REDIS_URL are set."""
    import psycopg2

    url, name = os.environ["DATABASE_URL"], f"enishi_live_{secrets.token_hex(4)}"
    # The tests' own address may name a database that is still to be made; every server has `postgres`.
    server = psycopg2.connect(re.sub(r"/[^/]*$", "/postgres", url))
    server.autocommit = True
    server.cursor().execute(f"CREATE DATABASE {name}")
    mine = {"DATABASE_URL": re.sub(r"/[^/]*$", f"/{name}", url), "REDIS_URL": os.environ["REDIS_URL"], "ENISHI_VAR": str(tmp_path / "var")}
    try:
        with running(clone, env=mine) as (port, said):
            assert "Broker" not in said
            assert not (tmp_path / "var" / "enishi.sqlite3").exists()
            assert ready_within(port, 60)
    finally:
        server.cursor().execute(f"DROP DATABASE {name} WITH (FORCE)")
        server.close()
        shutil.rmtree(tmp_path / "var", ignore_errors=True)
