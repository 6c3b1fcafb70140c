"""The story while workers are killed: real Celery processes, a real broker, `kill -9` at random moments."""

from __future__ import annotations

import random
import time
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from automation.models import Rule
from core import clock
from core.action.registry import run
from core.actor import Actor
from core.exchange.models import Delivery
from core.stamps import bump
from core.work import due
from core.work.models import Job
from helpdesk.models import Entry, Ticket
from sandbox.running import Control, running
from social.connecting import connect_sandbox
from social.models import Brand, Post, Stream
from social.pull import enqueue_due
from tests.cast import cast
from tests.core.test_work_services import Workers, broker, broker_server, shared_database, until, workers  # noqa: F401

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
POSTS = 12


def network_for(workers: Workers, control: Control, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """This process and the workers speak to the same sandbox."""
    place = urlsplit(control.url).netloc
    values = {"X_API": control.url, "X_SITE": control.url, "X_CLIENT_ID": "sandbox-client", "X_CLIENT_SECRET": "sandbox-secret"}
    for name, value in {**values, "BASE_URL": "http://localhost:8000", "X_POLL_FLOOR": 1}.items():
        setattr(settings, name, value)
        monkeypatch.setenv(name, str(value))
    settings.INNER_HOSTS = [place]
    workers.inner = place


def hasten() -> None:
    """The minutes that leases, pauses and second looks take are over; the sweep tells the workers."""
    past = clock.now() - timedelta(seconds=1)
    Job.objects.filter(state="running").update(lease_until=past, hinted_at=None)
    Job.objects.filter(state="waiting").update(due_at=past, hinted_at=None)
    due.sweep()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_killed_workers_lose_and_double_nothing(  # noqa: PLR0913
    seed: int,
    shared_database: str,  # noqa: F811
    workers: Workers,  # noqa: F811
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """F1, HD-11, SOC-6, I1, I2: each post once, each matching post one ticket, each answer once on the network at most."""
    dice = random.Random(seed)
    with running(tmp_path / "sandbox.sqlite3") as sandbox:
        network_for(workers, sandbox, settings, monkeypatch)
        people = cast()
        connect_sandbox(people["root"], Brand.objects.create(name="Enishi"))
        rule = {"keywords": ["refund"], "action": "helpdesk.open_ticket", "params": {"department": "billing"}}
        Rule.objects.create(name_en="Refunds", module="social.post", event="arrived", active=True, **rule)
        bump("rules")
        worker = workers.start()
        until(lambda: Stream.objects.get(kind="mentions").since_id)
        said = []
        for number in range(POSTS):
            said.append(sandbox.say(f"customer_{number}", f"@enishi_demo refund number {number}")["text"])
            Stream.objects.update(next_due=clock.now())
            enqueue_due(clock.now())
            for ticket in Ticket.objects.filter(status="open", first_answered_at=None):
                if not ticket.entries.filter(kind="reply").exists():
                    run("helpdesk.reply", ticket, actor=Actor(people["ann"]), text=f"answer to {ticket.subject}")
            if number % 3 == 2:
                time.sleep(dice.uniform(0, 1.2))
                workers.kill(worker)
                hasten()
                worker = workers.start()

        def drained() -> bool:
            Stream.objects.update(next_due=clock.now())
            enqueue_due(clock.now())
            hasten()
            for ticket in Ticket.objects.all():
                if not ticket.entries.filter(kind="reply").exists():
                    run("helpdesk.reply", ticket, actor=Actor(people["ann"]), text=f"answer to {ticket.subject}")
            time.sleep(0.3)
            return Ticket.objects.count() == POSTS and Delivery.objects.filter(state__in=["sent", "unknown"]).count() == POSTS

        until(drained, 90)
        answers = [post["text"] for post in sandbox.posts(limit=200) if post["username"] == "enishi_demo" and "answer to" in post["text"]]

    sent = Delivery.objects.filter(state="sent").count()
    assert sorted(Post.objects.filter(text__contains="refund number", ours=False).values_list("text", flat=True)) == sorted(said)
    assert sorted(Entry.objects.filter(kind="customer").values_list("text", flat=True)) == sorted(said)
    assert len(answers) == len(set(answers))
    assert sent <= len(answers) <= POSTS
    assert POSTS - sent <= 4  # what nobody can know is shown to a person, and is rare: at most one for each kill
