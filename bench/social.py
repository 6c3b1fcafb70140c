"""Five hundred channels on their allowances, against the sandbox in a process of its own.

First a limit of 8 calls in two minutes for each channel, of which robots may take 6, and news everywhere all the time: are all 6
taken, is any call for nothing, how old is a post when it is stored (`bench.allowances`). Then what is left after an outage, without
a limit and with real workers: how fast. At last storing alone.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from bench import allowances
from bench.jobs import timed, worked
from bench.table import Line
from config.launch import broker
from config.launch.places import free_port
from core import clock, stamps
from core.access.models import User
from core.event.models import Event
from core.exchange.models import Arrival
from core.record.insert import insert
from core.record.loading import load, settle
from core.remote import budget
from core.search.backends import Row, backend
from core.search.grams import grams
from core.search.models import SearchEntry
from core.work import hints
from core.work.models import Job
from sandbox.running import Control
from social import pull
from social.connecting import connect_sandbox
from social.keeping import POST
from social.models import Brand, Channel, Post, Profile, Stream
from social.networks.items import Page, Person, Said

ROOT = Path(__file__).resolve().parent.parent
CHANNELS, EACH = 500, 40
ALONE, TURN = 10_000, 10


def polling(rows: int) -> list[Line]:
    """All lines. `rows` bounds how many posts the outage leaves; with few of them everything is smaller and shorter."""
    channels = max(4, min(CHANNELS, rows // EACH))
    with tempfile.TemporaryDirectory(prefix="enishi-bench-social-") as made, contextlib.ExitStack() as stack:
        folder = Path(made)
        control = stack.enter_context(_network(folder))
        stack.enter_context(_broker(folder))
        _say(f"{channels} channels sign in")
        _connect(control, channels)
        _say("their allowances")
        lines = allowances.measured(control, folder / "sandbox.sqlite3", channels)
        _say("what an outage left")
        with _workers(folder):
            backlog = _backlog(control, channels, channels * EACH)
        _say("storing alone")
        return [*lines, _read(*backlog), *_storing(min(rows, ALONE))]


def _say(words: str) -> None:
    print(f"    {words} …", file=sys.stderr, flush=True)


# The stage ----------------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _process(command: list[str], log: Path, **more: Any) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=out, start_new_session=True, **more)
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextlib.contextmanager
def _network(folder: Path) -> Iterator[Control]:
    port = free_port()
    command = [sys.executable, "-m", "sandbox", "--port", str(port), "--data", str(folder / "sandbox.sqlite3")]
    with _process(command, folder / "sandbox.log"):
        url = f"http://127.0.0.1:{port}"
        values = {"X_API": url, "X_SITE": url, "X_CLIENT_ID": "sandbox-client", "X_CLIENT_SECRET": "sandbox-secret"}
        for name, value in {**values, "BASE_URL": "http://localhost:8000", "X_POLL_FLOOR": 1, "X_POLL_CEILING": 900}.items():
            setattr(settings, name, value)
            os.environ[name] = str(value)
        settings.INNER_HOSTS = [f"127.0.0.1:{port}"]
        os.environ["INNER_HOSTS"] = f"127.0.0.1:{port}"
        control = Control(url)
        _until(lambda: _answers(control), 30)
        yield control


def _answers(control: Control) -> bool:
    try:
        return bool(control.get("state"))
    except OSError:
        return False


@contextlib.contextmanager
def _broker(folder: Path) -> Iterator[None]:
    from config.celery import app

    url = f"redis://127.0.0.1:{free_port()}/0"
    port = url.rsplit(":", 1)[1].split("/")[0]
    command = [broker.binary(Path(sys.executable)), "--bind", "127.0.0.1", "--port", port, "--save", "", "--dir", str(folder)]
    with _process(command, folder / "broker.log"):
        if not broker.wait(url):
            raise SystemExit("The broker for the bench does not start.")
        settings.REDIS_URL = settings.CELERY_BROKER_URL = os.environ["REDIS_URL"] = url
        app.conf.broker_url = app.conf.broker_write_url = url
        hints.reset()
        budget.reset()
        yield


@contextlib.contextmanager
def _workers(folder: Path) -> Iterator[None]:
    """Two processes and the scheduler, as `bin/up` runs them."""
    command = [sys.executable, "-m", "celery", "-A", "config.celery", "worker", "-B", "-s", str(folder / "beat")]
    command += ["--pool", "prefork", "-c", "2", "-l", "WARNING", "--without-mingle", "--without-gossip"]
    with _process(command, folder / "workers.log", env={**os.environ, "CELERY_SKIP_CHECKS": "1"}):
        yield


def _connect(control: Control, channels: int) -> None:
    """Everybody signs in. What was there before is nothing, and nobody writes in private."""
    control.do("volume", channels=channels, posts=0, rate=1)
    boss = User.objects.get(email="admin@bench.example")
    brand, _made = Brand.objects.get_or_create(name="Bench")
    held, hints.send = hints.send, lambda _job: True
    try:
        with stamps.held():
            for number in range(channels):
                connect_sandbox(boss, brand, f"volume_{number:04}")
    finally:
        hints.send = held
    Job.objects.all().delete()
    Stream.objects.update(first_round=False, swept_at=clock.now(), next_due=clock.now() + timedelta(days=1))
    Stream.objects.exclude(kind="mentions").update(paused=True)


def _until(true: Callable[[], Any], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.2)
    return False


# What is measured ---------------------------------------------------------------------------------------------------------


def _backlog(control: Control, channels: int, posts: int) -> tuple[int, float, bool]:
    """An outage is over: so many posts wait, and nothing but the machine is in the way. Gives how many were stored, in how many
    seconds, and whether that was all."""
    control.do("limit", endpoint="users.mentions")
    budget.redis().flushdb()
    before = Post.objects.count()
    control.do("volume", channels=channels, posts=posts, rate=min(10_000, posts))
    time.sleep(posts / min(10_000, posts) + 1)
    Stream.objects.filter(kind="mentions").update(next_due=clock.now(), swept_at=clock.now())
    _until(lambda: Post.objects.count() > before, 60)
    begun, first = time.monotonic(), Post.objects.count()
    whole = _until(lambda: Post.objects.count() >= before + posts, 240)
    return Post.objects.count() - first, time.monotonic() - begun, whole


def _read(stored: int, took: float, whole: bool) -> Line:
    many = min(stored, ALONE)
    bare, speed = many / _bare(many)[0], stored / took
    return Line(
        f"{stored:,} posts read and stored after an outage, 2 worker processes" + ("" if whole else " (not all)"),
        f"{took:.1f} s",
        server=f"{speed:,.0f} posts/s, network and scheduler on the same machine",
        limit=f"{bare:,.0f} posts/s (bare insert of the same rows)",
        ratio=f"{bare / speed:.1f}×",
        goal="20,000 in ≤ 300 s",
        met=whole and speed >= 20_000 / 300,
    )


def _bare(posts: int) -> tuple[float, float]:
    """Seconds, and seconds of processor, to put the rows that the newest posts brought in once more: posts, new profiles, marks,
    events and entries of the search index with their grams, all made ready before; by COPY (on SQLite: a batched INSERT), links
    checked, undone at the end."""
    rows = list(Post.objects.order_by("-pk")[:posts])
    ids, people = [one.pk for one in rows], list(Profile.objects.filter(pk__in={one.profile_id for one in rows}))
    events = list(Event.objects.filter(module=POST, record_id__in=ids, kind="arrived").order_by("pk"))
    found = SearchEntry.objects.filter(module=POST, record_id__in=ids).order_by("record_id")
    entries = [Row(one.record_id, one.title, one.key, tuple(grams(POST, one.key))) for one in found]
    batch, now = "00000000-0000-0000-0000-000000000001", clock.now()
    marks = [Arrival(source="x", kind="post", outside_id=f"9{one.outside_id}", batch=batch, at=now) for one in rows]
    top, top_profile = rows[0].pk, Profile.objects.order_by("-pk")[0].pk
    places = {one.pk: top_profile + number for number, one in enumerate(people, 1)}
    for one in [*rows, *people]:
        one.outside_id = f"9{one.outside_id}"
    for one in people:
        one.pk = places[one.pk]
    for one in rows:
        one.pk, one.profile_id = one.pk + top, places[one.profile_id]
    for one in events:
        one.pk = None
        one.record_id += top
    entries = [one._replace(record_id=one.record_id + top) for one in entries]

    def put() -> None:
        load(Profile, people)
        load(Post, rows)
        insert(Arrival, marks)
        insert(Event, events)
        backend(connection).load(connection, POST, entries)
        connection.check_constraints()

    before = worked()
    with transaction.atomic():
        took = timed(put)
        effort = worked() - before
        transaction.set_rollback(True)
    return took, effort


def _storing(posts: int) -> list[Line]:
    """Storing alone: pages that were read already, every author new, in one process without the network."""
    channel = Channel.objects.order_by("pk")[0]
    made, at, size = [], clock.now(), 100
    first = 3_000_000_000_000_000_000 + Post.objects.count()
    for begin in range(0, 2 * posts, size):
        said = [
            Said(
                str(first + number),
                Person(str(first + number), f"bench_{number}", f"人 {number}", "", "大阪"),
                f"@bench 注文{number}番がまだ届きません。状況を教えてください。",
                at,
                str(first + number),
            )
            for number in range(begin, min(begin + size, 2 * posts))
        ]
        made.append(Page(tuple(reversed(said)), "", said[-1].outside_id))

    def work(pages: list[Page]) -> None:
        for page in pages:
            stream = Stream.objects.select_related("channel__connection__chain").get(channel=channel, kind="mentions")
            with stamps.held(), transaction.atomic():
                pull.store(stream, pull.Place(first_round=False), page)

    # As many before as are measured, so that plans are those of grown tables; then what the server's housekeeping would have noted.
    warm = len(made) // 2
    work(made[:warm])
    settle([Arrival, Event, Post, Profile, SearchEntry])
    ours, theirs = [], []
    # Turn by turn, so that other work on the machine falls on both.
    for begin in range(warm, len(made), TURN):
        pages = made[begin : begin + TURN]
        before, many = worked(), sum(len(page.posts) for page in pages)
        ours.append((timed(lambda pages=pages: work(pages)), worked() - before))  # type: ignore[misc]
        theirs.append(_bare(many))
    stored = sum(len(page.posts) for page in made[warm:])
    (took, effort), (bare, bare_effort) = ([sum(column) for column in zip(*rows, strict=True)] for rows in (ours, theirs))
    return [
        Line(
            f"{stored:,} posts of as many new people stored, one process",
            f"{took:.1f} s",
            server=f"{stored / took:,.0f} posts/s; {stored / effort:,.0f} a second of processor",
            limit=f"{stored / bare:,.0f} posts/s; {stored / bare_effort:,.0f} (bare insert of the same rows)",
            ratio=f"{effort / bare_effort:.1f}× of processor",
            goal="≤ 3.3×",
            met=effort / bare_effort <= 10 / 3,
        )
    ]
