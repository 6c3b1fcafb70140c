"""Many channels read and answered while everything is killed: workers, Redis and PostgreSQL, `kill -9` at random moments.

A small one runs with the rest. The size of a bad week (20,000 posts, 1,000 answers, a hundred kills; seven minutes on a busy machine):

    ENISHI_KILLS=20000,1000,100 bin/test --pg tests/flows/test_kills_at_size.py -s
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import DatabaseError, connection, connections
from django.db.models import Count

from config.launch import postgres
from core import clock
from core.actor import Actor
from core.event.models import Event
from core.exchange.models import Arrival, Delivery
from core.search.models import SearchEntry
from core.work import due, hints
from core.work.jobs import drain
from core.work.models import Job
from sandbox.running import Control
from social.answering import ANSWERS
from social.connecting import connect_sandbox
from social.models import Brand, Post, Stream
from social.pull import enqueue_due
from tests.cast import cast
from tests.core.test_work_services import ROOT, Broker, broker, broker_server, free_port, until  # noqa: F401

from .nursery import Nursery
from .test_kills import network_for

pytestmark = [pytest.mark.services, pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
POSTS, ANSWERED, KILLS = map(int, os.environ.get("ENISHI_KILLS", "1000,60,4").split(","))
CHANNELS = max(4, POSTS // 400)
# One of each kind, whatever the dice say; workers twice as often.
KINDS = ("worker", "backend", "redis", "worker")


@pytest.fixture
def own_postgres(transactional_db: None) -> Iterator[str]:
    """A PostgreSQL of this test alone with the tables and first rows of the test database: killing it harms nobody else."""
    place = connection.settings_dict
    known = {"PGPASSWORD": place["PASSWORD"] or "", **os.environ}
    server = ["-h", str(place["HOST"] or "127.0.0.1"), "-p", str(place["PORT"] or 5432), "-U", str(place["USER"]), str(place["NAME"])]
    with postgres.cluster(*postgres.SURE) as url:
        programs = postgres.binaries()
        dump = subprocess.run([str(programs / "pg_dump"), "--no-owner", *server], env=known, capture_output=True, check=True)
        subprocess.run([str(programs / "psql"), "-q", "-v", "ON_ERROR_STOP=1", url], input=dump.stdout, capture_output=True, check=True)
        old, parts, kept = connections["default"], urlsplit(url), dict(connections.databases["default"])
        there = {"HOST": parts.hostname, "PORT": str(parts.port), "USER": parts.username, "PASSWORD": "", "NAME": parts.path[1:]}
        connections.databases["default"].update(there)
        connections["default"] = connections.create_connection("default")
        try:
            yield url
        finally:
            connections["default"].close()
            connections.databases["default"].update(kept)
            connections["default"] = old


def steadily(work: Callable[[], Any], seconds: float = 60) -> Any:
    """Do it, and again while the database is away."""
    end = time.monotonic() + seconds
    while True:
        try:
            return work()
        except DatabaseError:
            if time.monotonic() > end:
                raise
            connection.close()
            time.sleep(0.1)


class Stage:
    """What is killed, and what happens meanwhile."""

    def __init__(self, workers: Nursery, seed: int) -> None:
        self.workers, self.broker, self.dice = workers, workers.broker, random.Random(seed)
        self.killed: Counter[str] = Counter()
        self.team = [workers.start(), workers.start()]

    def kill(self, kind: str) -> None:
        if kind == "worker":
            number = self.dice.randrange(2)
            self.workers.kill(self.team[number])
            self.team[number] = self.workers.start()
        elif kind == "redis":
            self.broker.kill()
            time.sleep(self.dice.uniform(0, 1))
            self.broker.start()
            hints.reset()
        else:
            os.kill(self.dice.choice(steadily(_backends)), signal.SIGKILL)
        self.killed[kind] += 1

    def hasten(self) -> None:
        """The minutes that leases, pauses and second looks take are over."""
        past = clock.now() - timedelta(seconds=1)
        Job.objects.filter(state="running").update(lease_until=past, hinted_at=None)
        self.strike()

    def strike(self) -> None:
        """The clock strikes: what waits is due, and the workers are told."""
        now = clock.now()
        past = now - timedelta(seconds=1)
        Delivery.objects.filter(state="waiting").update(not_before=None)
        Job.objects.filter(state="waiting", due_at__gt=past).update(due_at=past, hinted_at=None)
        Stream.objects.filter(next_due__gt=now).update(next_due=now)
        enqueue_due(now)
        due.sweep()


def _backends() -> list[int]:
    """The server processes of others in our database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
        found = [pid for (pid,) in cursor.fetchall()]
        cursor.execute("SELECT pg_backend_pid()")
        return found or [cursor.fetchone()[0]]


def _answer(actor: Actor, wanted: int) -> None:
    """Answer some of what was read that nobody answered yet, as somebody does who presses the button."""
    room = min(wanted, ANSWERED) - Delivery.objects.count()
    answered = Delivery.objects.values("record_id")
    for post in Post.objects.filter(ours=False, deleted_at=None).exclude(pk__in=answered).order_by("pk")[: max(0, room)]:
        text = f"answer to {post.outside_id}"
        ANSWERS.send(post, text, actor=actor, key=f"answer:{post.pk}", module="social.post", record_id=post.pk)


def _stored() -> tuple[int, int]:
    """Posts read, and answers whose fate is settled."""
    return Post.objects.filter(ours=False).count(), Delivery.objects.filter(state__in=["sent", "unknown", "failed"]).count()


@pytest.fixture
def stand_in(tmp_path: Path) -> Iterator[Control]:
    """The network as a process of its own: it is not to wait for this one."""
    port = free_port()
    command = [sys.executable, "-m", "sandbox", "--port", str(port), "--data", str(tmp_path / "sandbox.sqlite3")]
    with (tmp_path / "sandbox.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
    control = Control(f"http://127.0.0.1:{port}")
    try:
        until(lambda: _answers(control))
        yield control
    finally:
        process.kill()
        process.wait()


def _answers(control: Control) -> bool:
    try:
        return bool(control.get("state"))
    except OSError:
        return False


@pytest.fixture
def nursery(own_postgres: str, broker: Broker, tmp_path: Path) -> Iterator[Nursery]:  # noqa: F811
    workers = Nursery(own_postgres, broker, tmp_path)
    yield workers
    workers.end()


def test_whatever_is_killed_nothing_is_lost_stored_twice_or_sent_twice(  # noqa: PLR0913
    nursery: Nursery,
    stand_in: Control,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """SOC-5, SOC-6, F1, F4, F5, I1, I8: counted at the network; what is of unknown fate is shown."""
    network_for(nursery, stand_in, settings, monkeypatch)
    people = cast()
    brand = Brand.objects.create(name="Enishi")
    stand_in.do("volume", channels=CHANNELS, posts=0, rate=1)
    for number in range(CHANNELS):
        connect_sandbox(people["root"], brand, f"volume_{number:04}")
    Stream.objects.exclude(kind="mentions").update(paused=True)  # nobody writes in private here
    drain()  # what was there before us: nothing
    monkeypatch.setattr(due, "HINT_LIFE", timedelta(seconds=2))
    # Slowly by the machine's time; each kill brings the network's clock on, so that there is work for all of them.
    rate = max(1, POSTS // (20 * KILLS))
    stand_in.do("volume", channels=CHANNELS, posts=POSTS, rate=rate)

    stage = Stage(nursery, seed=POSTS)
    begun, actor, next_kill, next_strike, ready = time.monotonic(), Actor(people["ann"]), 0.0, 0.0, (0, 0)
    try:
        while ready < (POSTS, ANSWERED) or stage.killed.total() < KILLS:
            assert time.monotonic() - begun < 60 + POSTS * 0.15 + KILLS * 10, f"{ready} of {POSTS, ANSWERED}; {stage.killed}"
            steadily(lambda: _answer(actor, ANSWERED * (stage.killed.total() + 1) // KILLS))
            if ready[0] and time.monotonic() > next_kill and stage.killed.total() < KILLS:
                stage.kill(KINDS[stage.killed.total() % len(KINDS)])
                steadily(stage.hasten)
                next_kill = time.monotonic() + stage.dice.uniform(0.5, 2.5)
                stand_in.advance(POSTS / KILLS / rate)
                if stage.killed.total() % 10 == 0:
                    print(f"{time.monotonic() - begun:6.1f} s: {ready}, {dict(stage.killed)}", flush=True)
            elif time.monotonic() > next_strike:
                steadily(stage.strike)
                next_strike = time.monotonic() + 1
            ready = steadily(_stored)
            time.sleep(0.1)
    finally:
        nursery.end()

    with closing(sqlite3.connect(tmp_path / "sandbox.sqlite3")) as there:
        rows = there.execute("SELECT CAST(posts.id AS TEXT), text FROM posts JOIN people ON people.id = author WHERE brand = 1").fetchall()
    answers = [text for _number, text in rows if "answer to" in text]
    said = Post.objects.filter(ours=False)
    told = Event.objects.filter(module="social.post", kind__in=["created", "arrived"]).values("record_id").annotate(times=Count("pk"))
    states = Counter(Delivery.objects.values_list("state", flat=True))
    sent = dict(Delivery.objects.filter(state="sent").values_list("outside_id", "text"))
    unclear = [one.why for one in Delivery.objects.filter(state="unknown")]
    took, fates = time.monotonic() - begun, dict(states)
    print(f"{POSTS} posts and {ANSWERED} answers in {took:.0f} s; killed {dict(stage.killed)}; {fates}; {len(answers)} at the network")

    # Nothing lost, nothing stored twice: one row, one mark, one event and one entry of the index for each.
    # The lower 22 bits of a generated post's id are its number.
    assert sorted(int(number) & 0x3FFFFF for number in said.values_list("outside_id", flat=True)) == list(range(POSTS))
    assert Arrival.objects.filter(kind="post").count() == Post.objects.count()
    assert {one["times"] for one in told} == {1}
    assert len(told) == Post.objects.count() == SearchEntry.objects.filter(module="social.post").count()
    # Nothing sent twice; what we call sent is there under that number; what nobody can know is shown, and is rare.
    assert len(answers) == len(set(answers)) <= ANSWERED
    assert set(states) <= {"sent", "unknown"}
    assert states.total() == ANSWERED
    assert sent.items() <= dict(rows).items()
    assert Post.objects.filter(ours=True).count() == len(sent)
    assert all("could not find out" in why for why in unclear)
    assert len(answers) - len(sent) <= len(unclear) <= 4 * stage.killed.total()
    assert not Job.objects.filter(state="parked").exists()
