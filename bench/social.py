"""Five hundred channels on their allowances, against the sandbox in a process of its own and real workers.

First a limit of 8 calls in two minutes for each channel, of which robots may take 6, and news everywhere all the time: are all 6
taken, is any call for nothing, how old is a post when it is stored. Then what is left after an outage, without a limit: how fast.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from bench.client import percentile
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
from core.work.jobs import drain
from sandbox.running import Control
from social import pull
from social.connecting import connect_sandbox
from social.keeping import POST
from social.models import Brand, Channel, Post, Profile, Stream
from social.networks.items import Page, Person, Said

ROOT = Path(__file__).resolve().parent.parent
CHANNELS, LIMIT, WINDOW, WARM = 500, 8, 120, 50
# Posts a second to each channel while allowances are measured: some with every call.
RATE = 0.5
ALONE, TURN = 10_000, 10


def polling(rows: int) -> list[Line]:
    """All lines. `rows` bounds how many posts the outage leaves; with few of them everything is smaller and shorter."""
    channels = max(4, min(CHANNELS, rows // 100))
    window = WINDOW if channels == CHANNELS else 20
    with tempfile.TemporaryDirectory(prefix="enishi-bench-social-") as made, contextlib.ExitStack() as stack:
        folder = Path(made)
        control = stack.enter_context(_network(folder))
        stack.enter_context(_broker(folder))
        _connect(control, channels)
        stack.enter_context(_workers(folder))
        _say(f"{channels} channels on their allowances")
        lines = _allowances(control, folder / "sandbox.sqlite3", channels, window)
        _say("what an outage left")
        lines += _backlog(control, channels, min(rows, channels * 100))
        _say("storing alone")
        return lines + _storing(min(rows, ALONE))


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
    """Everybody signs in, and what was there before (nothing) is read."""
    control.do("volume", channels=channels, posts=0, rate=1)
    boss = User.objects.get(email="admin@bench.example")
    brand, _made = Brand.objects.get_or_create(name="Bench")
    held, hints.send = hints.send, lambda _job: True
    try:
        for number in range(channels):
            connect_sandbox(boss, brand, f"volume_{number:04}")
        drain(limit=100_000)
    finally:
        hints.send = held
    Stream.objects.update(next_due=clock.now() + timedelta(days=1))


def _until(true: Callable[[], Any], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.2)
    return False


# What is measured ---------------------------------------------------------------------------------------------------------


def _allowances(control: Control, data: Path, channels: int, window: int) -> list[Line]:
    robots = LIMIT - budget.kept(LIMIT)
    seconds = WARM * window // WINDOW + window
    control.do("limit", endpoint="users.mentions", per_user=LIMIT, seconds=window)
    for key in budget.redis().scan_iter("budget:x:*mentions*"):
        budget.redis().delete(key)
    rate = max(1, round(channels * RATE))
    control.do("volume", channels=channels, posts=rate * (seconds + 60), rate=rate)
    # Spread over one pause, as they are after a while.
    for number, pk in enumerate(Stream.objects.order_by("pk").values_list("pk", flat=True)):
        Stream.objects.filter(pk=pk).update(next_due=clock.now() + timedelta(seconds=number * window / robots / channels))
    if not _until(Post.objects.exists, 120):
        raise SystemExit("The workers do not read.")
    time.sleep(seconds - window)
    begun = clock.now()
    time.sleep(window)
    ended = clock.now()
    Stream.objects.update(next_due=clock.now() + timedelta(days=1))
    time.sleep(2)
    calls = _calls(data, begun, ended)
    refused = sum(status == 429 for status in calls)
    kept = Arrival.objects.filter(kind="post", at__gte=begun, at__lt=ended)
    fruitless = max(0, calls.count(200) - kept.values("batch").distinct().count())
    ages = [
        (stored - said).total_seconds()
        for stored, said in Post.objects.filter(created_at__gte=begun, created_at__lt=ended, ours=False).values_list(
            "created_at", "said_at"
        )
    ]
    share = calls.count(200) / (channels * robots)
    pause = window / robots
    return [
        Line(
            f"{channels} channels: calls for nothing",
            str(refused + fruitless),
            server=f"{len(calls):,} calls: {refused} refused, {fruitless} without news",
            goal="0",
            met=refused + fruitless == 0,
        ),
        Line(
            f"{channels} channels: allowance taken while there is news",
            f"{share:.1%}",
            server=f"{robots} of {LIMIT} calls in {window} s are for robots",
            limit="all that is not kept for people",
            goal="≥ 95 %",
            met=share >= 0.95,
        ),
        Line(
            f"{channels} channels: age of a post when it is stored",
            f"{statistics.median(ages):.1f} s" if ages else "-",
            p95=f"{percentile(ages, 95):.1f} s" if ages else "-",
            server=f"{len(ages) / (ended - begun).total_seconds():,.0f} posts/s",
            limit=f"{pause:.0f} s between two calls",
            ratio=f"{percentile(ages, 95) / pause:.1f}×" if ages else "",
        ),
    ]


def _calls(data: Path, begun: datetime, ended: datetime) -> list[int]:
    """The status of each reading, as the network noted it."""
    with contextlib.closing(sqlite3.connect(data)) as there:
        rows = there.execute(
            "SELECT status FROM requests WHERE endpoint = 'users.mentions' AND at_ms >= ? AND at_ms < ?",
            (begun.timestamp() * 1000, ended.timestamp() * 1000),
        )
        return [status for (status,) in rows]


def _backlog(control: Control, channels: int, posts: int) -> list[Line]:
    """An outage is over: so many posts wait, and nothing but the machine is in the way."""
    control.do("limit", endpoint="users.mentions")
    budget.redis().flushdb()
    before = Post.objects.count()
    control.do("volume", channels=channels, posts=posts, rate=min(10_000, posts))
    time.sleep(posts / min(10_000, posts) + 1)
    Stream.objects.update(next_due=clock.now(), swept_at=clock.now())
    _until(lambda: Post.objects.count() > before, 30)
    begun, first = time.monotonic(), Post.objects.count()
    whole = _until(lambda: Post.objects.count() >= before + posts, 240)
    took, stored = time.monotonic() - begun, Post.objects.count() - first
    bare = min(posts, ALONE) / _bare(min(posts, ALONE))[0]
    speed = stored / took
    return [
        Line(
            f"{posts:,} posts read and stored after an outage, 2 worker processes" + ("" if whole else " (not all)"),
            f"{took:.1f} s",
            server=f"{speed:,.0f} posts/s, network and scheduler on the same machine",
            limit=f"{bare:,.0f} posts/s (bare insert of the same rows)",
            ratio=f"{bare / speed:.1f}×",
        )
    ]


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
    for begin in range(0, posts, size):
        said = [
            Said(
                str(first + number),
                Person(str(first + number), f"bench_{number}", f"人 {number}", "", "大阪"),
                f"@bench 注文{number}番がまだ届きません。状況を教えてください。",
                at,
                str(first + number),
            )
            for number in range(begin, min(begin + size, posts))
        ]
        made.append(Page(tuple(reversed(said)), "", said[-1].outside_id))

    def work(pages: list[Page]) -> None:
        for page in pages:
            stream = Stream.objects.select_related("channel__connection__chain").get(channel=channel, kind="mentions")
            with stamps.held(), transaction.atomic():
                pull.store(stream, pull.Place(first_round=False), page)

    work(made[:1])
    settle([Arrival, Event, Post, Profile, SearchEntry])
    ours, theirs = [], []
    # Turn by turn, so that other work on the machine falls on both.
    for begin in range(1, len(made), TURN):
        pages = made[begin : begin + TURN]
        before, many = worked(), sum(len(page.posts) for page in pages)
        ours.append((timed(lambda pages=pages: work(pages)), worked() - before))  # type: ignore[misc]
        theirs.append(_bare(many))
    stored = sum(len(page.posts) for page in made[1:])
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
